import { linux } from './linux.ts'
import type { Platform } from './process-info.ts'
import { posix } from './posix.ts'
import { windows } from './windows.ts'

/** The system that this program runs on. */
export const platform: Platform = choose()

function choose(): Platform {
  if (process.platform === 'linux') return linux
  return process.platform === 'win32' ? windows : posix
}
