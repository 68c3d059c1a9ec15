/** Something that a scope owned when it was asked. */
export interface ResourceSnapshot {
  readonly kind: string
  readonly name: string
  /** Milliseconds since it was adopted. */
  readonly age: number
  /** Where it was created; only with the option `stacks`. */
  readonly stack?: string
}

/** A scope and what it owned when it was asked. Plain values: it can be printed, or sent as JSON. */
export interface ScopeSnapshot extends ResourceSnapshot {
  readonly kind: 'scope'
  /** `closed` is shown only for a scope with something that refused to go. */
  readonly state: 'open' | 'closing' | 'closed'
  /** The oldest first. A scope among them is a {@link ScopeSnapshot}; see {@link isScopeSnapshot}. */
  readonly resources: readonly ResourceSnapshot[]
}

/** Whether an entry of a snapshot is a scope. */
export function isScopeSnapshot(entry: ResourceSnapshot): entry is ScopeSnapshot {
  return entry.kind === 'scope'
}
