import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const program = (specifier: string): string => `
  const before = new Set(process.moduleLoadList)
  await import('${specifier}')
  const loaded = process.moduleLoadList.filter(name => !before.has(name)).map(name => name.split(' ').at(-1))
  process.stdout.write(JSON.stringify(loaded))`

it('importing the package loads no network client', async () => {
  expect(await loadedBy('node:http')).toContain('http')
  const loaded = await loadedBy('@oakum/leaktest')
  expect(loaded).toContain('inspector')
  expect(loaded.filter(name => /http|undici|tls/.test(name))).toEqual([])
})

/** The modules of Node that are loaded with a module. */
async function loadedBy(specifier: string): Promise<string[]> {
  const options = ['--conditions=@oakum/source', '--disable-warning=ExperimentalWarning', '--input-type=module']
  const { stdout } = await promisify(execFile)(process.execPath, [...options, '--eval', program(specifier)], {
    cwd: import.meta.dirname,
    timeout: 60_000,
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the program writes
  return JSON.parse(stdout) as string[]
}
