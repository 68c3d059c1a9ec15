/**
 * why-is-node-running, loaded when what the case itself needs is there: it then sees what the iterations leave, and no more. One handle
 * is not held against the case: a keep-alive agent or a pool may renew one at any time.
 */
import { importPeer } from '../../peers/peers.ts'
import { Repeat, settle } from '../repeat.ts'
import { main } from './main.ts'

const ITERATIONS = 200

interface WhyIsNodeRunning {
  readonly default: (logger: { error(message: string): void }) => void
}

await main(async ({ load }) => {
  const repeat = new Repeat(await load())
  await repeat.warmUp()
  const { default: whyIsNodeRunning } = await importPeer<WhyIsNodeRunning>('why-is-node-running')
  await repeat.measure(ITERATIONS)
  await settle()
  const lines: string[] = []
  whyIsNodeRunning({ error: line => lines.push(line) })
  const handles = Number(/There are (\d+) handle/.exec(lines[0] ?? '')?.[1])
  if (Number.isNaN(handles)) throw new Error(`It said ${JSON.stringify(lines[0])}.`)
  return { answer: handles > 1 ? 'leak' : 'clean', detail: `${handles} handles` }
})
