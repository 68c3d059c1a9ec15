import { describe, expect, it } from 'vitest'
import { isLauncher, isShellCommand, knownAgent } from '../../src/doctor/known-programs.ts'
import { programOf, type Program } from '../../src/program/program.ts'

function program(...words: string[]): Program {
  const found = programOf(words)
  if (found === null) throw new Error('No program.')
  return found
}

describe('knownAgent', () => {
  it.each([
    [['claude'], 'claude'],
    [['/home/u/.local/bin/claude', '--resume'], 'claude'],
    [['node', '/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js'], 'claude'],
    [['node', '/usr/bin/codex', 'exec'], 'codex'],
    [['node', '--no-warnings', '/usr/lib/node_modules/@google/gemini-cli/dist/index.js'], 'gemini'],
    [['python', '-m', 'aider'], 'aider'],
    [['node', '/home/u/.local/share/cursor-agent/versions/1/index.js'], 'cursor-agent'],
    [['node', 'server.js', 'claude'], undefined],
    [['vim', '/home/u/claude'], undefined],
    [['claudette'], undefined],
    [['node', '/srv/claude-code/cli.js'], undefined],
  ])('%j is %s', (words, name) => {
    expect(knownAgent(program(...words))).toBe(name)
  })
})

it.each([
  [['npm run agent'], true],
  [['node', '/usr/lib/node_modules/npm/bin/npm-cli.js', 'start'], true],
  [['node', '/usr/share/pnpm/bin/pnpm.cjs', 'start'], true],
  [['node', 'agent.js'], false],
])('%j hands a script to a shell: %s', (words, does) => {
  expect(isLauncher(program(...words))).toBe(does)
})

it.each([
  [['sh', '-c', 'node agent.js; true'], true],
  [['/bin/bash', '-lc', 'claude'], true],
  [['bash', 'script.sh'], false],
  [['bash'], false],
  [['node', '-c', 'agent.js'], false],
])('%j is a shell for one command: %s', (words, is) => {
  expect(isShellCommand(program(...words), words)).toBe(is)
})
