import { formatDuration } from '../../output/duration.ts'
import { formatSize } from '../../output/size.ts'
import { EXIT } from '../../command/exit.ts'

/** How much a run may take, all that it starts together. What is not there is not limited. */
export interface Limits {
  /** Bytes in memory: what is shared counts once. */
  memory?: number
  /** Processes that live at the same time; their threads do not count. */
  processes?: number
  /** Milliseconds from its start, by a clock that stands still while the machine sleeps. */
  time?: number
}

export type LimitName = keyof Limits

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
  const format = { memory: formatSize, processes: String, time: formatDuration }[limit]
  return `${agent} exceeded --max-${limit} ${format(allowed)} (${format(value)}) and is ended`
}
