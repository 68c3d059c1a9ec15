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
export { AgentLoop, type CancelOptions, type LoopCounts } from './agent-loop.ts'
export type { Approval, Approve } from './approval.ts'
export type { ChildLoopOptions } from './join.ts'
export { DEFAULT_LIMITS, type Limits } from './limits.ts'
export type { LoopResources } from './resources.ts'
export { mcp } from './mcp/mcp.ts'
export type { McpAddressOptions, McpOptions, McpProgramOptions, McpServerOptions } from './mcp/options.ts'
export { aiSdk, type AiSdkModel, type AiSdkOptions } from './models/ai-sdk.ts'
export { anthropic, type AnthropicClient, type AnthropicOptions } from './models/anthropic.ts'
export { openaiChat, type OpenAIChatClient, type OpenAIChatOptions } from './models/openai-chat.ts'
export { openaiResponses, type OpenAIResponsesClient, type OpenAIResponsesOptions } from './models/openai-responses.ts'
export type { RetryOptions } from './retry/options.ts'
export { DEFAULT_CANCEL_DEADLINE, type Run, type RunOptions } from './run.ts'
export type { RunEvent, RunResult, RunStatus } from './run-events.ts'
export type { AgentLoopOptions } from './settings.ts'
export type { Span, SpanAttributes, SpanKind, SpanPort } from './spans.ts'
export { tool, type JsonSchemaToolOptions, type ValidatedToolOptions } from './tools/define-tool.ts'
export { readFile, type ReadFileOptions } from './tools/files/read-file.ts'
export { writeFile, type WriteFileOptions } from './tools/files/write-file.ts'
export { shell, type ShellOptions } from './tools/shell/shell.ts'
export type { StandardSchema } from './tools/standard-schema.ts'
export type { CheckedArguments, OpenOptions, Tool, ToolContext, ToolSource } from './tools/tool.ts'
