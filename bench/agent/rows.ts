import { OURS, PEERS } from './subjects/index.ts'
import type { Subject, Way } from './subjects/subject.ts'

/** Files of `programs/`, each of which measures one thing. */
export type Program = 'cancels' | 'stall' | 'settle' | 'turns' | 'events'

/** One measurement, in processes of its own. */
export interface Row {
  /** Unique. */
  readonly name: string
  readonly program: Program
  readonly subject: Subject
  /** What the program is told. */
  readonly task: { readonly subject: string; readonly way?: Way; readonly count?: number }
}

/** How often peers are cancelled, and ours, each in each way; the client that ours is around is aborted as often, to compare with. */
const PEER_CANCELS = 2_000
const OUR_CANCELS = 10_000
/** Once: ours around the client of the Responses API, by its own cancel. */
const MANY_CANCELS = 100_000
const SETTLES = 500
const TURNS = 1_000
const EVENT_ROUNDS = 15

/** All rows; `most` is how often anything is repeated at most. */
export function rowsOf(most: number): readonly Row[] {
  const row = (program: Program, subject: Subject, count?: number, way?: Way): Row => ({
    name: [program, subject.name, ...(way === undefined ? [] : [way])].join(' '),
    program,
    subject,
    task: {
      subject: subject.name,
      ...(count === undefined ? {} : { count: Math.min(most, count) }),
      ...(way === undefined ? {} : { way }),
    },
  })
  const all = [...OURS, ...PEERS]
  return [
    ...all.flatMap(subject => subject.ways.map(way => row('cancels', subject, cancelsOf(subject, way), way))),
    ...all.map(subject => row('stall', subject)),
    ...OURS.map(subject => row('settle', subject, SETTLES)),
    ...OURS.map(subject => row('turns', subject, TURNS)),
    ...OURS.map(subject => row('events', subject, EVENT_ROUNDS)),
  ]
}

function cancelsOf({ name, around }: Subject, way: Way): number {
  if (around === undefined) {
    return way === 'abort' && OURS.some(ours => ours.around === name) ? OUR_CANCELS : PEER_CANCELS
  }
  return name === 'oakum-responses' && way === 'cancel' ? MANY_CANCELS : OUR_CANCELS
}
