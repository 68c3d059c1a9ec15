import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from '@oakum/core/fleet'
import type { ArgsDef } from 'citty'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../core/test/support/sqlite.ts'
import { UsageError } from '../../src/command/errors.ts'
import { commands } from '../../src/commands/index.ts'
import { configArguments } from '../../src/config/arguments.ts'
import { findConfig } from '../../src/config/find.ts'
import { loadConfig } from '../../src/config/load.ts'
import { defineConfig, SECTIONS, type Section } from '../../src/config/schema.ts'
import { executeHere } from '../support/in-process.ts'
import { oakum } from '../support/oakum.ts'

/** A folder with files of these contents. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

describe('loadConfig', () => {
  it.each([
    ['oakum.config.ts', `const store: string = 'sqlite:here'\nexport default { store }`],
    ['oakum.config.mjs', `export default Promise.resolve({ store: 'sqlite:here' })`],
    ['oakum.config.js', `export default { store: 'sqlite:here' }`],
    ['oakum.config.json', `{ "$schema": "x", "store": "sqlite:here" }`],
  ])('finds %s above, and counts a relative store from there', async (name, text) => {
    const folder = folderWith({ [name]: text, 'package.json': '{ "type": "module" }' })
    mkdirSync(join(folder, 'a/b'), { recursive: true })
    const loaded = await loadConfig(undefined, {}, join(folder, 'a/b'))
    expect(loaded).toMatchObject({ file: join(folder, name), config: { store: `sqlite:${join(folder, 'here')}` } })
  })

  it('prefers the file that is named, then that of OAKUM_CONFIG, and does without', async () => {
    const folder = folderWith({ 'oakum.config.json': '{}', 'a.json': '{}', 'b.json': '{}' })
    const env = { OAKUM_CONFIG: 'a.json' }
    expect((await loadConfig('b.json', env, folder))?.file).toBe(join(folder, 'b.json'))
    expect((await loadConfig(undefined, env, folder))?.file).toBe(join(folder, 'a.json'))
    expect((await loadConfig(undefined, {}, folder))?.file).toBe(join(folder, 'oakum.config.json'))
    expect(await loadConfig(undefined, {}, temporaryFolder())).toBeNull()
    expect(await loadConfig('none', env, folder)).toBeNull()
  })

  it.each([
    ['{ "strore": "x" }', /unknown setting, strore; did you mean "store"\?/],
    ['{ "run": { "maxmemory": "4G" } }', /unknown setting, run\.maxmemory; did you mean "maxMemory"\?/],
    ['{ "run": { "keep": "yes" } }', /run\.keep must be true or false/],
    ['{ "run": { "labels": { "a": 1 } } }', /run\.labels must be an object of texts/],
    ['{ "up": [] }', /up must be an object/],
    ['{ "redact": "x" }', /redact must be a list/],
    ['{ "store": "" }', /store must be a text/],
    ['[]', /must export an object/],
    ['{', /cannot be loaded/],
  ])('refuses %s', async (text, message) => {
    const folder = folderWith({ 'oakum.config.json': text })
    const loading = loadConfig(undefined, {}, folder)
    await expect(loading).rejects.toThrow(UsageError)
    await expect(loading).rejects.toThrow(message)
    await expect(loading).rejects.toThrow(join(folder, 'oakum.config.json'))
  })

  it('refuses a file that is not there, and two in one folder', async () => {
    await expect(loadConfig('nowhere.json', {}, temporaryFolder())).rejects.toThrow(/cannot be loaded/)
    const folder = folderWith({ 'oakum.config.json': '{}', 'oakum.config.ts': '' })
    expect(() => findConfig(folder)).toThrow(/two configuration files/)
  })
})

describe.skipIf(process.getuid?.() !== 0)('findConfig (files of other users can be made by root alone)', () => {
  it('refuses what a stranger left, unless the folder is his, or it is named', async () => {
    const folder = folderWith({ 'oakum.config.json': '{}' })
    const file = join(folder, 'oakum.config.json')
    chownSync(file, 12_345, 12_345)
    expect(() => findConfig(folder)).toThrow(/belongs to another user: .*--config/)
    expect((await loadConfig(file, {}, folder))?.file).toBe(file)
    chownSync(folder, 12_345, 12_345)
    expect(findConfig(folder)).toBe(file)
  })
})

describe('configArguments', () => {
  const config = defineConfig({
    store: 'sqlite:/s',
    namespace: 'blue',
    redact: ['a=b', /x/i],
    up: { alertCommand: 'mail me' },
    run: { labels: { team: 'web', n: '1' }, timeout: 5, maxMemory: '4G', keep: false, capture: true },
  })

  it('says what a command line would, for each command its own', () => {
    expect(configArguments(config, 'status', { env: {} })).toEqual(['--store=sqlite:/s/blue'])
    expect(configArguments(config, 'up', { env: {} })).toEqual(['--store=sqlite:/s/blue', '--alert-command=mail me'])
    expect(configArguments(config, 'run', { env: {} }).slice(1)).toEqual([
      '--redact=a=b',
      '--redact=/x/i',
      '--label=team=web',
      '--label=n=1',
      '--timeout=5',
      '--max-memory=4G',
      '--no-keep',
      '--capture',
    ])
  })

  it('leaves the demo its own store, and a flag to who typed it', () => {
    expect(configArguments({ store: 'sqlite:/s' }, 'up', { typed: ['--demo'], env: {} })).toEqual([])
    const typed = ['--no-keep']
    expect(configArguments({ run: { keep: true, capture: false } }, 'run', { typed, env: {} })).toEqual([
      '--no-capture',
    ])
  })

  it('leaves the store to OAKUM_STORE, and a namespace without a store to the default one', () => {
    expect(configArguments(config, 'status', { env: { OAKUM_STORE: 'sqlite:/e' } })).toEqual([])
    const env = { XDG_STATE_HOME: '/state' }
    expect(configArguments({ namespace: 'blue' }, 'status', { env })).toEqual(['--store=sqlite:/state/oakum/blue'])
    expect(() => configArguments({ store: 'memory:', namespace: 'blue' }, 'status', { env: {} })).toThrow(UsageError)
    for (const namespace of ['..', 'a/b']) expect(() => configArguments({ namespace }, 'status', { env })).toThrow()
  })

  it.each<[Section, readonly string[]]>([
    ['up', ['demo', 'once', 'store', 'config', 'json']],
    ['run', ['id', 'parent', 'redact', 'store', 'config']],
  ])('knows each option of oakum %s, in its kind', async (name, others) => {
    const args: ArgsDef = (await commands[name]?.load())?.accepts.args ?? {}
    const settings = Object.values(SECTIONS[name])
    expect([...settings.map(({ option }) => option), ...others].toSorted()).toEqual(Object.keys(args).toSorted())
    for (const { option, kind } of settings) {
      expect(`${option} ${args[option]?.type}`).toBe(`${option} ${kind === 'flag' ? 'boolean' : 'string'}`)
    }
  })
})

describe('a command with a configuration', () => {
  it('takes its defaults from it, and the command line wins', async () => {
    const folder = folderWith({
      'oakum.config.mjs': `export default { store: 'sqlite:store', redact: [/CUST-\\d+/i], run: { labels: { team: 'web' }, capture: false } }`,
    })
    const config = join(folder, 'oakum.config.mjs')
    const env = { OAKUM_CONFIG: config, OAKUM_STORE: '' }
    const args = ['--capture', '--id', 'coder-1', '--label', 'n=1', '--', 'echo', 'of cust-12']
    expect(await oakum(['run', ...args], env)).toEqual({ code: 0, stdout: 'of cust-12\n', stderr: '' })
    const fleet = await connect(`sqlite:${join(folder, 'store')}`)
    const [output] = await fleet.events.read({ types: ['agent.output'] })
    await fleet.close()
    expect(output?.data.line).toBe('of [redacted]')
    const elsewhere = `sqlite:${join(folder, 'elsewhere')}`
    expect((await executeHere(['--config', config, 'status', '--store', elsewhere])).stdout).toContain(elsewhere)
  })

  it('says which file has a value that cannot work', async () => {
    const folder = folderWith({ 'oakum.config.json': '{ "run": { "timeout": "soon" } }' })
    const { code, stderr } = await executeHere(['run', '--config', join(folder, 'oakum.config.json'), '--', 'true'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/--timeout wants a duration .* \(.*oakum\.config\.json\) \(USAGE\)\n$/)
  })

  it('is shown by oakum config, without the secrets of a URL', async () => {
    const text = '{ "store": "sqlite:/s", "up": { "alertWebhook": "https://u:p@hooks.example/s3cret" } }'
    const folder = folderWith({ 'oakum.config.json': text })
    const file = join(folder, 'oakum.config.json')
    const shown = await executeHere(['config', '--config', file])
    expect(shown.stdout).toMatch(
      /store +(file|OAKUM_STORE) +sqlite:.*\nup\.alertWebhook +file +https:\/\/hooks\.example\/…\n$/,
    )
    const { stdout } = await executeHere(['config', '--json', '--config', file])
    expect(JSON.parse(stdout)).toMatchObject({ file, settings: [{ name: 'store' }, { name: 'up.alertWebhook' }] })
    expect(shown.stdout + stdout).not.toMatch(/s3cret|u:p/)
  })
})
