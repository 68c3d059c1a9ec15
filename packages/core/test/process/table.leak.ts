/** Who looks at the processes of the system again and again keeps no table, and is caught when it never stops looking. */
import { expect, it } from 'vitest'
import { expectCaught, expectClean } from '../../../leaktest/test/support/pair.ts'
import { followTable, identify, isAlive, nextTable, ProcessTree, selfIdentity } from '../../src/process/index.ts'

it('followers that stop, tables and trees leave nothing', async () => {
  const root = selfIdentity()
  await expectClean(
    async () => {
      const ends = [followTable(() => {}), followTable(() => {})]
      const table = await nextTable()
      new ProcessTree({ root, mark: 'none' }).look(table)
      expect(isAlive(identify(process.pid) ?? root)).toBe(true)
      for (const end of ends) end()
    },
    { warmup: 10 },
  )
})

it('followers that never stop are caught', async () => {
  const ends: (() => void)[] = []
  const planted = function followsForGood(): void {
    const seen = new Set<number>()
    ends.push(followTable(table => seen.add(table.size)))
  }
  await expectCaught({ function: planted.name, file: import.meta.filename }, planted)
  for (const end of ends) end()
})
