import { execFileSync } from 'node:child_process';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

it('can be loaded alone, as the agent does', async () => {
  const bundled = await build({ entryPoints: ['src/sources/grpc/grpc-client.ts'], bundle: true, platform: 'node', format: 'cjs', write: false });
  const program = `${bundled.outputFiles[0]?.text ?? ''}; module.exports.loadGrpcClient().then(({ Client }) => console.log(typeof Client))`;
  expect(execFileSync(process.execPath, ['-'], { input: program }).toString()).toBe('function\n');
});

it('does not load the whole of grpc-js', async () => {
  const { metafile } = await build({ entryPoints: ['src/sources/grpc/grpc-client.ts'], bundle: true, platform: 'node', write: false, metafile: true });
  const parts = Object.keys(metafile.inputs).filter((path) => path.includes('@grpc/grpc-js/'));
  expect(parts.length).toBeGreaterThan(10);
  expect(parts.filter((path) => /src\/(index|server|load-balancer-(round-robin|outlier-detection|weighted-round-robin)|certificate-provider)\.js$/.test(path))).toEqual([]);
});
