import { EventEmitter } from 'node:events'
import type { Terminal } from '../../src/output/live.ts'

/** A terminal that keeps what its user would see: just the sequences that a live region writes. */
export class Screen extends EventEmitter implements Terminal {
  columns: number
  rows: number
  writableNeedDrain = false
  /** Everything that was ever on the screen, the scrollback included, top first. */
  readonly lines: string[] = ['']
  readonly writes: string[] = []
  private row = 0
  /** How much of the row was written since it was entered. */
  private written = 0

  constructor(columns = 80, rows = 24) {
    super()
    this.columns = columns
    this.rows = rows
  }

  write(text: string): boolean {
    this.writes.push(text)
    // oxlint-disable-next-line no-control-regex -- a terminal's sequences are what is read
    for (const [token] of text.matchAll(/\u001b\[\??\d*[a-zA-Z]|\r|\n|[^\r\n\u001b]+/g)) this.apply(token)
    return true
  }

  /** The lines without the empty one that the cursor stands on. */
  get shown(): string[] {
    return this.lines.at(-1) === '' ? this.lines.slice(0, -1) : this.lines
  }

  private apply(token: string): void {
    // oxlint-disable-next-line no-control-regex -- a terminal's sequences are what is read
    const up = /^\u001b\[(\d+)A$/.exec(token)
    if (up) this.row = Math.max(0, this.row - Number(up[1]), this.lines.length - this.rows)
    else if (token === '\n') this.row++
    else if (token === '\u001b[K') this.lines[this.row] = (this.lines[this.row] ?? '').slice(0, this.written)
    else if (token === '\u001b[J') this.lines.splice(this.row)
    else if (!token.startsWith('\u001b') && token !== '\r') this.overwrite(token)
    while (this.lines.length <= this.row) this.lines.push('')
    if (token === '\n') this.written = 0
  }

  private overwrite(text: string): void {
    const old = this.lines[this.row] ?? ''
    this.lines[this.row] = text + old.slice(text.length)
    this.written = text.length
  }
}
