/**
 * Who lost its parent.
 *
 * Only where that is evident: it has no terminal, no service manager runs it, its parent is PID 1 or a reaper, and that parent is
 * known to adopt orphans, or the leader of its session or group is gone. Who is a child of some other PID 1 by birth is no orphan.
 */
import type { ProcessInfo } from '@oakum/core/process'
import type { Machine } from './machine.ts'

/** Programs that adopt the orphans of others; as PID 1, or below it as a reaper of their own. */
const REAPERS: ReadonlySet<string> = new Set(
  'systemd init launchd tini dumb-init docker-init catatonit runit s6-svscan containerd-shim conmon'.split(' '),
)

/** Whether whoever started it is gone, and somebody has taken it over. */
export function isOrphan(row: ProcessInfo, machine: Machine): boolean {
  const parent = machine.table.get(row.ppid)
  const details = machine.details(row)
  if (parent === undefined || details === null || details.hasTerminal || isService(details.controlGroup)) return false
  if (REAPERS.has(parent.name)) return true
  return parent.pid === 1 && (isGone(row.session, row, machine) || isGone(row.pgid, row, machine))
}

/** The leader of a group or session that it belongs to. Number 0 lies outside of what can be seen. */
function isGone(leader: number, row: ProcessInfo, { table }: Machine): boolean {
  return leader > 0 && leader !== row.pid && table.get(leader) === undefined
}

/** Whether a service of systemd's is what runs it; the service of a user's session is not. */
function isService(controlGroup: string): boolean {
  const unit = controlGroup.split('/').at(-1) ?? ''
  return unit.endsWith('.service') && !unit.startsWith('user@')
}
