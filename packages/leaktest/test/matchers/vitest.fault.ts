import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'

const VITEST = join(import.meta.dirname, '../../../../node_modules/vitest/vitest.mjs')

interface Results {
  testResults: { assertionResults: { title: string; status: string; failureMessages: string[] }[] }[]
}

it('asserts in vitest what the verdict means', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leaktest-vitest-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const outputFile = join(folder, 'results.json')
  const args = [
    VITEST,
    'run',
    '--root',
    join(import.meta.dirname, 'fixtures'),
    '--reporter=json',
    `--outputFile=${outputFile}`,
  ]
  await promisify(execFile)(process.execPath, args, { timeout: 500_000 }).catch(() => undefined) // some tests fail on purpose

  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what vitest writes
  const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8')) as Results
  const all = testResults.flatMap(({ assertionResults }) => assertionResults)
  const messageOf = (title: string): string => all.find(result => result.title === title)?.failureMessages[0] ?? ''
  expect(Object.fromEntries(all.map(({ title, status }) => [title, status]))).toEqual({
    'clean is leak-free': 'passed',
    'clean is not otherwise': 'failed',
    'leaky is leak-free': 'failed',
    'leaky is not otherwise': 'passed',
    'slow is leak-free': 'failed',
    'slow is not otherwise': 'failed',
    'throwing is not otherwise': 'failed',
  })
  expect(messageOf('leaky is leak-free')).toMatch(/The scenario leaks\.[^]*`leaky` \(.*scenarios\.ts:\d+\) leaves/)
  expect(messageOf('clean is not otherwise')).toContain('expected to leak, and does not')
  expect(messageOf('slow is leak-free')).toContain('could not be told')
  expect(messageOf('throwing is not otherwise')).toContain('threw')
})
