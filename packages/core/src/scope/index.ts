/**
 * A scope owns what is started in its name, ends all of it, and reports what refused to go.
 * @module
 */
export { Scope, type Release } from './scope.ts'
export {
  DEFAULT_CLOSE_TIMEOUT,
  type OnDisown,
  type OnError,
  type ResourceContext,
  type ScopeOptions,
} from './options.ts'
export { ScopeCloseError, type CloseReport, type Refusal } from './report.ts'
export { isScopeSnapshot, type ResourceSnapshot, type ScopeSnapshot } from './snapshot.ts'
