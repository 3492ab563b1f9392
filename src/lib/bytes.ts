const STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** Bytes for people: binary units, one decimal where it helps (`512 MiB`, `9.1 GiB`). */
export function sayBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (Math.abs(value) >= 1_024 && step < STEPS.length - 1) {
    value /= 1_024;
    step += 1;
  }
  const digits = value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, '');
  return `${digits} ${STEPS[step] ?? 'B'}`;
}

/** `512KiB`, `8 MiB`, `1GiB`, `4096` to bytes; null when it is none. */
export function parseBytes(text: string): number | null {
  const [, number, unit = 'B'] = /^(\d{1,12}) ?(B|KiB|MiB|GiB|TiB)?$/.exec(text.trim()) ?? [];
  const step = STEPS.findIndex((one) => one === unit);
  return number === undefined ? null : Number(number) * 1_024 ** step;
}
