/**
 * A mark in the environment, by which a tree is found whatever its processes did to their parents, groups and sessions.
 *
 * `OAKUM_MARKS` is a list, `outer:inner`: a tree inside a tree carries both marks, and is found by both owners. A mark is an
 * element of the list, never a part of one. What a process is started with is what counts; a later `setenv` is not seen.
 */
import { randomBytes } from 'node:crypto'

/** The environment variable that holds the marks. */
export const MARKS_VARIABLE = 'OAKUM_MARKS'

/** A new random mark of 16 hexadecimal digits. */
export function newMark(): string {
  return randomBytes(8).toString('hex')
}

/**
 * A copy of an environment with a mark added to those that are there. An environment without any gets those of this process
 * first, so that its own owner still finds the tree.
 */
export function withMark(env: NodeJS.ProcessEnv, mark: string): NodeJS.ProcessEnv {
  const outer = env[MARKS_VARIABLE] ?? process.env[MARKS_VARIABLE]
  return { ...env, [MARKS_VARIABLE]: outer ? `${outer}:${mark}` : mark }
}

/** The marks that an environment carries, outermost first. */
export function marksOf(env: NodeJS.ProcessEnv): string[] {
  return env[MARKS_VARIABLE]?.split(':').filter(mark => mark !== '') ?? []
}

/** Whether an environment, as NUL-separated text, carries a mark. */
export function hasMark(environment: string, mark: string): boolean {
  const start = environment.startsWith(`${MARKS_VARIABLE}=`) ? 0 : environment.indexOf(`\0${MARKS_VARIABLE}=`)
  if (start < 0) return false
  const value = environment.indexOf('=', start) + 1
  const end = environment.indexOf('\0', value)
  return environment
    .slice(value, end < 0 ? undefined : end)
    .split(':')
    .includes(mark)
}
