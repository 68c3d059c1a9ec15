import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { CaseResult } from '../../../corpus/result.ts'
import { SoakLog } from '../../../corpus/soak/log.ts'
import { leakReport } from '../../support/reports.ts'

const result: CaseResult = { name: 'listener', group: 'leak', half: 'tuned', right: true, report: leakReport() }

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'oakum-soak-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return join(folder, 'soak.jsonl')
}

it('remembers verdicts from one run to the next', () => {
  const path = file()
  new SoakLog(path).add('leaks', 7, result)
  const later = new SoakLog(path)
  expect(later.has('leaks', 7)).toBe(true)
  expect(later.has('leaks', 8)).toBe(false)
  expect(later.has('jest', 7)).toBe(false)
  expect(later.results('leaks')).toMatchObject([result])
})

it('leaves out a line that was cut off', () => {
  const path = file()
  const log = new SoakLog(path)
  log.add('leaks', 0, result)
  appendFileSync(path, readFileSync(path, 'utf8').slice(0, 40))
  expect(new SoakLog(path).results('leaks')).toHaveLength(1)
})

it('begins a line of its own after one that was cut off', () => {
  const path = file()
  new SoakLog(path).add('leaks', 0, result)
  appendFileSync(path, '{"part":"le')
  new SoakLog(path).add('leaks', 1, result)
  expect(new SoakLog(path).results('leaks')).toHaveLength(2)
})

it('forgets verdicts on other sources', () => {
  const path = file()
  new SoakLog(path).add('leaks', 0, result)
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"sources":"\w+"/, '"sources":"other"'))
  expect(new SoakLog(path).has('leaks', 0)).toBe(false)
})
