// Runs command lines, given as JSON, one after the other in this process, each below a line of its own.
import { execute } from '../../src/command/execute.ts'

const lines: string[][] = JSON.parse(process.argv[2] ?? '[]')
for (const line of lines) {
  console.log(`$ ${line.join(' ')}`)
  await execute(line)
}
