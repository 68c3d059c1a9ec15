/**
 * Who lost its parent.
 *
 * Only where that is evident. A service manager starts programs itself, but these are known by their control group; what else is
 * below it, it has taken over. Any other PID 1, or reaper, may have started the program itself (`docker run --init IMAGE claude`): there
 * the leader of the program's session has to be gone as well. What has a terminal is no orphan anywhere.
 */
import type { ProcessInfo } from '@oakum/core/process'
import type { Machine } from './machine.ts'

const MANAGERS: ReadonlySet<string> = new Set(['systemd', 'launchd'])

/** Programs that take over orphans without being PID 1. */
const REAPERS: ReadonlySet<string> = new Set([
  'tini',
  'dumb-init',
  'docker-init',
  'catatonit',
  'containerd-shim',
  'conmon',
])

/** What is looked at. */
export type Sight = Pick<Machine, 'table' | 'details'>

/** Whether whoever started it is gone, and somebody has taken it over. */
export function isOrphan(row: ProcessInfo, machine: Sight): boolean {
  const parent = machine.table.get(row.ppid)
  const details = machine.details(row)
  if (parent === undefined || details === null || details.hasTerminal || isService(details.controlGroup)) return false
  if (MANAGERS.has(parent.name)) return true
  return (parent.pid === 1 || REAPERS.has(parent.name)) && isSessionDeserted(row, machine)
}

/** Session 0 lies outside of what can be seen. */
function isSessionDeserted({ pid, session }: ProcessInfo, { table }: Sight): boolean {
  return session > 0 && session !== pid && table.get(session) === undefined
}

/** Whether systemd runs it as a service; the service of a whole user is none of these. */
function isService(controlGroup: string): boolean {
  const unit = controlGroup.split('/').at(-1) ?? ''
  return unit.endsWith('.service') && !unit.startsWith('user@')
}
