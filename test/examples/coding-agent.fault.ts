/**
 * The example as its user meets it: a process of its own, against a service of models on this machine.
 * OAKUM_TRANSCRIPT=docs/coding-agent.md writes down what the terminal showed.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseCommandLine } from '../../examples/coding-agent/arguments.ts'
import { visible, visibleJson } from '../../examples/coding-agent/visible.ts'
import { sleepers, useToken } from '../../packages/core/test/support/real-processes.ts'
import { until } from '../../packages/core/test/support/until.ts'
import { oakum } from '../../packages/cli/test/support/oakum.ts'
import { openWorkshop } from './workshop.ts'
import { plainScreen, writeTranscript } from './transcript.ts'

const TRANSCRIPT = process.env.OAKUM_TRANSCRIPT
const CTRL_C = '\u0003'
const CTRL_D = '\u0004'
const CTRL_U = '\u0015'
const ADD = 'const add = (a, b) => a + b\n\nconsole.log(add(2, 3))\n'

it('does a task with two tools, is cancelled in mid-stream, goes on in the same conversation, and leaves nothing', async () => {
  const { server, root, env, agents, onTerminal } = await openWorkshop([
    {
      say: ['I write it, ', 'and run it.'],
      calls: [
        { name: 'write_file', arguments: { path: 'add.mjs', content: ADD } },
        { name: 'shell', arguments: { command: 'node add.mjs' } },
      ],
    },
    { say: ['add.mjs is there, ', 'and prints 5.'] },
    { say: ['Addition was known ', 'to the Sumerians, who ', 'never'], stallAfter: 2 },
    { say: ['It brings quantities together.'] },
  ])
  const example = onTerminal('Write add.mjs, which prints 2 + 3, and run it.')
  const shows = (what: string, times = 1): Promise<unknown> =>
    until(() => plainScreen(example.stdout()).split(what).length > times, { what })

  await shows('[a]lways for write_file: ')
  expect(await agents()).toMatchObject([{ phase: 'alive', state: 'waiting for approval' }])
  example.type('y\r')
  await shows('[a]lways for shell: ')
  expect(readFileSync(join(root, 'add.mjs'), 'utf8')).toBe(ADD)
  example.type('a\r')
  await shows('[completed: 2 turns, 20 tokens in, 10 out]')

  await shows('\n> ')
  example.type('Tell me all about addition.\r')
  await shows('Sumerians')
  const { stdout: status } = await oakum(['status', '--json'], env)
  const id = expect.stringMatching(/^coding-agent-\d+-[0-9a-f]{6}$/)
  expect(JSON.parse(status)).toMatchObject({ agents: [{ id, phase: 'alive', state: 'thinking' }] })
  const during = TRANSCRIPT === undefined ? '' : (await oakum(['status'], env)).stdout
  example.type(CTRL_C)
  await shows('[cancelled: 1 turn')

  await shows('\n> ', 2)
  example.type('In one sentence, please.\r')
  await shows('[completed: 1 turn,')
  expect(conversation(server.requests.at(-1)?.body)).toEqual([
    'system: …',
    'user: Write add.mjs, which prints 2 + 3, and run it.',
    'assistant: I write it, and run it. [write_file, shell]',
    'tool: Created add.mjs (52 bytes).',
    'tool: 5\n[exit code 0]',
    'assistant: add.mjs is there, and prints 5.',
    'user: Tell me all about addition.',
    'assistant: Addition was known to the Sumerians, who ',
    'user: In one sentence, please.',
  ])
  example.type(CTRL_D)
  expect(await example.code, example.stdout()).toBe(0)
  expect(await agents()).toEqual([])
  await until(() => server.counts.openSockets === 0)
  expect(server.counts).toMatchObject({ requests: 4, completed: 3, aborted: 1, active: 0 })
  if (TRANSCRIPT === undefined) return
  const { stdout: after } = await oakum(['status'], env)
  const screen = plainScreen(example.stdout())
  writeTranscript(TRANSCRIPT, { screen, status: [during, after], folder: [root, '/home/me/project'] })
})

it('ends what a tool runs when `oakum stop` ends it, on pipes', async () => {
  const token = useToken()
  const { root, env, agents, onPipes } = await openWorkshop([
    {
      say: ['\u001b[2JOne moment.'],
      calls: [{ name: 'shell', arguments: { command: `sleep ${token} & sleep ${token}` } }],
    },
  ])
  const example = onPipes('--approve', 'auto', '--api', 'responses', 'Wait.')
  await until(() => sleepers(token).length === 2)
  const agent = await until(async () => (await agents()).find(({ state }) => state === 'tool shell'))
  expect(agent.labels).toEqual({ root, model: 'gpt-5.2' })
  expect((await oakum(['stop', agent.id], env)).code).toBe(0)
  expect(await example.code, example.stderr()).toBe(1)
  expect(sleepers(token)).toEqual([])
  expect(await agents()).toEqual([])
  expect(example.stdout()).toBe('␛[2JOne moment.\n')
  expect(example.stderr()).toContain('[cancelled: 1 turn')
})

it('lets a call be edited, and takes Ctrl-C twice as its end', async () => {
  const { server, agents, onTerminal } = await openWorkshop([
    { calls: [{ name: 'shell', arguments: { command: 'echo one' } }] },
    { think: ['Two?'], say: ['Done.'] },
  ])
  const example = onTerminal('Say one.')
  const screen = (): string => plainScreen(example.stdout())
  await until(() => screen().includes('lways for shell: '))
  example.type('e\r')
  await until(() => screen().includes('Arguments: {"command":"echo one"}'))
  example.type(`${CTRL_U}{"command":"echo two"}\r`)
  await until(() => screen().includes('> '))
  expect(screen()).toContain(
    '● shell echo two\n  The call was run with other arguments: {"command":"echo two"}\n  two\n',
  )
  expect(conversation(server.requests.at(-1)?.body).at(-1)).toBe(
    'tool: The call was run with other arguments: {"command":"echo two"}\ntwo\n[exit code 0]',
  )
  example.type(`half a line${CTRL_C}`)
  await until(() => screen().includes('^C (again ends)'))
  example.type(CTRL_C)
  expect(await example.code, screen()).toBe(130)
  expect(await agents()).toEqual([])
})

it('goes on while its store can write nothing, and ends in order by Ctrl-D in the middle of an answer', async () => {
  let pid = 0
  const letWrite = (bytes: '0' | 'unlimited'): unknown =>
    execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`])
  const { server, agents, onTerminal } = await openWorkshop(async ({ number }) => {
    if (number === 1) {
      const [agent] = await agents()
      pid = agent?.process.pid ?? 0
      letWrite('0')
      return { calls: [{ name: 'shell', arguments: { command: 'echo one' } }] }
    }
    letWrite('unlimited')
    return number === 2 ? { say: ['Done.'] } : { say: ['It is ', 'long.'], stallAfter: 1 }
  })
  const example = onTerminal('Say one.')
  const screen = (): string => plainScreen(example.stdout())
  await until(() => screen().includes('lways for shell: '))
  expect((await agents())[0]?.state, 'the store took it').not.toBe('waiting for approval')
  example.type('y\r')
  await until(() => screen().includes('[completed: 2 turns'))
  expect(screen()).toContain('● shell echo one\n  one\n')
  await until(() => screen().includes('> '))
  expect(await agents()).toMatchObject([{ phase: 'alive', state: 'idle' }])
  example.type('Tell me.\r')
  await until(() => screen().includes('It is '))
  example.type(CTRL_D)
  expect(await example.code, screen()).toBe(1)
  expect(screen()).toContain('It is \n  [cancelled: 1 turn')
  expect(await agents()).toEqual([])
  await until(() => server.counts.active === 0)
  expect(server.counts).toMatchObject({ requests: 3, aborted: 1 })
})

it('takes Ctrl-D in an approval as its end, and not as a no', async () => {
  const calls = [{ name: 'shell', arguments: { command: 'echo one' } }]
  const { server, agents, onTerminal } = await openWorkshop([{ calls }, { say: ['Why not?'] }])
  const example = onTerminal('Say one.')
  const screen = (): string => plainScreen(example.stdout())
  await until(() => screen().includes('lways for shell: '))
  example.type(CTRL_D)
  expect(await example.code, screen()).toBe(1)
  expect(screen()).toContain('[cancelled: 1 turn')
  expect(await agents()).toEqual([])
  expect(server.counts.requests).toBe(1)
})

it('takes the first Ctrl-C as its end where there is no terminal, while it answers and while it waits for a prompt', async () => {
  const { agents, onPipes } = await openWorkshop({ say: ['It is ', 'long.'], stallAfter: 1 })
  const answering = onPipes('Tell me.')
  const waiting = onPipes()
  await until(async () => answering.stdout() !== '' && (await agents()).length === 2)
  answering.child.kill('SIGINT')
  waiting.child.kill('SIGINT')
  expect(await answering.code, answering.stderr()).toBe(130)
  expect(answering.stdout()).toBe('It is \n')
  expect(answering.stderr()).toMatch(/^ {2}\[cancelled: 1 turn, .*\]\n$/)
  expect(await waiting.code, waiting.stderr()).toBe(130)
  expect(waiting.stdout() + waiting.stderr()).toBe('')
  expect(await agents()).toEqual([])
})

it('refuses what changes something where nobody may be asked', async () => {
  const calls = [{ name: 'write_file', arguments: { path: 'a.txt', content: 'a' } }]
  const { root, server, onPipes } = await openWorkshop([{ calls }, { say: ['I may not.'] }])
  const example = onPipes('--no-fleet', 'Write a file.')
  expect(await example.code, example.stderr()).toBe(0)
  expect(readdirSync(root)).toEqual([])
  expect(example.stdout()).toBe('I may not.\n')
  expect(conversation(server.requests.at(-1)?.body).at(-1)).toBe(
    'tool: The call was denied: nobody is there who could be asked.',
  )
})

it('says what is wrong with a command line', () => {
  const env = { OPENAI_API_KEY: 'none' }
  const refusal = (...args: string[]) => expect(() => parseCommandLine(args, env))
  refusal('--root', '/no/such/folder').toThrow('there is no folder /no/such/folder')
  refusal('--approve', 'perhaps').toThrow('--approve must be one of ask, auto, never, not perhaps')
  refusal('--max-turns', '0').toThrow('--max-turns must be a whole number')
  refusal('--modle', 'x').toThrow('--help')
  refusal('--store', 'memory:', '--no-fleet').toThrow('not both')
  expect(() => parseCommandLine([], {})).toThrow('set OPENAI_API_KEY')
  expect(parseCommandLine(['-h'], {})).toBe('help')
  expect(parseCommandLine(['fix', 'it'], env)).toMatchObject({
    prompt: 'fix it',
    api: 'chat',
    approve: 'ask',
    maxTurns: 100,
  })
})

it('makes visible what would steer a terminal', () => {
  expect(visible('a\u001b[31mb\r\nc\td\u0007\u009b2J\u202e')).toBe('a␛[31mb\nc\td␇<9b>2J<202e>')
  const value = { text: 'a\u001b\u009b\u202e\n' }
  expect(visibleJson(value)).toBe(String.raw`{"text":"a\u001b\u009b\u202e\n"}`)
  expect(JSON.parse(visibleJson(value))).toEqual(value)
})

/** What a request to Chat Completions has in it, in short. */
function conversation(body: Record<string, unknown> = {}): string[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the protocol of this service says
  const messages = body.messages as {
    role: string
    content: string | null
    tool_calls?: { function: { name: string } }[]
  }[]
  return messages.map(({ role, content, tool_calls: calls = [] }) => {
    const names = calls.length === 0 ? '' : ` [${calls.map(call => call.function.name).join(', ')}]`
    return `${role}: ${role === 'system' ? '…' : content}${names}`
  })
}
