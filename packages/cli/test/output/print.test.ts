import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { FROM_SOURCE } from '../support/oakum.ts'

const PROGRAM = fileURLToPath(new URL('../support/print-program.ts', import.meta.url))

function startPrinting() {
  return spawn(process.execPath, [...FROM_SOURCE, PROGRAM], { stdio: ['ignore', 'pipe', 'pipe'] })
}

it('keeps little in memory for a reader that is slow, and loses nothing', async () => {
  const program = startPrinting()
  let said = ''
  program.stderr.setEncoding('utf8').on('data', (words: string) => (said += words))
  const closed = once(program, 'close')
  await until(() => said.includes('waiting\n'))
  expect((await text(program.stdout)).length).toBe(10_001_000)
  await closed
  const { most }: { most: number } = JSON.parse(said.replace('waiting\n', ''))
  expect(most).toBeLessThan(100_000)
})

it('does not wait for a reader that has gone', async () => {
  const program = startPrinting()
  program.stderr.resume()
  program.stdout.once('data', () => program.stdout.destroy())
  await once(program, 'exit')
})
