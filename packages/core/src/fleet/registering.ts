/**
 * How a registration comes about: everything is looked at before anything is written.
 */
import { randomUUID } from 'node:crypto'
import { isOakumError, OakumError } from '../errors/error.ts'
import { isAlive, isLocal, selfIdentity } from '../process/identity.ts'
import { newMark } from '../process/marker.ts'
import { positive, type FleetSettings } from './fleet-options.ts'
import { validateId } from './ids.ts'
import { describeMark, describeProcess } from './reclaimers/process.ts'
import type { AgentRecord, LeaseRef, Registration } from './records.ts'
import type { RegisterOptions } from './register-options.ts'
import { describeResource, resolveRoots } from './resource-refs.ts'
import type { CallOptions, FleetStore, RegisterReply } from './store.ts'

/** What is to be written, and the mark of what the agent will start. */
export interface PreparedRegistration {
  registration: Registration
  mark: string
}

/**
 * Looks at everything that a registration says.
 *
 * @throws OakumError INVALID_ID, INVALID_OPTION, PATH_OUTSIDE_ROOTS, PROCESS_NOT_FOUND, AGENT_NOT_FOUND (the parent)
 */
export async function prepareRegistration(
  options: RegisterOptions,
  store: FleetStore,
  settings: FleetSettings,
): Promise<PreparedRegistration> {
  const {
    host = settings.host,
    process = selfIdentity(),
    marker: mark = newMark(),
    labels = {},
    state = 'idle',
    progressTimeout,
  } = options
  const id = validateId(options.id)
  assertTexts({ host, state, labels })
  const roots = await resolveRoots(options.roots ?? [])
  const described = await Promise.all(
    (options.resources ?? []).map(({ kind, ref }) => describeResource(kind, ref, roots)),
  )
  const parent = await resolveParent(store, options.parent)
  // The mark is owned first of all: a child that was started just before a crash is found by it.
  const resources = [
    describeMark(mark),
    ...(options.ownsProcess === true ? [describeProcess(process)] : []),
    ...described,
  ]
  const { leaseTtl } = settings
  const promised =
    progressTimeout === undefined ? {} : { progressTimeout: positive('progressTimeout', progressTimeout) }
  const registration = {
    ...promised,
    id,
    nonce: randomUUID(),
    host,
    process,
    roots,
    labels,
    state,
    leaseTtl,
    resources,
  }
  return { registration: parent === undefined ? registration : { ...registration, parent }, mark }
}

/** Registers, also in place of an agent of the same id whose process is proven dead. @throws OakumError AGENT_EXISTS, FENCED */
export async function registerLease(
  store: FleetStore,
  registration: Registration,
  options: CallOptions,
): Promise<RegisterReply> {
  try {
    return await store.register(registration, options)
  } catch (error) {
    const supersede = epochOfTheDead(error)
    if (supersede === undefined) throw error
    return store.register({ ...registration, supersede }, options)
  }
}

/** What is no text now would make a record that nobody can read later. @throws OakumError INVALID_OPTION */
function assertTexts({ host, state, labels }: Pick<Registration, 'host' | 'state' | 'labels'>): void {
  const isRecord = typeof labels === 'object' && labels !== null && !Array.isArray(labels)
  if (isRecord && [host, state, ...Object.values(labels)].every(text => typeof text === 'string')) return
  throw new OakumError('INVALID_OPTION', 'The host, the state and each label must be a text.', {
    facts: { host, state, labels },
  })
}

/** @throws OakumError AGENT_NOT_FOUND, INVALID_ID */
async function resolveParent(store: FleetStore, parent: RegisterOptions['parent']): Promise<LeaseRef | undefined> {
  if (parent === undefined) return undefined
  if (typeof parent !== 'string') return { id: parent.id, epoch: parent.epoch }
  const record = await store.get(validateId(parent))
  if (record !== null) return { id: record.id, epoch: record.epoch }
  throw new OakumError('AGENT_NOT_FOUND', `No agent ${parent} is known.`, { facts: { id: parent } })
}

/** The epoch of the agent that stands in the way, when its process is known to be dead. */
function epochOfTheDead(error: unknown): string | undefined {
  if (!isOakumError(error, 'AGENT_EXISTS')) return undefined
  const { agent } = error.facts as { agent?: AgentRecord | null }
  return agent && isLocal(agent.process) && !isAlive(agent.process) ? agent.epoch : undefined
}
