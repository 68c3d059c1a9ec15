/**
 * The loop that an agent is: a model, its tools, and nothing left when it is cancelled.
 * @module
 */
export type {
  Item,
  MessageItem,
  ModelItem,
  Raw,
  ReasoningItem,
  ToolCallItem,
  ToolResultItem,
  ToolStatus,
} from './items.ts'
export type { JsonSchema, Model, ModelEvent, ModelOptions, ModelRequest, StopReason, ToolSpec, Usage } from './model.ts'
export type { RunEvent, RunResult, RunStatus } from './run-events.ts'
export { tool, type JsonSchemaToolOptions, type ValidatedToolOptions } from './tools/define-tool.ts'
export { shell, type ShellOptions } from './tools/shell/shell.ts'
export type { StandardSchema } from './tools/standard-schema.ts'
export type { CheckedArguments, OpenOptions, Tool, ToolContext, ToolSource } from './tools/tool.ts'
