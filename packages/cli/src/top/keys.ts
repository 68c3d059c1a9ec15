import type { ReadStream } from 'node:tty'

/** What a terminal sends for Ctrl-C and Ctrl-D while it is read key by key. */
const ENDS: ReadonlySet<string> = new Set(['\u0003', '\u0004'])

export interface Keys {
  /** A key was pressed. */
  onKey: (key: string) => void
  /** Ctrl-C or Ctrl-D, or the terminal was closed. */
  onEnd: () => void
}

/** Reads a terminal key by key, and returns what gives it back; it is given back also when the process ends before. */
export function listenForKeys(terminal: ReadStream, { onKey, onEnd }: Keys): () => void {
  const receive = (text: string): void => {
    for (const key of text) {
      if (ENDS.has(key)) onEnd()
      else onKey(key)
    }
  }
  const restore = (): void => void terminal.setRawMode(false)
  process.once('exit', restore)
  terminal.on('error', onEnd) // one that was closed cannot even be given back
  terminal.setRawMode(true).setEncoding('utf8').on('data', receive).on('end', onEnd)
  return () => {
    terminal.off('data', receive).off('end', onEnd).pause()
    process.off('exit', restore)
    restore()
    terminal.off('error', onEnd)
  }
}
