/**
 * Containers of docker or podman, by the commands of these.
 *
 * Invariants:
 * - A container is its full id, which is never given twice; never a name, a prefix or a label.
 * - It is asked for where it was made: at the same daemon, by the same user. Elsewhere nobody can tell whether it is gone.
 * - What it wrote to volumes with a name stays; volumes without one go with it.
 */
import { OakumError } from '../../errors/error.ts'
import type { OwnedResource, ResourceInput } from '../records.ts'
import type { ReclaimContext, Reclaimer, ReclaimOutcome } from './reclaimer.ts'
import { runTool } from './tool.ts'

const ENGINES = ['docker', 'podman'] as const
type Engine = (typeof ENGINES)[number]

/** The variables that say which daemon is meant: by its address, or by the name of a connection. Without, it is the local one. */
const VARIABLES: Readonly<Record<Engine, { host: string; context: string }>> = {
  docker: { host: 'DOCKER_HOST', context: 'DOCKER_CONTEXT' },
  podman: { host: 'CONTAINER_HOST', context: 'CONTAINER_CONNECTION' },
}

/** The id as `docker run --detach` prints it. */
export interface ContainerRef {
  /** 64 hexadecimal digits. */
  id: string
  /** @default 'docker' */
  engine?: Engine
}

const FULL_ID = /^[0-9a-f]{64}$/

/** @throws OakumError INVALID_OPTION */
export function describeContainer(ref: unknown): ResourceInput {
  const { id, engine = 'docker' } = readRef(ref)
  const host = process.env[VARIABLES[engine].host]
  const context = process.env[VARIABLES[engine].context]
  // podman without a daemon has a store of its own for each user.
  const user = engine === 'podman' && host === undefined && context === undefined ? process.getuid?.() : undefined
  const where = {
    ...(host === undefined ? {} : { host }),
    ...(context === undefined ? {} : { context }),
    ...(user === undefined ? {} : { user }),
  }
  return { kind: 'container', key: id, data: { id, engine, ...where } }
}

export const containerReclaimer: Reclaimer = { kind: 'container', reclaim: reclaimContainer }

async function reclaimContainer(resource: OwnedResource, { signal }: ReclaimContext): Promise<ReclaimOutcome> {
  const { id, engine, host, context, user } = readRecord(resource)
  if (user !== undefined && user !== process.getuid?.()) return { kept: `it belongs to the user ${user}` }
  // docker kills at once; podman waits ten seconds for the container to end by itself, for which nobody waits any more.
  const options = engine === 'podman' ? ['--time=0'] : []
  // What this process has of these is about its own containers: it goes where the record has none.
  const env = { [VARIABLES[engine].host]: host, [VARIABLES[engine].context]: context }
  const result = await runTool(engine, ['rm', '--force', '--volumes', ...options, id], { signal, env })
  if (result === null) return { kept: `${engine} is not installed here` }
  // Some versions call it a success when there was nothing to remove; only then they name nothing that they removed.
  if (result.code === 0) return result.stdout.includes(id) ? 'released' : 'gone'
  if (/no such container|no container with/i.test(result.stderr)) return 'gone'
  throw new OakumError('RESOURCE_REFUSED', `${engine} did not remove ${id.slice(0, 12)}: ${result.stderr.trim()}`, {
    facts: { id, engine },
  })
}

function readRef(ref: unknown): ContainerRef {
  if (typeof ref === 'object' && ref !== null && 'id' in ref && typeof ref.id === 'string' && FULL_ID.test(ref.id)) {
    const { id } = ref
    const engine = 'engine' in ref ? ref.engine : undefined
    if (engine === undefined) return { id }
    if (isEngine(engine)) return { id, engine }
  }
  const how = 'as { id, engine? }: the full id, 64 hexadecimal digits, and docker or podman'
  throw new OakumError('INVALID_OPTION', `A container is given ${how}.`)
}

interface Recorded {
  id: string
  engine: Engine
  host?: string
  context?: string
  user?: number
}

function readRecord({ key, data }: OwnedResource): Recorded {
  const { id, engine, host, context, user } = data
  if (typeof id === 'string' && FULL_ID.test(id) && isEngine(engine)) {
    return {
      id,
      engine,
      ...(typeof host === 'string' ? { host } : {}),
      ...(typeof context === 'string' ? { context } : {}),
      ...(typeof user === 'number' ? { user } : {}),
    }
  }
  throw new OakumError('RESOURCE_REFUSED', `The record of container ${key} does not say which one it is.`, {
    facts: { key },
  })
}

function isEngine(value: unknown): value is Engine {
  return ENGINES.some(engine => engine === value)
}
