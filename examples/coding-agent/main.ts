#!/usr/bin/env node
import { HELP, parseCommandLine, UsageError } from './arguments.ts'
import { runCodingAgent } from './coding-agent.ts'
import { describe } from './visible.ts'

try {
  const options = parseCommandLine(process.argv.slice(2), process.env)
  if (options === 'help') process.stdout.write(HELP)
  // No exit: the process ends when nothing is left in it.
  else process.exitCode = await runCodingAgent(options)
} catch (error) {
  console.error(`coding-agent: ${describe(error)}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
