import { AGENTS } from './agents.ts'
import { AI } from './ai.ts'
import { ANTHROPIC } from './anthropic.ts'
import { OURS, type OurSubject } from './oakum.ts'
import { OPENAI } from './openai.ts'
import type { Subject } from './subject.ts'

export { OURS }
export const PEERS: readonly Subject[] = [...OPENAI, ...AI, ...AGENTS, ...ANTHROPIC]

/** Throws when there is none of that name. */
export function subjectOf(name: string): Subject {
  return find([...OURS, ...PEERS], name)
}

/** One of ours. Throws when there is none of that name. */
export function ourSubjectOf(name: string): OurSubject {
  return find(OURS, name)
}

function find<T extends Subject>(subjects: readonly T[], name: string): T {
  const subject = subjects.find(one => one.name === name)
  if (subject === undefined) throw new Error(`There is no subject ${JSON.stringify(name)}.`)
  return subject
}
