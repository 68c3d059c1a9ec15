/** Each session watches its folder for changed prompts, and stops listening, but not watching, when it ends. */
import { watch, type FSWatcher } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['watchPrompts'], retainer: 'FSEvent', counter: 'handles' }

const folder = await mkdtemp(join(tmpdir(), 'oakum-corpus-'))
const watchers = new Set<FSWatcher>()

function watchPrompts(path: string, changed: () => void): () => void {
  const watcher = watch(path, changed) // leaks here
  watchers.add(watcher)
  return () => void watcher.off('change', changed)
}

const scenario: Scenario = () => {
  let changes = 0
  const stop = watchPrompts(folder, () => (changes += 1))
  stop()
}

export const options = { warmup: 20, iterations: 480 }

export const close = async (): Promise<void> => {
  for (const watcher of watchers) watcher.close()
  await rm(folder, { recursive: true })
}

export default scenario
