/**
 * Tells of each object that a module makes or is given: its source is rewritten as it is loaded. Watched are literals, functions, `new`
 * and what calls return, awaited or not; each object is told of once, so what a call hands out again is not taken for new.
 */
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { pathToFileURL } from 'node:url'
import { importPeer } from '../../peers/peers.ts'

/** What is made in a module is handed to this global function. */
const MADE = '__oakumMade'

/** As much of a syntax tree as is used. */
interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly callee?: { readonly type: string }
}

interface Acorn {
  parse(source: string, options: { ecmaVersion: 'latest'; sourceType: 'module' }): SyntaxNode
}

interface AcornWalk {
  fullAncestor(tree: SyntaxNode, visit: (node: SyntaxNode, state: unknown, ancestors: SyntaxNode[]) => void): void
}

/** From now on, until the process ends: the module has to be imported after this. */
export async function watchObjects(path: string, made: (place: number, object: object) => void): Promise<void> {
  const acorn = await importPeer<Acorn>('acorn')
  const walk = await importPeer<AcornWalk>('acorn-walk')
  const url = pathToFileURL(path).href
  const known = new WeakSet()
  const tell = (place: number, value: unknown): unknown => {
    if (!(typeof value === 'object' && value !== null) && typeof value !== 'function') return value
    if (!known.has(value)) made(place, value)
    known.add(value)
    return value
  }
  Object.assign(globalThis, { [MADE]: tell })
  registerHooks({
    load: (loaded, context, next) =>
      loaded === url
        ? { format: 'module', source: rewrite(stripTypeScriptTypes(readFileSync(path, 'utf8'))), shortCircuit: true }
        : next(loaded, context),
  })

  function rewrite(source: string): string {
    const tree = acorn.parse(source, { ecmaVersion: 'latest', sourceType: 'module' })
    const inserts: { at: number; text: string }[] = []
    walk.fullAncestor(tree, (node, _state, ancestors) => {
      if (!isWatched(node, ancestors)) return
      inserts.push({ at: node.start, text: `${MADE}(${node.start},` }, { at: node.end, text: ')' })
    })
    // From the back, so that places before stay where they are; of two at one place the inner one was visited first.
    return inserts
      .toSorted((a, b) => b.at - a.at)
      .reduce((text, { at, text: inserted }) => text.slice(0, at) + inserted + text.slice(at), source)
  }
}

function isWatched(node: SyntaxNode, ancestors: readonly SyntaxNode[]): boolean {
  switch (node.type) {
    case 'NewExpression':
    case 'ObjectExpression':
    case 'ArrayExpression':
    case 'ArrowFunctionExpression':
    case 'AwaitExpression':
      return true
    case 'FunctionExpression': {
      const parent = ancestors.at(-2)?.type
      return parent !== 'MethodDefinition' && parent !== 'Property'
    }
    case 'CallExpression':
      // A chain has to stay whole, or it would no longer end at what is missing.
      return node.callee?.type !== 'Super' && ancestors.every(({ type }) => type !== 'ChainExpression')
    default:
      return false
  }
}
