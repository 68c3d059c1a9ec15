/**
 * Where code was written, where the engine knows only where it runs.
 *
 * Test runners and loaders run what they made of a file, and whoever does so maps the stack traces of errors back: by
 * `Error.prepareStackTrace`, or by source maps that Node keeps. Whoever can map a trace can map any place: it is given a trace of
 * one made-up call, and the place is read back from the text. What nobody maps, or what cannot be read, stays as it is.
 *
 * Limit: only the program's own process knows its maps.
 */
import { findSourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Frame } from './report.ts'

/** Line and column are counted from 1; the file is a URL or a path, as V8 names the script. */
export type Place = Pick<Frame, 'file' | 'line' | 'column'>

/** The place in the file that a person wrote. Never throws. */
export function sourcePlaceOf(place: Place): Place {
  if (place.file === '' || place.file.startsWith('node:')) return place
  return fromTrace(place) ?? fromSourceMap(place) ?? place
}

/** What whoever prepares stack traces makes of it; undefined when that is nothing new. */
function fromTrace(place: Place): Place | undefined {
  for (const errorsOf of [ownErrors, errorsOfNode]) {
    try {
      const errors = errorsOf()
      const trace: unknown = errors.prepareStackTrace(new errors(), [new MadeUpCall(place)])
      const found = typeof trace === 'string' ? placeIn(trace) : undefined
      if (found !== undefined && !isSame(found, place)) return nameable(found)
    } catch {
      // Nobody prepares these traces, or did not expect this one.
    }
  }
  return undefined
}

function ownErrors(): ErrorConstructor {
  return Error
}

/** Those outside of the context in which a test runner may run each file: some prepare the traces of all of them there. */
function errorsOfNode(): ErrorConstructor {
  return Object.getPrototypeOf(process.getBuiltinModule('node:assert').AssertionError)
}

function fromSourceMap({ file, line, column }: Place): Place | undefined {
  try {
    const entry = findSourceMap(file)?.findEntry(line - 1, column - 1)
    if (entry === undefined || !('originalSource' in entry)) return undefined
    return nameable({ file: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1 })
  } catch {
    return undefined // the map is no map
  }
}

/** The place in the first line of a trace, as `    at cancel (/home/dev/loop.ts:12:3)` or without the function. */
function placeIn(trace: string): Place | undefined {
  const [, inBrackets, plain] = /^\s*at (?:.*? \((.+:\d+:\d+)\)|(.+:\d+:\d+))$/m.exec(trace) ?? []
  const [, file, line, column] = /^(.+):(\d+):(\d+)$/.exec(inBrackets ?? plain ?? '') ?? []
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) }
}

function isSame(a: Place, b: Place): boolean {
  return a.file === b.file && a.line === b.line && a.column === b.column
}

/** With a path in place of a file's URL. Throws where that is the URL of no file of this machine. */
function nameable({ file, line, column }: Place): Place | undefined {
  if (file === '' || !(line >= 1)) return undefined
  return { file: file.startsWith('file:') ? fileURLToPath(file) : file, line, column }
}

/** A call at the top level of a module, at the place in question. Its methods are those that V8's own have. */
class MadeUpCall implements NodeJS.CallSite {
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }
  getFileName(): string {
    return this.#place.file
  }
  getScriptNameOrSourceURL(): string {
    return this.#place.file
  }
  getLineNumber(): number {
    return this.#place.line
  }
  getColumnNumber(): number {
    return this.#place.column
  }
  getEnclosingLineNumber(): number {
    return this.#place.line
  }
  getEnclosingColumnNumber(): number {
    return this.#place.column
  }
  getPosition(): number {
    return 0
  }
  getScriptHash(): string {
    return ''
  }
  getThis(): undefined {
    return undefined
  }
  getTypeName(): null {
    return null
  }
  getFunction(): undefined {
    return undefined
  }
  getFunctionName(): null {
    return null
  }
  getMethodName(): null {
    return null
  }
  getEvalOrigin(): undefined {
    return undefined
  }
  getPromiseIndex(): null {
    return null
  }
  isToplevel(): boolean {
    return true
  }
  isEval(): boolean {
    return false
  }
  isNative(): boolean {
    return false
  }
  isConstructor(): boolean {
    return false
  }
  isAsync(): boolean {
    return false
  }
  isPromiseAll(): boolean {
    return false
  }
  toString(): string {
    const { file, line, column } = this.#place
    return `${file}:${line}:${column}`
  }
}
