/**
 * Tells of each object that a module makes: its source is rewritten as it is loaded. Watched are `new`, literals of objects and arrays,
 * functions, and what functions imported from Node or timers return, awaited or not.
 */
import { readFileSync } from 'node:fs'
import { registerHooks, stripTypeScriptTypes } from 'node:module'
import { pathToFileURL } from 'node:url'
import { importPeer } from '../peers.ts'

/** What is made in a module is handed to this global function. */
const MADE = '__oakumMade'
const MAKERS = new Set(['setTimeout', 'setInterval', 'fetch'])

/** As much of a syntax tree as is used. */
interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly callee?: { readonly type: string; readonly name?: string }
  readonly argument?: SyntaxNode
  readonly source?: { readonly value: unknown }
  readonly specifiers?: readonly { readonly local: { readonly name: string } }[]
  readonly body?: readonly SyntaxNode[]
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
  const tell = (place: number, value: unknown): unknown => {
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') made(place, value)
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
    const makers = new Set([...MAKERS, ...importedFromNode(tree)])
    const inserts: { at: number; text: string }[] = []
    walk.fullAncestor(tree, (node, _state, ancestors) => {
      if (!makesObject(node, ancestors.at(-2), makers)) return
      inserts.push({ at: node.start, text: `${MADE}(${node.start},` }, { at: node.end, text: ')' })
    })
    // From the back, so that places before stay where they are; of two at one place the inner one was visited first.
    return inserts
      .toSorted((a, b) => b.at - a.at)
      .reduce((text, { at, text: inserted }) => text.slice(0, at) + inserted + text.slice(at), source)
  }
}

function makesObject(node: SyntaxNode, parent: SyntaxNode | undefined, makers: ReadonlySet<string>): boolean {
  const isCall = (call: SyntaxNode | undefined): boolean =>
    call?.type === 'CallExpression' && call.callee?.type === 'Identifier' && makers.has(call.callee.name ?? '')
  switch (node.type) {
    case 'NewExpression':
    case 'ObjectExpression':
    case 'ArrayExpression':
    case 'ArrowFunctionExpression':
      return true
    case 'FunctionExpression':
      return parent?.type !== 'MethodDefinition' && parent?.type !== 'Property'
    case 'AwaitExpression':
      return isCall(node.argument)
    default:
      return isCall(node)
  }
}

function importedFromNode({ body = [] }: SyntaxNode): string[] {
  return body
    .filter(({ type, source }) => type === 'ImportDeclaration' && String(source?.value).startsWith('node:'))
    .flatMap(({ specifiers = [] }) => specifiers.map(({ local }) => local.name))
}
