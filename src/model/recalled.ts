import type { Container, ContainerExit } from './container-exit.ts';
import type { OomKill } from './oom-kill.ts';

/** What an earlier run knew. */
export interface Recalled {
  readonly containers: Iterable<Container>;
  readonly kills: Iterable<OomKill>;
  readonly exits: Iterable<ContainerExit>;
}
