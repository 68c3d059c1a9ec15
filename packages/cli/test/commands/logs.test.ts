import { connect } from '@oakum/core/fleet'
import type { EventInput, OakumEvent } from '@oakum/core/events'
import { describe, expect, it } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { textOf } from '../../src/output/event-line.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { oakum, startOakum, type Finished } from '../support/oakum.ts'

const MINUTE = 60_000

async function write(url: string, events: readonly EventInput[]): Promise<void> {
  const fleet = await connect(url)
  await fleet.events.append(events)
  await fleet.close()
}

function line(text: string, more: Partial<EventInput> = {}): EventInput {
  return { type: 'agent.output', agent: 'coder-1', ...more, data: { line: text, ...more.data } }
}

function parseEvent(json: string): OakumEvent {
  const event: OakumEvent = JSON.parse(json)
  return event
}

describe('oakum logs', () => {
  it('shows the newest, oldest first, lines of output as their text', async () => {
    const fixture = await createFixture()
    await write(
      fixture.url,
      Array.from({ length: 60 }, (_, index) => line(`line ${index}`)),
    )
    const { code, stdout, stderr } = await oakum(['logs', '--store', fixture.url])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(50)
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d {2}coder-1 {2}│ line 10$/)
    expect(lines.at(-1)).toMatch(/line 59$/)
    expect((await executeHere(['logs', '-n', '2', '--store', fixture.url])).stdout.trimEnd().split('\n')).toHaveLength(
      2,
    )
    expect((await executeHere(['logs', '--all', '--store', fixture.url])).stdout.trimEnd().split('\n')).toHaveLength(60)
  })

  it('says when nothing has happened, and when nothing that is asked for has', async () => {
    const fixture = await createFixture()
    await write(fixture.url, [])
    const logs = (...args: string[]): Promise<Finished> => executeHere(['logs', '--store', fixture.url, ...args])
    expect(await logs()).toEqual({ code: 0, stdout: '', stderr: 'Nothing has happened.\n' })
    await write(fixture.url, [line('young')])
    const nothing = { code: 0, stdout: '', stderr: 'Nothing that is asked for has happened.\n' }
    expect(await logs('--grep', 'old')).toEqual(nothing)
    expect(await logs('--level', 'error', '--json')).toEqual(nothing)
  })

  it('chooses by agent, age, level and pattern', async () => {
    const fixture = await createFixture()
    await write(fixture.url, [
      line('old', { time: Date.now() - 10 * MINUTE }),
      line('young'),
      line('of another', { agent: 'coder-2' }),
      line('bad', { data: { stream: 'stderr' } }),
    ])
    const texts = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await executeHere(['logs', '--json', '--store', fixture.url, ...args])
      const events = stdout.trim().split('\n').filter(Boolean)
      return events.map(event => textOf(parseEvent(event)))
    }
    expect(await texts('coder-1')).toEqual(['old', 'young', 'bad'])
    expect(await texts('--since', '5m')).toEqual(['young', 'of another', 'bad'])
    expect(await texts('--level', 'warn')).toEqual(['bad'])
    expect(await texts('--grep', '^agent.output o', '-n', '1')).toEqual(['of another'])
  })

  it('cannot be made to move the cursor', async () => {
    const fixture = await createFixture()
    await write(fixture.url, [line('a\u001b[2Jb\rc')])
    expect((await executeHere(['logs', '--store', fixture.url])).stdout).toMatch(/│ ab c\n$/)
  })

  it('follows until it is interrupted, then ends well', async () => {
    const fixture = await createFixture()
    await write(fixture.url, [line('before')])
    const { child, said, done } = startOakum(['logs', '-f', '--store', fixture.url])
    await until(() => said.stdout.includes('before'))
    await write(fixture.url, [line('while it follows')])
    await until(() => said.stdout.includes('while it follows'))
    child.kill('SIGINT')
    expect(await done).toMatchObject({ code: 0, stderr: '' })
  })

  it.each([['--all'], ['-f']])('ends when nobody reads any more (%s)', async option => {
    const fixture = await createFixture()
    await write(
      fixture.url,
      Array.from({ length: 5_000 }, (_, index) => line(`line ${index} ${'x'.repeat(100)}`)),
    )
    const { child, done } = startOakum(['logs', option, '--store', fixture.url])
    child.stdout?.once('data', () => child.stdout?.destroy())
    const more = setInterval(() => void write(fixture.url, [line('more')]), 200)
    const finished = await done
    clearInterval(more)
    expect(finished).toMatchObject({ code: 0, stderr: '' })
  })

  it('knows agents that have ended, and no others', async () => {
    const fixture = await createFixture()
    await write(fixture.url, [line('last words')])
    expect(await executeHere(['logs', 'coder-1', '--grep', 'nothing', '--store', fixture.url])).toMatchObject({
      code: 0,
    })
    expect(await executeHere(['logs', 'nobody', '--store', fixture.url])).toMatchObject({ code: 1, stdout: '' })
  })

  it('removes with --purge what is meant, and nothing unasked', async () => {
    const { url } = await createFixture()
    await write(url, [
      line('old', { time: Date.now() - 10 * MINUTE }),
      line('young'),
      line('other', { agent: 'coder-2' }),
    ])
    const run = (...args: string[]): Promise<Finished> => executeHere(['logs', '--store', url, ...args])
    expect(await run('--purge')).toMatchObject({ code: 2, stderr: expect.stringContaining('add --yes') })
    expect(await run('coder-2', '--purge', '--older', '5m', '-y')).toMatchObject({
      code: 0,
      stdout: 'There were no events of coder-2 older than 5m.\n',
    })
    expect((await run('--purge', '--older', '5m', '-y')).stdout).toMatch(
      /^1 events older than 5m removed, \d+ B of data/,
    )
    expect(JSON.parse((await run('coder-1', '--purge', '-y', '--json')).stdout)).toMatchObject({ removed: 1 })
    expect((await run()).stdout).toMatch(/^\S+ {2}coder-2 {2}│ other\n$/)
    expect(await run('nobody', '--purge', '-y')).toMatchObject({ code: 1 })
    for (const wrong of [
      ['--older', '5m'],
      ['--purge', '-f'],
      ['--purge', '--grep', 'x'],
    ]) {
      expect(await run(...wrong)).toMatchObject({ code: 2, stdout: '' })
    }
  })

  it.each([
    ['--since', 'yesterday'],
    ['--level', 'loud'],
    ['--grep', '('],
    ['-n', 'many'],
  ])('refuses %s %s', async (option, value) => {
    expect(await executeHere(['logs', option, value])).toMatchObject({ code: 2, stdout: '' })
  })
})
