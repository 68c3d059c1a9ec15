import type { Approval, Approve } from '@oakum/core/agent'
import type { Options } from './arguments.ts'
import type { Terminal } from './terminal.ts'
import { READ_ONLY } from './tools.ts'
import { visibleJson } from './visible.ts'

/** Who says whether a call may be made: the options, or the person at the terminal. What only reads is always allowed. */
export function approvals(mode: Options['approve'], terminal: Terminal, waiting: () => Promise<void>): Approve {
  const allowed = new Set(READ_ONLY)
  return async ({ name }, { arguments: args, signal }): Promise<Approval> => {
    if (mode === 'auto' || allowed.has(name)) return 'allow'
    if (mode === 'never') return { deny: 'in this session nothing may be run or changed; reading is allowed.' }
    if (!terminal.interactive) return { deny: 'nobody is there who could be asked.' }
    await waiting()
    await terminal.note(describeCall(name, args))
    for (;;) {
      const answer = await terminal.ask(`  Allow it? [y]es, [n]o (and why), [e]dit, [a]lways for ${name}: `, signal)
      if (answer === undefined) return { deny: 'nobody is there any more who could be asked.' }
      const [, word = '', why = ''] = /^\s*(\w*)\s*(.*)$/.exec(answer) ?? []
      if (/^y(es)?$/i.test(word)) return 'allow'
      if (/^n(o)?$/i.test(word)) return { deny: `the user said no. ${why}` }
      if (/^a(lways)?$/i.test(word)) {
        allowed.add(name)
        return 'allow'
      }
      if (/^e(dit)?$/i.test(word)) {
        const text = await terminal.ask('  Arguments: ', signal, visibleJson(args))
        const edited = parseJson(text)
        if (edited !== undefined) return { edit: edited }
        if (text !== undefined) await terminal.note('  That is no JSON.')
      }
    }
  }
}

/** All of it: nobody should allow what they have not seen. */
function describeCall(name: string, args: unknown): string {
  const lines = Object.entries(args ?? {}).map(([key, value]: [string, unknown]) => {
    const text = typeof value === 'string' ? value.trimEnd().replaceAll('\n', '\n      ') : visibleJson(value)
    return `    ${key}: ${text}`
  })
  return [`  ${name}`, ...lines].join('\n')
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
