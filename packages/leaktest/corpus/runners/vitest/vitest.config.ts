import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const conditions = ['@oakum/source']

export default defineConfig({
  ssr: { resolve: { conditions, externalConditions: conditions } },
  cacheDir: join(import.meta.dirname, '../../../../../node_modules/.cache/vitest-corpus'),
  test: {
    include: ['case.spec.ts'],
    testTimeout: 600_000,
    // For workers that do not end by themselves, because of what the case leaves running.
    teardownTimeout: 1_000,
  },
})
