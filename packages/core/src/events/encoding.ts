/**
 * Between events as callers hand them in and events as drivers keep them. All checks of what is appended are here, and
 * they are done for a whole batch before anything of it is written.
 */
import { randomUUID } from 'node:crypto'
import { OakumError } from '../errors/error.ts'
import type { EventInput, OakumEvent } from './event-log.ts'

/** An event as drivers keep it: checked, with its defaults, its data as JSON. A driver adds the `seq`. */
export interface EncodedEvent {
  id: string
  type: string
  time: number
  workflow: string | null
  agent: string | null
  data: string
}

/** @throws INVALID_OPTION when one of the events cannot be stored; the message says which, and why. */
export function encodeEvents(events: readonly EventInput[], now: number): EncodedEvent[] {
  return events.map((event, index) => {
    const encoded = {
      id: event.id ?? randomUUID(),
      type: event.type,
      time: event.time ?? now,
      workflow: event.workflow ?? null,
      agent: event.agent ?? null,
      data: toJson(event.data ?? {}, index),
    }
    validate(encoded, index)
    return encoded
  })
}

/** @throws STORE_CORRUPT when its data was damaged: left out, it would be missed by readers that count on each event */
export function decodeEvent(stored: EncodedEvent & { seq: number }): OakumEvent {
  const { seq, id, type, time, workflow, agent } = stored
  const data = parseData(stored)
  return {
    seq,
    id,
    type,
    time,
    ...(workflow === null ? undefined : { workflow }),
    ...(agent === null ? undefined : { agent }),
    data,
  }
}

function parseData({ seq, data }: { seq: number; data: string }): OakumEvent['data'] {
  try {
    return JSON.parse(data)
  } catch (cause) {
    throw new OakumError('STORE_CORRUPT', `Event ${seq} cannot be read.`, { cause, facts: { seq } })
  }
}

/** No control characters, and no halves of a surrogate pair: they would not come back from every store as they went in. */
const TYPE = /^[^\p{Cc}\p{Cs}]{1,128}$/u
const NAME = /^[^\p{Cc}\p{Cs}]{1,512}$/u

function validate(event: EncodedEvent, index: number): void {
  if (!isText(event.type, TYPE)) refuse(index, 'type', 'must be 1 to 128 characters, none of them a control character')
  for (const field of ['id', 'workflow', 'agent'] as const) {
    if (event[field] !== null && !isText(event[field], NAME)) {
      refuse(index, field, 'must be 1 to 512 characters, none of them a control character')
    }
  }
  if (!Number.isSafeInteger(event.time)) refuse(index, 'time', 'must be whole milliseconds since 1970')
}

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}

function toJson(data: unknown, index: number): string {
  let json: string | undefined
  try {
    json = JSON.stringify(data)
  } catch (cause) {
    refuse(index, 'data', 'cannot be written as JSON', cause)
  }
  if (json === undefined || !json.startsWith('{')) refuse(index, 'data', 'must be an object')
  return json
}

function refuse(index: number, field: string, why: string, cause?: unknown): never {
  throw new OakumError('INVALID_OPTION', `events[${index}].${field} ${why}.`, { cause, facts: { index, field } })
}
