import type { FleetStore } from '../../../src/fleet/store.ts'

/** What may be wrong with a store, and what the model says of it. */
export interface Fault {
  /** Makes the wrapper of one fleet's store. */
  plant: () => (store: FleetStore) => FleetStore
  caughtAs: RegExp
}

export const FAULTS: Readonly<Record<string, Fault>> = {
  'claims without a fence': {
    plant: () => store =>
      changed(store, {
        beat: async (beats, options) => Object.assign(await store.beat(beats, options), { fenced: [] }),
      }),
    caughtAs: /is not fenced, wrongly/,
  },
  'gives one lease to two coordinators': {
    plant: () => {
      let last: Awaited<ReturnType<FleetStore['claim']>>['claims'] = []
      return store =>
        changed(store, {
          claim: async (request, options) => {
            const reply = await store.claim(request, options)
            const again = last
            if (request.what.by === 'expired') last = reply.claims
            return request.what.by === 'expired' ? { ...reply, claims: [...reply.claims, ...again] } : reply
          },
        })
    },
    caughtAs: /claimed though it is not free/,
  },
  'reaps whoever was not heard of for half a lease': {
    plant: () => store =>
      changed(store, {
        claim: async (request, options) => {
          const { now } = await store.check([])
          const records = await store.list({ phases: ['starting', 'alive'] })
          const quiet = records.filter(it => now - (it.lastBeat ?? it.registeredAt) >= it.leaseTtl / 2)
          if (request.what.by === 'expired' && quiet.length > 0) {
            await store.claim({ ...request, what: { by: 'proven', refs: quiet } }, options)
          }
          return store.claim(request, options)
        },
      }),
    caughtAs: /was reaped alive/,
  },
  'never looks at the silent': {
    plant: () => store =>
      changed(store, {
        claim: async (request, options) =>
          request.what.by === 'expired'
            ? { now: (await store.check([])).now, claims: [], live: 0, more: false, held: [] }
            : store.claim(request, options),
      }),
    caughtAs: /overdue, and neither claimed nor held/,
  },
  'finishes for whoever asks': {
    plant: () => store =>
      changed(store, {
        finish: async (token, facts, options) => {
          await store.finish(token, facts, options)
          return true
        },
      }),
    caughtAs: /was finished, wrongly/,
  },
  'forgets its guard': {
    plant: () => store =>
      changed(store, {
        claim: (request, options) =>
          store.claim(request.what.by === 'expired' ? { ...request, what: { by: 'expired' } } : request, options),
      }),
    caughtAs: /reaped after a sleep|is fenced, wrongly/,
  },
  'gives an epoch twice': {
    plant: () => {
      const first = new Map<string, string>()
      return store =>
        changed(store, {
          register: async (registration, options) => {
            const reply = await store.register(registration, options)
            const epoch = first.get(registration.id) ?? reply.epoch
            first.set(registration.id, epoch)
            return { ...reply, epoch }
          },
        })
    },
    caughtAs: /does not rise/,
  },
}

function changed(store: FleetStore, methods: Partial<FleetStore>): FleetStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
