/** TCP sockets that processes listen on, by Linux's /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A socket that can be reached over loopback. */
export interface ListeningSocket {
  readonly inode: string
  /** As a URL has it. */
  readonly host: '127.0.0.1' | '[::1]'
  readonly port: number
}

/** Those of one process. Throws what the system says when its descriptors cannot be read. */
export function listeningSockets(pid: number): ListeningSocket[] {
  const folder = `/proc/${pid}/fd`
  const inodes = new Set(readdirSync(folder).map(fd => inodeOf(`${folder}/${fd}`)))
  return listeningNear(pid).filter(({ inode }) => inodes.has(inode))
}

/** Those of all processes in the network namespace of this one. */
export function listeningNear(pid: number): ListeningSocket[] {
  return ['tcp', 'tcp6'].flatMap(table => rowsOf(`/proc/${pid}/net/${table}`)).filter(socket => socket !== undefined)
}

/** In a table of sockets: listening. */
const LISTEN = '0A'

/** Addresses as the tables have them, in the byte order of the machine: loopback and all, of IPv4 and IPv6. */
const HOSTS: Readonly<Record<string, ListeningSocket['host']>> = {
  '0100007F': '127.0.0.1',
  '00000000': '127.0.0.1',
  '00000000000000000000000001000000': '[::1]',
  '00000000000000000000000000000000': '[::1]',
}

function rowsOf(file: string): (ListeningSocket | undefined)[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return [] // no IPv6, or the process is gone
  }
  const rows = text.trimEnd().split('\n').slice(1)
  return rows.map(row => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/)
    const [address = '', port = ''] = local.split(':')
    const host = HOSTS[address]
    return state === LISTEN && host !== undefined ? { inode, host, port: Number.parseInt(port, 16) } : undefined
  })
}

function inodeOf(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1]
  } catch {
    return undefined // closed meanwhile
  }
}
