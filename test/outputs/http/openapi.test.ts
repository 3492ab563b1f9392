import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { openapiOf } from '../../../src/outputs/http/openapi.ts';
import { ROUTES } from '../../../src/outputs/http/routes.ts';
import { get, serve } from './serve.ts';

const document = openapiOf(ROUTES, '1.2.3');
const text = JSON.stringify(document);
const shape = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string(),
    z.object({
      get: z.object({
        operationId: z.string(),
        parameters: z.array(z.object({ name: z.string(), in: z.enum(['path', 'query']), description: z.string(), schema: z.object({ type: z.string() }) })),
        responses: z.record(z.string(), z.object({ description: z.string() })),
      }),
    }),
  ),
  components: z.object({ schemas: z.record(z.string(), z.object({ type: z.string(), description: z.string() })) }),
});
const { paths, components } = z.parse(shape, document);

it('has every route, under an id of its own', () => {
  expect(Object.keys(paths)).toEqual(ROUTES.map(({ path }) => path.replace(/:(\w+)/g, '{$1}')));
  expect(new Set(Object.values(paths).map((p) => p.get.operationId)).size).toBe(ROUTES.length);
});

it('points only to what is there', () => {
  const refs = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map((m) => m[1] ?? '');
  expect(refs.length).toBeGreaterThan(10);
  for (const ref of refs) expect(Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`)).toContain(ref);
});

it('names the parameters of each path', () => {
  for (const [path, { get: operation }] of Object.entries(paths)) {
    const inPath = operation.parameters.filter((p) => p.in === 'path').map((p) => `{${p.name}}`);
    expect(inPath).toEqual(path.match(/\{\w+\}/g) ?? []);
  }
});

it('leaves room for fields to come', () => {
  expect(text).not.toContain('"additionalProperties":false');
});

it('is served', async () => {
  const { http, url } = await serve();
  expect((await get(`${url}/openapi.json`)).body).toEqual(openapiOf(ROUTES, '9.9.9'));
  await http.close();
});
