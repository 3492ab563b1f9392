const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** A string as Go quotes it. */
export function unquote(quoted: string): string {
  return quoted.slice(1, -1).replace(/\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[0-7]{3}|.)/gs, (escaped) => {
    const [, kind = ''] = escaped;
    if (escaped.length === 2) return ESCAPES[kind] ?? kind;
    return /[0-7]/.test(kind) ? codePoint(Number.parseInt(escaped.slice(1), 8)) : codePoint(Number.parseInt(escaped.slice(2), 16));
  });
}

function codePoint(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD';
}
