/** What the example is tested in: a service of models, a folder to work in, a store; and the example there, on a terminal or on pipes. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { type AgentRecord, connect } from '../../packages/core/src/fleet/index.ts'
import { type ModelServer, type Script, startModelServer } from '../../packages/core/test/agent/model-server/server.ts'
import { PROGRAM_FLAGS } from '../../packages/core/test/support/fixture-program.ts'

const MAIN = fileURLToPath(new URL('../../examples/coding-agent/main.ts', import.meta.url))

interface Example {
  child: ChildProcess
  /** What it printed until now. On a terminal that is one text, as the terminal got it. */
  stdout: () => string
  stderr: () => string
  type: (keys: string) => void
  /** Its exit code, when all that it printed is here. */
  code: Promise<number | null>
}

export interface Workshop {
  server: ModelServer
  root: string
  env: NodeJS.ProcessEnv
  agents: () => Promise<AgentRecord[]>
  onTerminal: (...args: string[]) => Example
  onPipes: (...args: string[]) => Example
}

/** All of it goes with the test. */
export async function openWorkshop(script: Script): Promise<Workshop> {
  const server = await startModelServer({ script })
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'oakum-example-')))
  onTestFinished(async () => {
    await server.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })
  const root = join(folder, 'project')
  mkdirSync(root)
  const store = `sqlite:${join(folder, 'store')}`
  const env = {
    ...process.env,
    OAKUM_STORE: store,
    OPENAI_API_KEY: 'none',
    OPENAI_BASE_URL: `${server.url}/v1`,
    NO_COLOR: '1',
  }
  const words = (args: string[]): string[] => [process.execPath, ...PROGRAM_FLAGS, MAIN, '--root', root, ...args]
  return {
    server,
    root,
    env,
    agents: async () => {
      const fleet = await connect(store)
      try {
        return await fleet.agents()
      } finally {
        await fleet.close()
      }
    },
    onPipes: (...args) => {
      const [node = '', ...rest] = words(args)
      return watched(spawn(node, rest, { env }))
    },
    onTerminal: (...args) => {
      const line = words(args).map(word => `'${word.replaceAll("'", String.raw`'\''`)}'`)
      return watched(spawn('script', ['-qec', `stty cols 96 rows 30; exec ${line.join(' ')}`, '/dev/null'], { env }))
    },
  }
}

function watched(child: ReturnType<typeof spawn>): Example {
  const said = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.stdout += text))
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.stderr += text))
  onTestFinished(() => void child.kill('SIGKILL'))
  return {
    child,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    type: keys => void child.stdin?.write(keys),
    code: new Promise(resolve => child.once('close', code => resolve(code))),
  }
}
