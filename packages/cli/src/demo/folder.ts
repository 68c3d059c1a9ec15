import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The temporary folder of a demo. */
export interface DemoFolder {
  readonly path: string
  /** The directories of its agents lie in here. */
  readonly root: string
  /** URL of a store in it. */
  readonly store: string
  /** Removes it with all that is in it; false when it could not be. */
  remove(): Promise<boolean>
}

/** Makes the folder of a demo. Its caller removes it, after everything that uses it was closed. */
export async function createDemoFolder(): Promise<DemoFolder> {
  const path = await mkdtemp(join(await realpath(tmpdir()), 'oakum-demo-'))
  const root = join(path, 'agents')
  await mkdir(root)
  return {
    path,
    root,
    store: `sqlite:${join(path, 'store')}`,
    async remove() {
      await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
      return !existsSync(path)
    },
  }
}
