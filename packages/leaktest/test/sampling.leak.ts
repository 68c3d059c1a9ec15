import { expect, it, onTestFinished } from 'vitest'
import { Inspector } from '../src/inspector.ts'
import { Sampling } from '../src/sampling.ts'
import { WHOLE } from '../src/thinning.ts'

it('ends once however often it is stopped, and another may begin', () => {
  const inspector = new Inspector()
  onTestFinished(() => inspector.close())
  const sampling = new Sampling(inspector, WHOLE)
  sampling.mark(0)
  sampling.stop()
  sampling.stop()
  expect(sampling.markerBytes).toBe(0)
  expect(() => sampling.survivors(1)).toThrow(expect.objectContaining({ code: 'INSPECTOR_MISSING' }))
  const next = new Sampling(inspector, WHOLE)
  sampling.stop()
  expect(next.survivors(1)).toEqual([])
  next.stop()
})
