import { expect, test } from 'vitest'
import { ProcessTable, ProcessTree, selfIdentity, type ProcessInfo } from '../../src/process/index.ts'

// What cannot be brought about at will, as pids that are reused and parents that vanish between two looks, told as tables.

const { bootId } = selfIdentity()
const FAR = 4_000_000

interface Told extends Partial<ProcessInfo> {
  pid: number
}

/** Processes at pids beyond those of this machine; each leads no group unless told otherwise. */
function table(...rows: Told[]): ProcessTable {
  const rest = { ppid: 1, pgid: 9, session: 9, state: 'running', startTime: '500', kernel: false, name: 'x' } as const
  const complete = (row: Told): ProcessInfo => ({ ...rest, ...row, pid: at(row.pid), ppid: at(row.ppid ?? 1) })
  return new ProcessTable(rows.map(complete))
}

function at(pid: number): number {
  return pid <= 1 ? pid : FAR + pid
}

function identity(pid: number, startTime = '500') {
  return { pid: at(pid), startTime, bootId }
}

function pidsOf(rows: readonly ProcessInfo[]): number[] {
  return rows.map(({ pid }) => pid - FAR)
}

test('the walk finds children at any depth, and nobody beside', () => {
  const tree = new ProcessTree({ root: identity(10) })
  const look = tree.look(table({ pid: 10 }, { pid: 11, ppid: 10 }, { pid: 12, ppid: 11 }, { pid: 13 }))
  expect(pidsOf(look.members)).toEqual([10, 11, 12])
})

test('a root whose pid means another process now has no members', () => {
  const tree = new ProcessTree({ root: identity(10, '400') })
  const leader = { pid: 10, pgid: at(10), session: at(10) }
  const look = tree.look(table(leader, { pid: 11, ppid: 10, pgid: at(10) }))
  expect(look).toEqual({ members: [], zombies: [], spared: [] })
})

test('a child that is older than its parent is a stranger: the pid of its parent was reused', () => {
  const tree = new ProcessTree({ root: identity(10) })
  const look = tree.look(table({ pid: 10 }, { pid: 11, ppid: 10, startTime: '499' }))
  expect(pidsOf(look.members)).toEqual([10])
})

test('groups and sessions that the root leads are of the tree, those it is only in are not', () => {
  const members = [
    { pid: 11, pgid: at(10) },
    { pid: 12, pgid: at(12), session: at(10) },
  ]
  const leads = new ProcessTree({ root: identity(10) })
  expect(pidsOf(leads.look(table({ pid: 10, pgid: at(10), session: at(10) }, ...members)).members)).toEqual([
    10, 11, 12,
  ])
  const joins = new ProcessTree({ root: identity(10) })
  expect(pidsOf(joins.look(table({ pid: 10 }, { pid: 11 })).members)).toEqual([10])
})

test('a group stays known by its members when its root has gone, and is forgotten with the last of them', () => {
  const tree = new ProcessTree({ root: identity(10) })
  const grouped = { pgid: at(10), session: at(10) }
  tree.look(table({ pid: 10, ...grouped }, { pid: 11, ...grouped }))
  expect(pidsOf(tree.look(table({ pid: 11, ...grouped }, { pid: 12, ...grouped })).members)).toEqual([11, 12])
  expect(pidsOf(tree.look(table({ pid: 12, ...grouped })).members)).toEqual([12])
  tree.look(table())
  const reused = table({ pid: 10, startTime: '900', ...grouped }, { pid: 14, startTime: '900', ...grouped })
  expect(tree.look(reused).members).toEqual([])
})

test('a group is believed once more when its leader has only just ended', () => {
  const tree = new ProcessTree({ root: identity(10) })
  tree.look(table({ pid: 10, pgid: at(10) }))
  tree.trustGroup()
  const late = table({ pid: 11, pgid: at(10) })
  expect(pidsOf(tree.look(late).members)).toEqual([11])
})

test('what was found once is found again without its parent, but not when its pid was reused', () => {
  const tree = new ProcessTree({ root: identity(10) })
  tree.look(table({ pid: 10 }, { pid: 11, ppid: 10 }))
  expect(tree.remembered()).toEqual([identity(10), identity(11)])
  expect(pidsOf(tree.look(table({ pid: 11 })).members)).toEqual([11])
  expect(tree.look(table({ pid: 11, startTime: '501' })).members).toEqual([])
  expect(tree.remembered()).toEqual([])
})

test('identities of another boot are never members', () => {
  const foreign = { ...identity(10), bootId: 'another boot' }
  const tree = new ProcessTree({ root: foreign, remembered: [foreign] })
  expect(tree.look(table({ pid: 10 })).members).toEqual([])
})

test('a group that was vouched for is not believed when its number leads to somebody else now', () => {
  const tree = new ProcessTree({ root: identity(10) })
  tree.look(table({ pid: 10, pgid: at(10), session: at(10) }))
  tree.trustGroup()
  const reused = { pid: 10, pgid: at(10), session: at(10), startTime: '900' }
  const look = tree.look(table(reused, { pid: 11, ppid: 10, pgid: at(10), startTime: '901' }))
  expect(look).toEqual({ members: [], zombies: [], spared: [] })
})

test('zombies are told apart from members, and threads of the kernel are neither', () => {
  const tree = new ProcessTree({ root: identity(10) })
  const look = tree.look(
    table({ pid: 10 }, { pid: 11, ppid: 10, state: 'zombie' }, { pid: 12, ppid: 10, kernel: true }),
  )
  expect([pidsOf(look.members), pidsOf(look.zombies)]).toEqual([[10], [11]])
})

test('what hangs below a kept process is spared, also after it was re-parented', () => {
  const tree = new ProcessTree({ root: identity(10), keep: ({ pid }) => pid === at(11) })
  const root = { pid: 10, pgid: at(10) }
  const below = { pid: 12, pgid: at(10) }
  const first = tree.look(table(root, { pid: 11, ppid: 10 }, { ...below, ppid: 11 }))
  expect(pidsOf(first.members)).toEqual([10])
  const whys = new Map(first.spared.map(({ process, why }) => [process.pid - FAR, why]))
  expect(whys).toEqual(
    new Map([
      [11, 'kept'],
      [12, 'below kept'],
    ]),
  )
  const second = tree.look(table(root, { ...below, ppid: 1 }, { pid: 13, ppid: 12 }))
  expect(pidsOf(second.members)).toEqual([10])
})

test('what is older than the agent is spared, and the walk does not pass through it', () => {
  const tree = new ProcessTree({ root: identity(10), group: at(10), youngerThan: identity(10) })
  const grouped = { pgid: at(10) }
  const look = tree.look(table({ pid: 10, ...grouped }, { pid: 8, startTime: '400', ...grouped }, { pid: 20, ppid: 8 }))
  expect(pidsOf(look.members)).toEqual([10])
  expect(look.spared).toMatchObject([{ process: { pid: at(8) }, why: 'older' }])
})
