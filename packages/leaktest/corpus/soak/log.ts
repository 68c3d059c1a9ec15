/**
 * The verdicts of a soak, one per line of a file, so that it can be cut short and goes on later.
 *
 * Each line names the sources that it is of: when the leak test or the corpus has changed, it is of no use any more.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CaseResult } from '../result.ts'

interface Line extends CaseResult {
  readonly part: string
  /** Of its verdict among those of the part. */
  readonly index: number
  readonly sources: string
}

export class SoakLog {
  readonly #file: string
  readonly #sources = fingerprint()
  readonly #parts = new Map<string, Map<number, CaseResult>>()

  /** Reads what is there of the same sources. */
  constructor(file: string) {
    this.#file = file
    for (const line of existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
      const entry = parse(line)
      if (entry?.sources === this.#sources) this.#resultsOf(entry.part).set(entry.index, entry)
    }
  }

  has(part: string, index: number): boolean {
    return this.#resultsOf(part).has(index)
  }

  /** Written at once. Throws when the sources have changed since the log was opened. */
  add(part: string, index: number, result: CaseResult): void {
    if (fingerprint() !== this.#sources) throw new Error('The sources changed while they were tried: start again.')
    const line: Line = { part, index, sources: this.#sources, ...result }
    // First an end for what may have been cut off.
    appendFileSync(this.#file, `\n${JSON.stringify(line)}\n`)
    this.#resultsOf(part).set(index, result)
  }

  results(part: string): readonly CaseResult[] {
    return [...this.#resultsOf(part).values()]
  }

  #resultsOf(part: string): Map<number, CaseResult> {
    const known = this.#parts.get(part) ?? new Map<number, CaseResult>()
    this.#parts.set(part, known)
    return known
  }
}

/** Undefined for a line that was cut off. */
function parse(line: string): Line | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Of the leak test, and of what the corpus has it judge. */
function fingerprint(): string {
  const root = join(import.meta.dirname, '../..')
  const hash = createHash('sha256')
  for (const file of globSync(['src/**/*.ts', 'corpus/{leaks,controls,support}/*.ts'], { cwd: root }).toSorted())
    hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex').slice(0, 12)
}
