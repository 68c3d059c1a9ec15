import { onTestFinished } from 'vitest'
import { followTable } from '../../src/process/index.ts'
import { Scope, type OwnedProcess, type ScopeOptions, type ScopeSnapshot } from '../../src/scope/index.ts'
import { sleepers } from '../support/real-processes.ts'
import { until } from '../support/until.ts'

/** For children that print nothing. */
export const quiet = { stdio: 'ignore' } as const

/** A scope that is closed when the test is over. */
export function openScope(name: string, options?: ScopeOptions): Scope {
  const scope = new Scope(name, options)
  onTestFinished(async () => {
    await scope.close()
  })
  return scope
}

/** Spawns a shell script whose sleeps run for the token's time, and waits until so many of them run. */
export async function spawnShell(scope: Scope, script: string, token: string, sleeps: number): Promise<OwnedProcess> {
  const shell = scope.spawn('sh', ['-c', script], quiet)
  await until(() => sleepers(token).length === sleeps, { what: `${sleeps} sleeps run` })
  return shell
}

/** Waits until all processes that are owned by now have looked so often, whatever became of them before. */
export async function untilLooked(times: number): Promise<void> {
  for (let look = 0; look < times; look++) {
    await new Promise<void>(resolve => {
      // Shown the same tables as they are, and after them.
      const end = followTable(() => {
        end()
        resolve()
      })
    })
  }
}

/** What a scope owns, by kind. */
export function kindsOf(snapshot: ScopeSnapshot): string[] {
  return snapshot.resources.map(({ kind }) => kind)
}
