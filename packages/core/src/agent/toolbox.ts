/**
 * The tools of a loop: those it was given, and those of the sources that it was given, which are opened when first wanted.
 *
 * - A source lives in a scope of its own below the loop's. One that is lost is closed, and opened again by the next run.
 * - One that cannot be opened leaves nothing, and fails the run that wanted it; others stay open.
 */
import { OakumError, throwIfAborted } from '../errors/index.ts'
import type { Scope } from '../scope/index.ts'
import type { Tool, ToolSource } from './tools/tool.ts'
import { ownedWork } from './turn/owned-work.ts'

export class Toolbox {
  readonly #own: readonly Tool[]
  readonly #sources: readonly ToolSource[]
  readonly #open = new Map<ToolSource, readonly Tool[]>()
  #tools: ReadonlyMap<string, Tool> | undefined

  /** Throws INVALID_OPTION for what is no tool and no source, and when two tools have one name. */
  constructor(given: readonly (Tool | ToolSource)[]) {
    if (!Array.isArray(given)) throw new OakumError('INVALID_OPTION', 'tools must be a list.')
    for (const [index, each] of given.entries()) assertUsable(each, `tools[${index}]`)
    this.#own = given.filter((each): each is Tool => !isSource(each))
    this.#sources = given.filter(isSource)
    byName(this.#own)
  }

  /**
   * All tools.
   *
   * @param loop The loop's scope, below which sources are opened.
   * @param run The run's: a source that does not let itself be told to end is named by the close of that.
   * @throws what a source failed with, or was lost by; ABORTED; INVALID_OPTION when two tools have one name.
   */
  async open(loop: Scope, run: Scope, signal: AbortSignal): Promise<ReadonlyMap<string, Tool>> {
    throwIfAborted(signal)
    const wanted = this.#sources.filter(source => !this.#open.has(source))
    const opened = await Promise.allSettled(
      wanted.map(source => ownedWork(run, `open ${source.name}`, () => this.#openSource(source, loop, signal), signal)),
    )
    for (const each of opened) if (each.status === 'rejected') throw each.reason
    this.#tools ??= byName([...this.#own, ...this.#sources.flatMap(source => this.#open.get(source) ?? [])])
    return this.#tools
  }

  async #openSource(source: ToolSource, loop: Scope, signal: AbortSignal): Promise<void> {
    const scope = loop.child(`tools of ${source.name}`)
    let lost: { readonly why: unknown } | undefined
    const onLost = (why: unknown): void => {
      // By now the source may have been opened anew.
      if (lost !== undefined) return
      lost = { why }
      this.#open.delete(source)
      this.#tools = undefined
      // Whatever cannot be released is told by the close of the loop, whose scope has it.
      void scope.close(why).catch(() => {})
    }
    const onChanged = (tools: readonly Tool[]): void => {
      if (lost !== undefined) return
      this.#open.set(source, tools)
      this.#tools = undefined
    }
    try {
      const tools = await ownedWork(scope, 'open', () => source.open(scope, { signal, onLost, onChanged }), signal)
      if (lost !== undefined) throw lost.why
      onChanged(tools)
    } catch (error) {
      onLost(error)
      // Who asks is told why it could not be opened, whatever came of closing what there was of it.
      await scope.close().catch(() => {})
      throwIfAborted(signal)
      throw error
    }
  }
}

function isSource(given: Tool | ToolSource): given is ToolSource {
  return 'open' in given
}

/** Who has no types may pass anything, as a function that was to be a tool. */
function assertUsable(given: Partial<Tool & ToolSource> | undefined, what: string): void {
  const isTool = typeof given?.execute === 'function' && typeof given.check === 'function'
  if (typeof given?.name === 'string' && (isTool || typeof given.open === 'function')) return
  throw new OakumError('INVALID_OPTION', `${what} is no tool, as tool() makes one, and no source of tools.`)
}

function byName(tools: readonly Tool[]): ReadonlyMap<string, Tool> {
  const found = new Map<string, Tool>()
  for (const tool of tools) {
    if (found.has(tool.name)) {
      throw new OakumError('INVALID_OPTION', `Two tools have the name ${tool.name}.`, { facts: { name: tool.name } })
    }
    found.set(tool.name, tool)
  }
  return found
}
