import type { IncomingMessage, ServerResponse } from 'node:http';
import type * as z from 'zod/mini';
import type { ExitCode } from '../../model/exit-code.ts';
import type { Sources } from '../../model/source-status.ts';
import type { Micros } from '../../lib/time.ts';
import type { Store } from '../../store/store.ts';
import { readParameters } from './parameters.ts';
import type { Streams } from './streams.ts';

/** What the endpoint serves from; the agent hands it in. */
export interface HttpDeps {
  readonly store: Store;
  readonly sources: () => Sources;
  /** Ids of the containers, alive or dead, that a name names: `namespace/pod`, `namespace/pod/container`, or a pod's name. */
  readonly containersNamed: (target: string) => readonly string[];
  readonly ready: () => { readonly ready: boolean; readonly why: string };
  /** The Prometheus text. */
  readonly metrics: () => Promise<string> | string;
  readonly now: () => Micros;
  readonly version: string;
  /** What an exit code means; throws Why137Error for what is not one. */
  readonly exitCode: (given: number) => ExitCode;
}

/** What a handler works with. */
export interface Context extends HttpDeps {
  readonly streams: Streams;
}

export type Answer =
  | { readonly status: number; readonly body: unknown }
  | { readonly status: number; readonly text: string; readonly contentType: string }
  /** The handler answers by itself, for longer than one response. */
  | { readonly stream: (request: IncomingMessage, response: ServerResponse) => void };

/** One row of the table that both the server and openapi.json are made from. */
export interface Route {
  /** With `:name` for parameters in the path. */
  readonly path: `/${string}`;
  readonly summary: string;
  /** Whether a token is asked for, where the agent has tokens: `if-wanted` where the agent's options say so. */
  readonly protected: boolean | 'if-wanted';
  /** Parameters in the path and in the query; null: the query is of no interest and not looked at. */
  readonly params: z.ZodMiniObject | null;
  /** Schema of a JSON answer; null: `contentType` says what it is. */
  readonly response: z.ZodMiniType | null;
  readonly contentType: string;
  /** Statuses besides 200 that the handler itself may give, with their meaning. */
  readonly otherStatuses: Readonly<Record<string, string>>;
  readonly run: (
    context: Context,
    path: Readonly<Record<string, string | undefined>>,
    query: URLSearchParams,
  ) => Answer | Promise<Answer>;
}

interface RouteDefinition<P extends z.ZodMiniObject> {
  readonly path: `/${string}`;
  readonly summary: string;
  readonly params: P;
  readonly response: z.ZodMiniType | null;
  readonly contentType?: string;
  readonly otherStatuses?: Readonly<Record<string, string>>;
  readonly handle: (context: Context, params: z.infer<P>) => Answer | Promise<Answer>;
}

/** A route with parameters: they are read by their schema before the handler sees them. */
export function route<P extends z.ZodMiniObject>(definition: RouteDefinition<P>): Route {
  const { handle, ...rest } = definition;
  return {
    contentType: 'application/json',
    otherStatuses: {},
    protected: true,
    ...rest,
    run: (context, path, query) => handle(context, readParameters(definition.params, path, query)),
  };
}

/** A route for scrapers and probes, which may add parameters of their own; open to everybody unless it says otherwise. */
export function plainRoute(
  definition: Pick<Route, 'path' | 'summary' | 'response' | 'contentType' | 'otherStatuses'> & {
    readonly protected?: Route['protected'];
    readonly handle: (context: Context) => Answer | Promise<Answer>;
  },
): Route {
  const { handle, ...rest } = definition;
  return { protected: false, ...rest, params: null, run: (context) => handle(context) };
}
