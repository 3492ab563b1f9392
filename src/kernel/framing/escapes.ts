/** rsyslog writes control characters as `#` and three octal digits: `#012` is a newline. */
export function unescapeOctal(text: string): string {
  return text.includes('#0') ? text.replace(/#0([0-3][0-7])/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))) : text;
}

/** /dev/kmsg writes bytes outside printable ASCII as `\xNN`; runs of them are UTF-8. */
export function unescapeHex(text: string): string {
  return text.includes('\\x')
    ? text.replace(/(?:\\x[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('\\x', ''), 'hex').toString('utf8'))
    : text;
}
