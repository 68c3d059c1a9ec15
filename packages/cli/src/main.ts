import { tolerateClosedOutput } from './command/closed-output.ts'
import { execute } from './command/execute.ts'

tolerateClosedOutput()

// No process.exit(): the process ends when nothing is open any more, so a command that leaves something open is noticed.
process.exitCode = await execute(process.argv.slice(2))
