import { vi } from 'vitest'
import { execute } from '../../src/command/execute.ts'
import type { Finished } from './oakum.ts'

/**
 * Runs the command in this process, at a hundredth of what a process costs: for commands that look, refuse or explain, and
 * listen to no signal. One at a time.
 */
export async function executeHere(args: readonly string[]): Promise<Finished> {
  const said: Finished = { code: null, stdout: '', stderr: '' }
  const spies = [
    vi.spyOn(console, 'log').mockImplementation(text => void (said.stdout += `${String(text)}\n`)),
    vi.spyOn(console, 'error').mockImplementation(text => void (said.stderr += `${String(text)}\n`)),
    vi.spyOn(process.stdout, 'write').mockImplementation(text => ((said.stdout += String(text)), true)),
  ]
  try {
    said.code = await execute(args)
    return said
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}
