/**
 * The corpus: programs that leak (`leaks/`) and programs that only look like it (`controls/`), one scenario per module.
 *
 * Listing it imports none of them, since importing one may start a server or a worker. Each is meant for a process of its own.
 */
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CorpusModule, Expected } from './case.ts'

/** The leak test is tuned on one half of the corpus, and reported on the other, which nobody looks at while tuning. */
type Half = 'tuned' | 'frozen'

/** Where a module of the corpus is, and what it stands for. */
export interface CorpusCase {
  /** The file's name without its ending; unique in the whole corpus. */
  readonly name: string
  readonly path: string
  readonly group: 'leak' | 'control'
  readonly half: Half
}

/** All modules, leaks first, each group by name. Throws when a name occurs twice. */
export async function loadCorpus(): Promise<readonly CorpusCase[]> {
  const [leaks, controls] = await Promise.all([listFolder('leaks', 'leak'), listFolder('controls', 'control')])
  const names = new Set(leaks.map(({ name }) => name))
  const twice = controls.find(({ name }) => names.has(name))
  if (twice !== undefined) throw new Error(`A leak and a control are both called "${twice.name}".`)
  return [...leaks, ...controls]
}

/** Imports a module of the corpus, which starts what it needs. Throws when its exports are not those of a {@link CorpusModule}. */
export async function loadModule(corpusCase: CorpusCase): Promise<CorpusModule> {
  const module: unknown = await import(pathToFileURL(corpusCase.path).href)
  assertModule(module, corpusCase)
  return module
}

async function listFolder(folder: string, group: CorpusCase['group']): Promise<CorpusCase[]> {
  const directory = join(import.meta.dirname, folder)
  const files = await readdir(directory)
  return files
    .filter(file => file.endsWith('.ts'))
    .toSorted()
    .map(file => {
      const name = basename(file, '.ts')
      return { name, path: join(directory, file), group, half: halfOf(name) }
    })
}

/** By a hash of the name: stable when modules are added, and nobody's choice. */
function halfOf(name: string): Half {
  return createHash('sha256').update(name).digest().readUInt8() % 2 === 0 ? 'tuned' : 'frozen'
}

function assertModule(module: unknown, { name, group }: CorpusCase): asserts module is CorpusModule {
  const refuse = (what: string): never => {
    throw new Error(`The ${group} "${name}" ${what}.`)
  }
  const { default: scenario, expected, options, close }: Partial<Record<keyof CorpusModule, unknown>> = Object(module)
  if (typeof scenario !== 'function') refuse('exports no scenario as its default')
  if (typeof expected !== 'object' || expected === null) refuse('exports no `expected`')
  const { verdict, bound }: Partial<Record<keyof Expected, unknown>> = Object(expected)
  const verdicts = group === 'leak' ? ['leak'] : ['clean', 'bounded']
  if (typeof verdict !== 'string' || !verdicts.includes(verdict))
    refuse(`expects the verdict ${JSON.stringify(verdict)}, and not ${verdicts.join(' or ')}`)
  if (bound !== undefined && (verdict !== 'bounded' || typeof bound !== 'number' || !(bound > 0)))
    refuse('has a `bound` that is no positive number, or of a verdict other than `bounded`')
  if (options !== undefined && (typeof options !== 'object' || options === null))
    refuse('exports `options` that are none')
  if (close !== undefined && typeof close !== 'function') refuse('exports a `close` that is no function')
}
