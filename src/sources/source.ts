import type { Emit, SourceKind } from '../model/source-event.ts';

/** One way that facts reach this node's agent. `start` returns soon; what happens later is told through `emit`. */
export interface Source {
  readonly name: string;
  readonly kind: SourceKind;
  start(emit: Emit): Promise<void>;
  stop(): Promise<void>;
}
