import { spawn, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { ECHO } from '@oakum/core/process'
import { until } from '../../../core/test/support/until.ts'
import { FROM_SOURCE } from '../support/oakum.ts'
import { sendTogether, sendUntilEnded } from '../support/signals.ts'

const PROGRAM = fileURLToPath(new URL('../support/interrupt-program.ts', import.meta.url))

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
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('asks at the first %s, and ends the process at once at a later one, with %i', async (name, code) => {
    await start()
    child.kill(name)
    await until(() => said.includes(`asked by ${name}`))
    expect(child.exitCode).toBeNull()
    expect(await sendUntilEnded(child, name)).toBe(code)
  })

  // An echo that was taken for a second one would have ended the process with a code of its own.
  it('takes signals that come together for one', async () => {
    await start()
    sendTogether(child, 'SIGINT', 'SIGTERM')
    await until(() => said.includes('asked'))
    expect(await sendUntilEnded(child, 'SIGHUP')).toBe(129)
  })

  it('takes a signal for an echo that waited while the process was held up', async () => {
    await start()
    child.kill('SIGINT')
    await until(() => said.includes('asked'))
    child.kill('SIGSTOP')
    // Time is the subject: by the clock alone the next signal would be no echo.
    await sleep(ECHO + 50)
    sendTogether(child, 'SIGTERM')
    expect(await sendUntilEnded(child, 'SIGHUP')).toBe(129)
  })
})
