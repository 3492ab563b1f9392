/** What printk itself, dmesg or a console put before a message. */
export interface PrintkPrefix {
  readonly text: string;
  readonly monotonicUs: number | null;
  readonly found: boolean;
}

/** `[12345.678901]`, perhaps with a caller id (`[ T6736]`, `[    C0]`: CONFIG_PRINTK_CALLER, Linux 5.1 and later). */
const UPTIME = /^\[\s*(\d+)\.(\d{1,9})\]\s?/;
const CALLER = /^\s*\[\s*[TC]\d+\]\s?/;

export function stripPrintk(text: string): PrintkPrefix {
  const m = UPTIME.exec(text);
  if (!m) return { text, monotonicUs: null, found: false };
  const monotonicUs = Number(m[1]) * 1_000_000 + Number((m[2] ?? '').padEnd(6, '0').slice(0, 6));
  const rest = text.slice(m[0].length);
  const caller = CALLER.exec(rest);
  return { text: caller ? rest.slice(caller[0].length) : rest, monotonicUs, found: true };
}
