/**
 * A region of a terminal that is kept up to date.
 *
 * - Draws at most every 100 ms, and only when something was invalidated; then only the lines that changed are written.
 * - The region never exceeds the visible rows, so that nothing of it ever enters the scrollback more than once.
 * - While the terminal does not take what was written (Ctrl-S, a stopped multiplexer), nothing more is: memory stays flat.
 * - The cursor is shown again also when the process ends with the region open.
 * - Nobody else may write to the stream while the region is open; use `log`. `close` leaves the last frame standing.
 */
import { truncate, widthOf } from './text.ts'

/** How many milliseconds lie between two frames at least. */
export const FRAME_INTERVAL = 100

export interface LiveRegion {
  /** Something changed: draw soon. */
  readonly invalidate: () => void
  /** Writes a line above the region, for good. */
  readonly log: (line: string) => void
  /** Draws what is left to draw and gives the terminal back. Idempotent. */
  readonly close: () => void
}

/** What a frame may fill. */
export interface FrameSize {
  columns: number
  rows: number
}

/** The part of a terminal that a region needs. */
export interface Terminal {
  readonly columns: number
  readonly rows: number
  readonly writableNeedDrain: boolean
  write(text: string): unknown
  on(event: 'resize' | 'drain', listener: () => void): unknown
  off(event: 'resize' | 'drain', listener: () => void): unknown
}

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const ERASE_LINE = '\u001b[K'
const ERASE_BELOW = '\u001b[J'

/** Opens a region below the cursor; `render` gives its lines, each without a line break. */
export function openLiveRegion(terminal: Terminal, render: (size: FrameSize) => readonly string[]): LiveRegion {
  let drawn: readonly string[] = []
  let timer: NodeJS.Timeout | undefined
  let lastFrame = -Infinity
  let closed = false

  const size = (): FrameSize => ({ columns: terminal.columns || 80, rows: Math.max(1, (terminal.rows || 24) - 1) })

  function draw(): void {
    timer = undefined
    if (terminal.writableNeedDrain) return // `drain` asks again
    lastFrame = performance.now()
    const frame = size()
    // A line that wraps would take two rows, and the next frame would start too low.
    const next = render(frame)
      .slice(0, frame.rows)
      .map(line => truncate(line, frame.columns))
    const patch = patchOf(drawn, next)
    drawn = next
    if (patch !== '') terminal.write(patch)
  }

  function invalidate(): void {
    if (closed || timer !== undefined) return
    const wait = lastFrame + FRAME_INTERVAL - performance.now()
    timer = setTimeout(draw, Math.max(0, wait))
  }

  /** After a resize the old lines may have wrapped: they are erased whole, as far as they are visible, and drawn anew. */
  function resized(): void {
    const { columns, rows } = size()
    const taken = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
    if (taken > 0) terminal.write(`${up(Math.min(taken, rows))}${ERASE_BELOW}`)
    drawn = []
    invalidate()
  }

  const showCursor = (): void => void terminal.write(SHOW_CURSOR)

  process.once('exit', showCursor)
  terminal.on('resize', resized)
  terminal.on('drain', invalidate)
  terminal.write(HIDE_CURSOR)
  invalidate()

  return {
    invalidate,
    log(line) {
      const erased = drawn.length > 0 ? `${up(drawn.length)}${ERASE_BELOW}` : ''
      terminal.write(`${erased}${line}\n${drawn.map(old => `${old}\n`).join('')}`)
    },
    close() {
      if (closed) return
      closed = true
      clearTimeout(timer)
      draw()
      terminal.off('resize', resized)
      terminal.off('drain', invalidate)
      process.off('exit', showCursor)
      showCursor()
    },
  }
}

/** What turns the lines on the screen, with the cursor below them, into the next ones. Empty when they are the same. */
function patchOf(drawn: readonly string[], next: readonly string[]): string {
  const first = next.findIndex((line, index) => line !== drawn[index])
  const start = first === -1 ? next.length : first
  if (start === next.length && next.length === drawn.length) return ''
  const lines = next
    .slice(start)
    .map((line, index) => (line === drawn[start + index] ? '\n' : `${line}${ERASE_LINE}\n`))
  const rest = next.length < drawn.length ? ERASE_BELOW : ''
  return `${up(drawn.length - start)}${lines.join('')}${rest}`
}

function up(lines: number): string {
  return lines > 0 ? `\r\u001b[${lines}A` : ''
}
