/**
 * jest-leak-detector, which says of one object whether it is still held.
 *
 * Its users hand it the object that they test. Here it is handed, for each place of the case's module, the newest objects that came up
 * there in iterations that are followed by as many unwatched ones: more than a user would do, and so what it can find at
 * best. One object is not held against the case: a keep-alive agent or a pool may renew one at any time.
 */
import { importPeer } from '../../peers/peers.ts'
import { Repeat, settle } from '../repeat.ts'
import { main } from './main.ts'
import { watchObjects } from './watch-objects.ts'

const ITERATIONS = 200
/** Objects of each place: enough to have two of a leak of one in ten. */
const NEWEST = 24

interface LeakDetector {
  isLeaking(): Promise<boolean>
}

interface LeakDetectorModule {
  readonly default: new (value: object) => LeakDetector
}

await main(async ({ corpusCase, load }) => {
  const { default: JestLeakDetector } = await importPeer<LeakDetectorModule>('jest-leak-detector')
  const places = new Map<number, LeakDetector[]>()
  let watching = false
  await watchObjects(corpusCase.path, (place, object) => {
    if (!watching) return
    const detector = new JestLeakDetector(object)
    places.set(place, [...(places.get(place) ?? []), detector].slice(-NEWEST))
  })
  const repeat = new Repeat(await load())
  await repeat.warmUp()
  watching = true
  await repeat.measure(ITERATIONS)
  watching = false
  await repeat.measure(ITERATIONS)
  await settle()
  const detectors = [...places.values()].flat()
  let held = 0
  for (const detector of detectors) {
    // Twice, since what a native object holds is free only when that has gone.
    if ((await detector.isLeaking()) && (await detector.isLeaking())) held++
    if (held > 1) return { answer: 'leak', detail: `at least ${held} of ${detectors.length} objects held` }
  }
  return { answer: 'clean', detail: `${held} of ${detectors.length} objects held` }
})
