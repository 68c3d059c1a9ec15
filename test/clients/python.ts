/** Python programs that use the client, run by the real python3 and ended with the test. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import { needTool } from '../../packages/core/test/support/tools.ts'

const CLIENT = fileURLToPath(new URL('../../clients/python', import.meta.url))

let interpreter: Promise<string> | undefined

export interface PythonProgram {
  child: ChildProcess
  /** The next line that it prints. Rejects when it ends instead. */
  line(): Promise<string>
  /** Writes a line for its `input()`. */
  tell(text: string): void
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>
}

/** Runs a program, with `oakum`, `os`, `sys` and `time` imported; the arguments are `sys.argv[1:]`. */
export async function python(program: string, ...args: string[]): Promise<PythonProgram> {
  interpreter ??= findInterpreter()
  const child = spawn(await interpreter, ['-u', '-c', `import oakum, os, sys, time\n${program}`, ...args], {
    env: { ...process.env, PYTHONPATH: CLIENT, PYTHONDONTWRITEBYTECODE: '1' },
    stdio: 'pipe',
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const printed: string[] = []
  const lines = createInterface({ input: child.stdout }).on('line', text => printed.push(text))
  const next = lines[Symbol.asyncIterator]()
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>(resolve => {
    child.once('close', code => resolve({ code, stdout: printed.join('\n'), stderr }))
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    // What it started may hold the other end of its pipes.
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy()
    await ended
  })
  return {
    child,
    ended,
    tell: text => void child.stdin.write(`${text}\n`),
    async line() {
      const result = await next.next()
      if (result.done !== true) return result.value
      throw new Error(`The program ended: ${stderr}`)
    },
  }
}

/** The same, run to its end, which must be a good one. Resolves to what it printed. */
export async function runPython(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await (await python(program, ...args)).ended
  if (code === 0) return stdout
  throw new Error(`Exit code ${code}: ${stderr}`)
}

/** What `python3` stands for: on many machines that is a script which first looks for the version to run. */
async function findInterpreter(): Promise<string> {
  const command = await needTool('python3')
  const { stdout } = await promisify(execFile)(command, ['-c', 'import sys; print(sys.executable)'])
  return stdout.trim()
}
