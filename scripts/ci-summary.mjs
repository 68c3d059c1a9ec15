// Adds up tests and checks: `N passed, N failed`. A run that left no result counts as failed, never as nothing.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, exitCode] = process.argv.slice(2)
const tests = read('tests.json')
const checks = read('checks.json')

const passed = (tests?.numPassedTests ?? 0) + (checks?.passed ?? 0)
let failed = (tests?.numFailedTests ?? 1) + (checks?.failed ?? 1)
// A test run can fail without a failing test: an unhandled rejection, a file that does not load.
if (exitCode !== '0' && tests?.numFailedTests === 0) failed += 1
// A skipped test is a test that cannot fail.
failed += tests?.numPendingTests ?? 0

console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1

function read(name) {
  const path = join(folder, name)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined
}
