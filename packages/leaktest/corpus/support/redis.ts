/**
 * A real Redis server on a free port of loopback, without a file, for scenarios that need one.
 *
 * Where `redis-server` is missing it is installed by apt-get, if that is there and this user may; else `startRedis` rejects and
 * says what to do. The server ends with `close`, and with the process at the latest.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface RedisServer {
  readonly port: number
  readonly close: () => Promise<void>
}

/** Starts a server that the caller has to close. */
export async function startRedis(): Promise<RedisServer> {
  await provide()
  const port = await freePort()
  const settings = [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--daemonize',
    'no',
  ]
  const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  await ready(child)
  const close = async (): Promise<void> => {
    process.off('exit', kill)
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  return { port, close }
}

async function provide(): Promise<void> {
  if (await succeeds('redis-server', '--version')) return
  process.stderr.write('redis-server is missing; installing it by apt-get …\n')
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  try {
    await run('apt-get', ['install', '-y', 'redis-server'], { env: environment })
  } catch (cause) {
    const message =
      'This scenario needs redis-server. Install it (apt-get install redis-server, brew install redis) and run again.'
    throw new Error(message, { cause })
  }
}

async function succeeds(command: string, argument: string): Promise<boolean> {
  try {
    await run(command, [argument])
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('A server on loopback got no port.')
  return address.port
}

/** Reads what the server says until it takes connections, then lets the rest of its output go by unread. */
async function ready(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('redis-server was started without a pipe for its output.')
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line)
    if (!line.includes('Ready to accept connections')) continue
    child.stdout.resume()
    return
  }
  throw new Error(`redis-server ended before it was ready:\n${said.join('\n')}`)
}
