/** Whether conversations are whole. */
import { expect } from 'vitest'
import type { Item, ModelRequest, ToolResultItem } from '../../../src/agent/index.ts'

/** What is wrong with a conversation: each call has one result before a user speaks, each result its call, each id is used once. */
export function faultsOf(items: readonly Item[]): string[] {
  const open = new Set<string>()
  const known = new Set<string>([''])
  const faults: string[] = []
  for (const item of items) {
    if (item.type === 'tool_call') {
      if (known.has(item.callId)) faults.push(`The id of a call is there twice, or empty: ${item.callId}`)
      known.add(item.callId)
      open.add(item.callId)
    } else if (item.type === 'tool_result') {
      if (!open.delete(item.callId)) faults.push(`A result without its call: ${item.callId}`)
    } else if (item.type === 'message' && item.role === 'user' && open.size > 0) {
      faults.push(`Calls without a result: ${[...open].join(', ')}`)
    }
  }
  return open.size === 0 ? faults : [...faults, `Calls without a result at the end: ${[...open].join(', ')}`]
}

/** What each request sends is whole, and begins with what the one before sent. */
export function expectConversation(requests: readonly ModelRequest[]): void {
  for (const [index, { items }] of requests.entries()) {
    expect(faultsOf(items)).toEqual([])
    const before = requests[index - 1]?.items ?? []
    const isSame = items
      .slice(0, before.length)
      .every((item, at) => JSON.stringify(item) === JSON.stringify(before[at]))
    if (!isSame) expect(items.slice(0, before.length)).toEqual(before)
  }
}

export function isSuccess(item: Item): item is ToolResultItem {
  return item.type === 'tool_result' && item.status === 'ok'
}

export function idsOf(items: readonly Item[], type: 'tool_call' | 'tool_result'): string[] {
  return items.flatMap(item => (item.type === type ? [item.callId] : []))
}
