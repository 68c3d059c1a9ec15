import { CROWD, type HostSurvey } from '../../guard.ts'

interface Host {
  live: number
  silentAt: number | null
}

/** How many live leases each host has, and which hosts were found silent. A host stays while its silence still counts. */
export class Hosts {
  readonly #hosts = new Map<string, Host>()
  #live = 0

  join(name: string): void {
    const host = this.#hosts.get(name) ?? { live: 0, silentAt: null }
    if (host.live === 0) this.#live += 1
    host.live += 1
    this.#hosts.set(name, host)
  }

  leave(name: string): void {
    const host = this.#hosts.get(name)
    if (host === undefined) return
    host.live -= 1
    if (host.live > 0) return
    this.#live -= 1
    if (host.silentAt === null) this.#hosts.delete(name)
  }

  /** @param silentLeases the host and length of each lease that is due, asked only when there are enough hosts */
  survey(silentLeases: () => readonly { host: string; leaseTtl: number }[], now: number): HostSurvey | null {
    if (this.#hosts.size < CROWD) return null
    const counts = new Map<string, { silent: number; lease: number }>()
    for (const { host, leaseTtl } of silentLeases()) {
      const { silent = 0, lease = 0 } = counts.get(host) ?? {}
      counts.set(host, { silent: silent + 1, lease: Math.max(lease, leaseTtl) })
    }
    const silent = [...counts].filter(([host, count]) => count.silent === this.#hosts.get(host)?.live)
    if (silent.length === 0) return null
    const lease = Math.max(...silent.map(([, count]) => count.lease))
    const before = [...this.#hosts].filter(([, { silentAt }]) => silentAt !== null && silentAt > now - lease)
    return {
      hosts: this.#live + before.filter(([, { live }]) => live === 0).length,
      silent: new Set([...silent, ...before].map(([name]) => name)),
      now: silent.map(([name]) => name),
      lease,
    }
  }

  /** Remembers which hosts are silent, and forgets those whose silence does not count any more. */
  mark(survey: HostSurvey, now: number): void {
    for (const name of survey.now) {
      const host = this.#hosts.get(name)
      if (host !== undefined) host.silentAt = now
    }
    for (const [name, { live, silentAt }] of this.#hosts) {
      if (live === 0 && silentAt !== null && silentAt <= now - survey.lease) this.#hosts.delete(name)
    }
  }
}
