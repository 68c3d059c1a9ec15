import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { start, useToken } from '../../../core/test/support/real-processes.ts'
import { FROM_SOURCE } from '../support/oakum.ts'

it.skipIf(process.getuid?.() !== 0)('a process of another user is neither diagnosed nor adopted', async () => {
  const { pid } = start('sleep', [useToken()])
  const program = fileURLToPath(new URL('fixtures/as-nobody.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [...FROM_SOURCE, program, String(pid)])
  expect(stdout).toBe(
    `OakumError: Process ${pid} belongs to another user: run this as that user, or as root\n` +
      `OakumError: Process ${pid} belongs to another user, and could not be ended\n`,
  )
})
