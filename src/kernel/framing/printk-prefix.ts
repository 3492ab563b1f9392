/** What printk itself, dmesg or a console put before a message. */
export interface PrintkPrefix {
  readonly text: string;
  readonly monotonicUs: number | null;
  readonly found: boolean;
}

/** `[12345.678901]`; some vendors add the CPU (`@3`), `dmesg -d` and short-delta the time since the line before. */
const UPTIME = /^\[\s*(\d+)\.(\d{1,9})(?:@\d+(?:,\d+)?)?(?: <\s*[+-]?\d+\.\d+ ?>)?\]\s?/;
/** `[ T6736]`, `[    C0]`: CONFIG_PRINTK_CALLER, Linux 5.1 and later. */
const CALLER = /^\s*\[\s*[TC]\d+\]\s?/;
/** Android vendors' kernels add CPU, name and pid: ` (3)[1234:java]`, `[3:   java: 1234] `. */
const CPU_TASK = /^(?:[ .-]{0,2}\(\d+\)\[\d+:[^\]]{1,24}\]|\s*\[\d+: *[^\]]{1,24}: *\d+\]) ?/;

export function stripPrintk(text: string): PrintkPrefix {
  const m = UPTIME.exec(text);
  if (!m) return { text, monotonicUs: null, found: false };
  const monotonicUs = Number(m[1]) * 1_000_000 + Number((m[2] ?? '').padEnd(6, '0').slice(0, 6));
  return { text: stripCaller(text.slice(m[0].length)).replace(CPU_TASK, ''), monotonicUs, found: true };
}

/** Who printed it, where the kernel says so; dmesg -T and others put it behind their own time. */
export function stripCaller(text: string): string {
  return text.replace(CALLER, '');
}
