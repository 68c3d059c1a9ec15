// Everything beside the tests that keeps main clean, each by its own tool. Prints one line per check, and the output of
// those that failed; exits 1 when one did. `--json FILE` writes { passed, failed } for the CI's closing line.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'

const checks = {
  'types of sources': ['npx', ['tsc', '-b']],
  'types of tests': ['npx', ['tsc', '-p', 'tsconfig.test.json']],
  lint: ['npx', ['oxlint', '--type-aware', '--deny-warnings']],
  'unused code (knip)': ['npx', ['knip', '--no-progress']],
  format: ['npx', ['prettier', '--check', '.']],
  'packed packages (publint, attw)': ['node', ['scripts/check-packages.mjs']],
}

const failed = []
for (const [name, [command, args]] of Object.entries(checks)) {
  const { code, output } = await run(command, args)
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name}`)
  if (code !== 0) {
    failed.push(name)
    console.log(output.trimEnd())
  }
}

const at = process.argv.indexOf('--json')
if (at > 0) {
  const passed = Object.keys(checks).length - failed.length
  writeFileSync(process.argv[at + 1], JSON.stringify({ passed, failed: failed.length }))
}
process.exit(failed.length === 0 ? 0 : 1)

function run(command, args) {
  return new Promise((done, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (output += chunk))
    child.once('error', reject)
    child.once('close', code => done({ code, output }))
  })
}
