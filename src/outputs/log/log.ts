import pino from 'pino';
import { formatTime, formatTimeOrNull, type Micros } from '../../lib/time.ts';
import type { Container } from '../../model/container-exit.ts';
import type { OomKill } from '../../model/oom-kill.ts';
import type { SourceEvent } from '../../model/source-event.ts';
import type { Verdict } from '../../model/verdict.ts';
import { type Destination, openStdout } from './destination.ts';
import { killFields, verdictFields } from './fields.ts';
import type { LineEvent, LogFields } from './line-schema.ts';
import { killSentence, verdictSentence } from './sentences.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
type Told = Extract<SourceEvent, { readonly type: 'up' | 'down' | 'gap' }>;

export interface LogOptions {
  /** Where lines go; standard output unless given. */
  readonly write?: Destination;
  readonly level: LogLevel;
  readonly nodeName: string | null;
  readonly now: () => Micros;
}

export interface Log {
  verdict(verdict: Verdict): void;
  /** `container`: who the victim's container is, where that is known. */
  oomKill(kill: OomKill, container?: Container | null): void;
  /** `source.up`, `source.down` or `source.gap`. */
  source(event: Told): void;
  agent(event: Extract<LineEvent, `agent.${string}`>, msg: string, fields?: LogFields, level?: LogLevel): void;
  /** Lines lost so far because nobody read them. */
  dropped(): number;
  /** Resolves when all is written (true), or after so many milliseconds (false). */
  flush(timeoutMs: number): Promise<boolean>;
  /** Lines that nobody has read yet, nor been told that he missed. */
  unread(): number;
}

/** JSON logs, one object a line (contract: JSON logs; `logLineSchema`). */
export function createLog({ write = openStdout(), level, nodeName, now }: LogOptions): Log {
  const logger = pino(
    {
      level,
      base: nodeName === null ? {} : { 'k8s.node.name': nodeName },
      messageKey: 'msg',
      timestamp: () => `,"time":"${formatTime(now())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    write,
  );
  let saidDropped = 0;
  const line = (at: LogLevel, event: LineEvent, msg: string, fields: Readonly<Record<string, unknown>>): void => {
    sayDropped();
    logger[at]({ event, ...known(fields) }, msg);
  };
  /** Once there is a reader again, he is told what he missed. */
  function sayDropped(): void {
    const dropped = write.dropped?.() ?? 0;
    if (dropped === saidDropped || write.hasRoom?.() === false) return;
    const lost = dropped - saidDropped;
    saidDropped = dropped;
    logger.warn({ event: 'agent.log', 'why137.log.lines_dropped': lost }, `${String(lost)} log lines were lost because nobody read them; HTTP has what they said`);
  }

  return {
    verdict(verdict) {
      const quiet = verdict.family === 'program' || verdict.family === 'orchestrator';
      line(quiet ? 'info' : 'warn', 'exit.verdict', verdictSentence(verdict), verdictFields(verdict));
    },
    oomKill(kill, container = null) {
      line('warn', 'oom.kill', killSentence(kill, container), killFields(kill, container));
    },
    source(event) {
      const source = { 'why137.source': event.source };
      if (event.type === 'up') line('info', 'source.up', `${event.source} is read: ${event.detail}`, source);
      else if (event.type === 'down') {
        line('warn', 'source.down', `${event.source} cannot be read: ${event.why}`, { ...source, 'why137.source.cure': event.cure });
      } else {
        const gap = { 'why137.gap.from': formatTimeOrNull(event.from), 'why137.gap.to': formatTimeOrNull(event.to) };
        line('warn', 'source.gap', `${event.source} lost something for certain: ${event.why}`, { ...source, ...gap });
      }
    },
    agent(event, msg, fields = {}, at = 'info') {
      line(at, event, msg, fields);
    },
    dropped: () => write.dropped?.() ?? 0,
    flush: (timeoutMs) => write.flushed?.(timeoutMs) ?? Promise.resolve(true),
    unread: () => (write.pending?.() ?? 0) + (write.dropped?.() ?? 0) - saidDropped,
  };
}

/** Without what is not known: an attribute is there or it is not. */
function known(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}
