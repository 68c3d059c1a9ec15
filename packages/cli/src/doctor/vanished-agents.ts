/**
 * Agents that are gone, and what they still hold: what the next sweep would reclaim, and what none will, because it was tried
 * too often. With `oakum up` running there is little to find here.
 */
import { lstatSync } from 'node:fs'
import type { Fleet, Orphan, OwnedResource, QuarantinedLease } from '@oakum/core/fleet'
import { isAlive, isLocal, type ProcessIdentity, type ProcessInfo } from '@oakum/core/process'
import { isMark } from '../output/agent-table.ts'
import { formatAge } from '../output/duration.ts'
import { plural } from '../output/plural.ts'
import type { Diagnosis, Finding } from './finding.ts'
import type { Holder, Machine } from './machine.ts'
import { Sweeper } from './sweeper.ts'

export async function findVanishedAgents(machine: Machine, fleet: Fleet): Promise<Diagnosis[]> {
  const { orphans } = await fleet.coordinator().sweep({ dryRun: true })
  const sweeper = new Sweeper(fleet)
  const silent = orphans.map(async (orphan): Promise<Diagnosis> => {
    const holder = machine.holderOf({ id: orphan.agentId, epoch: orphan.epoch })
    const held = await describeHeld(machine, holder)
    const { code, what, why } = wordsFor(orphan, holder, held)
    const base = { code, severity: 'problem', what, why, agent: orphan.agentId } as const
    return {
      finding: {
        ...base,
        repairedBy: 'fix',
        remedy: 'reclaims all of it',
        ...held.facts,
        age: orphan.idleTime ?? held.facts.age,
      },
      repair: () => sweeper.repair(orphan),
    }
  })
  const given = (await fleet.quarantined()).map(lease => describeQuarantined(machine, lease, sweeper))
  return Promise.all([...silent, ...given])
}

async function describeQuarantined(machine: Machine, lease: QuarantinedLease, sweeper: Sweeper): Promise<Diagnosis> {
  const { id, epoch, attempts, error, agent } = lease
  const held = await describeHeld(machine, machine.holderOf(lease))
  const isDamaged = agent === null
  return {
    finding: {
      code: 'AGENT_QUARANTINED',
      severity: 'problem',
      what: `agent ${id} with ${isDamaged ? 'a damaged record' : held.words}`,
      why: `After ${plural(attempts, 'attempt')} nobody tries any more: ${error}`,
      repairedBy: isDamaged ? null : 'fix',
      remedy: isDamaged
        ? 'Nobody knows what it held, so nothing is touched. To begin anew: oakum store backup, then oakum store reset'
        : 'tries once more',
      agent: id,
      ...held.facts,
    },
    repair: isDamaged ? null : () => sweeper.repair({ agentId: id, epoch }, { retry: true }),
  }
}

function wordsFor(
  { agentId, reason, idleTime }: Orphan,
  holder: Holder | undefined,
  held: Held,
): Pick<Finding, 'code' | 'what' | 'why'> {
  const what = `agent ${agentId} with ${held.words}`
  const silence =
    idleTime === null ? 'the agent was never heard of' : `the agent was last heard of ${formatAge(idleTime)} ago`
  if (holder?.agent.phase === 'reaping') {
    return {
      code: 'CLAIM_STALE',
      what,
      why: `Its lease has ended (${reason}), and nobody goes on to reclaim it; ${silence}`,
    }
  }
  const process = holder?.agent.process
  if (process !== undefined && isLocal(process) && !isAlive(process)) {
    return { code: 'AGENT_VANISHED', what, why: `Its process ${process.pid} is gone; ${silence}` }
  }
  return { code: 'AGENT_VANISHED', what, why: `Its lease has run out (${reason}); ${silence}` }
}

type Facts = Pick<Finding, 'processes' | 'paths' | 'age' | 'memory'>

interface Held {
  facts: Facts
  /** `2 processes, 1 path`. */
  words: string
}

async function describeHeld(machine: Machine, holder: Holder | undefined): Promise<Held> {
  const resources = holder?.resources ?? []
  const rows = new Map<number, ProcessInfo>()
  for (const resource of resources) {
    for (const row of membersOf(resource, holder, machine)) rows.set(row.pid, row)
  }
  const described = await machine.describe([...rows.values()])
  const paths = resources.flatMap(({ kind, key }) => (FILES.has(kind) && isThere(key) ? [key] : []))
  const other = resources.filter(
    resource => resource.kind !== 'process' && !FILES.has(resource.kind) && !isMark(resource),
  )
  const facts = { ...described, paths }
  return { facts, words: listOf(facts, other.length) }
}

const FILES: ReadonlySet<string> = new Set(['directory', 'worktree', 'lock'])

function membersOf(
  { kind, data }: OwnedResource,
  holder: Holder | undefined,
  machine: Machine,
): readonly ProcessInfo[] {
  const agent = holder?.agent.process
  if (kind !== 'process' || agent === undefined || !isLocal(agent)) return []
  const { mark } = data
  if (typeof mark === 'string') return machine.members({ mark, youngerThan: agent })
  const root = identityIn(data)
  return root === null ? [] : machine.members({ root, youngerThan: root })
}

function identityIn({ pid, startTime, bootId }: OwnedResource['data']): ProcessIdentity | null {
  const isIdentity = typeof pid === 'number' && typeof startTime === 'string' && typeof bootId === 'string'
  return isIdentity ? { pid, startTime, bootId } : null
}

function isThere(path: string): boolean {
  return path.startsWith('/') && lstatSync(path, { throwIfNoEntry: false }) !== undefined
}

function listOf({ processes, paths }: Facts, other: number): string {
  const parts = [
    ...(processes.length > 0 ? [plural(processes.length, 'process')] : []),
    ...(paths.length > 0 ? [plural(paths.length, 'path')] : []),
    ...(other > 0 ? [plural(other, 'other thing')] : []),
  ]
  return parts.length === 0 ? 'nothing but its record' : parts.join(', ')
}
