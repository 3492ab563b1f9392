import type { Convention } from './convention.ts';

const TIMEOUT = 'timeout(1)';
const XARGS = 'xargs(1)';

/** Programs that start another one and report what became of it: often PID 1 of a container. */
export const TOOLS: Convention = {
  id: 'tools',
  title: 'Tools that run a command (timeout, xargs, ssh)',
  source: TIMEOUT,
  rows: [
    { code: 123, name: 'xargs', text: 'A command that xargs ran ended with 1-125.', source: XARGS },
    { code: 124, name: 'timeout', text: 'timeout ended the command because its time was over.' },
    { code: 124, name: 'xargs', text: 'A command that xargs ran ended with 255.', source: XARGS },
    { code: 125, name: 'timeout', text: 'timeout itself failed; chroot, env, nice and nohup use 125 in the same way.', source: `${TIMEOUT}; chroot(1)` },
    { code: 125, name: 'xargs', text: 'A command that xargs ran was killed by a signal.', source: XARGS },
    {
      code: 137,
      name: 'timeout',
      text: 'timeout sent SIGKILL to the command (-s KILL, or -k after the time), or was killed itself.',
    },
    { code: 255, name: 'ssh', text: 'ssh or the connection failed; else ssh passes on the status of the remote command.', source: 'ssh(1)' },
  ],
};
