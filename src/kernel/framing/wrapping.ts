import { trimEndOf } from '../../lib/trim-end.ts';

/** What terminals, editors, mail and pages put around a line, whatever it is. */
const COLOUR = /\u001B\[[\d;?]*[A-Za-z]/g;
const TAGS = '<\\/?(?:p|pre|code|br|div|li|ul|span|td|tr|tt|samp|font|b|blockquote)(?: [^<>]*)?\\/?>';
const TAGS_BEFORE = new RegExp(`^(?:${TAGS})+`);
const TAGS_BEHIND = new RegExp(`(?:${TAGS}){1,16}$`);
/** A byte order mark, the record separator of RFC 7464, mail quotes and pasted tables. */
const QUOTE = /^(?:[\s\u001E]*(?:[>|]|&gt;))*[\s\u001E]*/;

export function tidy(line: string): string {
  let text = line;
  if (text.includes('\u001B')) text = text.replace(COLOUR, '');
  text = trimEndOf(text.replace(QUOTE, ''), /\r/);
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
const QUOTED_END = /(?:\\[nr]){0,4}(?:["'`]{1,3}|\*\*),?$/;

/** A list's item may be quoted too, and in a cell; nobody wraps deeper but to keep a reader busy. */
const MAX_WRAPPERS = 4;
const MAX_TRIES = 60;

/** The line inside its wrappers, where `isFramed` knows it; null when there is none. */
export function unwrap(line: string, isFramed: (text: string) => boolean): string | null {
  const tried = new Set<string>();

  function inside(outer: string, depth: number): string | null {
    for (const wrapper of WRAPPERS) {
      const m = wrapper.exec(outer);
      if (!m) continue;
      let rest = outer.slice(m[0].length);
      if (/["'`*]$/.test(m[0])) rest = rest.replace(QUOTED_END, '');
      else if (rest.startsWith('{')) rest = rest.replace(/[,\]]\s*$/, '');
      if (tried.has(rest) || tried.size >= MAX_TRIES) continue;
      tried.add(rest);
      if (isFramed(rest)) return rest;
      const inner = depth < MAX_WRAPPERS ? inside(rest, depth + 1) : null;
      if (inner !== null) return inner;
    }
    return null;
  }

  return inside(line, 1);
}
