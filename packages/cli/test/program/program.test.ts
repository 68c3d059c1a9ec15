import { describe, expect, it } from 'vitest'
import { programOf, titleOf } from '../../src/program/program.ts'

describe('programOf', () => {
  it.each([
    { words: ['/usr/bin/sleep', '60'], title: 'sleep' },
    { words: ['-bash'], title: 'bash' },
    { words: ['node', '/app/dist/server.mjs', '--port', '1'], title: 'node server' },
    { words: ['/opt/node/bin/node', '--max-old-space-size=100', '-r', './hook.js', 'agent.ts'], title: 'node agent' },
    { words: ['node', '-e', 'while (true) {}', 'claude'], title: 'node' },
    { words: ['node'], title: 'node' },
    { words: ['python3.12', '-m', 'aider', '--yes'], title: 'python3.12 aider' },
    { words: ['/venv/bin/python', '/venv/bin/aider'], title: 'python aider' },
    { words: ['npm run agent'], title: 'npm' }, // a title of its own
  ])('$words is $title', ({ words, title }) => {
    const program = programOf(words)
    expect(program && titleOf(program)).toBe(title)
  })

  it('is nothing where there are no words', () => {
    expect([programOf([]), programOf([''])]).toEqual([null, null])
  })
})
