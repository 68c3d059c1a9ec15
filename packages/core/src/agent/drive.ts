/**
 * The turns of a run: the model is asked, what it calls is answered, until it calls nothing more.
 *
 * Whatever is told goes through the journal, which takes nothing any more once the run is over: code that was left behind can do nothing
 * to a later run.
 */
import { OakumError } from '../errors/index.ts'
import type { Scope } from '../scope/index.ts'
import type { ModelRequest } from './model.ts'
import type { Journal } from './journal.ts'
import type { Settings } from './settings.ts'
import { inSpan, type LoopSpan, type SpanAttributes } from './spans.ts'
import type { Tool } from './tools/tool.ts'
import type { Toolbox } from './toolbox.ts'
import { answerCalls } from './turn/answer-calls.ts'
import { type Response, respond } from './turn/respond.ts'
import { usageAttributes } from './usage.ts'

export interface DriveOptions {
  readonly settings: Settings
  readonly toolbox: Toolbox
  /** The loop's. */
  readonly loop: Scope
  /** The run's. */
  readonly scope: Scope
  readonly signal: AbortSignal
  readonly journal: Journal
  readonly previousResponseId: string | undefined
  /** The run's. */
  readonly span: LoopSpan
}

/** @throws what the run fails with; anything once the signal has aborted. */
export async function drive(options: DriveOptions): Promise<void> {
  const { settings, toolbox, loop, scope, signal, span: run } = options
  const tools = await toolbox.open(loop, scope, signal)
  let { previousResponseId } = options
  for (let turn = 1; ; turn++) {
    if (turn > settings.limits.turns) throw turnLimit(settings.limits.turns)
    const span = run.start('turn', `turn ${turn}`, { 'oakum.turn': turn })
    const taken = (): Promise<Turn> => takeTurn(turn, tools, { ...options, previousResponseId, span })
    const { response, calls } = await inSpan(span, signal, taken, attributesOf)
    if (calls === 0) return
    if (previousResponseId !== undefined) previousResponseId = response.id
  }
}

/** What a turn came to. */
interface Turn {
  readonly response: Response
  /** How many of the model's calls were answered. */
  readonly calls: number
}

async function takeTurn(turn: number, tools: ReadonlyMap<string, Tool>, options: DriveOptions): Promise<Turn> {
  const { settings, scope, signal, journal, previousResponseId, span } = options
  const { limits, approve } = settings
  const emit = journal.emit.bind(journal)
  await emit({ type: 'turn_started', turn })
  const output = journal.beginTurn()
  const response = await respond(requestFor(options, tools, previousResponseId), {
    settings,
    scope,
    signal,
    output,
    span,
    emit,
    deliver: item => journal.deliver(item),
    loading: loading => journal.loading(loading),
  })
  const calls = await journal.endResponse(response)
  if (calls.length > 0) {
    await answerCalls(calls, { tools, scope, signal, approve, limits, span, answered: journal.answered, emit })
  }
  await journal.endTurn(response)
  return { response, calls: calls.length }
}

function attributesOf({ response, calls }: Turn): SpanAttributes {
  return {
    'gen_ai.response.finish_reasons': response.reason,
    'oakum.calls': calls,
    ...usageAttributes(response.usage),
  }
}

function requestFor(
  { settings: { instructions }, journal }: DriveOptions,
  tools: ReadonlyMap<string, Tool>,
  previousResponseId: string | undefined,
): ModelRequest {
  return {
    ...(instructions === undefined ? {} : { instructions }),
    ...(previousResponseId === undefined ? {} : { previousResponseId }),
    items: journal.itemsSince(previousResponseId),
    tools: [...tools.values()].map(({ name, description, parameters }) => ({ name, description, parameters })),
  }
}

function turnLimit(turns: number): OakumError {
  return new OakumError(
    'TURN_LIMIT',
    `The model wanted more than ${turns} turns; limits.turns says how many it may have.`,
    {
      facts: { turns },
    },
  )
}
