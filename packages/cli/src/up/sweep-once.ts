import type { Fleet, Orphan, SweepOptions, SweepResult } from '@oakum/core/fleet'
import { EXIT } from '../command/exit.ts'
import { paintFor } from '../output/paint.ts'
import { formatSweep } from '../output/sweep-table.ts'
import { json as toJson } from '../output/text.ts'

const EMPTY: SweepResult = { orphansDetected: 0, orphansCleaned: 0, healthyAgents: 0, orphans: [], held: [] }

/** One sweep, printed. Fails when something was found and did not go. */
export async function sweepOnce(
  fleet: Fleet,
  { json, ...options }: { json: boolean } & Pick<SweepOptions, 'dryRun' | 'force'>,
): Promise<number> {
  const result = await fleet.coordinator().sweep(options)
  print(result, json)
  return result.orphans.some(refused) ? EXIT.failed : EXIT.ok
}

/** What a sweep finds where there is no store. */
export function sweepNothing(url: string, json: boolean): number {
  if (json) print(EMPTY, json)
  else console.log(`There is no store at ${url}; nothing to sweep.`)
  return EXIT.ok
}

function print(result: SweepResult, json: boolean): void {
  const width = process.stdout.isTTY ? process.stdout.columns : undefined
  console.log(json ? toJson(result) : formatSweep(result, paintFor(process.stdout), width).join('\n'))
}

function refused({ status }: Orphan): boolean {
  return status === 'retry' || status === 'quarantined'
}
