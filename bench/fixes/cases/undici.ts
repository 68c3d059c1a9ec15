/**
 * A pool kept the client whose connection was refused for the name in the server's certificate, never used it again, and made
 * another one for the next request.
 * https://github.com/nodejs/undici/issues/3895 (CVE-2025-47279), fixed in 7.5.0.
 */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { listen } from '../../../packages/leaktest/corpus/loopback.ts'
import type { Fix, Trial } from '../fix.ts'

interface Undici {
  Pool: new (
    origin: string,
    options: object,
  ) => {
    request(options: { path: string; method: string }): Promise<unknown>
    destroy(): Promise<void>
  }
}

export const fix: Fix = {
  package: 'undici',
  leak: 'client of a pool, per refused certificate',
  source: 'https://github.com/nodejs/undici/issues/3895',
}

export async function prepare({ Pool }: Undici): Promise<Trial> {
  // A key made for this, and a certificate of it for `elsewhere.test`.
  const pem = await readFile(join(import.meta.dirname, 'undici.pem'))
  const server = createServer({ key: pem, cert: pem })
  const port = await listen(server)
  const pool = new Pool(`https://localhost:${port}`, { connect: { ca: pem, family: 4 } })
  return {
    async scenario() {
      const connection = once(server, 'connection')
      const refused = await pool.request({ path: '/', method: 'GET' }).catch((error: unknown) => error)
      if (!(refused instanceof Error && 'code' in refused && refused.code === 'ERR_TLS_CERT_ALTNAME_INVALID'))
        throw new Error('The certificate was not refused.', { cause: refused })
      const [socket] = await connection
      if (!socket.closed) await new Promise(closed => socket.once('close', closed))
    },
    async close() {
      await pool.destroy()
      server.close()
    },
  }
}
