/**
 * Who need not be waited for: code that waits in `close()` for the very close that would wait for it.
 *
 * Such a wait is a cycle: from a task to the scope it closes, from there to the tasks below it, from one of those to the
 * scope that it closes in turn, and so on. A cycle is complete only when somebody calls `close()`, so it is looked for
 * there, and only when a resource's own code calls; the caller is then excused from every scope that its call depends on.
 *
 * Invariant: an entry lives as long as a call of `close()` is pending, which a deadline bounds.
 */
import type { Owned, Owner } from './owned.ts'

/** The scopes that each resource's code waits for in `close()`. */
const waits = new Map<Owned, Set<Owner>>()

/** The topmost scope that does not wait for a resource; those between are below it, and do not wait either. */
const excusedFrom = new WeakMap<Owned, Owner>()

/** Notes that the callers wait for a scope's close. */
export function noteWait(callers: readonly Owned[], scope: Owner): void {
  for (const caller of callers) {
    const scopes = waits.get(caller)
    if (scopes === undefined) waits.set(caller, new Set([scope]))
    else scopes.add(scope)
  }
}

/** The scope's close is over; nobody waits for it any more. */
export function forgetWait(callers: readonly Owned[], scope: Owner): void {
  for (const caller of callers) {
    const scopes = waits.get(caller)
    scopes?.delete(scope)
    if (scopes?.size === 0) waits.delete(caller)
  }
}

/** Excuses the callers from each scope that the close of `scope` depends on, and returns whom from what. */
export function excuse(callers: readonly Owned[], scope: Owner): { caller: Owned; from: Owner }[] {
  const excused: { caller: Owned; from: Owner }[] = []
  for (const from of dependencies(scope, callers)) {
    for (const caller of callers) {
      if (!isWithin(caller, from) || isExcused(caller, from)) continue
      excusedFrom.set(caller, from)
      excused.push({ caller, from })
    }
  }
  return excused
}

/** Whether a scope's close need not wait for a resource. */
export function isExcused(resource: Owned, scope: Owner): boolean {
  const top = excusedFrom.get(resource)
  return top !== undefined && (top === scope || isWithin(scope, top))
}

/** The scope, and all whose close it waits for through somebody's call of `close()`. */
function dependencies(scope: Owner, callers: readonly Owned[]): Set<Owner> {
  const found = new Set([scope])
  // A Set's iteration goes on with what is added meanwhile.
  for (const target of found) {
    for (const [waiter, scopes] of waits) {
      if (callers.includes(waiter) || !isWithin(waiter, target) || isExcused(waiter, target)) continue
      for (const next of scopes) found.add(next)
    }
  }
  return found
}

function isWithin(resource: { readonly owner: Owner | undefined }, scope: Owner): boolean {
  for (let owner = resource.owner; owner !== undefined; owner = owner.owner) if (owner === scope) return true
  return false
}
