import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['corpus.spec.ts'], globals: true, pool: 'forks', teardownTimeout: 1_000, detectAsyncLeaks: true },
})
