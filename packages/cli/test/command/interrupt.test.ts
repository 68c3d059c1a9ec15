import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { FROM_SOURCE } from '../support/oakum.ts'

const PROGRAM = fileURLToPath(new URL('../support/interrupt-program.ts', import.meta.url))
/** Longer than signals are taken for the same. */
const LATER = 350

let child: ChildProcess
let said = ''

async function start(): Promise<void> {
  said = ''
  child = spawn(process.execPath, [...FROM_SOURCE, PROGRAM], { stdio: ['ignore', 'pipe', 'inherit'] })
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text))
  await until(() => said.includes('ready'))
}

afterEach(() => void child.kill('SIGKILL'))

describe('an interruption', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('asks at the first %s', async name => {
    await start()
    child.kill(name)
    await until(() => said.includes(`asked by ${name}`))
    expect(child.exitCode).toBeNull()
  })

  it('takes signals that come together for one', async () => {
    await start()
    for (let echo = 0; echo < 3; echo++) {
      child.kill('SIGINT')
      await sleep(20)
    }
    await until(() => said.includes('asked'))
    await sleep(LATER)
    expect(child.exitCode).toBeNull()
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends the process at once at a later %s, with %i', async (name, code) => {
    await start()
    child.kill('SIGINT')
    await until(() => said.includes('asked'))
    await sleep(LATER)
    child.kill(name)
    expect(await once(child, 'exit')).toEqual([code, null])
  })
})
