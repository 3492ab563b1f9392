/** What Go calls a signal when it prints one. */
const GO_NAMES: Readonly<Record<string, string>> = {
  hangup: 'SIGHUP',
  interrupt: 'SIGINT',
  quit: 'SIGQUIT',
  killed: 'SIGKILL',
  terminated: 'SIGTERM',
  aborted: 'SIGABRT',
  'user defined signal 1': 'SIGUSR1',
  'user defined signal 2': 'SIGUSR2',
  'window changed': 'SIGWINCH',
};

/** `terminated` → `SIGTERM`; whatever else names a signal stays as it is. */
export function goSignal(text: string): string | null {
  return GO_NAMES[text] ?? (/^(?:SIG[A-Z0-9+]{2,10}|signal \d{1,3})$/.test(text) ? text : null);
}
