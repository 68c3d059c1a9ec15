import type { LeakReport, LeakSite } from '@oakum/leaktest'
import type { Expected } from './case.ts'

/** How far a bound may be off, as a share of it. */
const BOUND_TOLERANCE = 0.1
const MARK = '// leaks here'

/** Whether a report says what it should. What the module expects nothing of is undefined. */
export interface Judgement {
  /** Whether the verdict is right, and the bound within 10 %. */
  readonly right: boolean
  readonly siteRight?: boolean
  readonly retainerRight?: boolean
  readonly counterRight?: boolean
}

/**
 * Compares a report with what its module expects.
 * @param module path and text of the module.
 */
export function judge(expected: Expected, report: LeakReport, module: { path: string; text: string }): Judgement {
  const { site, retainer, counter } = expected
  const marked = module.text.split('\n').findIndex(line => line.includes(MARK)) + 1
  const isRight = (found: LeakSite): boolean =>
    found.file === module.path &&
    (found.line === marked || (site ?? []).some(name => isSameFunction(name, found.function)))
  return {
    right: isVerdictRight(expected, report),
    ...((site !== undefined || marked > 0) && { siteRight: report.sites.some(isRight) }),
    ...(retainer !== undefined && {
      retainerRight: report.sites.some(found => found.retainers?.text.includes(retainer)),
    }),
    ...(counter !== undefined && { counterRight: report.counters.some(rise => rise.counter === counter) }),
  }
}

/** Without an expected bound, what is held depends on speed or phase, and may be too little to be seen. */
function isVerdictRight({ verdict, bound }: Expected, report: LeakReport): boolean {
  if (verdict !== 'bounded') return report.verdict === verdict
  if (bound === undefined) return report.verdict === 'bounded' || report.verdict === 'clean'
  const difference = Math.abs((report.bound ?? Number.NaN) - bound)
  return report.verdict === 'bounded' && difference <= bound * BOUND_TOLERANCE
}

/** `push` and `EventRing.push` may be the same: engines differ in whether they name the class. */
function isSameFunction(one: string, other: string): boolean {
  return one === other || one.endsWith(`.${other}`) || other.endsWith(`.${one}`)
}
