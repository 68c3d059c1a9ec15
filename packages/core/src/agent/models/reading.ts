/** Reads what a service sent: it may be anything, and what is not as expected counts as not there. */

/** @returns its fields; none of what is no object */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {}
}

/** @returns its elements; none of what is no array */
export function elementsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** @returns the text; an empty one of what is none */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** @returns the text; undefined of what is none, or is empty */
export function nameOf(value: unknown): string | undefined {
  return textOf(value) || undefined
}

/** @returns the number; 0 of what is none */
export function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
