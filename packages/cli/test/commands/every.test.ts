/** What all commands have in common, whichever there are. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { connect } from '@oakum/core/fleet'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkArguments } from '../../src/command/arguments.ts'
import type { Command } from '../../src/command/define.ts'
import { commands } from '../../src/commands/index.ts'
import { widthOf } from '../../src/output/text.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { FROM_SOURCE } from '../support/oakum.ts'

const EVERY_PROGRAM = fileURLToPath(new URL('../support/every-program.ts', import.meta.url))

/** `run` passes on what its program prints, `completion` prints for shells. */
const WITHOUT_JSON: ReadonlySet<string> = new Set(['run', 'completion'])

/** Command lines that look, and leave everything as it is. */
const LOOKING: readonly (readonly string[])[] = [
  ['status', '--all'],
  ['top', '--once'],
  ['logs'],
  ['sweep', '--dry-run'],
  ['doctor'],
  ['store'],
  ['config'],
]

const all = Object.entries(commands)

async function load(name: string): Promise<Command> {
  const command = await commands[name]?.load()
  if (command === undefined) throw new Error(`no command ${name}`)
  return command
}

/** A store in which one agent lives and something was printed. */
async function liveStore(): Promise<string> {
  const { url } = await createFixture()
  const fleet = await connect(url)
  onTestFinished(() => fleet.close())
  await fleet.register({ id: 'coder-1', state: 'at \u001b[31mwork' })
  await fleet.events.append([{ type: 'agent.output', agent: 'coder-1', data: { line: 'a \u001b[31mred line' } }])
  await fleet.flush()
  return url
}

describe.each(all)('oakum %s', (name, { description }) => {
  it('says in its help, in 80 columns, what it is for, and shows examples that work', async () => {
    const { code, stdout } = await executeHere([name, '--help'])
    expect(code).toBe(0)
    expect(stdout.replaceAll('\n', ' ')).toContain(description)
    const { accepts, examples } = await load(name)
    expect(examples.length).toBeGreaterThan(0)
    for (const words of examples) {
      expect(stdout).toContain(`\n  oakum ${name} ${words}`.trimEnd())
      // As a shell would read it.
      const [head = '', operands] = `${words.replace(/ >.*/, '')} `.split('-- ')
      const split = Array.from(head.matchAll(/'([^']*)'|(\S+)/g), match => match[1] ?? match[2] ?? '')
      checkArguments(accepts, split, operands?.split(' ') ?? null)
    }
    const lines = stdout.split('\n').filter(line => !line.includes(`oakum ${name} `))
    expect(lines.filter(line => widthOf(line) > 80)).toEqual([])
  })

  it('meets a wrong option, and a wrong word for one, with the one that was meant', async () => {
    const { accepts } = await load(name)
    for (const [option, definition] of Object.entries(accepts.args)) {
      if (definition.type === 'positional' || option.length < 4) continue
      const wrong = `--${option.slice(0, -2)}${option.at(-1)}${option.at(-2)}`
      if (wrong === `--${option}`) continue
      expect(() => checkArguments(accepts, [wrong], null)).toThrow(`did you mean "--${option}"?`)
      for (const word of definition.type === 'enum' ? (definition.options ?? []) : []) {
        expect(() => checkArguments(accepts, [`--${option}`, `${word}x`], null)).toThrow(`did you mean "${word}"?`)
      }
    }
    for (const word of Object.values(accepts.words ?? {}).flat()) {
      expect(() => checkArguments(accepts, [`${word}x`], null)).toThrow(/did you mean "/)
    }
  })

  it('prints for programs what it prints', async () => {
    const { accepts } = await load(name)
    expect(Object.keys(accepts.args).includes('json')).toBe(!WITHOUT_JSON.has(name))
  })
})

describe('what is printed', () => {
  it('is JSON by --json, with a store and without, and plain when piped', async () => {
    const urls = [(await createFixture()).url, await liveStore()]
    for (const words of LOOKING) {
      for (const url of words[0] === 'config' ? [''] : urls) {
        const where = url === '' ? [] : ['--store', url]
        const what = [...words, ...where].join(' ')
        const json = await executeHere([...words, '--json', ...where])
        for (const line of json.stdout.split('\n').filter(Boolean)) expect(JSON.parse(line), what).toBeTypeOf('object')
        const people = await executeHere([...words, ...where])
        expect(people.stdout + people.stderr, what).not.toBe('')
        expect(json.stdout + people.stdout + people.stderr, what).not.toContain('\u001b')
      }
    }
  })

  it('has colours on a terminal, and none under NO_COLOR', async () => {
    const store = await liveStore()
    const lines = [['--help'], ['status', '--help'], ...LOOKING]
    const program = [process.execPath, ...FROM_SOURCE, EVERY_PROGRAM, JSON.stringify(lines)]
    const onTerminal = async (env: NodeJS.ProcessEnv): Promise<string> => {
      const command = program.map(word => `'${word}'`).join(' ')
      const { stdout } = await promisify(execFile)('script', ['-qec', command, '/dev/null'], {
        env: {
          ...process.env,
          OAKUM_STORE: store,
          TERM: 'xterm-256color',
          // Each of these would decide instead of the terminal.
          FORCE_COLOR: undefined,
          NO_COLOR: undefined,
          CI: undefined,
          ...env,
        },
      })
      return stdout
    }
    const [coloured, plain] = await Promise.all([onTerminal({}), onTerminal({ NO_COLOR: '1' })])
    expect(coloured.split('$ ').filter(part => part.includes('\u001b[')).length).toBeGreaterThanOrEqual(
      lines.length - 1,
    )
    for (const said of [coloured, plain]) for (const words of lines) expect(said).toContain(`$ ${words.join(' ')}`)
    expect(plain).not.toContain('\u001b')
    expect(plain).toContain('coder-1')
  })
})
