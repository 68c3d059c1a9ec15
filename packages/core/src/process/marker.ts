/**
 * A mark in the environment, by which a tree is found whatever its processes did to their parents, groups and sessions.
 *
 * `OAKUM_MARKS` is a list, `outer:inner`: a tree inside a tree carries both marks, and is found by both owners. A mark is an
 * element of the list, never a part of one. What a process is started with is what counts; a later `setenv` is not seen.
 */
import { randomBytes } from 'node:crypto'

/** The environment variable that holds the marks. */
export const MARKS_VARIABLE = 'OAKUM_MARKS'

const ASSIGNMENT = `${MARKS_VARIABLE}=`

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
  return split(env[MARKS_VARIABLE] ?? '')
}

/** The same, for an environment as NUL-separated text. */
export function marksIn(environment: string): string[] {
  const start = environment.startsWith(ASSIGNMENT) ? 0 : environment.indexOf(`\0${ASSIGNMENT}`)
  if (start < 0) return []
  const value = environment.indexOf('=', start) + 1
  const end = environment.indexOf('\0', value)
  return split(environment.slice(value, end < 0 ? undefined : end))
}

function split(list: string): string[] {
  return list.split(':').filter(mark => mark !== '')
}
