import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identify, type ProcessIdentity } from '@oakum/core/process'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { DemoAgent } from '../../src/demo/demo.ts'
import { isUntouched, whatIsLeft, type Holding } from '../../src/demo/evidence.ts'
import { NOTES } from '../../src/demo/report.ts'
import { summarize, withShutdown } from '../../src/demo/summary.ts'

interface Real extends Holding {
  endAgent: () => Promise<void>
  endChild: () => Promise<void>
}

async function hold(): Promise<Real> {
  const [agent, child] = [startSleep(), startSleep()]
  const directory = await mkdtemp(join(tmpdir(), 'oakum-cli-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  await writeFile(join(directory, NOTES), '')
  return { agent: agent.identity, child: child.identity, directory, endAgent: agent.end, endChild: child.end }
}

function startSleep(): { identity: ProcessIdentity; end: () => Promise<void> } {
  const child = spawn('sleep', ['1000'])
  onTestFinished(() => void child.kill('SIGKILL'))
  const identity = identify(child.pid ?? 0)
  if (identity === null) throw new Error('sleep did not start')
  const end = async (): Promise<void> => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { identity, end }
}

function agents(healthy: Holding, victim: Holding, goneAfter: number | null): DemoAgent[] {
  return Array.from({ length: 10 }, (_, index) => ({
    id: `agent-${index}`,
    phase: index < 3 ? 'killed' : 'running',
    holding: index < 3 ? victim : healthy,
    killedAt: index < 3 ? 0 : null,
    goneAfter: index < 3 ? goneAfter : null,
  }))
}

describe('what the demo says is left', () => {
  it('is each thing that is there, until it is gone', async () => {
    const real = await hold()
    const { agent, child, directory, endAgent, endChild } = real
    const all = [`process ${agent.pid}`, `child process ${child.pid}`, `directory ${directory}`]
    expect(whatIsLeft(real)).toEqual(all)
    await endAgent()
    expect(whatIsLeft(real)).toEqual(all.slice(1))
    await endChild()
    expect(whatIsLeft(real)).toEqual(all.slice(2))
    await rm(directory, { recursive: true })
    expect(whatIsLeft(real)).toEqual([])
  })

  it('does not count another process that has the pid now', async () => {
    const real = await hold()
    const reused = { ...real, agent: { ...real.agent, startTime: '1' } }
    expect(whatIsLeft(reused)).not.toContain(`process ${real.agent.pid}`)
    expect(isUntouched(reused)).toBe(false)
  })
})

describe('the summary of the demo', () => {
  it('is fine when the killed are gone and the others have everything', async () => {
    const real = await hold()
    const summary = summarize(agents(real, real, 812))
    expect(summary).toMatchObject({ ok: true, orphans: 3, cleaned: 3, healthy: 7, problems: [] })
    expect(summary.killed[0]).toMatchObject({ pid: real.agent.pid, child: real.child.pid, secondsToGone: 0.81 })
  })

  it('names what a killed agent left', async () => {
    const real = await hold()
    const summary = summarize(agents(real, real, null))
    expect(summary).toMatchObject({ ok: false, orphans: 3, cleaned: 0, healthy: 7 })
    expect(summary.problems[0]).toContain(`child process ${real.child.pid}`)
  })

  it('notices when an agent that was not killed lost something', async () => {
    const [victim, other] = [await hold(), await hold()]
    await rm(join(other.directory, NOTES))
    const summary = summarize(agents(other, victim, 1))
    expect(summary).toMatchObject({ ok: false, cleaned: 3, healthy: 0 })
    expect(summary.problems).toEqual(['7 agents that were not killed lost something'])
  })

  it('is not fine when something is left after the end', async () => {
    const real = await hold()
    const stopped = { agents: 7, milliseconds: 400, left: ['process 7'], uncollected: 0 }
    expect(withShutdown(summarize(agents(real, real, 1)), stopped)).toMatchObject({
      ok: false,
      problems: ['left after the end: process 7'],
    })
  })
})
