/**
 * What a model makes in one turn, however often it has to be asked for it.
 *
 * Invariants:
 * - Each item, and each character of what is being said, is told once, in order. When a request is made again, what comes is compared
 *   with what was told, and only told from where it goes on or differs.
 * - What was told is never taken back. Where the new answer differs, what was being said ends as a partial item.
 * - Calls, and what comes behind one, wait until the response has come to its end: nothing is run that may be made again.
 * - The conversation keeps what the last response made, as that made it; of what broke off, only what was said.
 */
import { OakumError } from '../../errors/index.ts'
import type { MessageItem, ModelItem, ReasoningItem } from '../items.ts'

type Kind = 'message' | 'reasoning'

/** Something that was told, or is being told. */
interface Piece {
  readonly kind: Kind
  text: string
  /** How many of its characters the present response has made. */
  made: number
  /** Whole, as it was told; undefined while it is being made, or when it broke off. */
  item: MessageItem | ReasoningItem | undefined
  /** The present response is through with it, or will not come to it any more. */
  passed: boolean
  /** Made by a response that failed, and by none since. */
  stale: boolean
}

/** What is to be told, in this order: items that broke off, then the piece. */
export interface Told {
  readonly items: readonly ModelItem[]
  readonly text: string
}

/** What a turn came to. */
export interface Outcome {
  /** To be told still. */
  readonly tell: readonly ModelItem[]
  /** For the conversation. */
  readonly keep: readonly ModelItem[]
}

const NOTHING: readonly ModelItem[] = []

export class TurnOutput {
  readonly #limit: number
  readonly #pieces: Piece[] = []
  /** The piece that was begun last: as a rule the one that goes on. */
  #writing: Piece | undefined
  /** What the present response has made, and the part of it that waits for its end. */
  #made: ModelItem[] = []
  #waiting: ModelItem[] = []
  #size = 0

  /** @param limit characters that one response may have. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** The model says or thinks something. */
  piece(kind: Kind, text: string): Told {
    this.#grow(text.length)
    const writing = this.#writing
    if (writing?.kind === kind && isNew(writing)) {
      writing.text += text
      writing.made += text.length
      return { items: NOTHING, text }
    }
    const current = this.#current(kind)
    if (current !== undefined && goesOn(current, text)) {
      return { items: NOTHING, text: extend(current, text) }
    }
    // It begins, or differs from what it has agreed with so far: then it may agree with something else that was told.
    const said = current === undefined ? text : current.text.slice(0, current.made) + text
    const known = this.#open(kind).find(piece => piece !== current && agrees(piece, said))
    const items = this.#turnTo(known, kind)
    if (known !== undefined) return { items, text: extend(known, said) }
    this.#writing = { kind, text: said, made: said.length, item: undefined, passed: false, stale: false }
    this.#pieces.push(this.#writing)
    return { items, text: said }
  }

  /** The model has made an item; what is to be told now. */
  item(item: ModelItem): readonly ModelItem[] {
    this.#made.push(item)
    if (item.type === 'tool_call') this.#grow(item.arguments.length + item.name.length)
    else this.#grow(Math.max(0, item.text.length - (this.#current(item.type)?.made ?? 0)))
    if (item.type !== 'tool_call' && this.#waiting.length === 0) return this.#whole(item)
    this.#waiting.push(item)
    return NOTHING
  }

  /** The response has failed, and is asked for again. */
  restart(): void {
    for (const piece of this.#pieces) {
      piece.made = 0
      piece.stale = true
      // What the last response differed from stays given up.
      piece.passed = piece.passed && piece.item === undefined
    }
    this.#made = []
    this.#waiting = []
    this.#size = 0
  }

  /** The response has come to its end. `isTaken`: whether the conversation has a call of that id. */
  complete(isTaken: (callId: string) => boolean = () => false): Outcome {
    const made = withOwnCallIds(this.#made, isTaken)
    const waiting = this.#waiting.length === 0 ? NOTHING : made.slice(-this.#waiting.length)
    const tell = waiting.flatMap(item => (item.type === 'tool_call' ? [item] : this.#whole(item)))
    const brokenOff = this.#pieces.flatMap(piece => (piece.passed ? NOTHING : this.#giveUp(piece)))
    const said = this.#pieces.flatMap(piece => (piece.stale ? plain(piece) : NOTHING))
    return { tell: [...brokenOff, ...tell], keep: [...said, ...made] }
  }

  /** The turn ends here: what there is of it. */
  breakOff(): Outcome {
    const tell = this.#pieces.flatMap(piece => (piece.item === undefined && !piece.passed ? partial(piece) : NOTHING))
    return { tell, keep: this.#pieces.flatMap(plain) }
  }

  #whole(item: MessageItem | ReasoningItem): readonly ModelItem[] {
    const { type: kind, text } = item
    const current = this.#current(kind)
    const isIt = (piece: Piece): boolean =>
      piece.item === undefined ? text.startsWith(piece.text) : text === piece.text
    const known = current !== undefined && isIt(current) ? current : this.#open(kind).find(isIt)
    const brokenOff = this.#turnTo(known, kind)
    if (known === undefined) {
      this.#pieces.push({ kind, text, made: text.length, item, passed: true, stale: false })
      return [...brokenOff, item]
    }
    const told = known.item !== undefined
    Object.assign(known, { text, made: text.length, item, passed: true, stale: false } satisfies Partial<Piece>)
    return told ? brokenOff : [...brokenOff, item]
  }

  /** What the present response may still come to. */
  #open(kind: Kind): Piece[] {
    return this.#pieces.filter(piece => piece.kind === kind && !piece.passed)
  }

  /** What the present response is in the middle of. */
  #current(kind: Kind): Piece | undefined {
    return this.#pieces.find(piece => piece.kind === kind && !piece.passed && piece.made > 0)
  }

  /** The response goes on with another piece, or a new one: gives up what it is in the middle of; and what was being said, if more is said now. */
  #turnTo(piece: Piece | undefined, kind: Kind): readonly ModelItem[] {
    const saysMore = piece?.item === undefined
    const over = this.#open(kind).filter(
      each => each !== piece && (each.made > 0 || (saysMore && each.item === undefined)),
    )
    return over.flatMap(each => this.#giveUp(each))
  }

  /** The present response says something else. */
  #giveUp(piece: Piece): readonly ModelItem[] {
    piece.passed = true
    piece.stale = true
    return piece.item === undefined ? partial(piece) : NOTHING
  }

  #grow(by: number): void {
    this.#size += by
    if (this.#size <= this.#limit) return
    throw new OakumError('MODEL_PROTOCOL', `The model makes more than ${this.#limit} characters in one turn.`, {
      facts: { limit: this.#limit, retryable: false },
    })
  }
}

/** Whether all of it is of the present response, which is not through with it. */
function isNew({ passed, item, made, text }: Piece): boolean {
  return !passed && item === undefined && made === text.length
}

/** Whether a response that is in the middle of a piece may go on with that. What is whole does not become longer. */
function goesOn(piece: Piece, text: string): boolean {
  const known = piece.text.slice(piece.made, piece.made + text.length)
  return text.startsWith(known) && (piece.item === undefined || known.length === text.length)
}

/** Whether a response that has said this may be about to make the piece. */
function agrees(piece: Piece, said: string): boolean {
  return piece.text.startsWith(said) || (piece.item === undefined && said.startsWith(piece.text))
}

/** The response goes on with a piece; what of that is new. */
function extend(piece: Piece, text: string): string {
  const fresh = text.slice(piece.text.length - piece.made)
  piece.text += fresh
  piece.made += text.length
  return fresh
}

/** Some services give several calls one id, or none, or begin to count anew in each response. */
function withOwnCallIds(items: readonly ModelItem[], isTaken: (callId: string) => boolean): readonly ModelItem[] {
  const ids = new Set<string>()
  return items.map(item => {
    if (item.type !== 'tool_call') return item
    let { callId } = item
    for (let n = 1; callId === '' || ids.has(callId) || isTaken(callId); n++) callId = `${item.callId || 'call'}_${n}`
    ids.add(callId)
    if (callId === item.callId) return item
    const { type, name, arguments: args } = item
    return { type, callId, name, arguments: args }
  })
}

/** What broke off, as an item. */
function partial({ kind, text }: Piece): readonly ModelItem[] {
  if (text === '') return NOTHING
  return kind === 'message'
    ? [{ type: 'message', role: 'assistant', text, partial: true }]
    : [{ type: 'reasoning', text, partial: true }]
}

/** What was said, without what ties it to a response that did not come to its end. Services take no thoughts without it. */
function plain(piece: Piece): readonly ModelItem[] {
  const { item, kind, text } = piece
  if (kind === 'reasoning') return NOTHING
  if (item?.type !== 'message') return partial(piece)
  const { role, refusal } = item
  return [refusal === undefined ? { type: 'message', role, text } : { type: 'message', role, text, refusal }]
}
