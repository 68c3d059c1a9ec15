import { spawn } from 'node:child_process'

/** Busy nearly all of the time; it ends when nobody holds its standard input any more. */
const BUSY = `
process.stdin.resume().on('end', () => process.exit())
setInterval(() => { for (const from = Date.now(); Date.now() - from < 95; ); }, 100)
`

/** Keeps the machine busy with so many processes. Returns what ends them; they also end with this process. */
export function startLoad(processes: number): () => void {
  const children = Array.from({ length: processes }, () =>
    spawn(process.execPath, ['-e', BUSY], { stdio: ['pipe', 'ignore', 'inherit'] }),
  )
  return () => {
    for (const child of children) child.kill('SIGKILL')
  }
}
