// oxlint-disable-next-line import/no-unassigned-import -- importing it registers the matcher
import '@oakum/leaktest/jest'
// @ts-ignore -- installed with the peers alone, which no check needs
import { afterAll, expect, it } from '@jest/globals'
import { loadCase } from '../load-case.ts'

const { default: scenario, options, close } = await loadCase()

afterAll(async () => close?.())

it('leaves nothing', () => expect(scenario).toBeLeakFree(options), 600_000)
