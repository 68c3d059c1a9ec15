import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { connect } from '@oakum/core/fleet'
import { beforeAll, describe, expect, it } from 'vitest'
import { needTool } from '../../../core/test/support/tools.ts'
import { temporaryFolder } from '../../../core/test/support/sqlite.ts'
import { commands } from '../../src/commands/index.ts'
import { readSpec } from '../../src/completion/spec.ts'
import { createFixture } from '../support/fixture.ts'
import { executeHere } from '../support/in-process.ts'
import { commandLine } from '../support/oakum.ts'

const scripts: Record<string, string> = {}

beforeAll(async () => {
  for (const shell of ['bash', 'zsh', 'fish']) scripts[shell] = (await executeHere(['completion', shell])).stdout
})

/** What a shell says of a script of its own, with an `oakum` on its path. */
function inShell(shell: string, script: string, env: NodeJS.ProcessEnv = {}): string {
  const bin = temporaryFolder()
  const words = commandLine([]).map(word => `'${word}'`)
  writeFileSync(join(bin, 'oakum'), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`)
  chmodSync(join(bin, 'oakum'), 0o755)
  const PATH = `${bin}${delimiter}${process.env.PATH ?? ''}`
  return execFileSync(shell, ['-c', script], { encoding: 'utf8', env: { ...process.env, ...env, PATH }, cwd: bin })
}

/** What bash offers for each command line, as it would call the function itself. */
function inBash(lines: readonly string[], env: NodeJS.ProcessEnv = {}): string[][] {
  const ask = lines.map(line => `ask '${line}'`).join('\n')
  const driver = `
    ask() {
      COMP_LINE=$1 COMP_POINT=\${#1} COMPREPLY=()
      _oakum
      echo "\${COMPREPLY[*]}"
    }`
  const said = inShell('bash', `${scripts.bash}\n${driver}\n${ask}`, env)
  return said
    .slice(0, -1)
    .split('\n')
    .map(words => words.split(' ').filter(Boolean))
}

describe('completion in bash', () => {
  it('is registered for the command', () => {
    expect(inShell('bash', `${scripts.bash}\ncomplete -p oakum`)).toMatch(/^complete .*-F _oakum oakum\n$/)
  })

  it('offers commands, options, and the words that an option or a place takes', () => {
    const [all, up, options, off, sort, level, given, actions, shells] = inBash([
      'oakum ',
      'oakum up --alert-c',
      'oakum --store sqlite:x stat',
      'oakum run --no-c',
      'oakum top --sort ',
      'oakum logs --level e',
      'oakum logs --level=e',
      'oakum store b',
      'oakum completion ',
    ])
    expect(all).toEqual(Object.keys(commands))
    expect(up).toEqual(['--alert-command'])
    expect(options).toEqual(['status'])
    expect(off).toEqual(['--no-capture'])
    expect(sort).toEqual(['cpu', 'memory', 'processes', 'age', 'id'])
    expect(level).toEqual(['error'])
    expect(given).toEqual(['error'])
    expect(actions).toEqual(['backup'])
    expect(shells).toEqual(['bash', 'zsh', 'fish', 'ids'])
  })

  it('offers files where files belong, and commands after --', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'oakum.config.ts'), '')
    mkdirSync(join(folder, 'test'))
    const [config, files, place, command, nothing] = inBash([
      `oakum status --config ${folder}/oak`,
      `oakum leaktest ${folder}/te`,
      `oakum store backup ${folder}/te`,
      'oakum run --id x -- realpat',
      'oakum sweep ',
    ])
    expect(config).toEqual([`${folder}/oakum.config.ts`])
    expect(files).toEqual([`${folder}/test`])
    expect(place).toEqual([`${folder}/test`])
    expect(command).toContain('realpath')
    expect(nothing).toEqual([])
  })

  it('offers the agents that live, also those whose id has a colon', async () => {
    const spec = await readSpec(commands)
    const named = spec.filter(({ positional }) => positional === 'agents').map(({ name }) => name)
    expect(named).toEqual(expect.arrayContaining(['status', 'logs', 'stop', 'kill']))
    const { url } = await createFixture()
    const fleet = await connect(url)
    await Promise.all(['coder-1', 'web:1', 'web:2'].map(id => fleet.register({ id })))
    const lines = ['oakum status ', `oakum stop --store ${url} coder-1 web:`]
    expect(inBash(lines, { OAKUM_STORE: url })).toEqual([
      ['coder-1', 'web:1', 'web:2'],
      ['1', '2'],
    ])
    await fleet.close()
  })
})

describe('completion in other shells', () => {
  it('is a script that zsh can read', async () => {
    const zsh = await needTool('zsh')
    const file = join(temporaryFolder(), '_oakum')
    writeFileSync(file, scripts.zsh ?? '')
    expect(spawnSync(zsh, ['-n', file], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
    const loaded = `autoload -Uz compinit && compinit -u -d '${file}.dump' && source '${file}' && echo $_comps[oakum]`
    expect(inShell(zsh, loaded)).toBe('_oakum\n')
  })

  it('offers in fish what it offers in bash', async () => {
    const fish = await needTool('fish')
    const file = join(temporaryFolder(), 'oakum.fish')
    writeFileSync(file, scripts.fish ?? '')
    const { url } = await createFixture()
    const fleet = await connect(url)
    await fleet.register({ id: 'coder-1' })
    const ask = ['oakum sta', 'oakum top --sort ', 'oakum logs --foll', 'oakum stop ', 'oakum store b']
    const asking = ask.map(line => `complete -C '${line}' | string replace -r '\\t.*' ''; echo ,`).join('\n')
    const said = inShell(fish, `source '${file}'\n${asking}`, { OAKUM_STORE: url, HOME: temporaryFolder() })
    await fleet.close()
    const offered = said.split('\n,\n').map(words => words.trim().split('\n'))
    expect(offered.slice(0, 5)).toMatchObject([
      expect.arrayContaining(['status']),
      expect.arrayContaining(['cpu', 'memory', 'processes', 'age', 'id']),
      ['--follow'],
      expect.arrayContaining(['coder-1']),
      expect.arrayContaining(['backup']),
    ])
  })

  it('is offered for no other, with the one that was meant', async () => {
    const { code, stderr } = await executeHere(['completion', 'zhs'])
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('did you mean "zsh"') })
  })
})
