import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { FINDINGS } from '../../src/doctor/finding.ts'

it('every code is documented, and nothing else is', async () => {
  const page = await readFile(new URL('../../../../docs/commands.md', import.meta.url), 'utf8')
  const section = page.split('\n## ').find(text => text.startsWith('oakum doctor')) ?? ''
  const documented = Array.from(section.matchAll(/^\| `(?<code>[A-Z_]+)` +\|/gm), ({ groups }) => groups?.['code'])
  expect(documented).toEqual(Object.keys(FINDINGS))
})
