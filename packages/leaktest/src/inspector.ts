/**
 * The inspector of this very thread.
 *
 * In process, a call is carried out before `post` returns, so it needs no promise and leaves none behind. The session is
 * the test's own: it is closed when the test ends, and nothing of it is left to cost anything.
 */
import { Session, type HeapProfiler, type Runtime } from 'node:inspector'
import { LeaktestError } from './errors.ts'

/** As V8 answers; `@types/node` knows an older protocol. */
export interface SamplingProfile {
  readonly head: SamplingNode
  readonly samples: readonly { readonly size: number; readonly nodeId: number; readonly ordinal: number }[]
}

export interface SamplingNode {
  readonly id: number
  readonly callFrame: Runtime.CallFrame
  readonly children: readonly SamplingNode[]
}

interface StartSampling {
  readonly samplingInterval: number
  readonly includeObjectsCollectedByMajorGC: boolean
  readonly includeObjectsCollectedByMinorGC: boolean
}

/** The methods that are used, with what they take and answer. */
export interface Methods {
  'HeapProfiler.startSampling': [params: StartSampling, result: void]
  'HeapProfiler.stopSampling': [params: undefined, result: { profile: SamplingProfile }]
  'HeapProfiler.getSamplingProfile': [params: undefined, result: { profile: SamplingProfile }]
  'HeapProfiler.startTrackingHeapObjects': [params: HeapProfiler.StartTrackingHeapObjectsParameterType, result: void]
  'HeapProfiler.getObjectByHeapObjectId': [
    params: HeapProfiler.GetObjectByHeapObjectIdParameterType,
    result: HeapProfiler.GetObjectByHeapObjectIdReturnType,
  ]
  'HeapProfiler.getHeapObjectId': [
    params: HeapProfiler.GetHeapObjectIdParameterType,
    result: HeapProfiler.GetHeapObjectIdReturnType,
  ]
  'Runtime.evaluate': [params: Runtime.EvaluateParameterType, result: Runtime.EvaluateReturnType]
  'Runtime.getProperties': [params: Runtime.GetPropertiesParameterType, result: Runtime.GetPropertiesReturnType]
  'Runtime.queryObjects': [
    params: Runtime.QueryObjectsParameterType & { objectGroup?: string },
    result: Runtime.QueryObjectsReturnType,
  ]
  'Runtime.callFunctionOn': [params: Runtime.CallFunctionOnParameterType, result: Runtime.CallFunctionOnReturnType]
  'Runtime.releaseObjectGroup': [params: Runtime.ReleaseObjectGroupParameterType, result: void]
}

export class Inspector {
  readonly #session = new Session()

  /** Throws INSPECTOR_MISSING. */
  constructor() {
    try {
      this.#session.connect()
    } catch (cause) {
      const message = 'The inspector of this process cannot be used; was Node built or started without it?'
      throw new LeaktestError('INSPECTOR_MISSING', message, { cause })
    }
  }

  /** Calls a method and returns what it answered. Throws INSPECTOR_MISSING when it was refused. */
  post<M extends keyof Methods>(method: M, params?: Methods[M][0]): Methods[M][1] {
    let answer: { error: Error | null; result: unknown } | undefined
    this.#session.post(method, params, (error, result) => (answer = { error, result }))
    if (answer === undefined) throw new LeaktestError('INSPECTOR_MISSING', `The inspector did not answer ${method}.`)
    if (answer.error !== null)
      throw new LeaktestError('INSPECTOR_MISSING', `The inspector refused ${method}.`, { cause: answer.error })
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the protocol says so, the session's types do not
    return answer.result as Methods[M][1]
  }

  close(): void {
    this.#session.disconnect()
  }
}
