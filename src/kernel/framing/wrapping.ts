/** What terminals, editors, mail and pages put around a line, whatever it is. */
const COLOUR = /\u001B\[[\d;?]*[A-Za-z]/g;
const TAGS = '<\\/?(?:p|pre|code|br|div|li|ul|span|td|tr|tt|samp|font|b|blockquote)(?: [^<>]*)?\\/?>';
const TAGS_BEFORE = new RegExp(`^(?:${TAGS})+`);
const TAGS_BEHIND = new RegExp(`(?:${TAGS})+$`);
/** A byte order mark, the record separator of RFC 7464, mail quotes and pasted tables. */
const QUOTE = /^(?:[\s\u001E]*(?:[>|]|&gt;))*[\s\u001E]*/;

export function tidy(line: string): string {
  let text = line;
  if (text.includes('\u001B')) text = text.replace(COLOUR, '');
  text = text.replace(QUOTE, '').replace(/\r+$/, '');
  return text.includes('<') && text.includes('>') ? text.replace(TAGS_BEFORE, '').replace(TAGS_BEHIND, '').replace(QUOTE, '') : text;
}

/** What stands before a line that has a prefix of its own. Only ever taken off when such a prefix follows. */
const WRAPPERS: readonly RegExp[] = [
  // server-sent events; a JSON array, one record a line; syslog's octet count
  /^data: (?=\{)/,
  /^[[,]\s*(?=\{")/,
  /^\d{1,6} (?=<\d{1,3}>)/,
  // kubectl logs --prefix; docker compose; stern; a console's login prompt
  /^\[pod\/[^\]\s]+\] ?/,
  /^[\w.-]+ +\| /,
  /^[\w.-]+ [\w.-]+ (?=\[\s*\d+\.\d{6}\])/,
  /^\S+ login: /,
  // grep over several files, with line numbers; cat -n
  /^(?:[\w.@+-]*\/[^\s:]*|[\w.-]*(?:log|messages|dmesg|journal)[\w.-]*):(?:\d+:)?\s*/,
  /^\d{1,8}(?:[:\t-]\s*| {1,4})/,
  // fluentd's tag; gcloud's YAML
  /^[\w.*-]+[:\t]\s*(?=\{")/,
  /^textPayload: (?=["']?\S)/,
  // a cell of a table of comma-separated values
  /^"?[^",]{0,80}"?,"?/,
  // lists, quotes and emphasis
  /^(?:[-*+\u2022] +|\d{1,4}[.)] +)/,
  /^(?:["'`]{1,3}|\*\*)/,
];
const QUOTED_END = /(?:\\[nr])*(?:["'`]{1,3}|\*\*),?$/;

/** The line inside a wrapper, where `isFramed` knows it; null when there is none. */
export function unwrap(line: string, isFramed: (text: string) => boolean): string | null {
  for (const wrapper of WRAPPERS) {
    const m = wrapper.exec(line);
    if (!m) continue;
    let rest = line.slice(m[0].length);
    if (/["'`*]$/.test(m[0])) rest = rest.replace(QUOTED_END, '');
    else if (rest.startsWith('{')) rest = rest.replace(/[,\]]\s*$/, '');
    if (isFramed(rest)) return rest;
    // A list's item may be quoted too.
    const inner = unwrap(rest, isFramed);
    if (inner !== null) return inner;
  }
  return null;
}
