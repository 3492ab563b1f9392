/** Counts of what was received and not used, by reason: nothing is dropped silently. */
export interface Tally {
  count(reason: string): void;
  counts(): Readonly<Record<string, number>>;
}

export function createTally(): Tally {
  const counts = new Map<string, number>();
  return {
    count(reason) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    },
    counts: () => Object.fromEntries(counts),
  };
}
