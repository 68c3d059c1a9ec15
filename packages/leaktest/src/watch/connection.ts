import { queryObjects } from 'node:v8'
import { Inspector, type Methods } from '../inspector.ts'

/** The inspector of the process that is watched. */
export interface Connection {
  readonly pid: number
  /** Throws INSPECTOR_MISSING when the inspector refuses the call; or why the watch has to end. */
  post<M extends keyof Methods>(method: M, params?: Methods[M][0]): Promise<Methods[M][1]>
  /** Collects all garbage. */
  collect(): Promise<void>
  /** Undoes all that was done to the process. Returns whether it is undone. Never throws. */
  close(): Promise<boolean>
}

/** This process itself; its inspector is not opened to anybody else. Throws INSPECTOR_MISSING. */
export function connectToSelf(): Connection {
  const inspector = new Inspector()
  return {
    pid: process.pid,
    // oxlint-disable-next-line typescript/require-await -- what is thrown has to become a rejection
    post: async (method, params) => inspector.post(method, params),
    // oxlint-disable-next-line typescript/require-await -- as above
    collect: async () => {
      // In process, `HeapProfiler.collectGarbage` waits for an empty stack. To count the instances of any class collects all first.
      queryObjects(Inspector, { format: 'count' })
    },
    close: () => {
      inspector.close()
      return Promise.resolve(true)
    },
  }
}
