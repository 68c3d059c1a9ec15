import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readBaseline } from '@oakum/leaktest'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { cleanReport, leakReport } from '../../../leaktest/test/support/reports.ts'
import { prepareDocuments, writeDocuments, type Results } from '../../src/leaktest/documents.ts'

let folder: string

const at = (name: string): string => join(folder, name)

function resultsOf(...outcomes: Results['found'][number][]): Results {
  return { outcomes, found: outcomes, failOn: new Set(['leak']) }
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oakum-documents-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
})

it('makes the folders of the documents before there is anything to write, and no file', async () => {
  const documents = { markdown: at('a/b.md'), junit: at('c/d.xml'), svg: at('e/f'), baseline: at('g/h.json') }
  prepareDocuments(documents)
  expect(readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted((a, b) => a.localeCompare(b))).toEqual([
    'a',
    'c',
    'e',
    'e/f',
    'g',
  ])
  await writeDocuments(documents, resultsOf(leakReport()))
  expect(readdirSync(folder, { recursive: true }).filter(name => /\./.test(String(name)))).toHaveLength(4)
})

it('writes each document whatever becomes of the others', async () => {
  mkdirSync(at('taken'))
  const documents = { markdown: at('taken'), junit: at('none/d.xml'), baseline: at('h.json') }
  const written = writeDocuments(documents, resultsOf(leakReport()))
  await expect(written).rejects.toMatchObject({ errors: [{ code: 'EISDIR' }, { code: 'ENOENT' }] })
  expect(Object.keys(readBaseline(at('h.json')).reports)).toEqual(['cancel'])
  await expect(writeDocuments({ markdown: at('taken') }, resultsOf())).rejects.toMatchObject({ code: 'EISDIR' })
})

it('writes a chart for each test, also where names differ by what no file name has', async () => {
  prepareDocuments({ svg: at('charts') })
  const reports = ['a/b', 'a-b', 'A b'].map(name => leakReport({ name }))
  await writeDocuments({ svg: at('charts') }, resultsOf(...reports))
  expect(readdirSync(at('charts')).toSorted()).toEqual(['A-b-3.svg', 'a-b-2.svg', 'a-b.svg'])
  expect(readFileSync(at('charts/a-b-2.svg'), 'utf8')).toContain('>a-b: leak<')
})

it('saves what was found before a baseline was looked at, beside what is known of other tests', async () => {
  const baseline = at('base.json')
  await writeDocuments({ baseline }, resultsOf(leakReport({ name: 'other' }), cleanReport()))
  const found = [leakReport()]
  await writeDocuments({ baseline }, { outcomes: [cleanReport()], found, failOn: new Set() })
  const { cancel, other } = readBaseline(baseline).reports
  expect(cancel).toEqual(other)
  expect(Object.keys(cancel?.sites ?? {})).toHaveLength(1)
})

it('refuses to replace by a baseline what is none', () => {
  writeFileSync(at('notes.json'), '[]')
  const prepare = (): void => prepareDocuments({ baseline: at('notes.json') })
  expect(prepare).toThrow(expect.objectContaining({ code: 'BASELINE_UNREADABLE' }))
})
