/**
 * Programs of the system that tests need: installed where they can be, else the test fails and says how.
 *
 * A lock of the package manager is waited for, since two test files may want something at once.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Debian's package for each program or library. */
const PACKAGES = {
  tmux: 'tmux',
  faketime: 'faketime',
  python3: 'python3',
  podman: 'podman',
  busybox: 'busybox-static',
  zsh: 'zsh',
  fish: 'fish',
} as const

export type Tool = keyof typeof PACKAGES

/** The path of a program, once it is there. */
export async function needTool(tool: Tool): Promise<string> {
  const found = find(tool)
  if (found !== undefined) return found
  const name = PACKAGES[tool]
  try {
    // The list of packages may not be there, or name versions that are gone.
    await install(name).catch(() => aptGet('update').then(() => install(name)))
  } catch (cause) {
    throw new Error(`These tests need ${tool}, and it could not be installed: run "apt-get install ${name}" as root.`, {
      cause,
    })
  }
  const installed = find(tool)
  if (installed === undefined) throw new Error(`The package ${name} was installed, but has no program ${tool}.`)
  return installed
}

function install(name: string): Promise<unknown> {
  return aptGet('install', '--yes', '--no-install-recommends', name)
}

function aptGet(...args: string[]): Promise<unknown> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], { env })
}

function find(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, program))
    .find(path => existsSync(path))
}
