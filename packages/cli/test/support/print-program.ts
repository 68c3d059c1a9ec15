// Prints ten megabytes, and then says how many bytes of it have waited at most, and how many lines were printed.
import { tolerateClosedOutput } from '../../src/command/closed-output.ts'
import { printLine } from '../../src/output/print.ts'

tolerateClosedOutput()
const LINES = 1_000
let most = 0
for (let line = 0; line < LINES; line++) {
  await printLine('x'.repeat(10_000))
  most = Math.max(most, process.stdout.writableLength)
}
console.error(JSON.stringify({ most, lines: LINES }))
