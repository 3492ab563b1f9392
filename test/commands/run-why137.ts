import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { inject } from 'vitest';

export const root = join(import.meta.dirname, '../..');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** No command of these tests takes longer; one that hangs is ended, and its exit status is null. */
const TIMEOUT_MS = 15_000;

/** Runs the built program as a user would, without a terminal and without WHY137_… of the outside. */
export function why137(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return run(process.execPath, [inject('why137'), ...args], options);
}

/** Runs `why137 ARGS | head -1` and gives the exit status of why137. */
export function why137IntoHead(args: readonly string[]): Promise<Ran> {
  return bash('"$@" | head -1; exit "${PIPESTATUS[0]}"', args);
}

/** Runs a line of bash in which "$@" is why137 with these arguments. */
export function bash(line: string, args: readonly string[]): Promise<Ran> {
  return run('bash', ['-c', line, 'bash', process.execPath, inject('why137'), ...args], {});
}

export function run(command: string, args: readonly string[], { stdin = '', env = {}, timeoutMs = TIMEOUT_MS }: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const outside = Object.entries(process.env).filter(([name]) => !name.startsWith('WHY137_'));
    const child = spawn(command, args, { cwd: root, env: { ...Object.fromEntries(outside), ...env }, stdio: 'pipe', timeout: timeoutMs, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => { resolve({ code, stdout, stderr }); });
    // A command that ends before it has read everything is no fault of the test.
    child.stdin.on('error', () => undefined);
    child.stdin.end(stdin);
  });
}
