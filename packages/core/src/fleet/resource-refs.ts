/** How a thing that is handed to `agent.own` becomes a record in the lease, with everything that its reclaimer will ask. */
import { realpath, stat } from 'node:fs/promises'
import { OakumError } from '../errors/error.ts'
import type { ProcessIdentity } from '../process/identity.ts'
import type { ResourceInput } from './records.ts'
import { type ContainerRef, describeContainer } from './reclaimers/container.ts'
import { describeDirectory } from './reclaimers/directory.ts'
import { describeLockFile } from './reclaimers/lock.ts'
import { describeProcess } from './reclaimers/process.ts'
import { describeTmux, type TmuxRef } from './reclaimers/tmux.ts'
import { describeWorktree } from './reclaimers/worktree.ts'

/** A process by its pid, by its identity, or by what started it: a ChildProcess, or what `scope.spawn` returns. */
export type ProcessRef = number | ProcessIdentity | { readonly pid?: number | undefined }

/** What is handed over for each kind that Oakum knows. */
export interface ResourceRefs {
  /** Ended with its whole tree. */
  process: ProcessRef
  /** A session that is there; killed with all that runs in it, never its server. */
  tmux: TmuxRef
  /** Removed by force. */
  container: ContainerRef
  /** A path below a declared root; removed with all that is in it. */
  directory: string
  /** A path below a declared root; removed by git when nothing in it would be lost, else kept. */
  worktree: string
  /** A path (it has a `/`) of a lock file below a declared root, or the name of a lock of the store. */
  lock: string
  /** The name of a value in the store. What `agent.setKey` writes is owned without this. */
  key: string
}

/** A thing of a kind that the user brings a reclaimer for. */
export interface UserResource {
  /** Names it within its kind. 1 to 1,024 characters. */
  key: string
  /** What its reclaimer needs to know. JSON. @default {} */
  data?: Readonly<Record<string, unknown>>
}

/** @throws OakumError PATH_OUTSIDE_ROOTS, PROCESS_NOT_FOUND, INVALID_OPTION */
export async function describeResource(kind: string, ref: unknown, roots: readonly string[]): Promise<ResourceInput> {
  switch (kind) {
    case 'process':
      return describeProcess(ref)
    case 'tmux':
      return describeTmux(ref)
    case 'container':
      return describeContainer(ref)
    case 'directory':
      return describeDirectory(asText(kind, ref), roots)
    case 'worktree':
      return describeWorktree(asText(kind, ref), roots)
    case 'lock':
      return describeLockFile(asText(kind, ref), roots)
    case 'key':
      return { kind, key: asText(kind, ref) }
    default:
      return asUserResource(kind, ref)
  }
}

/**
 * The real paths of declared roots.
 *
 * @throws OakumError INVALID_OPTION for what is no directory, or is the root of the file system
 */
export async function resolveRoots(roots: readonly string[]): Promise<string[]> {
  return Promise.all(
    roots.map(async root => {
      const real = await realpath(root).catch(() => null)
      if (real !== null && real !== '/' && (await stat(real)).isDirectory()) return real
      throw new OakumError('INVALID_OPTION', `The root ${root} is no directory that an agent may declare.`, {
        facts: { root },
      })
    }),
  )
}

function asText(kind: string, ref: unknown): string {
  if (typeof ref === 'string' && ref !== '') return ref
  throw new OakumError('INVALID_OPTION', `A resource of kind ${kind} is given as a text.`, { facts: { kind } })
}

function asUserResource(kind: string, ref: unknown): ResourceInput {
  if (typeof ref === 'object' && ref !== null && 'key' in ref && typeof ref.key === 'string') {
    const data = 'data' in ref ? ref.data : undefined
    if (data === undefined) return { kind, key: ref.key }
    if (isRecord(data)) return { kind, key: ref.key, data }
  }
  throw new OakumError('INVALID_OPTION', `A resource of kind ${kind} is given as { key, data? }.`, { facts: { kind } })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
