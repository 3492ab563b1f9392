const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `3s`, `1.5m`, `2h`, `7d` (a bare `0` too) to milliseconds; null when it is not a duration. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const m = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const unit = UNITS[m?.[2] ?? ''];
  return m?.[1] === undefined || unit === undefined ? null : Number(m[1]) * unit;
}

/** Milliseconds as people say them: `250 ms`, `8.2 s`, `4 min`, `3 h 5 min`, `2 days`. */
export function sayDuration(ms: number): string {
  const abs = Math.abs(ms);
  if (abs < 1_000) return `${String(Math.round(abs))} ms`;
  if (abs < 60_000) return `${trim(abs / 1_000)} s`;
  if (abs < 3_600_000) return `${String(Math.round(abs / 60_000))} min`;
  if (abs < 86_400_000) {
    const minutes = Math.round(abs / 60_000);
    return minutes % 60 === 0 ? `${String(minutes / 60)} h` : `${String(Math.floor(minutes / 60))} h ${String(minutes % 60)} min`;
  }
  return `${trim(abs / 86_400_000)} days`;
}

function trim(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '');
}
