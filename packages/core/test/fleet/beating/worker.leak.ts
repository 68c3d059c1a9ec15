/** What fleets leave behind for which a thread beat: no thread, no descriptor and no handle. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { connect, type Fleet } from '../../../src/fleet/index.ts'
import { PROGRAM_FLAGS } from '../../support/fixture-program.ts'
import { heapSlope } from '../../support/heap-slope.ts'
import { temporaryFolder } from '../../support/sqlite.ts'

/** Each takes as long as a thread takes to load what it needs. */
const CYCLES = 4

/** The threads of this process, Node's own included. */
function threads(): number {
  return readdirSync('/proc/self/task').length
}

async function openBeaten(folder: string): Promise<Fleet> {
  const starting = once(process, 'worker')
  const fleet = await connect(`sqlite:${folder}`, { beats: 'worker', beatEvery: 20 })
  await fleet.register({ id: `agent-${performance.now()}` })
  const [worker] = await starting
  await once(worker, 'online')
  return fleet
}

it('is nothing when they are closed', async () => {
  const folder = temporaryFolder()
  await (await openBeaten(folder)).close()
  const before = threads()
  const cycle = async (): Promise<void> => (await openBeaten(folder)).close()
  const left = await heapSlope(cycle, { cycles: CYCLES, windows: CYCLES, warmup: 0 })
  expect(left.after).toEqual(left.before)
  expect(threads()).toBe(before)
})

it('is caught when they are not', async () => {
  const folder = temporaryFolder()
  const before = threads()
  const open: Fleet[] = []
  const cycle = async (): Promise<void> => void open.push(await openBeaten(folder))
  const left = await heapSlope(cycle, { cycles: CYCLES, windows: CYCLES, warmup: 0 })
  expect(threads() - before).toBeGreaterThanOrEqual(CYCLES)
  expect(left.after.descriptors - left.before.descriptors).toBeGreaterThanOrEqual(CYCLES)
  for (const fleet of open) await fleet.close()
  expect(threads()).toBe(before)
})

it('is nothing when no thread may be had', async () => {
  const program = fileURLToPath(new URL('fixtures/refused-thread.ts', import.meta.url))
  const flags = ['--permission', '--allow-fs-read=*', ...PROGRAM_FLAGS]
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program])
  const { had, refused, ports } = Object(JSON.parse(stdout))
  expect({ had, refused }).toEqual({ had: 0, refused: 20 })
  // One may be in somebody's hands; each attempt makes two.
  expect(ports).toBeLessThanOrEqual(2)
})
