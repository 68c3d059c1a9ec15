import { freemem, totalmem } from 'node:os'

/** The memory of this machine, in bytes. */
export interface HostMemory {
  total: number
  /** What can be had without swapping: on Linux MemAvailable. */
  available: number
  /** The limit of the control group that this process runs in; null when there is none, or it is above the total. */
  limit: number | null
}

export function readHostMemory(): HostMemory {
  const total = totalmem()
  const limit = process.constrainedMemory()
  return { total, available: freemem(), limit: limit > 0 && limit < total ? limit : null }
}
