import type { LeakReport } from '@oakum/leaktest'
import type { Expected } from './case.ts'
import type { CorpusCase } from './index.ts'
import type { Judgement } from './judge.ts'

/** Why there is no report. */
export interface CaseError {
  readonly name: string
  readonly message: string
  /** That of a LeaktestError. */
  readonly code?: string
}

/** What `run-case.ts` prints as one line of JSON. */
export interface CaseResult extends Pick<CorpusCase, 'name' | 'group' | 'half'>, Judgement {
  /** Undefined when the module could not be loaded. */
  readonly expected?: Expected
  /** Undefined when there is an error. */
  readonly report?: LeakReport
  readonly error?: CaseError
}

/** In one line, e.g. `right lru-500: bounded`. */
export function describeResult({ name, right, report, error }: CaseResult): string {
  const [message] = (error?.message ?? '').split('\n')
  return `${right ? 'right' : 'WRONG'} ${name}: ${report?.verdict ?? `${error?.code ?? error?.name}: ${message}`}`
}

export function toCaseError(error: unknown): CaseError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : undefined
  return { name: error.name, message: error.message, ...code }
}
