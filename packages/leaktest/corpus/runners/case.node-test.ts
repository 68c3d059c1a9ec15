import { after } from 'node:test'
import { leakTest } from '@oakum/leaktest/node-test'
import { loadCase } from './load-case.ts'

const { default: scenario, options, close } = await loadCase()

after(() => close?.())

leakTest('leaves nothing', scenario, options)
