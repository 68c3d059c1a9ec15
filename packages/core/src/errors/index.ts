/**
 * The base error and its stable codes.
 * @module
 */
export { ERROR_CODES, type ErrorCode } from './codes.ts'
export { OakumError, isOakumError, type ErrorFacts, type OakumErrorOptions } from './error.ts'
export { aborted, throwIfAborted } from './abort.ts'
