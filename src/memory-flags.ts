import { setFlagsFromString } from 'node:v8';

/**
 * A node agent must be light. The optimising compilers cost several MiB of their own code pages and gain nothing here;
 * a heap that favours size over speed saves more. Imported first, so that it holds before anything is compiled.
 * `parse` reads gigabytes and keeps the compilers.
 */
if (process.argv[2] === 'agent') {
  for (const flag of ['--no-opt', '--no-maglev', '--optimize-for-size']) setFlagsFromString(flag);
}
