import { isAbsolute, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Frame } from '../report.ts'

/** Where it is, as an editor takes it: `src/loop.ts:212`. A file below `cwd` is named from there. */
export function formatPlace({ file, line }: Pick<Frame, 'file' | 'line'>, cwd: string): string {
  return `${shortenPath(file, cwd)}:${line}`
}

/** The function and the place: `` `AgentLoop.run` (src/loop.ts:212) ``, or the place alone at the top level of a module. */
export function formatFrame(frame: Frame, cwd: string): string {
  const place = formatPlace(frame, cwd)
  return frame.function === '' ? place : `\`${frame.function}\` (${place})`
}

/** A path from `cwd` when it is below that, else as it is; a file URL becomes a path, `node:net` stays. */
export function shortenPath(file: string, cwd: string): string {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file
  if (!isAbsolute(path)) return path
  const short = relative(cwd, path)
  return short === '' || short === '..' || short.startsWith(`..${sep}`) || isAbsolute(short) ? path : short
}
