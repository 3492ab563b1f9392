const TOKEN = /[\s:,[\]{}]+|"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** The line, from 1, of what JSON.parse did not like: as it says where it does, else of the first thing that is no JSON. */
export function lineOfError(text: string, error: unknown): number {
  const said = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  let at = said === undefined ? 0 : Number(said);
  if (said === undefined) {
    TOKEN.lastIndex = 0;
    while (TOKEN.test(text)) at = TOKEN.lastIndex;
  }
  return text.slice(0, at).split('\n').length;
}
