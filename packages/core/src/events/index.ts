/**
 * The events of a store: append, read, and tail them.
 * @module
 */
export type {
  AppendOptions,
  EventFilter,
  EventInput,
  EventLog,
  OakumEvent,
  ReadOptions,
  TailOptions,
} from './event-log.ts'
export { createMemoryEventLog, type MemoryEventLogOptions } from './drivers/memory.ts'
export { openSqliteEventLog, type SqliteEventLogOptions } from './drivers/sqlite/log.ts'
export type { RetainOptions, RetainReport } from './retention.ts'
