import { execFile, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { residentMiB, startAgent } from '../lib/agent.js';
import { load } from '../lib/load.js';
import { nodeAround } from '../lib/node-around.js';

const execute = promisify(execFile);
const IDLE_MIB = 64;
const LOADED_MIB = 72;
const SETTLED_SECONDS = 5;

/** Resident memory of the idle agent and after requests, on this Node and on Node 24, against an empty Node process. */
export async function memory(bench) {
  const { say, sizes } = bench;
  const around = await nodeAround(bench);
  const rows = [];
  try {
    for (const node of await nodes(bench)) {
      const version = (await execute(node, ['-v'])).stdout.trim();
      say(`memory on Node ${version}, ${String(sizes.idleSeconds)} s idle`);
      const empty = await emptyNode(node);
      const agent = startAgent({ ...bench, node }, around.args);
      try {
        const url = await agent.url();
        await sleep(sizes.idleSeconds * 1_000);
        const idle = residentMiB(agent.pid);
        await load(url, sizes.requests);
        await sleep(Math.min(SETTLED_SECONDS, sizes.idleSeconds) * 1_000);
        const loaded = residentMiB(agent.pid);
        const row = (what, mib, allowed) => ({ what: `${what}, Node ${version}, with ${around.parts}`, ours: `${mib.toFixed(1)} MiB`, reference: 'an empty Node process', theirs: `${empty.toFixed(1)} MiB`, ratio: mib / empty, value: mib, allowed, unit: 'MiB' });
        rows.push(row('resident memory, idle', idle, IDLE_MIB), row(`after ${String(sizes.requests)} requests`, loaded, LOADED_MIB));
      } finally {
        await agent.stop();
      }
    }
  } finally {
    await around.stop();
  }
  return rows;
}

/** This Node, and Node 24 where npx has it. */
async function nodes({ node, say }) {
  const where = ['-y', '-p', 'node@24', 'node', '-p', 'process.execPath'];
  const other = await execute('npx', where).then(({ stdout }) => stdout.trim(), () => null);
  if (other === null) say('Node 24 is left out: npx -p node@24 does not give it');
  return other === null || other === node ? [node] : [node, other];
}

/** A program of nothing, as one sees it beside the agent. */
async function emptyNode(node) {
  const child = spawn(node, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  try {
    await sleep(1_000);
    return residentMiB(child.pid);
  } finally {
    child.kill();
  }
}
