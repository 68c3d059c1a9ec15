/** What a write meets when its reader is gone: a closed pipe (`| head`), or a terminal that was closed. */
const READER_GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO'])

/** Lets a command end in its own way when nobody reads its output any more, instead of by an uncaught error. */
export function tolerateClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!READER_GONE.has(error.code)) throw error
    })
  }
}
