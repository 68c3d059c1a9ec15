/**
 * For `oakum.config.ts`. The command itself is `oakum`.
 *
 * @example
 * import { defineConfig } from 'oakum'
 *
 * export default defineConfig({ store: 'sqlite:.oakum', run: { maxMemory: '4G' } })
 * @module
 */
export { defineConfig, type OakumConfig, type RunDefaults, type UpDefaults } from './config/schema.ts'
