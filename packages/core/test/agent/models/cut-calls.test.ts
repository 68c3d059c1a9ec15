/** Calls that a service broke off, because an answer grew too long, must not be run as if they were whole. */
import { expect, test } from 'vitest'
import type { ModelEvent, StopReason } from '../../../src/agent/model.ts'
import { PartsReader } from '../../../src/agent/models/ai-sdk-parts.ts'
import { MessagesReader } from '../../../src/agent/models/anthropic-events.ts'
import { CallIds } from '../../../src/agent/models/call-ids.ts'
import { ChatReader } from '../../../src/agent/models/openai-chat-chunks.ts'
import { ResponsesReader } from '../../../src/agent/models/openai-responses-events.ts'
import { sentCallId, sentName } from '../../../src/agent/models/sent-names.ts'
import { checkArguments } from '../../../src/agent/tools/parse-arguments.ts'
import { tool } from '../../../src/agent/index.ts'

/** What a port makes of a call with these arguments in a response that was cut, or was not. */
type Port = (args: string, cut: boolean) => readonly ModelEvent[]

const ports: Readonly<Record<string, Port>> = {
  'openai.chat': (args, cut) => {
    const reader = new ChatReader(new CallIds([]))
    const delta = { tool_calls: [{ index: 0, id: 'a', function: { name: 'stop', arguments: args } }] }
    const choices = [{ index: 0, delta, finish_reason: cut ? 'length' : 'tool_calls' }]
    return [...reader.read(Object.assign({ object: 'chat.completion.chunk' }, { choices })), ...reader.end()]
  },
  'openai.responses': (args, cut) => {
    const reader = new ResponsesReader(new CallIds([]))
    const status = cut ? 'incomplete' : 'completed'
    const item = { type: 'function_call', call_id: 'a', name: 'stop', arguments: args, status }
    const response = { id: 'r', incomplete_details: { reason: 'max_output_tokens' } }
    return [
      { type: 'response.created', response },
      { type: 'response.output_item.done', item },
      { type: `response.${status}`, response },
    ].flatMap(event => reader.read(event))
  },
  anthropic: (args, cut) => {
    const reader = new MessagesReader(new CallIds([]))
    return [
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', id: 'a', name: 'stop', input: {} } },
      { type: 'content_block_delta', index: 0, delta: { type: 'input_json_delta', partial_json: args } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: cut ? 'max_tokens' : 'tool_use' } },
      { type: 'message_stop' },
    ].flatMap(event => reader.read(event))
  },
  'ai-sdk': (args, cut) => {
    const reader = new PartsReader('test', new CallIds([]))
    return [
      { type: 'tool-call', toolCallId: 'a', toolName: 'stop', input: args === '' ? '{}' : args },
      {
        type: 'finish',
        finishReason: { unified: cut ? 'length' : 'tool-calls' },
        usage: { outputTokens: { total: 1 } },
      },
    ].flatMap(event => reader.read(event))
  },
}

const stop = tool({ name: 'stop', description: '', parameters: { type: 'object' }, execute: () => '' })

test.each(Object.entries(ports))('%s: a call that was cut is never one that can be run', async (_, port) => {
  for (const args of ['', '{', '{"a": "b']) {
    const [made, end] = port(args, true).slice(-2)
    expect(end).toMatchObject({ type: 'finish', reason: 'length' satisfies StopReason })
    if (made?.type !== 'item' || made.item.type !== 'tool_call') throw new Error('There is no call.')
    expect(await checkArguments(stop, made.item.arguments)).toMatchObject({ ok: false })
    expect(made.item.arguments).toBe(args || '{')
  }
})

test.each(Object.entries(ports))(
  '%s: a call without arguments is one, and one that was whole by then stays so',
  async (_, port) => {
    for (const [args, cut] of [
      ['', false],
      ['{"a":1}', true],
    ] as const) {
      const made = port(args, cut).at(-2)
      if (made?.type !== 'item' || made.item.type !== 'tool_call') throw new Error('There is no call.')
      expect(await checkArguments(stop, made.item.arguments)).toEqual({ ok: true, value: JSON.parse(args || '{}') })
    }
  },
)

test('names and ids are sent as all services take them', () => {
  expect(['read_file-2', 'functions.read file', '', 'é'.repeat(70)].map(sentName)).toEqual([
    'read_file-2',
    'functions_read_file',
    '_',
    '_'.repeat(64),
  ])
  expect(sentCallId('functions.bash:0')).toBe('functions_bash_0')
  expect(new CallIds([]).take(undefined)).toMatch(/^call_\w{32}$/)
})
