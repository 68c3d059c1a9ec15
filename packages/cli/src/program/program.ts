/**
 * Which program a process runs, by its command line: the binary, or the script that an interpreter was given.
 */
import { basename, extname } from 'node:path'

export interface Program {
  /** Without folder and extension. */
  name: string
  /** As it stands on the command line. */
  path: string
  /** `node`, when a script is run by it. */
  interpreter?: string
}

const INTERPRETERS = /^(node|nodejs|bun|deno|python[\d.]*|ruby|tsx|uv)$/
const SCRIPT = /\.([cm]?[jt]s|py|rb)$/
/** Options of interpreters that take the next word as their value. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '-C',
  '--conditions',
  '-W',
  '-X',
])

/** The program of a command line; null when there is none. */
export function programOf(words: readonly string[]): Program | null {
  // Some programs put a whole sentence in place of their command line.
  const [first = '', ...rest] = words.length === 1 ? (words[0] ?? '').split(' ') : words
  const binary = nameOf(first.replace(/^-/, '')) // a login shell
  if (binary === '') return null
  const script = INTERPRETERS.test(binary) ? scriptOf(rest) : undefined
  if (script === undefined) return { name: binary, path: first }
  return { name: nameOf(script), path: script, interpreter: binary }
}

/** `claude`, `node server`. */
export function titleOf({ name, interpreter }: Program): string {
  return interpreter === undefined ? name : `${interpreter} ${name}`
}

function scriptOf(words: readonly string[]): string | undefined {
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    if (word === '-m') return words[index + 1] // a module of Python's
    if (word === '-e' || word === '-c' || word === '-p') return undefined
    if (WITH_VALUE.has(word)) index++
    else if (!word.startsWith('-')) return word
  }
  return undefined
}

function nameOf(path: string): string {
  const name = basename(path)
  return SCRIPT.test(name) ? basename(name, extname(name)) : name
}
