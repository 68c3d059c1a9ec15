import { loadCase } from './load-case.ts'

const { default: scenario, options } = await loadCase()

export default scenario
export { options }
