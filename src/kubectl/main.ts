import { createKubectl } from './kubectl.ts';
import { runPlugin } from './program.ts';
import { openTokenDoor } from './token-door.ts';

declare const __VERSION__: string;

const out = (text: string): void => {
  process.stdout.write(text);
};
const err = (text: string): void => {
  process.stderr.write(text);
};

/** A reader that has seen enough (`kubectl why137 … | head`) is no error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

const binary = process.env['KUBECTL'] ?? 'kubectl';

void runPlugin(process.argv.slice(2), {
  kubectl: (flags) => createKubectl({ binary, flags, err }),
  tokenDoor: (flags, token) => openTokenDoor({ binary, flags, token }),
  env: process.env,
  color: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
  columns: process.stdout.isTTY ? process.stdout.columns : null,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  version: __VERSION__,
  out,
  err,
}).then((status) => {
  process.exitCode = status;
});
