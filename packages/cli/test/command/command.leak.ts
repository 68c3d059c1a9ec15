/** Commands that run in this process, and what they listen to, leave nothing; a listener that is never released is caught. */
import { expect, it, onTestFinished } from 'vitest'
import { connect } from '@oakum/core/fleet'
import { createEchoFilter } from '@oakum/core/process'
import { temporaryFolder } from '../../../core/test/support/sqlite.ts'
import { expectCaught, expectClean } from '../../../leaktest/test/support/pair.ts'
import { execute } from '../../src/command/execute.ts'
import { listenForInterrupts, type Interruption } from '../../src/command/interrupt.ts'
import { listenForSignals } from '../../src/command/signals.ts'

/** Takes what is printed, and keeps none of it. */
function mute(): void {
  const { log, error } = console
  const write: unknown = Reflect.get(process.stdout, 'write')
  console.log = console.error = () => {}
  process.stdout.write = () => true
  onTestFinished(() => {
    Object.assign(console, { log, error })
    Object.assign(process.stdout, { write })
  })
}

it('echo filters, signals and interruptions that were released leave nothing', async () => {
  await expectClean(() => {
    const filter = createEchoFilter()
    filter.counts()
    filter.close()
    listenForSignals({ foreground: true, onSignal: () => {} })()
    const interruption = listenForInterrupts()
    interruption.signal.addEventListener('abort', () => {})
    interruption.release()
  })
  expect(process.listenerCount('SIGQUIT')).toBe(0)
})

it('interruptions that are never released are caught', async () => {
  const before = process.getMaxListeners()
  const output = process.stdout.getMaxListeners()
  process.setMaxListeners(0)
  process.stdout.setMaxListeners(0)
  const kept: Interruption[] = []
  const planted = function listensForGood(): void {
    const interruption = listenForInterrupts()
    interruption.signal.addEventListener('abort', () => {})
    kept.push(interruption)
  }
  await expectCaught({ function: planted.name, file: import.meta.filename }, planted)
  for (const { release } of kept) release()
  process.setMaxListeners(before)
  process.stdout.setMaxListeners(output)
})

it.each([
  ['status', ['status', '--all']],
  ['status of one', ['status', 'coder-1', '--json']],
  ['logs', ['logs', '-n', '5']],
  ['a mistake', ['status', 'nobody']],
  ['help', ['sweep', '--help']],
])('the command for %s leaves nothing', async (_name, words) => {
  const url = `sqlite:${temporaryFolder()}`
  const fleet = await connect(url)
  onTestFinished(() => fleet.close())
  await fleet.register({ id: 'coder-1' })
  await fleet.flush()
  mute()
  const expected = words.includes('nobody') ? 1 : 0
  await expectClean(
    async () => {
      expect(await execute([...words, '--store', url])).toBe(expected)
    },
    { warmup: 10 },
  )
})
