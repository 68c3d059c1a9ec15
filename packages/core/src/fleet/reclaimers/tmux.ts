/**
 * Sessions of tmux, with all that runs in them.
 *
 * Invariants:
 * - A session is its id, its time of creation and the process of its server, never its name: what took the name since is
 *   another one.
 * - The server lives on, and with it all its other sessions; so does a window that another session shows as well.
 * - A session in which something was kept, or in which the very process runs that reclaims, is left as it is.
 * - Its programs are ended before the session is, each with its tree: one that is deaf to the hang-up would outlive it, and
 *   nobody would know any more that it belonged to it.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { OakumError } from '../../errors/error.ts'
import {
  identify,
  isAlive,
  isElsewhere,
  type ProcessIdentity,
  sameProcess,
  selfIdentity,
} from '../../process/identity.ts'
import { nextTable } from '../../process/table.ts'
import { ProcessTree } from '../../process/tree.ts'
import type { OwnedResource, ResourceInput } from '../records.ts'
import type { FleetStore } from '../store.ts'
import { describeProcess, processReclaimer } from './process.ts'
import type { ReclaimContext, Reclaimer, ReclaimOutcome } from './reclaimer.ts'
import { runTool, type ToolOptions } from './tool.ts'

/** A session by its name, and the socket of its server: a path (it has a `/`), or a name as for `tmux -L`. */
export interface TmuxRef {
  session: string
  /** @default the user's default server */
  socket?: string
}

interface Session {
  /** `$3`: never given twice by a server. */
  id: string
  /** Seconds since 1970, as text. */
  created: string
  name: string
  /** The path of the server's socket. */
  socket: string
  serverPid: number
}

/** A server that ends is still there for a moment when it no longer answers. Milliseconds. */
const LOOK_EVERY = 50
const LOOKS_AT_AN_END = 20

/** @throws OakumError INVALID_OPTION when there is no such session, or no tmux */
export async function describeTmux(ref: unknown): Promise<ResourceInput> {
  const { session: name, socket } = readRef(ref)
  const sessions = await listSessions(socketArgs(socket))
  const session = sessions?.find(other => other.name === name)
  const server = session === undefined ? null : identify(session.serverPid)
  if (session === undefined || server === null) {
    const why = sessions === null ? 'tmux is not installed' : 'there is none'
    throw new OakumError('INVALID_OPTION', `There is no tmux session ${name} to own: ${why}.`, { facts: { name } })
  }
  const { id, created } = session
  const key = `${session.socket}:${id}:${server.pid}:${server.startTime}`
  return { kind: 'tmux', key, data: { socket: session.socket, id, created, name, server } }
}

/** @param store Asked at each reclaim for what is kept. */
export function tmuxReclaimer(store: FleetStore): Reclaimer {
  const processes = processReclaimer(store)
  return { kind: 'tmux', reclaim: (resource, context) => reclaimTmux(resource, context, { store, processes }) }
}

async function reclaimTmux(
  resource: OwnedResource,
  context: ReclaimContext,
  { store, processes }: { store: FleetStore; processes: Reclaimer },
): Promise<ReclaimOutcome> {
  const { socket, id, created, server } = readRecord(resource)
  if (isElsewhere(server)) return { kept: 'its server runs in another pid namespace' }
  if (!isAlive(server)) return 'gone'
  const { signal } = context
  const args = ['-S', socket]
  const sessions = await listSessions(args, { signal })
  if (sessions === null) return { kept: 'tmux is not installed here' }
  const same = sessions.some(other => other.id === id && other.created === created && other.serverPid === server.pid)
  if (!same) {
    await assertAsked(server, socket, { signal })
    return 'gone'
  }
  const programs = await programsOf(id, args, { signal })
  const why = await whySpared(programs, store, signal)
  if (why !== undefined) return { kept: why }
  for (const root of programs) {
    await processes.reclaim({ ...resource, ...describeProcess(root), data: { ...root } }, context)
  }
  const killed = await runTool('tmux', [...args, 'kill-session', '-t', id], { signal })
  // Without its programs it may have ended by itself, and the server with it.
  if (killed === null || killed.code === 0 || isAbsent(killed.stderr)) return 'released'
  throw refused(`kill-session of ${id}`, killed.stderr)
}

/**
 * Whether it was that server which did not know the session: it lives on, out of reach, when its socket was removed, by what tidies
 * up `/tmp` for example, or is another server's by now.
 *
 * @throws OakumError RESOURCE_REFUSED
 */
async function assertAsked(server: ProcessIdentity, socket: string, options: ToolOptions): Promise<void> {
  const answer = await runTool('tmux', ['-S', socket, 'display-message', '-p', '#{pid}'], options)
  if (answer?.stdout.trim() === String(server.pid)) return
  for (let look = 0; look < LOOKS_AT_AN_END; look++) {
    if (!isAlive(server)) return
    await pause(LOOK_EVERY, undefined, options)
  }
  const remedy = `if the socket was removed, kill -USR1 ${server.pid} makes it again`
  throw new OakumError('RESOURCE_REFUSED', `The tmux server does not answer at ${socket}: ${remedy}.`, {
    facts: { socket, pid: server.pid },
  })
}

/** Why nothing in the session may be touched; undefined when it may. */
async function whySpared(
  programs: readonly ProcessIdentity[],
  store: FleetStore,
  signal: AbortSignal,
): Promise<string | undefined> {
  const kept = await store.kept(selfIdentity().bootId, { signal })
  const keep = (process: ProcessIdentity): boolean => kept.some(other => sameProcess(process, other))
  const table = await nextTable()
  const spared = programs.flatMap(root => new ProcessTree({ root, youngerThan: root, keep }).look(table).spared)
  const [first] = spared
  if (first === undefined) return undefined
  return first.why === 'own' ? 'the process that reclaims runs in it' : `${first.process.pid} in it was kept`
}

/** The processes of the panes that are in this session alone. */
async function programsOf(id: string, args: readonly string[], options: ToolOptions): Promise<ProcessIdentity[]> {
  const result = await runTool('tmux', [...args, 'list-panes', '-a', '-F', '#{session_id} #{pane_pid}'], options)
  if (result !== null && result.code !== 0 && !isAbsent(result.stderr)) throw refused('list-panes', result.stderr)
  const rows = (result?.stdout ?? '').split('\n').map(line => line.split(' '))
  const elsewhere = new Set(rows.filter(([session]) => session !== id).map(([, pid]) => pid))
  return rows.flatMap(([session, pid]) => {
    const process = session === id && !elsewhere.has(pid) ? identify(Number(pid)) : null
    return process ?? []
  })
}

const FIELDS = ['session_id', 'session_created', 'pid', 'socket_path', 'session_name']

/** All sessions of a server, none when it does not run. Null where there is no tmux. @throws OakumError RESOURCE_REFUSED */
async function listSessions(args: readonly string[], options: ToolOptions = {}): Promise<Session[] | null> {
  const format = FIELDS.map(field => `#{${field}}`).join('\t')
  // -u: without it, and in the C locale, names and tabs come out as underscores.
  const result = await runTool('tmux', ['-u', ...args, 'list-sessions', '-F', format], options)
  if (result === null) return null
  if (result.code !== 0 && !isAbsent(result.stderr)) throw refused('list-sessions', result.stderr)
  return result.stdout.split('\n').flatMap(line => {
    const [id, created, pid, socket, name] = line.split('\t')
    if (id === undefined || created === undefined || socket === undefined || name === undefined) return []
    return { id, created, name, socket, serverPid: Number(pid) }
  })
}

/** Whether tmux says that a session, or its server, is not there. */
function isAbsent(stderr: string): boolean {
  return /no server running|can't find session|error connecting to .* \(No such file|server exited/.test(stderr)
}

function refused(what: string, stderr: string): OakumError {
  return new OakumError('RESOURCE_REFUSED', `tmux refused ${what}: ${stderr.trim()}`)
}

function socketArgs(socket: string | undefined): string[] {
  if (socket === undefined) return []
  return [socket.includes('/') ? '-S' : '-L', socket]
}

function readRef(ref: unknown): TmuxRef {
  if (typeof ref === 'object' && ref !== null && 'session' in ref && typeof ref.session === 'string') {
    const { session } = ref
    const socket = 'socket' in ref ? ref.socket : undefined
    if (socket === undefined) return { session }
    if (typeof socket === 'string' && socket !== '') return { session, socket }
  }
  throw new OakumError('INVALID_OPTION', 'A tmux session is given as { session, socket? }.')
}

function readRecord({ key, data }: OwnedResource): {
  socket: string
  id: string
  created: string
  server: ProcessIdentity
} {
  const { socket, id, created, server } = data
  if (typeof socket === 'string' && typeof id === 'string' && typeof created === 'string' && isIdentity(server)) {
    return { socket, id, created, server }
  }
  throw new OakumError('RESOURCE_REFUSED', `The record of tmux ${key} does not say which session it is.`, {
    facts: { key },
  })
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return typeof value === 'object' && value !== null && 'pid' in value && 'startTime' in value && 'bootId' in value
}
