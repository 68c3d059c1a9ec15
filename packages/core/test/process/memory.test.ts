import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { newMark, ProcessTable, readMemory, withMark } from '../../src/process/index.ts'
import { pidsWith, start, useToken } from '../support/real-processes.ts'
import { until } from '../support/until.ts'

/** An amount of /proc/PID/smaps_rollup in bytes, read by the test itself. */
function amount(pid: number, name: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const line = text.split('\n').find(each => each.startsWith(`${name}:`)) ?? ''
  return Number.parseInt(line.slice(name.length + 1), 10) * 1_024
}

describe('the memory of processes', () => {
  it('is their proportional share', async () => {
    const token = useToken()
    const pids = [start('sleep', [token]).pid, start('sleep', [token]).pid]
    await until(() => pidsWith(token).length === 2)
    for (const pid of pids) {
      // Shares change while both are read, when somebody on the machine starts or ends a program: then both are read again.
      const memory = await until(async () => {
        const read = (await readMemory([pid])).get(pid)
        return Math.abs((read?.bytes ?? 0) / amount(pid, 'Pss') - 1) < 0.05 ? read : undefined
      })
      expect(memory.measure).toBe('pss')
      expect(memory.anonymous).toBe(amount(pid, 'Pss_Anon') + amount(pid, 'Pss_Shmem') + amount(pid, 'SwapPss'))
      expect(memory.bytes).toBeLessThan(amount(pid, 'Rss')) // they share the C library with many others
    }
  })

  it('is left out for who is gone and for threads of the kernel', async () => {
    const kernel = [...ProcessTable.read()].filter(row => row.kernel).map(row => row.pid)
    const memory = await readMemory([2 ** 30, ...kernel.slice(0, 3), process.pid])
    expect([...memory.keys()]).toEqual([process.pid])
  })

  it('is not read on after the signal', async () => {
    const reading = readMemory([process.pid], { signal: AbortSignal.abort() })
    await expect(reading).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('a process table', () => {
  it('tells the marks of a process, the outermost first', async () => {
    const token = useToken()
    const [outer, inner] = [newMark(), newMark()]
    start('sleep', [token], { env: withMark(withMark(process.env, outer), inner) })
    const [pid = 0] = await until(() => (pidsWith(token).length === 1 ? pidsWith(token) : undefined))
    const table = ProcessTable.read()
    expect(table.marksOf(pid).slice(-2)).toEqual([outer, inner])
    expect(table.carriersOf(outer).map(row => row.pid)).toEqual([pid])
    expect(table.marksOf(2 ** 30)).toEqual([])
  })
})
