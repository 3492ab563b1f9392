import findMyWay from 'find-my-way';
import type { Route } from './route.ts';

export interface Match {
  readonly route: Route;
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** Longer than any id; a longer one is nothing that there is. */
const MAX_PARAMETER = 1_000;

/** The route of a path, and what its parameters are. */
export function createMatcher(routes: readonly Route[]): (path: string) => Match | null {
  const router = findMyWay({ maxParamLength: MAX_PARAMETER });
  const byHandler = new Map<unknown, Route>();
  for (const route of routes) {
    const handler = (): Route => route;
    byHandler.set(handler, route);
    router.on('GET', route.path, handler);
  }
  return (path) => {
    const found = router.find('GET', path);
    const route = byHandler.get(found?.handler);
    return found && route ? { route, params: found.params } : null;
  };
}
