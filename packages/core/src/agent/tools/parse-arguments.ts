import { errorText } from './answer-text.ts'
import type { CheckedArguments, Tool } from './tool.ts'

/** Bytes of what an error says that are told. */
const TOLD = { maxBytes: 1_024 }

/**
 * Reads what a model wrote as the arguments of a tool, and has the tool check it. Never rejects: whatever is wrong, also with the
 * check itself, is a problem for the model to read.
 */
export async function checkArguments(tool: Tool, text: string): Promise<CheckedArguments> {
  const parsed = parse(text)
  if (!parsed.ok) return parsed
  try {
    return await tool.check(parsed.value)
  } catch (error) {
    return { ok: false, problem: `they could not be checked: ${errorText(error, TOLD)}` }
  }
}

/** No text at all is how some models write that there are no arguments. */
function parse(text: string): CheckedArguments {
  if (text.trim() === '') return { ok: true, value: {} }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { ok: false, problem: `no JSON: ${errorText(error, TOLD)}` }
  }
  const key = SUSPICIOUS.test(text) ? harmfulKey(value) : undefined
  return key === undefined ? { ok: true, value } : { ok: false, problem: `the key ${key} is not allowed` }
}

/** Text without any of these has no harmful key; a key may be written with escapes. */
const SUSPICIOUS = /__proto__|constructor|\\u/

/** A key by which an object that is merged into another changes what all objects inherit. Nests as deeply as JSON can. */
function harmfulKey(value: unknown): string | undefined {
  const open: unknown[] = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next !== 'object' || next === null) continue
    if (Object.hasOwn(next, '__proto__')) return '__proto__'
    if (Object.hasOwn(next, 'constructor') && hasPrototype(next.constructor)) return 'constructor.prototype'
    for (const inner of Object.values(next)) open.push(inner)
  }
  return undefined
}

function hasPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
}
