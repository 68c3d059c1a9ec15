import { readFile } from 'node:fs/promises'
import type { LeakReport } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

/** What a runner's test file tells of its case, in parts, each a line of JSON in a file. */
export interface Answer {
  readonly expected?: Expected
  readonly report?: LeakReport
}

/** All that was told; nothing when the file is not there. */
export async function readAnswer(file: string): Promise<Answer> {
  const lines = await readFile(file, 'utf8').catch(() => '')
  return parseAnswer(lines)
}

function parseAnswer(lines: string): Answer {
  const parts = lines.split('\n').filter(line => line !== '')
  return Object.assign({}, ...parts.map(line => JSON.parse(line)))
}
