import { OakumError } from '../errors/error.ts'

const ID = /^[A-Za-z0-9._:-]{1,128}$/

/**
 * Returns the id when it is 1 to 128 characters of `A-Z a-z 0-9 . _ : -`.
 *
 * @throws OakumError INVALID_ID
 */
export function validateId(id: string): string {
  if (typeof id === 'string' && ID.test(id)) return id
  throw new OakumError('INVALID_ID', `An id is 1 to 128 characters of A-Z a-z 0-9 . _ : - (got ${describe(id)}).`, {
    facts: { id },
  })
}

function describe(id: unknown): string {
  return typeof id === 'string' ? JSON.stringify(id.length > 140 ? `${id.slice(0, 140)}…` : id) : typeof id
}
