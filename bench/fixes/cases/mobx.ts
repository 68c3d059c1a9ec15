/**
 * `makeAutoObservable` wrapped a setter of the prototype that has no getter in an action anew for each instance: a chain of wrappers that grew,
 * and was called, as long as the class lived.
 * https://github.com/mobxjs/mobx/pull/4563, fixed in 6.15.0.
 */
import type { Fix, Trial } from '../fix.ts'

interface Mobx {
  makeAutoObservable(target: object): void
}

export const fix: Fix = {
  package: 'mobx',
  leak: 'wrapper around a setter, per instance',
  source: 'https://github.com/mobxjs/mobx/pull/4563',
}

export function prepare(mobx: Mobx): Trial {
  class Counter {
    count = 0

    constructor() {
      mobx.makeAutoObservable(this)
    }

    set double(value: number) {
      this.count = value / 2
    }
  }
  return { scenario: () => void new Counter() }
}
