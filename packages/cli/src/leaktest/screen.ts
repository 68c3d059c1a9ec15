/**
 * What is seen of a run: outcomes as they come, and on a terminal a bar for each test that runs, below them.
 *
 * Outcomes go to stdout. Bars, and what scenarios print, go to stderr.
 */
import { styleText } from 'node:util'
import { formatJsonLines, formatText, type Progress, type TestOutcome } from '@oakum/leaktest'
import { openLiveRegion, type LiveRegion } from '../output/live.ts'
import { paintFor } from '../output/paint.ts'
import { printLine } from '../output/print.ts'
import { plain } from '../output/text.ts'

const BAR = 24

export interface ScreenOptions {
  /** How many files there are. */
  readonly files: number
  /** What is printed of an outcome. */
  readonly format: 'text' | 'json' | 'nothing'
  /** Only what is not well, no bars, and nothing that scenarios print. */
  readonly quiet: boolean
  readonly signal: AbortSignal
}

export class Screen {
  readonly #options: ScreenOptions
  readonly #running = new Map<string, Progress>()
  readonly #live: LiveRegion | undefined
  #ended = 0
  #printed: Promise<void> = Promise.resolve()

  constructor(options: ScreenOptions) {
    this.#options = options
    const { stderr } = process
    this.#live = stderr.isTTY && !options.quiet ? openLiveRegion(stderr, () => this.#frame()) : undefined
  }

  progress(name: string, progress: Progress): void {
    this.#running.set(name, progress)
    this.#live?.invalidate()
  }

  outcome(outcome: TestOutcome, isWell: boolean): void {
    this.#running.delete(outcome.name)
    this.#live?.invalidate()
    const { format, quiet } = this.#options
    if (format === 'json') this.#print(formatJsonLines([outcome]))
    else if (format === 'text' && !(quiet && isWell)) this.#print(formatText(outcome, { colour: hasColour() }))
  }

  /** What a scenario printed. */
  output(text: string): void {
    if (this.#options.quiet) return
    if (this.#live === undefined) process.stderr.write(text)
    else this.#live.log(text.replace(/\n$/, ''))
  }

  fileEnded(): void {
    this.#ended++
    this.#live?.invalidate()
  }

  /** The last line, below all outcomes. */
  summary(text: string): void {
    if (this.#options.format === 'text') this.#print(`\n${paintFor(process.stdout)('bold', text)}`)
  }

  /** Takes the bars away, and resolves when all was written. Idempotent. */
  async close(): Promise<void> {
    this.#running.clear()
    this.#ended = this.#options.files
    this.#live?.close()
    await this.#printed
  }

  #print(text: string): void {
    // On one terminal with the bars, stdout must not write between them.
    if (this.#live !== undefined && process.stdout.isTTY) this.#live.log(text)
    else this.#printed = this.#printed.then(() => printLine(text, this.#options.signal))
  }

  #frame(): string[] {
    const paint = paintFor(process.stderr)
    const { files } = this.#options
    if (this.#ended >= files) return []
    const bars = [...this.#running].map(([name, { phase, share }]) => {
      const full = Math.round(Math.min(1, Math.max(0, share)) * BAR)
      const bar = `${paint('cyan', '━'.repeat(full))}${paint('dim', '─'.repeat(BAR - full))}`
      return `${bar} ${paint('dim', phase.padEnd(7))} ${plain(name)}`
    })
    return [...bars, paint('dim', `${this.#ended} of ${files} ${files === 1 ? 'file' : 'files'}`)]
  }
}

function hasColour(): boolean {
  return styleText('bold', 'x', { stream: process.stdout }) !== 'x'
}
