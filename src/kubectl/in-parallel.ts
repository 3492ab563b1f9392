/** Runs for each item, at most `bound` at once. The first error is thrown when it happens. */
export async function inParallel<T>(items: readonly T[], bound: number, run: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(bound, items.length) }, worker));
}
