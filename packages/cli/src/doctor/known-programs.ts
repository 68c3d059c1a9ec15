/**
 * Agent programs that people run without Oakum, and how each is recognised: by the name that it is called by, or by the
 * package that its script lies in. Some names are other programs' as well; they are only looked at where they are orphans.
 */
import type { Program } from '../program/program.ts'

interface KnownProgram {
  name: string
  /** Folders below `node_modules`, or elsewhere, that only this program has. */
  folders: readonly string[]
}

const KNOWN: readonly KnownProgram[] = [
  { name: 'claude', folders: ['@anthropic-ai/claude-code'] },
  { name: 'codex', folders: ['@openai/codex'] },
  { name: 'gemini', folders: ['@google/gemini-cli'] },
  { name: 'opencode', folders: ['opencode-ai'] },
  { name: 'aider', folders: ['aider-chat'] },
  { name: 'goose', folders: [] },
  { name: 'cursor-agent', folders: ['cursor-agent'] },
  { name: 'amp', folders: ['@sourcegraph/amp'] },
  { name: 'copilot', folders: ['@github/copilot'] },
  { name: 'qwen', folders: ['@qwen-code/qwen-code'] },
  { name: 'crush', folders: ['@charmland/crush'] },
  { name: 'droid', folders: [] },
  { name: 'auggie', folders: ['@augmentcode/auggie'] },
]

/** The name of the agent program that this is; undefined when it is none that is known. */
export function knownAgent({ name, path }: Program): string | undefined {
  return KNOWN.find(known => known.name === name || known.folders.some(folder => path.includes(`/${folder}/`)))?.name
}

/** Starters of scripts that hand a command to a shell. */
const LAUNCHERS: ReadonlySet<string> = new Set([
  'npm',
  'npm-cli',
  'npx',
  'npx-cli',
  'yarn',
  'yarnpkg',
  'pnpm',
  'pnpx',
  'bun',
  'bunx',
])

/** Whether it is npm or one of its like. */
export function isLauncher({ name }: Program): boolean {
  return LAUNCHERS.has(name)
}

const SHELLS: ReadonlySet<string> = new Set(['sh', 'dash', 'bash', 'ash', 'zsh', 'ksh', 'busybox', 'fish'])

/** Whether the words are those of a shell that runs one command, `sh -c COMMAND`. */
export function isShellCommand(program: Program, words: readonly string[]): boolean {
  return SHELLS.has(program.name) && words.slice(1).some(word => /^-[a-z]*c$/.test(word))
}
