/**
 * Programs that take all they can get. Each is ended with its tree; another agent and a process of somebody else live on.
 *
 * OAKUM_ALLOCATE=5G has it allocate that much, against a limit of a fifth.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { lives, pidsWith, sleepers, start, useToken } from '../../../../core/test/support/real-processes.ts'
import { until } from '../../../../core/test/support/until.ts'
import { parseSize } from '../../../src/command/size.ts'
import { useRuns, type Runs } from '../../support/wrapper.ts'

const ALLOCATE = parseSize(process.env.OAKUM_ALLOCATE ?? '200M', 'OAKUM_ALLOCATE')
const MAX_MEMORY = Math.max(ALLOCATE / 5, 100 * 1_024 ** 2)

/** Each process starts two, numbered as in a heap, until there are 300; none hears SIGTERM. */
const bomb = (token: string): string => `
  trap '' TERM HUP
  bomb() {
    [ $((2 * $1)) -gt 300 ] || { bomb $((2 * $1)) & }
    [ $((2 * $1 + 1)) -gt 300 ] || { bomb $((2 * $1 + 1)) & }
    exec sleep ${token}
  }
  bomb 1`

/** Takes memory as fast as it can be written, in a process below the command's own. */
const glutton = (token: string): string[] => {
  const program = `const all = []; for (let n = 0; n < ${ALLOCATE}; n += 16 << 20) all.push(Buffer.alloc(16 << 20, 1)); setTimeout(() => all, 1e8)`
  return ['sh', '-c', `sleep ${token} & "$0" -e "$1" ${token}; sleep ${token}`, process.execPath, program]
}

/** Never ends by itself, nor of SIGTERM. */
const loop = (token: string): string[] => ['sh', '-c', `trap '' TERM; sleep ${token} & while :; do :; done`]

it('ends a fork bomb, a glutton and an endless loop with their trees, and nothing else', async () => {
  const runs = await useRuns()
  const [mine, foreign] = [useToken(), useToken()]
  const bystander = runs.run('--id', 'bystander', '--max-processes', '5', '--', 'sleep', mine)
  const stranger = start('sleep', [foreign])
  await until(() => sleepers(mine).length === 1)

  const forked = await exceed(runs, 'bomb', ['--max-processes', '60'], token => ['sh', '-c', bomb(token)])
  expect(forked).toMatchObject({ code: 71, limit: 'processes', allowed: 60 })

  const limit = String(MAX_MEMORY)
  const eaten = await exceed(runs, 'glutton', ['--max-memory', limit], glutton)
  expect(eaten).toMatchObject({ code: 137, limit: 'memory', allowed: MAX_MEMORY })

  const looped = await exceed(runs, 'loop', ['--max-time', '500ms', '--timeout', '300ms'], loop)
  expect(looped).toMatchObject({ code: 124, limit: 'time', allowed: 500 })

  expect(lives(stranger.pid)).toBe(true)
  expect(sleepers(mine)).toHaveLength(1)
  expect((await runs.agents()).map(({ id }) => id)).toEqual(['bystander'])
  bystander.child.kill('SIGTERM')
  expect(await bystander.ended).toMatchObject({ code: 143, stderr: '' })
})

it('ends a fork bomb while the wrapper is held up by its store', async () => {
  const runs = await useRuns()
  const token = useToken()
  expect(await runs.agents()).toEqual([]) // this makes the store
  // The run waits for this lock as soon as it has an event to write: five seconds at a time.
  const lock = new DatabaseSync(join(runs.store.slice('sqlite:'.length), 'events.db'))
  const script = `echo one; ${bomb(token)}`
  const wrapper = runs.runWithStdin('--max-processes', '60', '--', 'sh', '-c', `read go; ${script}`)
  try {
    await until(() => pidsWith(token).length > 0)
    lock.exec('BEGIN IMMEDIATE')
    wrapper.child.stdin?.end('go\n')
    await until(() => sleepers(token).length > 0, { what: 'the bomb has begun' })
    await until(() => pidsWith(token).filter(pid => pid !== wrapper.pid).length === 0, { what: 'the bomb is gone' })
  } finally {
    lock.exec('ROLLBACK')
    lock.close()
  }
  expect(await wrapper.ended).toMatchObject({ code: 71 })
})

/** Runs a program into a limit; what of it is left when the wrapper has ended fails the test. */
async function exceed(
  runs: Runs,
  id: string,
  options: readonly string[],
  command: (token: string) => readonly string[],
): Promise<Record<string, unknown>> {
  const token = useToken()
  const begun = performance.now()
  const wrapper = runs.run('--id', id, ...options, '--', ...command(token))
  const { code, stderr } = await wrapper.ended
  const seconds = ((performance.now() - begun) / 1_000).toFixed(1)
  expect(pidsWith(token)).toEqual([])
  expect(stderr).toMatch(new RegExp(`^oakum: ${id} exceeded --max-.* and is ended \\(LIMIT_EXCEEDED\\)\n$`))
  const event = (await runs.events('agent_limit_exceeded')).find(({ agent }) => agent === id)
  console.log(`${stderr.trim()}, exit code ${code}, ${seconds} s from start to end`)
  return { code, ...event?.data }
}
