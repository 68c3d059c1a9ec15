/**
 * What a run does to the world outside of it: what it tells its consumer, and adds to the conversation.
 *
 * Invariants:
 * - Nothing is told, and nothing added, once the handoff is shut, whoever calls; only `close()` adds what is missing then.
 * - Closed, it leaves a conversation that is whole: what was being said is in it as partial, and each call has its result.
 */
import { callBack } from './callback-failure.ts'
import type { Handoff } from './handoff.ts'
import { endsTurn, type History, type Trimmed } from './history.ts'
import type { Item, ModelItem, ToolCallItem, ToolResultItem } from './items.ts'
import type { Usage } from './model.ts'
import type { RunEvent } from './run-events.ts'
import type { Settings } from './settings.ts'
import type { Response } from './turn/respond.ts'
import { TurnOutput } from './turn/turn-output.ts'
import { addUsage, NO_USAGE } from './usage.ts'

/** What the model is told of a call that did not come to its end. */
const ABORTED = 'The call was aborted before it had ended. It may have had effects.'

export interface JournalOptions {
  readonly settings: Settings
  readonly history: History
  readonly handoff: Handoff<RunEvent>
  readonly input: readonly Item[]
  /** Told of each event before the consumer is. */
  readonly told: (event: RunEvent) => void
}

export class Journal {
  readonly #options: JournalOptions
  /** What the run added, its input included. */
  #items: Item[]
  #output: TurnOutput | undefined
  #turns = 0
  #usage: Usage = NO_USAGE
  #responseId: string | undefined
  #loading = false
  #closed = false
  /** Results of the turn's calls, those included whose turn to be told has not come. */
  readonly answered: Map<ToolCallItem, ToolResultItem> = new Map()

  constructor(options: JournalOptions) {
    this.#options = options
    const { input, history } = options
    this.#items = addGiven(history, input)
  }

  /** What the run added to the conversation and was not forgotten since, its input left out. */
  get items(): readonly Item[] {
    const input = new Set(this.#options.input)
    return this.#items.filter(item => !input.has(item))
  }

  get turns(): number {
    return this.#turns
  }

  get usage(): Usage {
    return this.#usage
  }

  /** Of the last response that came to its end. */
  get responseId(): string | undefined {
    return this.#responseId
  }

  /** What a request sends: all, or what the service does not know that stored this response. */
  itemsSince(responseId: string | undefined): readonly Item[] {
    const { history } = this.#options
    if (responseId === undefined) return history.items
    return history.since(responseId) ?? [...this.#items]
  }

  /** Tells the consumer, and waits until it asks for more. */
  emit(event: RunEvent): Promise<void> {
    const { handoff, told } = this.#options
    if (event.type === 'item') return this.#emitItem(event)
    if (!handoff.isShut) told(event)
    return handoff.put(event)
  }

  async #emitItem(event: Extract<RunEvent, { type: 'item' }>): Promise<void> {
    const { settings, handoff, told } = this.#options
    if (!handoff.isShut) {
      told(event)
      if (event.item.type === 'tool_result') this.#add(event.item)
      callBack(settings.onItem, event.item)
    }
    await handoff.put(event)
  }

  /** Tells the consumer of an item. */
  deliver(item: ModelItem): Promise<void> {
    return this.emit({ type: 'item', item })
  }

  loading(loading: boolean): void {
    const { settings, handoff } = this.#options
    if (loading === this.#loading || (loading && handoff.isShut)) return
    this.#loading = loading
    callBack(settings.onLoading, loading)
  }

  beginTurn(): TurnOutput {
    this.#turns++
    this.answered.clear()
    this.#output = new TurnOutput(this.#options.settings.limits.responseSize)
    return this.#output
  }

  /** The response has come to its end; the calls in it are to be answered. */
  async endResponse({ id, usage }: Response): Promise<ToolCallItem[]> {
    const { settings, history, handoff } = this.#options
    const output = this.#output
    if (handoff.isShut || output === undefined) return []
    const { tell, keep } = output.complete(callId => history.hasCall(callId))
    this.#output = undefined
    for (const item of keep) this.#add(item, id)
    this.#usage = addUsage(this.#usage, usage)
    this.#responseId = id
    if (id !== undefined) callBack(settings.onResponseId, id)
    for (const item of tell) await this.deliver(item)
    return tell.filter(item => item.type === 'tool_call')
  }

  async endTurn({ reason, usage }: Response): Promise<void> {
    const trimmed = this.#trim()
    if (trimmed !== undefined) await this.emit({ type: 'history_trimmed', ...trimmed })
    await this.emit({ type: 'turn_finished', turn: this.#turns, reason, usage })
  }

  /** Puts the conversation in order, and shuts the handoff. Idempotent. Throws what `onLoading` throws, having done all. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    const { history, handoff } = this.#options
    handoff.shut(undefined)
    for (const item of this.#output?.breakOff().keep ?? []) this.#add(item)
    this.#output = undefined
    for (const call of history.unanswered()) this.#add(this.answered.get(call) ?? abortedResult(call))
    this.#trim()
    this.loading(false)
  }

  /** What the conversation forgets the run forgets as well: it may take any number of turns. */
  #trim(): Trimmed | undefined {
    const { history } = this.#options
    const trimmed = history.trim()
    if (trimmed === undefined) return undefined
    const remembered = new Set(history.items)
    this.#items = this.#items.filter(item => remembered.has(item))
    return trimmed
  }

  #add(item: Item, responseId?: string): void {
    this.#items.push(item)
    this.#options.history.add(item, responseId)
  }
}

/**
 * Adds what a conversation begins with, or goes on with. Calls in it that nobody answered are answered as aborted where their turn ends:
 * services refuse results that come later, and nothing behind an open call could be forgotten. Returns all that was added.
 */
export function addGiven(history: History, given: readonly Item[]): Item[] {
  const added: Item[] = []
  const add = (item: Item): void => {
    history.add(item)
    added.push(item)
  }
  const answerOpen = (): void => {
    for (const call of history.unanswered()) add(abortedResult(call))
  }
  for (const [index, item] of given.entries()) {
    if (endsTurn(item, given[index - 1])) answerOpen()
    add(item)
  }
  answerOpen()
  return added
}

function abortedResult({ callId, name }: ToolCallItem): ToolResultItem {
  return { type: 'tool_result', callId, name, status: 'aborted', output: ABORTED }
}
