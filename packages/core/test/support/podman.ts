/**
 * podman for one test: real, with a store of its own in a temporary folder, and an image that holds nothing but busybox.
 *
 * Containers get neither a network nor control groups, so it works in most places that a test may run in, containers included.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from './sqlite.ts'
import { needTool } from './tools.ts'

export interface Podman {
  /** Runs `sleep SECONDS` in a container, and returns its full id. */
  run(seconds: string): string
  /** Full ids of all containers, running or not. */
  containers(): string[]
}

/** Its command is the first on the path until the test ends, so that whatever is tested uses this store as well. */
export async function usePodman(): Promise<Podman> {
  const real = await needTool('podman')
  const busybox = await needTool('busybox')
  const folder = temporaryFolder()
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'podman'), script(real, folder))
  chmodSync(join(bin, 'podman'), 0o755)
  const path = process.env.PATH
  process.env.PATH = `${bin}:${path}`

  const containers = (): string[] =>
    podman('ps', '--all', '--quiet', '--no-trunc')
      .split('\n')
      .filter(id => id !== '')
  onTestFinished(() => {
    for (const id of containers()) podman('rm', '--force', '--time=0', id)
    process.env.PATH = path
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })

  const image = join(folder, 'image')
  mkdirSync(join(image, 'bin'), { recursive: true })
  copyFileSync(busybox, join(image, 'bin', 'busybox'))
  symlinkSync('busybox', join(image, 'bin', 'sleep'))
  execFileSync('tar', ['-C', image, '-cf', join(folder, 'image.tar'), '.'])
  podman('import', '--quiet', join(folder, 'image.tar'), 'oakum-test')
  const limits = ['--ulimit=nofile=1024:1024', '--ulimit=nproc=1024:1024']
  return {
    run: seconds =>
      podman('run', '--detach', '--network=none', '--cgroups=disabled', ...limits, 'oakum-test', '/bin/sleep', seconds),
    containers,
  }
}

/** The one that is first on the path. */
function podman(...args: string[]): string {
  return execFileSync('podman', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

/** crun refuses to run where cgroup v1 and v2 are mounted side by side, so v2 is out of its sight there. */
function script(real: string, folder: string): string {
  return `#!/bin/sh
set -- ${real} --storage-driver=vfs --cgroup-manager=cgroupfs \\
  --root=${folder}/store --runroot=${folder}/run --tmpdir=${folder}/tmp "$@"
[ -d /sys/fs/cgroup/unified ] || exec "$@"
exec unshare --mount sh -c 'umount /sys/fs/cgroup/unified; exec "$@"' sh "$@"
`
}
