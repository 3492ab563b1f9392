const NEWLINE = 0x0a;

/**
 * Splits bytes into lines at `\n`, which is not part of them; a last line without one counts too.
 * Lines are views of the chunks wherever possible. A line longer than `maxBytes` is handed on cut to that length,
 * and `onCut` is told.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onCut: () => void,
): AsyncGenerator<Uint8Array, void> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let cut = false;

  const hold = (part: Uint8Array) => {
    const room = maxBytes - heldBytes;
    if (part.length > room && !cut) {
      cut = true;
      onCut();
    }
    if (room <= 0 || part.length === 0) return;
    held.push(part.length > room ? part.subarray(0, room) : part);
    heldBytes += Math.min(part.length, room);
  };
  const take = (): Uint8Array => {
    const line = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held);
    held = [];
    heldBytes = 0;
    cut = false;
    return line;
  };

  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, begin)) {
      hold(chunk.subarray(begin, end));
      yield take();
      begin = end + 1;
    }
    hold(chunk.subarray(begin));
  }
  if (heldBytes > 0) yield take();
}
