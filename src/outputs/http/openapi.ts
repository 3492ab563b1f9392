import * as z from 'zod/mini';
import { exitCodeSchema } from '../../model/exit-code.ts';
import { oomKillSchema } from '../../model/oom-kill.ts';
import { oomKillPageSchema, verdictPageSchema } from '../../model/page.ts';
import { problemSchema } from '../../model/problem.ts';
import { sourcesSchema } from '../../model/source-status.ts';
import { verdictSchema } from '../../model/verdict.ts';
import { allowMore, jsonSchema } from '../json-schema.ts';
import { explanationSchema } from './explanation.ts';
import type { Route } from './route.ts';

/** Schemas with a name of their own in the document; every other is written where it is used. */
const NAMED = {
  Verdict: verdictSchema,
  VerdictPage: verdictPageSchema,
  OomKill: oomKillSchema,
  OomKillPage: oomKillPageSchema,
  Explanation: explanationSchema,
  Sources: sourcesSchema,
  ExitCode: exitCodeSchema,
  Problem: problemSchema,
} as const;

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the given routes. */
export function openapiOf(routes: readonly Route[], version: string): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'why137',
      version,
      summary: 'What really ended the containers of this node',
      description: 'Times are RFC 3339 UTC, sizes are bytes, unknown is null. Read-only: GET and HEAD.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: Object.fromEntries(routes.map((route) => [pathOf(route), { get: operationOf(route) }])),
    components: { schemas: namedSchemas(), securitySchemes: SECURITY_SCHEMES },
  };
}

const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: "A token of the agent's --token-file. Agents without one ask for none." },
  token: { type: 'apiKey', in: 'header', name: 'X-Why137-Token', description: 'The same token, for ways that take Authorization away, such as the proxy of the Kubernetes API server.' },
  certificate: { type: 'mutualTLS', description: "A client certificate of the agent's --tls-client-ca-file" },
};
/** Any of them; none where the agent asks for none. */
const SECURITY = [...Object.keys(SECURITY_SCHEMES).map((name) => ({ [name]: [] })), {}];

const pathOf = ({ path }: Route): string => path.replace(/:(\w+)/g, '{$1}');

function operationOf(route: Route): Json {
  const inPath = new Set([...route.path.matchAll(/:(\w+)/g)].map((m) => m[1]));
  const parameters = Object.entries(route.params?.shape ?? {}).map(([name, schema]) => parameterOf(name, schema, inPath.has(name)));
  const others: Json = Object.fromEntries(
    Object.entries(route.otherStatuses).map(([status, description]) => [status, { description, content: problemOrBody(route) }]),
  );
  return {
    operationId: operationIdOf(route.path),
    summary: route.summary,
    parameters,
    ...(route.protected === false ? {} : { security: SECURITY }),
    responses: {
      200: { description: route.summary, content: { [route.contentType]: contentOf(route) } },
      ...(route.params ? { 400: { description: 'A parameter is not allowed', content: PROBLEM } } : {}),
      ...(route.protected === false ? {} : { 401: { description: 'The agent asks for a token', content: PROBLEM } }),
      ...others,
    },
  };
}

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

/** A route without parameters answers in its own shape whatever the status (readyz); others with a problem. */
function problemOrBody(route: Route): Json {
  return route.params ? PROBLEM : { [route.contentType]: contentOf(route) };
}

function contentOf({ response }: Route): Json {
  if (!response) return {};
  const named = Object.entries(NAMED).find(([, schema]) => schema === response);
  return { schema: named ? { $ref: `#/components/schemas/${named[0]}` } : plain(jsonSchema(response)) };
}

function parameterOf(name: string, schema: z.core.$ZodType, inPath: boolean): Json {
  const { description, ...rest } = plain(jsonSchema(schema));
  return {
    name,
    in: inPath ? 'path' : 'query',
    required: inPath || !(schema instanceof z.ZodMiniOptional),
    description,
    schema: rest,
  };
}

/** `/v1/exit-codes/:n` becomes `getExitCodesByN`. */
function operationIdOf(path: string): string {
  const words = path.replace('/v1/', '').replace(/:(\w+)/g, 'by $1').split(/\W+/).filter(Boolean);
  return ['get', ...words.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))].join('');
}

function namedSchemas(): Json {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/components/schemas/${id}`, override: allowMore });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)]));
}

/** Without what only a document of its own may say. */
function plain(schema: object): Json {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id' && !key.startsWith('~')));
}
