import type { ProcessIdentity } from '@oakum/core/process'

/** Every code, with what it means. Codes are stable: never renamed or reused. `docs/commands.md` lists them. */
export const FINDINGS = {
  AGENT_VANISHED: 'An agent is gone, and what it held is not reclaimed yet.',
  CLAIM_STALE: 'Who began to reclaim an agent did not finish, and is gone.',
  AGENT_QUARANTINED: 'An agent could not be reclaimed, and nobody tries any more.',
  RECORDS_UNREADABLE: 'Records of agents are damaged.',
  PROCESS_LEFT: 'A process carries Oakum’s mark, and its owner is gone.',
  PROGRAM_ORPHANED: 'A known agent program lives on without parent, terminal and lease.',
  SIGNAL_BLOCKED: 'A signal sent from outside would not reach an agent.',
  STORE_EXPOSED: 'Others than its user may read or write the store.',
  STORE_UNUSABLE: 'The store cannot be used.',
} as const

export type FindingCode = keyof typeof FINDINGS

/** One process of a finding. */
export interface FoundProcess {
  identity: ProcessIdentity
  /** Its program, without arguments, which may hold secrets. */
  program: string
  /** Milliseconds since it started; null when that may not be read. */
  age: number | null
  /** Bytes; null when that may not be read. */
  memory: number | null
}

/** What is left over, and who would miss it. */
export interface Finding {
  code: FindingCode
  /** `problem`: something is left over or damaged. `advice`: something lives and works, but would not end as it should. */
  severity: 'problem' | 'advice'
  /** What was found, in a few words. */
  what: string
  /** How that is known. */
  why: string
  /**
   * What repairs it: `--fix`; where somebody may miss what it ends, only `--fix --orphans`; where somebody seems to use it, only
   * `--fix` with its pid. Null: people have to.
   */
  repairedBy: 'fix' | 'orphans' | 'pid' | null
  /** What the repair does, or what to do by hand. */
  remedy: string
  agent?: string
  /** The oldest first, so a parent comes before its children. */
  processes: readonly FoundProcess[]
  /** Files and folders. */
  paths: readonly string[]
  /** Milliseconds: of the oldest process, or since the agent was last heard of. Null when neither is known. */
  age: number | null
  /** Bytes of all its processes together. */
  memory: number | null
}

/** A finding and what can be done about it. */
export interface Diagnosis {
  finding: Finding
  /** Does what the remedy says. Resolves to why it could not, or nothing. Null where only people can help. */
  repair: Repair | null
}

export type Repair = () => Promise<string | undefined>
