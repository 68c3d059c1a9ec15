/**
 * Beats for the agents of another thread, whose event loop may be blocked: a program of its own, started by `WorkerBeats`.
 *
 * Invariants:
 * - It has a connection of its own to the store, and no business but beats.
 * - It beats for as long as its process lives: a blocked event loop is told (`stuck`), and ends no lease.
 * - When the whole process stood still, as after SIGSTOP, nobody is said to be stuck.
 * - It ends by itself once it was told to close, and left nothing open.
 */
import { workerData } from 'node:worker_threads'
import { systemClock } from '../../clock/clock.ts'
import type { LeaseRef } from '../records.ts'
import { BeatLoop, type Beaten } from './beat-loop.ts'
import { LoopPulse } from './loop-pulse.ts'
import { openStore } from './store-address.ts'
import type { BeatWorkerData, FromWorker, ToWorker } from './worker-messages.ts'

// oxlint-disable-next-line no-unsafe-type-assertion -- what `WorkerBeats` started it with
const { port, pulse: buffer, address, beatEvery, stuckAfter } = workerData as BeatWorkerData
const clock = systemClock
const pulse = new LoopPulse(buffer)
const store = await openStore(address)
const loop = new BeatLoop({
  store,
  clock,
  beatEvery,
  stuckAfter,
  takeLag: (now, late) => {
    const lag = pulse.take(now)
    return late > lag / 2 ? 0 : lag
  },
  onAnswer: answer => port.postMessage({ answer } satisfies FromWorker),
})

/** A blocked loop is found between two beats, too: its agents are shown as stuck long before they would be suspect. */
const lookEvery = stuckAfter / 2
let lookAt = clock.monotonic() + lookEvery
const looks = setInterval(() => {
  const now = clock.monotonic()
  const stoodStill = now - lookAt > lookEvery
  lookAt = now + lookEvery
  if (!stoodStill && pulse.overdue(now) >= stuckAfter && !loop.stuck) loop.beatSoon()
}, lookEvery)

port.on('message', (message: ToWorker) => {
  switch (message.type) {
    case 'add':
      return loop.add(new RemoteLease(message.ref))
    case 'remove':
      return loop.remove(message.ref)
    case 'progressed':
      for (const ref of message.refs) loop.find(ref)?.progress()
      return
    case 'beat soon':
      return loop.beatSoon()
    case 'close':
      return void close()
  }
})

async function close(): Promise<void> {
  clearInterval(looks)
  await loop.close()
  await store.close()
  port.close()
}

/** A lease of the other thread. */
class RemoteLease implements Beaten {
  readonly ref: LeaseRef
  readonly isHere = false
  #progressed = false

  constructor(ref: LeaseRef) {
    this.ref = ref
  }

  progress(): void {
    this.#progressed = true
  }

  takeProgress(): boolean {
    const progressed = this.#progressed
    this.#progressed = false
    return progressed
  }
}
