import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cache, guestFiles, repository } from './cache.ts';

const MINUTE = 60_000;

/** One thing to make before the guest can boot; left out where what it makes is there already. */
interface Step {
  readonly what: string;
  readonly makes: readonly string[];
  readonly script: string;
  readonly args?: readonly string[];
  readonly minutes: number;
}

const STEPS: readonly Step[] = [
  { what: 'what Debian has for it ready', makes: ['packages.done'], script: 'packages.sh', minutes: 20 },
  { what: "the guest's root and kernels (about 2 minutes)", makes: ['root'], script: 'root.sh', minutes: 15 },
  { what: 'kubelet and control plane, from source (about 15 minutes)', makes: ['bin/kubelet', 'bin/kube-apiserver', 'bin/kube-controller-manager', 'bin/kube-scheduler'], script: 'kubernetes.sh', minutes: 60 },
  { what: 'the image of the pods', makes: ['small.tar'], script: 'small-images.sh', minutes: 5 },
  { what: "the base that stands in for Node.js's public image (about a minute)", makes: ['base.done'], script: 'base.sh', minutes: 15 },
];

/** What the image of the agent is, as its build told. */
export interface AgentImage {
  readonly digest: string;
  /** Whether a second build gave the same. */
  readonly repeatable: boolean;
  readonly bytes: number;
  readonly compressedBytes: number;
}

/** Makes what is missing in the cache, saying what it does. */
export async function prepare(): Promise<void> {
  mkdirSync(cache, { recursive: true });
  for (const { what, makes, script, args = [], minutes } of STEPS) {
    if (makes.every((file) => existsSync(join(cache, file)))) continue;
    await told(`making ${what}`, () => execa('sh', [join(guestFiles, script), cache, ...args], { timeout: minutes * MINUTE, stdout: logFile(script), stderr: logFile(script) }));
    for (const file of makes) if (file.endsWith('.done')) writeFileSync(join(cache, file), '');
  }
}

/** Makes the disk, unless the one that is there has this image, and the settings that the repository has now. */
export async function guestDisk({ digest }: AgentImage): Promise<void> {
  const said = join(cache, 'disk.made');
  const settings = await hashOf((await readdir(guestFiles, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort());
  const wanted = `${digest} ${settings}`;
  if (existsSync(join(cache, 'disk.img')) && existsSync(said) && readFileSync(said, 'utf8') === wanted) return;
  await told("making the guest's disk", () => execa('sh', [join(guestFiles, 'settings.sh'), cache], { timeout: 10 * MINUTE, stdout: logFile('settings.sh'), stderr: logFile('settings.sh') }));
  writeFileSync(said, wanted);
}

/** Builds the image by its Dockerfile, unless what it is made of is as it was. */
export async function agentImage(): Promise<AgentImage> {
  const said = join(cache, 'why137.image');
  const source = await hashOf(['dist/why137.cjs', 'Dockerfile', 'image/collect.sh'].map((file) => join(repository, file)));
  const known = existsSync(said) && existsSync(join(cache, 'why137.tar')) ? readFileSync(said, 'utf8') : '';
  if (known.includes(`source=${source}\n`)) return parseImage(known);
  const { stdout } = await told("building the agent's image, twice", () => execa('sh', [join(guestFiles, 'image.sh'), cache, repository], { timeout: 20 * MINUTE, stderr: logFile('image.sh') }));
  writeFileSync(said, `${stdout}\nsource=${source}\n`);
  return parseImage(stdout);
}

async function hashOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file));
  return hash.digest('hex');
}

function parseImage(text: string): AgentImage {
  const values = new Map(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  const digest = values.get('digest') ?? '';
  return { digest, repeatable: digest !== '' && digest === values.get('again'), bytes: Number(values.get('bytes')), compressedBytes: Number(values.get('compressedBytes')) };
}

function logFile(script: string): { file: string } {
  return { file: join(cache, `${script}.log`) };
}

/** Says what is being done and how long it took. */
export async function told<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begin = Date.now();
  say(`${what} …`);
  const result = await work();
  say(`${what}: ${((Date.now() - begin) / 1000).toFixed(0)} s`);
  return result;
}

export function say(text: string): void {
  process.stderr.write(`lab: ${text}\n`);
}
