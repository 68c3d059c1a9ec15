import { execFile } from 'node:child_process'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../support/sqlite.ts'

it('says what to install where the package of the protocol is missing', async () => {
  // The sources alone, in a place from which no package is found.
  const folder = temporaryFolder()
  cpSync(new URL('../../../src', import.meta.url), join(folder, 'src'), { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(folder, 'program.ts'),
    `import { mcp } from './src/agent/mcp/mcp.ts'
    import { Scope } from './src/scope/index.ts'
    await using scope = new Scope('program')
    const source = mcp({ name: 'files', command: 'true' })
    const { signal } = scope
    await source.open(scope, { signal, onLost() {}, onChanged() {} }).catch(({ code, message }) => {
      console.log(code, message)
    })`,
  )
  const { stdout } = await promisify(execFile)(execPath, [join(folder, 'program.ts')], { cwd: folder })
  expect(stdout).toBe(
    'PEER_MISSING mcp() needs the package @modelcontextprotocol/sdk, 1.30 or newer: npm install @modelcontextprotocol/sdk\n',
  )
})
