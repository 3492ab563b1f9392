import type { Clock } from '../host/clock.ts';
import { wait } from '../host/wait.ts';
import { Backoff } from '../lib/backoff.ts';
import { pauseAfter } from '../lib/no-descriptor.ts';
import type { Emit } from '../model/source-event.ts';
import { explainRpc } from './grpc/rpc-error.ts';

export interface Connecting {
  /** The source's name. */
  readonly source: string;
  readonly socket: string;
  /** What answers there, for people: "the CRI". */
  readonly service: string;
  readonly clock: Clock;
  /** Raised when it is over. */
  readonly stopping: AbortSignal;
  readonly emit: Emit;
}

/**
 * Connects to a runtime, and again whenever that ends, ever later until `ready` was called. Why it is down is told once,
 * until that changes. Ends only when `stopping` is raised.
 */
export async function keepConnected({ source, socket, service, clock, stopping, emit }: Connecting, connect: (ready: () => void) => Promise<void>): Promise<void> {
  const backoff = new Backoff();
  let said: string | null = null;
  const ready = (): void => {
    said = null;
    backoff.reset();
  };
  const isStopping = (): boolean => stopping.aborted;
  while (!isStopping()) {
    let trouble = '';
    try {
      await connect(ready);
    } catch (error) {
      if (isStopping()) return;
      const { why, cure } = explainRpc(error, socket, service);
      if (why !== said) emit({ type: 'down', source, why, cure });
      said = why;
      trouble = why;
    }
    await wait(clock, pauseAfter(trouble, backoff), stopping);
  }
}
