// Makes a clone ready: installs when the lock file changed, builds when a source changed. It runs before the pinned Node
// is there, so it keeps to what Node 20 knows. Everything it says goes to stderr: stdout belongs to what runs after it.
//
// npm passes a signal to its shell only. This script therefore watches its parent: when that is gone, it ends what it
// started and itself, so that an interrupted set-up leaves nothing running.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(fileURLToPath(import.meta.url), '../..')
const pinnedNode = join(root, 'node_modules/.bin/node')
const stamp = join(root, 'node_modules/.oakum-installed')
const parent = process.ppid

if (!installed()) {
  say('Installing dependencies (first run, or the lock file changed) …')
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])
  if (!existsSync(pinnedNode)) fail('The pinned Node was not installed: its install script did not run. Try `npm ci`.')
  writeFileSync(stamp, lockHash())
}
// `tsc -b` compares sources with what it built; when nothing changed it writes nothing.
await run(pinnedNode, [join(root, 'node_modules/typescript/bin/tsc'), '-b'])

function installed() {
  return existsSync(pinnedNode) && existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash()
}

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
}

function run(command, args) {
  return new Promise((done, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
    const watch = setInterval(() => {
      if (process.ppid !== parent) stop('SIGTERM')
    }, 200)
    const stop = signal => {
      child.kill(signal)
      process.exit(signal === 'SIGINT' ? 130 : 143)
    }
    process.once('SIGINT', stop).once('SIGTERM', stop)
    child.once('error', reject)
    child.once('close', code => {
      clearInterval(watch)
      process.off('SIGINT', stop).off('SIGTERM', stop)
      if (code === 0) done()
      else fail(`\`${command} ${args.join(' ')}\` failed with exit code ${code}.`)
    })
  })
}

function say(text) {
  process.stderr.write(`oakum set-up: ${text}\n`)
}

function fail(text) {
  say(text)
  process.exit(1)
}
