import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  CORE_LAYERS,
  CORE_PEERS,
  importsBelow,
  importsOf,
  layerViolations,
  LEAKTEST_FRAMEWORKS,
  strangers,
} from './layers.ts'

const core = join(import.meta.dirname, '../packages/core/src')
const cli = join(import.meta.dirname, '../packages/cli/src')
const leaktest = join(import.meta.dirname, '../packages/leaktest/src')

describe('layers', () => {
  it('holds in core: no import runs upwards, none leaves for a dependency', () => {
    const imports = importsBelow(core)
    expect(imports.length).toBeGreaterThan(50)
    expect(layerViolations(core, imports, CORE_LAYERS, CORE_PEERS)).toEqual([])
  })

  it('holds in the command: it sees core through its public entry points only', () => {
    const imports = importsBelow(cli)
    expect(imports.length).toBeGreaterThan(20)
    const deep = imports.filter(({ specifier }) => /core\/(src|dist)|@oakum\/core\/\w+\/./.test(specifier))
    expect(deep).toEqual([])
  })

  it('holds in the leak test: it stands by itself, on Node alone', () => {
    const imports = importsBelow(leaktest)
    expect(imports.length).toBeGreaterThan(30)
    expect(strangers(imports, LEAKTEST_FRAMEWORKS)).toEqual([])
  })

  it.each([
    ['trial.ts', '@oakum/core/scope'],
    ['trial.ts', '../../core/src/scope/index.ts'],
    ['trial.ts', 'vitest'],
    ['matchers/vitest.ts', '@jest/globals'],
  ])('reports a planted import into the leak test: from %s of %s', (file, specifier) => {
    expect(strangers([{ file, specifier }], LEAKTEST_FRAMEWORKS)).toHaveLength(1)
  })

  it.each([
    ['scope/scope.ts', '../fleet/fleet.ts', 'scope may not import fleet'],
    ['process/tree.ts', '../scope/index.ts', 'process may not import scope'],
    ['events/drivers/sqlite/log.ts', '../../../fleet/index.ts', 'events may not import fleet'],
    ['fleet/fleet.ts', 'lodash', 'core has no dependency'],
    ['agent/mcp/mcp.ts', '@modelcontextprotocol/sdk/types.js', 'core has no dependency'],
    ['agent/mcp/sdk.ts', '@modelcontextprotocol/sdk-extras', 'core has no dependency'],
    ['agent/mcp/sdk.ts', 'zod', 'core has no dependency'],
    ['misc/thing.ts', './other.ts', 'is in no layer'],
  ])('reports a planted import of %s from %s', (file, specifier, message) => {
    expect(layerViolations(core, [{ file, specifier }], CORE_LAYERS, CORE_PEERS)).toEqual([
      expect.stringContaining(message),
    ])
  })

  it('finds imports in every form, and none in comments', () => {
    const source = `
      import a from './a.ts'
      import { type B,
        c } from "./b.ts"
      export * from './d.ts'
      import './e.ts'
      const f = await import('./f.ts')
      // import x from './no.ts'
      /** @example import { y } from './neither.ts' */
    `
    expect(importsOf(source)).toEqual(['./a.ts', './b.ts', './d.ts', './e.ts', './f.ts'])
  })
})
