/**
 * The conversation of a loop, bounded: what a request is made of.
 *
 * Invariants:
 * - A call and its result stay and go together. Nothing is forgotten behind a call that has no result yet, so that a loop has to
 *   answer each, as aborted if need be, for the bounds to hold.
 * - What has been forgotten leaves a conversation that begins with a message of a user or of the system.
 * - The task stays: the newest message of the user, or of the system where no user has said anything. So does the turn that came last.
 *   Between them, turns are forgotten whole, oldest first: one run may take any number of turns, and stays within the limits. Where there
 *   is no task, nothing is forgotten.
 * - What `items` and `since` gave does not change any more.
 *
 * Items are in a list, each linked to its neighbours, so that adding and forgetting take the same time however many there are.
 */
import type { Item, ToolCallItem } from './items.ts'
import { itemSize } from './item-size.ts'

/** How long a conversation may get. */
export interface HistoryLimits {
  readonly maxItems: number
  /** See {@link itemSize} for what is counted. */
  readonly maxBytes: number
}

/** The part of the limits that a trim leaves. */
const KEPT = 3 / 4

/** What was forgotten. */
export interface Trimmed {
  readonly items: number
  readonly bytes: number
}

interface Entry {
  readonly item: Item
  readonly bytes: number
  /** Of the response that made it. */
  readonly responseId: string | undefined
  /** May stand behind a cut, with nothing before that. */
  readonly beginsConversation: boolean
  /** May stand behind a cut, with the task before that. */
  readonly beginsTurn: boolean
  previous: Entry | undefined
  next: Entry | undefined
}

export class History {
  readonly #limits: HistoryLimits
  #oldest: Entry | undefined
  #newest: Entry | undefined
  #task: Entry | undefined
  /** The response whose last item was forgotten last of all, when nothing behind that item was. */
  #forgottenResponse: string | undefined
  /** Calls that have no result yet, oldest first. */
  readonly #open = new Map<string, ToolCallItem>()
  /** Of all calls that are remembered. */
  readonly #callIds = new Set<string>()
  #items: readonly Item[] | undefined
  #length = 0
  #bytes = 0

  constructor(limits: HistoryLimits) {
    this.#limits = limits
  }

  get length(): number {
    return this.#length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** All that is remembered, oldest first. The same array until something changes. */
  get items(): readonly Item[] {
    this.#items ??= this.#itemsFrom(this.#oldest)
    return this.#items
  }

  /** Adds an item at the end; with the id of the response that made it, where one did. Nothing is forgotten before `trim()`. */
  add(item: Item, responseId?: string): void {
    const previous = this.#newest
    const isWhole = this.#open.size === 0
    const entry: Entry = {
      item,
      bytes: itemSize(item),
      responseId,
      beginsConversation: isWhole && isTold(item),
      beginsTurn: isWhole && beginsTurn(item, previous?.item),
      previous,
      next: undefined,
    }
    if (previous === undefined) this.#oldest = entry
    else previous.next = entry
    this.#newest = entry
    this.#length += 1
    this.#bytes += entry.bytes
    this.#items = undefined
    if (item.type === 'tool_call') {
      this.#open.set(item.callId, item)
      this.#callIds.add(item.callId)
    } else if (item.type === 'tool_result') this.#open.delete(item.callId)
    else if (isTold(item) && (isOfUser(item) || !isOfUser(this.#task?.item))) this.#task = entry
  }

  /**
   * What a service does not know that stored this response: all behind the response's last item. Undefined when the response is not
   * known here, or when something behind it has been forgotten.
   */
  since(responseId: string): readonly Item[] | undefined {
    for (let entry = this.#newest; entry !== undefined; entry = entry.previous) {
      if (entry.responseId === responseId) return this.#itemsFrom(entry.next)
    }
    return this.#forgottenResponse === responseId ? this.items : undefined
  }

  /** Whether a call of that id is remembered. */
  hasCall(callId: string): boolean {
    return this.#callIds.has(callId)
  }

  /** Calls that have no result yet, oldest first. */
  unanswered(): ToolCallItem[] {
    return [...this.#open.values()]
  }

  /**
   * Above the limits, forgets the oldest items until the rest is well within them, as far as that can be had. Undefined when nothing had to
   * go. Services remember how a conversation begins; one that began otherwise at each turn would be read anew each time.
   */
  trim(): Trimmed | undefined {
    const { length, bytes } = this
    if (!this.#isAbove(1)) return undefined
    while (this.#isAbove(KEPT) && this.#forgetOldest());
    return length === this.#length ? undefined : { items: length - this.#length, bytes: bytes - this.#bytes }
  }

  #isAbove(share: number): boolean {
    const { maxItems, maxBytes } = this.#limits
    return this.#length > share * maxItems || this.#bytes > share * maxBytes
  }

  /** Forgets as little as may go by itself. False when nothing may. */
  #forgetOldest(): boolean {
    const oldest = this.#oldest
    const task = this.#task
    if (oldest === undefined || task === undefined) return false
    if (oldest !== task) {
      const end = nextThat('beginsConversation', oldest, task)
      return end !== undefined && this.#forget(oldest, end, undefined)
    }
    const first = task.next
    const end = first && nextThat('beginsTurn', first, undefined)
    return first !== undefined && end !== undefined && this.#forget(first, end, task)
  }

  /** Forgets from an entry on up to another one, which then comes behind the one to be kept, or first. */
  #forget(from: Entry, end: Entry, kept: Entry | undefined): true {
    let last = from
    for (let entry: Entry | undefined = from; entry !== undefined && entry !== end; entry = entry.next) {
      this.#length -= 1
      this.#bytes -= entry.bytes
      if (entry.item.type === 'tool_call') this.#callIds.delete(entry.item.callId)
      last = entry
    }
    end.previous = kept
    if (kept === undefined) this.#oldest = end
    else kept.next = end
    this.#forgottenResponse = last.responseId
    this.#items = undefined
    return true
  }

  #itemsFrom(first: Entry | undefined): readonly Item[] {
    const items: Item[] = []
    for (let entry = first; entry !== undefined; entry = entry.next) items.push(entry.item)
    return items
  }
}

/** The nearest such entry behind one; none behind the last that is asked for. */
function nextThat(
  begins: 'beginsConversation' | 'beginsTurn',
  behind: Entry,
  last: Entry | undefined,
): Entry | undefined {
  let entry = behind.next
  while (entry !== undefined && entry !== last && !entry[begins]) entry = entry.next
  return entry?.[begins] === true ? entry : undefined
}

/** Whether what comes before an item of a conversation is over with it, so that calls before it can have no result behind it. */
export function endsTurn(item: Item, previous: Item | undefined): boolean {
  return isTold(item) || beginsTurn(item, previous)
}

function beginsTurn(item: Item, previous: Item | undefined): boolean {
  return item.type !== 'tool_result' && (previous?.type === 'tool_result' || isTold(previous))
}

/** Of a user or of the system. */
function isTold(item: Item | undefined): boolean {
  return item?.type === 'message' && item.role !== 'assistant'
}

function isOfUser(item: Item | undefined): boolean {
  return item?.type === 'message' && item.role === 'user'
}
