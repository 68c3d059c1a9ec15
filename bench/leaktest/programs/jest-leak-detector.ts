/**
 * jest-leak-detector, which says of one object whether it is still held.
 *
 * Its users hand it the object that they test. Here it is handed, for each place of the case's module, the newest object that was made
 * there by an expression (`new`, a literal, a function) or by a function of Node's, in iterations that are followed by as many
 * unwatched ones: more than a user would do, and so what it can find at best.
 */
import { importPeer } from '../peers.ts'
import { Repeat, settle } from '../repeat.ts'
import { main } from './main.ts'
import { watchObjects } from './watch-objects.ts'

const ITERATIONS = 200

interface LeakDetector {
  isLeaking(): Promise<boolean>
}

/** A CommonJS module whose export is called `default`. */
interface LeakDetectorModule {
  readonly default: { readonly default: new (value: object, options: object) => LeakDetector }
}

await main(async ({ corpusCase, load }) => {
  const { default: module } = await importPeer<LeakDetectorModule>('jest-leak-detector')
  const detectors = new Map<number, LeakDetector>()
  let watching = false
  await watchObjects(corpusCase.path, (place, object) => {
    // A snapshot makes each answer slow, and says nothing else when the garbage collector can be called.
    if (watching) detectors.set(place, new module.default(object, { shouldGenerateV8HeapSnapshot: false }))
  })
  const repeat = new Repeat(await load())
  await repeat.warmUp()
  watching = true
  await repeat.measure(ITERATIONS)
  watching = false
  await repeat.measure(ITERATIONS)
  await settle()
  let held = 0
  for (const detector of detectors.values()) if (await detector.isLeaking()) held++
  return { answer: held > 0 ? 'leak' : 'clean', detail: `${held} of ${detectors.size} objects held` }
})
