import { wait } from '../../host/wait.ts';
import { errno, sayThrown } from '../../lib/thrown.ts';
import type { Source } from '../source.ts';
import { FileWatch } from './file-watch.ts';
import type { TextFileOptions } from './text-file-options.ts';
import { TextFileReading } from './text-file-reading.ts';

export { textFileRead } from './earlier-run.ts';

/** Between two readings, so that a log written line by line is read in larger pieces. */
const REST_MS = 20;

/**
 * A text log that others write and rotate. The chunks it emits are views of one buffer that is used again: who keeps
 * bytes beyond the call copies them. Compressed rotated files are read only where an earlier run left them unread.
 */
export function textFileSource(options: TextFileOptions): Source {
  const { host, file } = options;
  const path = host.path(file);
  let reading: TextFileReading | null = null;
  let watch: FileWatch | null = null;
  let loop: Promise<void> = Promise.resolve();
  let state: 'idle' | 'reading' | 'asked' | 'stopped' = 'idle';
  const ending = new AbortController();

  /** Notices that come while a reading runs or rests lead to one more, never to two at once. */
  function wake(current: TextFileReading): void {
    if (state === 'reading') state = 'asked';
    if (state !== 'idle') return;
    state = 'reading';
    loop = once(current).then(() => {
      const again = state === 'asked';
      if (state !== 'stopped') state = 'idle';
      if (again) wake(current);
    });
  }

  async function once(current: TextFileReading): Promise<void> {
    try {
      await current.readToEnd(host.clock.now());
    } catch (error) {
      const { why, cure } = explain(path, file, error);
      current.down(why, cure);
    }
    await wait(host.clock, REST_MS, ending.signal);
  }

  return {
    name: file,
    kind: options.kind ?? 'kernel-log',
    async start(emit) {
      const current = new TextFileReading(options, path, emit, () => state === 'stopped');
      reading = current;
      watch = new FileWatch(host.clock, path, () => {
        wake(current);
      });
      wake(current);
      await watch.start();
    },
    async stop() {
      state = 'stopped';
      ending.abort();
      await watch?.stop();
      await loop;
      await reading?.close();
    },
  };
}

function explain(path: string, file: string, error: unknown): { readonly why: string; readonly cure: string | null } {
  const code = errno(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return { why: `${path} does not exist`, cure: `Have syslog write ${file}, and mount the host's /var/log` };
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return { why: `${path} may not be read`, cure: 'Run the agent as root, or in the group that owns the file (often adm)' };
  }
  if (code === 'NOT_A_FILE') {
    return { why: `${path} is not a file`, cure: `Have syslog write a plain file to ${file}, or name another by --kernel-log-file` };
  }
  return { why: `${path} cannot be read: ${sayThrown(error)}`, cure: null };
}
