import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { lives, start, useToken } from '../../../../core/test/support/real-processes.ts'
import { Group, groupFolder, groupUsage, openGroup } from '../../../src/run/limits/group.ts'

const V2 = '31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate'
const HYBRID = [
  '30 24 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755',
  '31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
  '32 30 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory',
].join('\n')

describe('the folder of a control group', () => {
  it.each([
    ['cgroup v2 alone', '0::/user.slice/app.scope\n', V2, '/sys/fs/cgroup/user.slice/app.scope'],
    ['the root of a namespace', '0::/\n', V2, '/sys/fs/cgroup/'],
    ['v1 beside it', '4:memory:/a\n0::/b\n', HYBRID, '/sys/fs/cgroup/unified/b'],
    [
      'a mount of a part of the tree',
      '0::/docker/1/inner\n',
      V2.replace(' / /sys', ' /docker/1 /sys'),
      '/sys/fs/cgroup/inner',
    ],
    ['a group outside of what is mounted', '0::/other\n', V2.replace(' / /sys', ' /docker/1 /sys'), null],
    ['a group outside of the namespace', '0::/../other\n', V2, null],
    ['v1 alone', '4:memory:/a\n', HYBRID, null],
    ['no mount', '0::/a\n', '', null],
  ])('%s', (_, cgroup, mountinfo, folder) => {
    expect(groupFolder(cgroup, mountinfo)).toBe(folder)
  })
})

const own = groupFolder(readFileSync('/proc/self/cgroup', 'utf8'), readFileSync('/proc/self/mountinfo', 'utf8'))

/** A new group below our own, without any bounds; null where none can be made, which is usual in a container. */
function makeFolder(): string | null {
  if (own === null) return null
  const folder = join(own, `oakum-test-${process.pid}`)
  try {
    mkdirSync(folder)
    return folder
  } catch {
    return null
  }
}

/** Groups that an attempt of this process left, if any. */
function near(): string[] {
  const folders = own === null ? [] : [own, dirname(own)].filter(folder => existsSync(folder))
  return folders.flatMap(folder => readdirSync(folder)).filter(name => name.startsWith(`oakum-${process.pid}-`))
}

describe('a group', () => {
  it('has what is started between entering and leaving, and gives it back when it is closed', ({ skip }) => {
    const folder = makeFolder()
    if (own === null || folder === null) throw skip('no control group can be made here')
    onTestFinished(() => {
      if (existsSync(folder)) rmdirSync(folder)
    })
    const before = readFileSync('/proc/self/cgroup', 'utf8')
    const group = new Group(folder, own)
    group.enter()
    const { pid } = start('sleep', [useToken()])
    group.leave()
    expect(readFileSync('/proc/self/cgroup', 'utf8')).toBe(before)
    expect(groupUsage(folder, new Set())).toMatchObject({ processes: 1, outOfMemory: false })
    expect(groupUsage(folder, new Set([pid]))).toMatchObject({ processes: 0 })
    group.close()
    expect(existsSync(folder)).toBe(false)
    expect(lives(pid)).toBe(true)
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toBe(before)
    group.close()
  })

  it('with bounds is there and bounded, or there is none and nothing is left of the attempt', () => {
    const before = readFileSync('/proc/self/cgroup', 'utf8')

    const group = openGroup({ memory: 64 * 1_024 ** 2, processes: 20 })
    onTestFinished(() => group?.close())
    expect(near()).toHaveLength(group === null ? 0 : 1)
    if (group !== null) {
      expect(readFileSync(`${group.folder}/memory.max`, 'utf8')).toBe(`${64 * 1_024 ** 2}\n`)
      expect(groupUsage(group.folder, new Set())).toMatchObject({ processes: 0, outOfMemory: false })
      group.close()
    }
    expect(near()).toEqual([])
    expect(readFileSync('/proc/self/cgroup', 'utf8')).toBe(before)
  })

  it('is not asked for when only time is limited', () => {
    expect(openGroup({ time: 1_000 })).toBeNull()
  })
})
