// Prints ten megabytes, says `waiting` when nobody has read what the pipe can hold, and in the end how many bytes have waited
// at most, and how many lines were printed.
import { tolerateClosedOutput } from '../../src/command/closed-output.ts'
import { printLine } from '../../src/output/print.ts'

tolerateClosedOutput()
const LINES = 1_000
let most = 0
let told = false
for (let line = 0; line < LINES; line++) {
  const printed = printLine('x'.repeat(10_000))
  if (process.stdout.writableNeedDrain && !told) {
    told = true
    console.error('waiting')
  }
  await printed
  most = Math.max(most, process.stdout.writableLength)
}
console.error(JSON.stringify({ most, lines: LINES }))
