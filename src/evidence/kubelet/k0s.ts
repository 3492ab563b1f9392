import { readLogrus } from '../logrus.ts';
import type { Field } from '../origin.ts';

/**
 * k0s runs kubelet and logs what it prints, each line in one of logrus (k0s, pkg/supervisor/logwriter.go):
 * `time="2026-11-23 03:02:11" level=info msg="I1123 03:02:11.123456    4242 x.go:779] \"…\"" component=kubelet stream=stderr`.
 * Null for any other line. k0s cuts at every newline, so that a line within a message is wrapped as kubelet's own is, and the pid
 * in the header is not that of the writer, k0s: nothing proves whose line it is.
 */
export function wrappedByK0s(line: string, field: Field): string | null {
  const unit = field('_SYSTEMD_UNIT');
  if (!line.startsWith('time=') || (unit !== null && !unit.startsWith('k0s'))) return null;
  const wrapped = readLogrus(line);
  // Of a very long line there are several chunks: those behind the first begin anywhere.
  return wrapped?.fields['component'] === 'kubelet' && (wrapped.fields['chunk'] ?? '1') === '1' ? wrapped.text : null;
}
