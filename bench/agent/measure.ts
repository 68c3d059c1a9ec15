/**
 * Measures one row. What cancels leave is counted twice, in processes of their own:
 *
 * - as Node runs by default: the times, the counts, and as `compiled` the bytes;
 * - with the engine's compilers off: the `bytes` that something still holds. What the compilers make, and the lists of what it depends
 *   on, grows each time they compile, whoever's code it is; over ten thousand cancels that is ten times what is looked for.
 */
import { runProgram, type Figures, type RunOptions } from './processes.ts'
import type { Row } from './rows.ts'

const WITHOUT_COMPILERS = ['--no-opt', '--no-maglev', '--no-sparkplug']

/** Rejects as `runProgram` does. */
export async function measure({ program, task }: Row, options: RunOptions): Promise<Figures> {
  if (program !== 'cancels') return runProgram(program, task, options)
  const { onProgress } = options
  const half = (from: number) => ({ ...options, onProgress: (done: number) => onProgress(from + done / 2) })
  const { bytes: compiled = NaN, ...figures } = await runProgram(program, task, half(0))
  const { bytes = NaN } = await runProgram(program, task, { ...half(0.5), flags: WITHOUT_COMPILERS })
  return { ...figures, bytes, compiled }
}
