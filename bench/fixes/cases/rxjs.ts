/**
 * `observeOn` added each scheduled action to its subscriber, where it stayed after it had run, until the subscription ended.
 * https://github.com/ReactiveX/rxjs/issues/6561, fixed in 7.3.1.
 */
import { setImmediate } from 'node:timers/promises'
import type { Fix, Trial } from '../fix.ts'

interface Rxjs {
  Subject: new () => {
    next(value: number): void
    pipe(operator: unknown): { subscribe(next: (value: number) => void): { unsubscribe(): void } }
  }
  asapScheduler: object
  observeOn(scheduler: object): unknown
}

export const fix: Fix = {
  package: 'rxjs',
  leak: 'action of a scheduler, per value',
  source: 'https://github.com/ReactiveX/rxjs/issues/6561',
}

export function prepare({ Subject, asapScheduler, ...rxjs }: Rxjs): Trial {
  const numbers = new Subject()
  let sum = 0
  const subscription = numbers.pipe(rxjs.observeOn(asapScheduler)).subscribe(value => void (sum += value))
  return {
    async scenario() {
      numbers.next(1)
      await setImmediate()
    },
    close: () => subscription.unsubscribe(),
  }
}
