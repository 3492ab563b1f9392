/** Waits until the condition holds, looking every 20 ms; after the time given it throws, saying what never came. */
export async function sayUntil(
  what: string,
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`After ${String(timeoutMs)} ms still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
