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

  /** Throws INVALID_OPTION when two tools have one name. */
  constructor(given: readonly (Tool | ToolSource)[]) {
    this.#own = given.filter((each): each is Tool => !isSource(each))
    this.#sources = given.filter(isSource)
    byName(this.#own)
  }

  /**
   * All tools.
   *
   * @param loop The loop's scope, below which sources are opened.
   * @throws what a source failed with; ABORTED; INVALID_OPTION when two tools have one name.
   */
  async open(loop: Scope, signal: AbortSignal): Promise<ReadonlyMap<string, Tool>> {
    const opened = await Promise.allSettled(this.#sources.map(source => this.#openSource(source, loop, signal)))
    for (const each of opened) if (each.status === 'rejected') throw each.reason
    this.#tools ??= byName([...this.#own, ...this.#sources.flatMap(source => this.#open.get(source) ?? [])])
    return this.#tools
  }

  async #openSource(source: ToolSource, loop: Scope, signal: AbortSignal): Promise<void> {
    if (this.#open.has(source)) return
    const scope = loop.child(`tools of ${source.name}`)
    let lost = false
    const onLost = (why: unknown): void => {
      lost = true
      this.#open.delete(source)
      this.#tools = undefined
      // Whatever cannot be released is told by the close of the loop, whose scope has it.
      void scope.close(why).catch(() => {})
    }
    const onChanged = (tools: readonly Tool[]): void => {
      if (lost) return
      this.#open.set(source, tools)
      this.#tools = undefined
    }
    try {
      onChanged(await ownedWork(scope, 'open', () => source.open(scope, { signal, onLost, onChanged }), signal))
    } catch (error) {
      await scope.close(error)
      throwIfAborted(signal)
      throw error
    }
  }
}

function isSource(given: Tool | ToolSource): given is ToolSource {
  return 'open' in given
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
