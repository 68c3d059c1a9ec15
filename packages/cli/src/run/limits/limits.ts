import { EXIT } from '../../command/exit.ts'
import { formatLimitAmount, type LimitName } from '../../output/limit-amount.ts'

/** How much a run may take, all that it starts together. What is not there is not limited. */
export interface Limits {
  /** Bytes in memory: what is shared counts once. */
  memory?: number
  /** Processes that live at the same time; their threads do not count. */
  processes?: number
  /** Milliseconds from its start, by a clock that stands still while the machine sleeps. */
  time?: number
}

/** A limit that was passed, and by what: in the unit of the limit. */
export interface Exceeded {
  limit: LimitName
  allowed: number
  value: number
}

/** As `timeout` has it, as a program has that the kernel's OOM killer ends, and as sysexits has "cannot fork". */
const EXIT_CODES: Readonly<Record<LimitName, number>> = {
  time: EXIT.outOfTime,
  memory: EXIT.outOfMemory,
  processes: EXIT.outOfProcesses,
}

export function exitCodeOf({ limit }: Exceeded): number {
  return EXIT_CODES[limit]
}

/** `coder-1 exceeded --max-memory 4 GiB (4.2 GiB) and is ended`. */
export function describeExceeded(agent: string, { limit, allowed, value }: Exceeded): string {
  const [most, taken] = [allowed, value].map(amount => formatLimitAmount(limit, amount))
  return `${agent} exceeded --max-${limit} ${most} (${taken}) and is ended`
}
