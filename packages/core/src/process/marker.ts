/**
 * A mark in the environment, by which a tree is found whatever its processes did to their parents, groups and sessions.
 *
 * `OAKUM_MARKS` is a list, `outer:inner`: a tree inside a tree carries both marks, and is found by both owners. A mark is an
 * element of the list, never a part of one. What a process is started with is what counts; a later `setenv` is not seen.
 *
 * A mark names the process that made it, `random-pid-start-boot`: whoever finds it on a process that no store knows can still
 * tell whether its owner lives.
 */
import { createHash, randomBytes } from 'node:crypto'
import { selfIdentity, type ProcessIdentity } from './identity.ts'

/** The environment variable that holds the marks. */
export const MARKS_VARIABLE = 'OAKUM_MARKS'

const ASSIGNMENT = `${MARKS_VARIABLE}=`

const MARK = /^[0-9a-f]{16}-(?<pid>\d+)-(?<startTime>\d+)-(?<boot>[0-9a-f]{8})$/

/** A new random mark, of hexadecimal digits and `-`; it names this process as its owner. */
export function newMark(): string {
  const { pid, startTime, bootId } = selfIdentity()
  return `${randomBytes(8).toString('hex')}-${pid}-${startTime}-${shortBoot(bootId)}`
}

/** The process that made a mark; null where that cannot be told from here: in another pid namespace, or by another Oakum. */
export function ownerOf(mark: string): ProcessIdentity | null {
  const { pid, startTime, boot } = MARK.exec(mark)?.groups ?? {}
  const { bootId } = selfIdentity()
  if (pid === undefined || startTime === undefined || boot !== shortBoot(bootId)) return null
  return { pid: Number(pid), startTime, bootId }
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

/** The boot and pid namespace, in few characters that are safe in an environment. */
function shortBoot(bootId: string): string {
  return createHash('sha256').update(bootId).digest('hex').slice(0, 8)
}

function split(list: string): string[] {
  return list.split(':').filter(mark => mark !== '')
}
