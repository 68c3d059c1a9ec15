import { GrowthWindow } from '../../../src/fleet/memory-watch/growth-window.ts'
import { LeakAlerts, type LeakChange } from '../../../src/fleet/memory-watch/leak-alerts.ts'
import { nameOf, type ProcessReading } from '../../../src/fleet/memory-watch/memory-sample.ts'

export const MB = 1_024 * 1_024
export const WINDOW = 300_000
export const EVERY = 10_000
export const THRESHOLD = 100 * MB

/** Processes by their name; each with its agents and its megabytes, of which one is program text. */
export type Look = Readonly<Record<string, readonly [agents: string, megabytes: number]>>

/** The name of an agent of which only the id matters. */
export function agent(id: string): string {
  return nameOf({ id, epoch: '1' })
}

export function readings(look: Look): ProcessReading[] {
  return Object.entries(look).map(([key, [agents, megabytes]]) => ({
    key,
    owners: agents.split(' ').map(agent),
    bytes: (megabytes + 1) * MB,
    anonymous: megabytes * MB,
    measure: 'pss',
    cpu: null,
  }))
}

export function names(look: Look): string[] {
  return [...new Set(readings(look).flatMap(({ owners }) => owners))]
}

/** One that something happened to, as text: when, what, and who was named. */
export interface Told {
  /** Seconds from the first look. */
  at: number
  what: string
  agents: string[]
}

/** Shows looks to a watch's judgement, one each 10 s, and returns what it told. */
export function judge(count: number, lookAt: (seconds: number) => Look): Told[] {
  const growth = new GrowthWindow(WINDOW)
  const alerts = new LeakAlerts({ threshold: THRESHOLD, window: WINDOW })
  const told: Told[] = []
  for (let index = 0; index < count; index++) {
    const seconds = (index * EVERY) / 1_000
    const look = lookAt(seconds)
    const at = 1_000_000 + index * EVERY
    for (const change of alerts.update(at, names(look), growth.add(at, names(look), readings(look)))) {
      told.push(describe(seconds, change))
    }
  }
  return told
}

function describe(at: number, { alert, cleared }: LeakChange): Told {
  return { at, what: cleared ?? 'leak', agents: alert.agents.map(({ id }) => id).toSorted() }
}
