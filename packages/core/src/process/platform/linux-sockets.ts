import { readdirSync, readlinkSync } from 'node:fs'
import { ifThere, readIfThere } from './proc-files.ts'

/** State of a TCP socket that waits for connections. */
const TCP_LISTEN = '0A'
/** Flag of a socket of the file system that does: SO_ACCEPTCON. */
const ACCEPTS = 0x10000

/** Whether a process waits for connections, by TCP or at a socket of the file system. Null when that may not be read. */
export function linuxListens(pid: number): boolean | null {
  const open = ifThere(`/proc/${pid}/fd`, folder => readdirSync(folder).map(name => socketAt(`${folder}/${name}`)))
  if (open === null) return null
  // As the process sees them: another network namespace has others.
  const listening = new Set([
    ...rowsOf(`/proc/${pid}/net/tcp`).flatMap(row => (row[3] === TCP_LISTEN ? (row[9] ?? []) : [])),
    ...rowsOf(`/proc/${pid}/net/tcp6`).flatMap(row => (row[3] === TCP_LISTEN ? (row[9] ?? []) : [])),
    ...rowsOf(`/proc/${pid}/net/unix`).flatMap(row =>
      (parseInt(row[3] ?? '', 16) & ACCEPTS) !== 0 ? (row[6] ?? []) : [],
    ),
  ])
  return open.some(inode => inode !== undefined && listening.has(inode))
}

/** The inode of the socket that a descriptor is; undefined for anything else. */
function socketAt(path: string): string | undefined {
  return /^socket:\[(?<inode>\d+)\]$/.exec(ifThere(path, link => readlinkSync(link)) ?? '')?.groups?.['inode']
}

function rowsOf(path: string): string[][] {
  return (readIfThere(path) ?? '')
    .split('\n')
    .slice(1)
    .map(line => line.trim().split(/\s+/))
}
