import type { Convention } from './convention.ts';

const TIMEOUT = 'timeout(1)';
const XARGS = 'xargs(1)';
const RUNNERS = `${TIMEOUT}; ${XARGS}; chroot(1); env(1); nice(1); nohup(1)`;
const GIT = 'git api-error-handling (die and usage)';

/** Programs that start another one and report what became of it: often PID 1 of a container. */
export const TOOLS: Convention = {
  id: 'tools',
  title: 'Tools that start other programs (timeout, xargs, ssh, git)',
  source: TIMEOUT,
  rows: [
    { code: 123, name: 'xargs', text: 'A command that xargs ran ended with 1-125.', source: XARGS },
    { code: 124, name: 'timeout', text: 'timeout ended the command because its time was over (not with --preserve-status, nor the timeout of BusyBox, which give 143).' },
    { code: 124, name: 'xargs', text: 'A command that xargs ran ended with 255.', source: XARGS },
    { code: 125, name: 'timeout', text: 'timeout itself failed; chroot, env, nice and nohup use 125 in the same way.', source: `${TIMEOUT}; chroot(1)` },
    { code: 125, name: 'xargs', text: 'A command that xargs ran was killed by a signal.', source: XARGS },
    { code: 126, name: 'timeout, xargs and the like', text: 'The command was found but cannot be run; so do chroot, env, nice and nohup.', source: RUNNERS },
    { code: 127, name: 'timeout, xargs and the like', text: 'The command was not found; so do chroot, env, nice and nohup.', source: RUNNERS },
    { code: 128, name: 'git: fatal error', text: 'git printed "fatal:" and ended: no repository, no access, a remote that cannot be reached.', source: GIT },
    { code: 129, name: 'git: wrong use', text: 'git got arguments or options that it does not know, and printed its usage.', source: GIT },
    {
      code: 137,
      name: 'timeout',
      text: 'timeout sent SIGKILL to the command (-s KILL, or -k after the time), or was killed itself.',
    },
    { code: 255, name: 'ssh', text: 'ssh or the connection failed; else ssh passes on the status of the remote command.', source: 'ssh(1)' },
  ],
};
