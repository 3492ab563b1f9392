import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** `.proto` files are imported as text, as the bundle does (scripts/build.js). */
const protoAsText = {
  name: 'proto-as-text',
  load(id: string): string | null {
    return id.endsWith('.proto') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))}` : null;
  },
};

export default defineConfig({
  plugins: [protoAsText],
  test: {
    globalSetup: ['test/build-bundle.ts'],
    setupFiles: ['test/property-seed.ts'],
    // Many tests wait for something more than they reckon: one worker, as a small machine would get, is idle half the time.
    maxWorkers: 3,
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/load/**', 'test/soak/**', 'test/lab/lab.test.ts', 'test/torture/torture.test.ts'],
          testTimeout: 20_000,
          // A module is loaded once a worker, not once a file, which took nearly half of the time: no test may change one.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          // Storms through the pipeline alone take as long as daemons do.
          include: ['test/e2e/**/*.test.ts', 'test/load/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      { extends: true, test: { name: 'torture', include: ['test/torture/torture.test.ts'] } },
      { extends: true, test: { name: 'soak', include: ['test/soak/**/*.test.ts'], hookTimeout: 120_000 } },
      { extends: true, test: { name: 'lab', include: ['test/lab/lab.test.ts'], bail: 0 } },
    ],
  },
});
