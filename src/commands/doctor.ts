import type { AgentConfig } from '../config/schema.ts';
import { SourceCoverage } from '../correlate/coverage.ts';
import type { Host } from '../host/host.ts';
import { sayDuration } from '../lib/duration.ts';
import { MS } from '../lib/time.ts';
import { FIRST_FILE, STATE_FILE } from '../store/history.ts';
import { inspectState } from '../store/state/inspect.ts';
import type { NodeSource } from '../node-sources/node-source.ts';
import { nodeSources } from '../node-sources/node-sources.ts';
import { auditRow } from './audit-row.ts';
import { exposure } from './http-options.ts';
import { hang, safe } from './render/text.ts';

/** What the doctor found. */
export interface Diagnosis {
  /** One line a source, and a sentence at the end. */
  readonly text: string;
  /** Nothing that matters is hidden. */
  readonly fullSight: boolean;
}

/** How long a source may take to say whether it can be read. */
const PATIENCE_MS = 8_000;
const WIDTH = 100;
/** Kinds of sources that tell no times over which they have read everything. */
const SAY_ONCE: ReadonlySet<string> = new Set(['ledger', 'names', 'cgroups']);

/** Starts every source as the agent would, for a moment, and says what this node offers and what stays hidden. */
export async function doctor(config: AgentConfig, host: Host): Promise<Diagnosis> {
  const sources = await nodeSources(config, host, host.clock.now());
  const seen = new Map<string, SourceCoverage>(sources.map((one) => [one.name, new SourceCoverage(one)]));
  const waiting = new Set(sources.flatMap(({ name, optional }) => (optional === true ? [] : [name])));
  await new Promise<void>((resolve) => {
    const giveUp = host.clock.after(PATIENCE_MS, resolve);
    const done = (name: string): void => {
      waiting.delete(name);
      if (waiting.size > 0) return;
      giveUp();
      resolve();
    };
    for (const { source, name } of sources) {
      void source.start((event) => {
        seen.get(event.source)?.hear(event, host.clock.now());
        if (event.type === 'covered' || event.type === 'down') done(name);
        if (event.type === 'up' && SAY_ONCE.has(source.kind)) done(name);
      });
    }
  });
  await Promise.all(sources.map(({ source }) => source.stop()));
  return diagnose(sources, seen, host.clock.now(), [await auditRow(config, host), await stateRow(config), httpRow(config)]);
}

function diagnose(sources: readonly NodeSource[], seen: ReadonlyMap<string, SourceCoverage>, now: number, own: readonly string[]): Diagnosis {
  const up = (test: (one: NodeSource) => boolean): boolean => sources.some((one) => test(one) && seen.get(one.name)?.up === true);
  const blind: string[] = [];
  const proof = up(({ name }) => name === 'journal' || name === 'kmsg');
  const text = up(({ kind, name }) => kind === 'kernel-log' && name.startsWith('/'));
  if (!proof && !text) blind.push('the kernel log: no OOM kill can be seen (answers will be "unknown")');
  else if (!proof) blind.push("the kernel's own records: a text log proves nothing, so no kill will be certain");
  // Docker keeps its containers in a containerd of which it tells everything.
  if (up(({ name }) => name.startsWith('docker'))) {
    // Nothing of exits is hidden.
  } else if (!up(({ name }) => name.startsWith('containerd'))) {
    if (!up(({ kind }) => kind === 'exits')) blind.push(withoutRuntime(up));
    else if (sources.some(({ name }) => name.startsWith('containerd'))) blind.push('exits as they happen: the native event stream of containerd does not answer');
  } else if (!up(({ name }) => name.startsWith('cri'))) blind.push('what Kubernetes was told, and exits from before the agent: CRI does not answer');
  if (!up(({ kind }) => kind === 'ledger')) blind.push("the kernel's own count of OOM kills: a lost log line will not be noticed");
  if (!up(({ kind }) => kind === 'cgroups')) blind.push('whose limit was hit where the kernel prints only one line of a kill: its counts of single cgroups cannot be read');
  const rows = [...sources.flatMap(({ name }) => (seen.get(name)?.missed === false ? [] : [row(seen.get(name), now)])), ...own];
  const verdict = blind.length === 0 ? 'Full sight.' : `Blind to ${blind.join('; ')}.`;
  return { text: `${rows.join('\n')}\n\n${hang('', verdict, WIDTH).join('\n')}\n`, fullSight: blind.length === 0 };
}

/** What it costs that no runtime answers: logs of kubelet and of the runtime tell exits, the names of containers' logs whose. */
function withoutRuntime(up: (test: (one: NodeSource) => boolean) => boolean): string {
  const logged = up(({ kind }) => kind === 'witness') || up(({ kind, name }) => kind === 'kernel-log' && name.startsWith('/'));
  if (!logged || !up(({ kind }) => kind === 'names')) return 'container exits: no runtime socket answers, so no exit can be judged';
  return 'memory limits, images and what Kubernetes was told: no runtime socket answers, so exits are taken from the logs of kubelet and of the runtime (containers that neither logs, of ctr or Docker, are not seen)';
}

/** Who may ask. It hides nothing, so it is no blind spot. */
function httpRow(config: AgentConfig): string {
  const exposed = exposure(config);
  const asks = config.tokenFile === null && config.tlsClientCaFile === null ? 'no token' : 'a token or certificate';
  const body = exposed ?? `${config.listen}, ${config.tlsCertFile === null ? 'plain' : 'TLS'}, ${asks}`;
  return hang(`${exposed === null ? '+' : '!'} ${'http'.padEnd(12)} `, safe(body), WIDTH).join('\n');
}

/** What is kept over a restart. It hides nothing of now, so it is no blind spot. */
async function stateRow({ stateDir }: AgentConfig): Promise<string> {
  const { verdicts, oomKills, discarded, why } = await inspectState(stateDir, { file: STATE_FILE, firstFile: FIRST_FILE });
  const damage = Object.entries(discarded).map(([reason, count]) => `, ${String(count)} ${reason}`);
  const body = why === null ? `${stateDir}, ${String(verdicts)} verdicts, ${String(oomKills)} kills kept${damage.join('')}` : `not kept over a restart: ${why}. Cure: let the agent write to ${stateDir}`;
  return hang(`${why === null ? '+' : '!'} ${'state'.padEnd(12)} `, safe(body), WIDTH).join('\n');
}

function row(one: SourceCoverage | undefined, now: number): string {
  if (!one) return '';
  const head = `${one.up ? '+' : '-'} ${safe(one.name).padEnd(12)} `;
  const to = one.intervals.at(-1)?.to;
  const from = one.intervals.at(-1)?.from;
  const since = from == null ? '' : `, from ${new Date(from / MS).toISOString().slice(0, 19)}Z`;
  const lag = to === undefined ? '' : `, ${sayDuration((now - to) / MS)} behind`;
  const body = one.up ? `read: ${one.detail}${since}${lag}` : `not read: ${one.detail}. Hides ${one.hides}.${one.cure === null ? '' : ` Cure: ${one.cure}`}`;
  return hang(head, safe(body), WIDTH).join('\n');
}
