import { execFile } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** One line on what the figures were measured with. */
export async function machine(node) {
  const firstLine = async (command, args) => (await execute(command, args).catch(() => ({ stdout: '' }))).stdout.split('\n')[0].trim();
  const parts = await Promise.all([
    firstLine(node, ['-v']).then((version) => `Node ${version}`),
    firstLine('grep', ['--version']),
    firstLine('journalctl', ['--version']),
    firstLine('containerd', ['--version']).then((line) => line.split(' ').filter((word) => /^containerd$|^v?\d/.test(word)).join(' ')),
  ]);
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${String(cpus().length)} cores (${model}), ${String(Math.round(totalmem() / 2 ** 30))} GiB, Linux ${release().replace(/^(\d+\.\d+).*/, '$1')}; ${parts.filter(Boolean).join('; ')}`;
}
