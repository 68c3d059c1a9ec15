/** What a tool says of a case; `inconclusive` is neither found nor accused. */
type Answer = 'leak' | 'clean' | 'inconclusive' | 'error'

/** What a program says of a case. */
export interface Said {
  readonly answer: Answer
  /** What it goes by, for people. */
  readonly detail?: string
  /** Milliseconds that a verdict of ours took, by its report. */
  readonly verdict?: number
}

/** What running a tool on a case showed. */
export interface Outcome extends Said {
  readonly tool: string
  readonly case: string
  readonly group: 'leak' | 'control'
  /** Milliseconds from the start of its process to its end. */
  readonly wall: number
}

/** Whether the answer is the one that the case deserves. */
export function isRight({ answer, group }: Pick<Outcome, 'answer' | 'group'>): boolean {
  return group === 'leak' ? answer === 'leak' : answer === 'clean'
}
