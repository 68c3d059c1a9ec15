// Packs each public package as npm would and lets publint and attw judge the tarball: what users get, not what we see.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'oakum-pack-'))
try {
  for (const name of readdirSync('packages')) {
    const manifest = JSON.parse(readFileSync(join('packages', name, 'package.json'), 'utf8'))
    if (manifest.private) continue
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, '-w', manifest.name], { stdio: 'pipe' })
    const tarball = readdirSync(folder).find(file => file.endsWith('.tgz'))
    if (tarball === undefined) throw new Error(`npm packed nothing for ${manifest.name}`)
    const path = join(folder, tarball)
    execFileSync('npx', ['publint', 'run', path, '--strict'], { stdio: 'inherit' })
    if (manifest.exports) execFileSync('npx', ['attw', path, '--profile', 'esm-only'], { stdio: 'inherit' })
    rmSync(path)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
