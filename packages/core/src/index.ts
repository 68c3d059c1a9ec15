/**
 * Own what an agent starts, lease what it holds, reclaim both when it falls silent.
 * @module
 */
export * from './errors/index.ts'
export * from './events/index.ts'
export * from './fleet/index.ts'
export * from './process/index.ts'
export * from './scope/index.ts'
