import { randomBytes } from 'node:crypto'
import { basename } from 'node:path'

/** Ids are at most 128 characters; a name needs far fewer to be recognised. */
const NAME_LENGTH = 64

/** An id for an agent that was given none: the command's name and a random end, as in `claude-3f9a1c`. */
export function defaultAgentId(command: string): string {
  const name = basename(command)
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, NAME_LENGTH)
  return `${name === '' ? 'agent' : name}-${randomBytes(3).toString('hex')}`
}
