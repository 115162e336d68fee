import { defineConfig } from 'vitest/config'

// Tests import the TypeScript sources (`source` condition); tests that start real processes use
// `dist`, which the global setup builds once with the launcher's own build.
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['./test/global-setup.ts'],
    setupFiles: ['./test/fail-on-console.ts'],
    // Tests that start processes share two cores with each other: generous, nothing waits for it.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    pool: 'threads',
    maxWorkers: 2,
  },
})
