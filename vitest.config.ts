import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    // Many tests wait: on a machine of two cores, too, two files run at once.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    globalSetup: 'test/build-stamp.mjs',
    // Set by `npm run coverage`.
    setupFiles: process.env.NODE_V8_COVERAGE ? ['test/coverage/take-coverage.ts'] : [],
    // The ring asserts its invariants; threads and child processes of the tests inherit this.
    env: { BATCHFLOW_ASSERT: '1' },
    // The tests run what ships: dist is loaded by Node itself, not transformed.
    server: { deps: { external: [/\/dist\//] } },
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'], tsconfig: 'tsconfig.test.json' },
  },
});
