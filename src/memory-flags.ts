import { setFlagsFromString } from 'node:v8';

/**
 * A node agent must be light. The optimising compilers cost several MiB of their own code pages and gain nothing here;
 * a heap that favours size over speed, and whose young generation does not grow under load, saves more. Imported first,
 * so that it holds before anything is compiled. `parse` reads gigabytes and keeps the compilers.
 */
const LIGHT = ['--no-opt', '--no-maglev', '--no-sparkplug', '--optimize-for-size', '--semi-space-growth-factor=1'];

if (process.argv[2] === 'agent') {
  for (const flag of LIGHT) setFlagsFromString(flag);
}
