import { ProcessTable, type ProcessDetails, type ProcessInfo } from '@oakum/core/process'
import { expect, it } from 'vitest'
import { isOrphan } from '../../src/doctor/orphan.ts'

// Told as tables: no machine has all of these parents, and tests may not look at the one that they run on.

interface Told {
  /** Name and pid of the parent. */
  parent: [name: string, pid: number]
  session?: number
  details?: Partial<ProcessDetails>
  /** A process that is there as well. */
  also?: number
}

const PID = 500
const DETAILS = { arguments: ['claude'], age: 1_000, hasTerminal: false, handlesTerm: true, controlGroup: '' } as const

function judge({ parent: [name, ppid], session = 400, details = {}, also = 1 }: Told): boolean {
  const common = { pgid: 0, session: 0, state: 'running', startTime: '1', kernel: false } as const
  const row: ProcessInfo = { ...common, pid: PID, ppid, session, name: 'claude' }
  const others = [
    { ...common, pid: ppid, ppid: 0, name },
    { ...common, pid: also, ppid: 0, name: 'other' },
  ]
  return isOrphan(row, { table: new ProcessTable([...others, row]), details: () => ({ ...DETAILS, ...details }) })
}

const SERVICE = { controlGroup: '/system.slice/agent.service' }
const SCOPE = { controlGroup: '/user.slice/user-1000.slice/session-3.scope' }

it.each<[string, boolean, Told]>([
  ['taken over by systemd', true, { parent: ['systemd', 1], details: SCOPE }],
  ['taken over by the systemd of its user', true, { parent: ['systemd', 900], session: PID, details: SCOPE }],
  ['run by systemd as a service', false, { parent: ['systemd', 1], session: PID, details: SERVICE }],
  ['on a terminal', false, { parent: ['systemd', 1], details: { hasTerminal: true } }],
  ['with a parent that lives', false, { parent: ['bash', 900] }],
  ['in a session whose leader is gone, below PID 1 of a container', true, { parent: ['sh', 1] }],
  ['in a session whose leader is gone, below an init', true, { parent: ['tini', 7] }],
  ['started by the init of its container', false, { parent: ['tini', 1], session: PID }],
  ['started by the init of its container, in its session', false, { parent: ['docker-init', 1], session: 1 }],
  ['in a session that goes on', false, { parent: ['sh', 1], also: 400 }],
  ['in a session that cannot be seen', false, { parent: ['sh', 1], session: 0 }],
])('a program %s is an orphan: %s', (_, is, told) => {
  expect(judge(told)).toBe(is)
})
