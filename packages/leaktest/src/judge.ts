/** From what is charged to the verdict, with the reasons that it needs. */
import type { Charges } from './charges.ts'
import { formatNumber } from './format/amount.ts'
import { PLAN } from './plan.ts'
import type { Verdict } from './report.ts'
import type { Evidence } from './trial.ts'

/** Bytes that Node itself fills in the first few hundred iterations, at most. */
const FILLED = 256 * 1_024

/** A verdict, and why it is what it is, where that needs saying. */
export interface Judgement {
  readonly verdict: Verdict
  readonly reasons: readonly string[]
}

/** @param asked whether the number of iterations was given: then there are as many as the author thinks right. */
export function judge(evidence: Evidence, charges: Charges, asked: boolean): Judgement {
  const { iterations, births } = evidence
  if (evidence.full) return judgeFull(evidence)
  if (iterations < PLAN.fewest && !charges.rises.some(rise => rise.perIteration >= 1))
    return { verdict: 'inconclusive', reasons: [tooFew(iterations, asked)] }
  if (charges.births.length > 0 && (iterations >= PLAN.fewestForHeap || asked))
    return { verdict: 'leak', reasons: onlyYoung(evidence, charges) }
  if (charges.rises.length > 0 && evidence.seenEnough) return { verdict: 'leak', reasons: [] }
  const isLarge = iterations >= PLAN.fewestForHeap || charges.growth * iterations > FILLED
  if (charges.growth > 0 && evidence.seenEnough && isLarge) return { verdict: 'leak', reasons: [] }
  if (charges.births.length > 0 || charges.rises.length > 0 || charges.growth > 0) {
    const reason = `Something rose in ${formatNumber(iterations)} iterations, too few to tell a leak from noise. Give it more time, or iterations.`
    return { verdict: 'inconclusive', reasons: [reason] }
  }
  const isBounded = births.some(({ pattern }) => pattern === 'bounded')
  return { verdict: isBounded ? 'bounded' : 'clean', reasons: [] }
}

/** What filled the heap is of the test only when it was not full before. */
function judgeFull({ fullBefore }: Evidence): Judgement {
  if (!fullBefore)
    return {
      verdict: 'leak',
      reasons: ['The heap was so full that the test stopped before the process would have died.'],
    }
  const reason =
    'The heap was nearly full when the test began, so nothing can be said. Raise --max-old-space-size, or test in a smaller program.'
  return { verdict: 'inconclusive', reasons: [reason] }
}

function tooFew(iterations: number, asked: boolean): string {
  if (asked) return `Only ${iterations} iterations were asked for: to tell a leak takes ${PLAN.fewest}.`
  return `Only ${iterations} iterations were possible in the time given: too few to tell. Give it more time, or iterations.`
}

/** In so few iterations a cache that had not begun to evict looks like a leak. */
function onlyYoung({ iterations }: Evidence, { rises }: Charges): string[] {
  if (rises.length > 0 || iterations >= PLAN.enough) return []
  return [
    `A cache that holds what more than ${formatNumber(iterations)} iterations make would look the same: if there is one, give the test more time.`,
  ]
}
