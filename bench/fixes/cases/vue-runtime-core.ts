/**
 * A watcher that was stopped stayed in the list of its effect scope, unless the scope was a component's.
 * https://github.com/vuejs/core/pull/9978, fixed in 3.4.5.
 */
import type { Fix, Trial } from '../fix.ts'

interface Vue {
  effectScope(detached: boolean): { run<T>(work: () => T): T; stop(): void }
  ref(value: number): object
  watch(source: object, callback: () => void): () => void
}

export const fix: Fix = {
  package: '@vue/runtime-core',
  leak: 'watcher that was stopped',
  source: 'https://github.com/vuejs/core/pull/9978',
}

export function prepare(vue: Vue): Trial {
  const scope = vue.effectScope(true)
  const count = vue.ref(0)
  return {
    scenario() {
      const stop = scope.run(() => vue.watch(count, () => undefined))
      stop()
    },
    close: () => scope.stop(),
  }
}
