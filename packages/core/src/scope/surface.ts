/** Where an error goes that no caller is there to receive. */
import type { ResourceContext } from './options.ts'
import type { Owned, Owner } from './owned.ts'

/** Tells the nearest `onError`, that of `owner` first; false when there is none. */
export function tellError(owner: Owner | undefined, resource: Owned, error: unknown): boolean {
  let node = owner
  while (node !== undefined && node.settings?.onError === undefined) node = node.owner
  const onError = node?.settings?.onError
  if (owner === undefined || onError === undefined) return false
  const { kind, name } = resource
  try {
    onError(error, { path: resource.pathBelow(owner), kind, name })
  } catch (thrown) {
    raise(thrown)
  }
  return true
}

/** Tells the nearest `onError`, or raises an uncaught exception: nothing is swallowed. */
export function surfaceError(owner: Owner | undefined, resource: Owned, error: unknown): void {
  if (!tellError(owner, resource, error)) raise(error)
}

/** Tells all who listen on a scope and its ancestors that it gave up a resource. */
export function tellDisowned(scope: Owner, resource: unknown, context: ResourceContext): void {
  for (let node: Owner | undefined = scope; node !== undefined; node = node.owner) {
    for (const listener of node.settings?.onDisown ?? []) {
      try {
        listener(resource, context)
      } catch (error) {
        raise(error)
      }
    }
  }
}

function raise(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
