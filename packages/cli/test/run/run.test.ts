import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { sleepers, useToken } from '../../../core/test/support/real-processes.ts'
import { until } from '../../../core/test/support/until.ts'
import { executeHere } from '../support/in-process.ts'
import { useRuns } from '../support/wrapper.ts'

describe('the exit code of oakum run', () => {
  it.each([
    ['true', 0],
    ['exit 7', 7],
    ['kill -TERM $$', 143],
    ['kill -KILL $$', 137],
  ])('is the command’s own: %s', async (script, code) => {
    const runs = await useRuns()
    expect(await runs.run('--', 'sh', '-c', script).ended).toMatchObject({ code, stderr: '' })
    expect(await runs.agents()).toEqual([])
  })

  it.each([
    ['no-such-program', 127, 'oakum: command not found: no-such-program (COMMAND_NOT_FOUND)\n'],
    ['/etc/passwd', 126, 'oakum: cannot execute /etc/passwd: EACCES (COMMAND_NOT_FOUND)\n'],
  ])('says that %s cannot run, and leaves nothing registered', async (command, code, stderr) => {
    const runs = await useRuns()
    expect(await runs.run('--', command).ended).toMatchObject({ code, stderr })
    expect(await runs.agents()).toEqual([])
  })

  it.each([
    [[], 'oakum: run needs a command after "--" (USAGE)\n'],
    [['--'], 'oakum: run needs a command after "--" (USAGE)\n'],
    [['sh'], 'oakum: run does not understand "sh"; put "--" before COMMAND (USAGE)\n'],
    [['--kep', '--', 'sh'], 'oakum: run has no option --kep; did you mean "--keep"? (USAGE)\n'],
    [['--label', 'x', '--', 'sh'], 'oakum: --label wants KEY=VALUE, not "x" (USAGE)\n'],
    [['--timeout', 'soon', '--', 'sh'], expect.stringContaining('--timeout wants a duration')],
  ])('is 2 for %j, and nothing is done', async (args, stderr) => {
    expect(await executeHere(['run', ...args])).toEqual({ code: 2, stdout: '', stderr })
  })

  it('is 2 for an id that is none, and 1 for a store that cannot be opened; nothing starts', async () => {
    const runs = await useRuns()
    expect(await runs.run('--id', 'a b', '--', 'echo', 'started').ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^oakum: .* \(INVALID_ID\)\n$/),
    })
    const unreadable = await runs.run('--store', 'sqlite:/dev/null/nowhere', '--', 'echo', 'started').ended
    expect(unreadable.code).toBe(1)
    expect(unreadable.stderr).toMatch(/^oakum: [^\n]* \(STORE_UNREADABLE\)\n$/)
    expect(unreadable.stdout.toString()).toBe('')
  })
})

describe('what a command prints', () => {
  it('passes through byte for byte, and its stdin reaches it', async () => {
    const runs = await useRuns()
    const bytes = execFileSync('head', ['-c', '3000000', '/dev/urandom'], { maxBuffer: 4_000_000 })
    const wrapper = runs.start({ args: ['run', '--', 'cat'], stdio: ['pipe', 'pipe', 'pipe'] })
    wrapper.child.stdin?.end(bytes)
    const { code, stdout } = await wrapper.ended
    expect({ code, hash: hash(stdout) }).toEqual({ code: 0, hash: hash(bytes) })
  })

  it('becomes events, one per line, of the stream it was on', async () => {
    const runs = await useRuns()
    await runs.run('--id', 'a-1', '--', 'sh', '-c', 'printf "one\\ntwo"; printf "err\\n" >&2').ended
    const events = await runs.events('agent.output')
    expect(events.map(({ agent }) => agent)).toEqual(['a-1', 'a-1', 'a-1'])
    expect(events.filter(({ data }) => data.stream === 'stdout').map(({ data }) => data.line)).toEqual(['one', 'two'])
    expect(events.filter(({ data }) => data.stream === 'stderr').map(({ data }) => data.line)).toEqual(['err'])
  })

  it('is stored without secrets and passed through with them', async () => {
    const runs = await useRuns()
    const wrapper = runs.start({
      args: ['run', '--', 'sh', '-c', 'echo "key=$MY_API_KEY;"'],
      env: { MY_API_KEY: 'correct-horse-battery' },
    })
    expect((await wrapper.ended).stdout.toString()).toBe('key=correct-horse-battery;\n')
    expect(await runs.lines()).toEqual(['key=[redacted];'])
  })

  it('is stored in order and complete, however much it is', async () => {
    const runs = await useRuns()
    const { stdout } = await runs.run('--', 'seq', '20000').ended
    expect(stdout.toString().trimEnd().split('\n')).toHaveLength(20_000)
    expect(await runs.lines()).toEqual(Array.from({ length: 20_000 }, (_, index) => `${index + 1}`))
  })

  it('cuts a line that never ends, and says so', async () => {
    const runs = await useRuns()
    const { stdout } = await runs.run('--', 'head', '-c', '1000000', '/dev/zero').ended
    expect(stdout.length).toBe(1_000_000)
    const [event] = await runs.events('agent.output')
    expect(event?.data.omittedBytes).toBe(1_000_000 - 65_536)
  })

  it('is not stored with --no-capture', async () => {
    const runs = await useRuns()
    expect((await runs.run('--no-capture', '--', 'echo', 'one').ended).stdout.toString()).toBe('one\n')
    expect(await runs.lines()).toEqual([])
  })

  it('is passed through although the store fails, which is said once', async () => {
    const runs = await useRuns()
    const wrapper = runs.start({ args: ['run', '--', 'cat'], stdio: ['pipe', 'pipe', 'pipe'] })
    const { stdin } = wrapper.child
    stdin?.write('one\n')
    await until(() => wrapper.stdout().includes('one'))
    await until(async () => (await runs.lines()).length === 1)
    const database = new DatabaseSync(join(runs.store.slice('sqlite:'.length), 'events.db'))
    database.exec('DROP TABLE events')
    database.close()
    for (const line of ['two', 'three']) {
      stdin?.write(`${line}\n`)
      await until(() => wrapper.stdout().includes(line))
      await new Promise(resolve => setTimeout(resolve, 200)) // so that each is a batch of its own
    }
    stdin?.end()
    const { code, stdout, stderr } = await wrapper.ended
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 0, stdout: 'one\ntwo\nthree\n' })
    expect(stderr.match(/no such table/g)).toHaveLength(1)
  })

  it('is waited for no longer than the tree, although a process that escaped keeps the pipe open', async () => {
    const runs = await useRuns()
    const token = useToken()
    const escape = `sleep 0.2; echo before; env -i setsid sleep ${token} & exit`
    // It escapes, unless its shell is gone before it has left: then it is caught, and the next one tries.
    while (sleepers(token).length === 0) {
      const wrapper = runs.run('--', 'sh', '-c', escape)
      expect((await wrapper.ended).stdout.toString()).toBe('before\n')
    }
    expect(sleepers(token)).toHaveLength(1)
  })

  it('that cannot be written is said in one line, and the command meets a closed pipe', async () => {
    const runs = await useRuns()
    const full = openSync('/dev/full', 'w')
    const wrapper = runs.start({ args: ['run', '--', 'sh', '-c', 'echo hi; exit 0'], stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    const { code, stderr } = await wrapper.ended
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^oakum: .*ENOSPC.*\(OUTPUT_FAILED\)\n$/),
    })
    expect(await runs.agents()).toEqual([])
  })

  it('ends with the reader behind it', async () => {
    const runs = await useRuns()
    const wrapper = runs.run('--', 'yes')
    wrapper.child.stdout?.once('data', () => wrapper.child.stdout?.destroy())
    expect((await wrapper.ended).code).not.toBe(0)
  })
})

describe('the environment of the command', () => {
  it('names the agent, and carries the marks of all who own it, outermost first', async () => {
    const runs = await useRuns()
    const wrapper = runs.start({
      args: ['run', '--id', 'inner', '--', 'sh', '-c', 'echo $OAKUM_AGENT $OAKUM_MARKS'],
      env: { OAKUM_MARKS: 'outermark' },
    })
    expect((await wrapper.ended).stdout.toString()).toMatch(/^inner outermark:[0-9a-f-]+\n$/)
  })
})

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
