import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

/** The options that every command which touches a store takes. */
export const storeArgs = {
  store: {
    type: 'string',
    valueHint: 'URL',
    description: 'The store: sqlite:DIR or memory: (OAKUM_STORE; default: in the user’s state directory)',
  },
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'The configuration (OAKUM_CONFIG; default: oakum.config.ts or .json, here or above)',
  },
} as const

/** The option of every command that prints. */
export const jsonArgs = {
  json: { type: 'boolean', default: false, description: 'Print JSON for programs' },
} as const

/** The store's URL: `--store`, else OAKUM_STORE, else `sqlite:` in the user's state directory. */
export function storeUrl(option: string | undefined, env: NodeJS.ProcessEnv = process.env): string {
  return option ?? nonEmpty(env.OAKUM_STORE) ?? `sqlite:${join(stateDirectory(env), 'oakum')}`
}

/** A relative XDG_STATE_HOME is invalid by its specification, and ignored. */
function stateDirectory(env: NodeJS.ProcessEnv): string {
  const xdg = env.XDG_STATE_HOME
  return xdg !== undefined && isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'state')
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
