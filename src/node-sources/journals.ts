import type { AgentConfig } from '../config/schema.ts';
import { KERNEL_WITNESS_PATTERN, witnessMatches, WITNESS_PATTERN } from '../evidence/witnesses.ts';
import type { Host } from '../host/host.ts';
import { JOURNAL_PATTERN } from '../kernel/reader/needles.ts';
import type { Micros } from '../lib/time.ts';
import type { SourceKind } from '../model/source-event.ts';
import type { JournalOptions } from '../sources/journal/journal-options.ts';
import type { JournalSource } from '../sources/journal/journal-source.ts';
import { watched } from '../sources/watched.ts';
import { HIDES, type NodeSource } from './node-source.ts';

export async function journal(config: AgentConfig, host: Host, since: Micros): Promise<NodeSource> {
  const { KERNEL_PART } = await import('../sources/journal/journal-parts.ts');
  const pattern = `${JOURNAL_PATTERN}|${KERNEL_WITNESS_PATTERN}`;
  return journalReading(config, host, since, 'kernel-log', HIDES.journal, { part: KERNEL_PART, pattern, matches: [['_TRANSPORT=kernel']] });
}

/** What other programs than the kernel wrote to the journal: a reading of its own, so that neither waits for the other. */
export async function units(config: AgentConfig, host: Host, since: Micros): Promise<NodeSource> {
  const { unitsPart } = await import('../sources/journal/journal-parts.ts');
  const matches = witnessMatches();
  const part = unitsPart(matches.flatMap((group, index) => (index === 0 ? group : ['+', ...group])));
  return journalReading(config, host, since, 'witness', HIDES.units, { part, pattern: WITNESS_PATTERN, matches });
}

async function journalReading(config: AgentConfig, host: Host, since: Micros, kind: SourceKind, hides: string, what: Pick<JournalOptions, 'part' | 'pattern' | 'matches'>): Promise<NodeSource> {
  const { journalSource } = await import('../sources/journal/journal-source.ts');
  let position: string | null = null;
  let current: JournalSource | null = null;
  const source = watched(host.clock, () => {
    current = journalSource({
      ...what,
      host,
      dir: config.journalDir,
      since,
      // A new run reads the look-back again; one that stood still goes on where it was.
      cursor: position,
      onCursor(cursor) {
        position = cursor;
      },
    });
    return current;
  });
  return { name: source.name, kind, hides, provesSilence: true, source, position: () => position, readNow: async () => current?.readNow() };
}
