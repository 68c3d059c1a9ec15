/**
 * What rows came to, one per line of a file, so that a run can be cut short and goes on later. Each line names the sources that it is
 * of: when the loop, the bench or its peers have changed, it is of no use any more.
 */
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Figures } from './processes.ts'
import type { Row } from './rows.ts'

/** What a row came to. */
export interface Outcome {
  readonly row: Row
  /** Of what went wrong, `error` tells. */
  readonly figures?: Figures
  readonly error?: string
  /** Milliseconds, of its processes as a whole. */
  readonly wall: number
}

interface Line {
  readonly sources: string
  readonly name: string
  readonly task: Row['task']
  readonly figures: Figures
  readonly wall: number
}

export class OutcomeLog {
  readonly #file: string | undefined
  readonly #sources = fingerprint()
  readonly #lines = new Map<string, Line>()

  /** Reads what is there of the same sources; without a file nothing is read or kept. */
  constructor(file: string | undefined) {
    this.#file = file
    for (const text of file !== undefined && existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []) {
      const line = parse(text)
      if (line?.sources === this.#sources) this.#lines.set(keyOf(line), line)
    }
  }

  /** What is known of a row. */
  find(row: Row): Outcome | undefined {
    const line = this.#lines.get(keyOf(row))
    return line && { row, figures: line.figures, wall: line.wall }
  }

  /** Written at once; a row that failed is left out, and so tried again. */
  add({ row, figures, wall }: Outcome): void {
    if (this.#file === undefined || figures === undefined) return
    const line: Line = { sources: this.#sources, name: row.name, task: row.task, figures, wall }
    // First an end for what may have been cut off.
    appendFileSync(this.#file, `\n${JSON.stringify(line)}\n`)
  }
}

function keyOf({ name, task }: { name: string; task: Row['task'] }): string {
  return `${name} ${task.count ?? ''}`
}

/** Undefined for a line that was cut off. */
function parse(text: string): Line | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Of the loop and what is below it, of the server, and of what measures them. */
function fingerprint(): string {
  const root = join(import.meta.dirname, '../..')
  const hash = createHash('sha256')
  const patterns = [
    'packages/core/src/{agent,scope,clock,process,errors}/**/*.ts',
    'packages/core/test/agent/model-server/*.ts',
    'bench/agent/{programs,subjects}/*.ts',
    'bench/agent/{cpu,measure,memory,models,processes}.ts',
    'bench/theil-sen.ts',
    'bench/peers/package-lock.json',
  ]
  for (const file of globSync(patterns, { cwd: root }).toSorted())
    hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex').slice(0, 12)
}
