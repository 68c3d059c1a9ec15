import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { UsageError } from '../../src/command/errors.ts'
import { parseWebhook, sendByWebhook } from '../../src/alerts/webhook.ts'
import { alert } from './support.ts'

const never = new AbortController().signal

interface Received {
  headers: IncomingHttpHeaders
  path: string | undefined
  body: string
}

/** A receiver that answers with these codes, one after the other; 0 is a connection that is cut. */
async function receiver(...answers: number[]): Promise<{ url: URL; received: Received[] }> {
  const received: Received[] = []
  const answer: RequestListener = (request, response) => {
    let body = ''
    request.on('data', (text: Buffer) => (body += String(text)))
    request.on('end', () => {
      received.push({ headers: request.headers, path: request.url, body })
      const status = answers.shift() ?? 204
      if (status === 0) request.socket.destroy()
      else response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end('ignored')
    })
  }
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => server.close().closeAllConnections())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: new URL(`http://127.0.0.1:${port}/hooks/s3cret`), received }
}

describe('sendByWebhook', () => {
  it('posts the alert as JSON, with the name and password of the URL', async () => {
    const { url, received } = await receiver()
    url.username = 'user'
    url.password = 'p%40ss'
    await sendByWebhook(url)(alert('1'), never)
    expect(received).toHaveLength(1)
    const [{ headers, path, body } = { headers: {}, path: '', body: '' }] = received
    expect(JSON.parse(body)).toEqual(alert('1'))
    expect(path).toBe('/hooks/s3cret')
    expect(headers).toMatchObject({
      authorization: `Basic ${Buffer.from('user:p@ss').toString('base64')}`,
      'content-type': 'application/json',
      'idempotency-key': '1',
    })
  })

  it('tries again after a failure that may pass', async () => {
    const { url, received } = await receiver(500, 0, 429, 302)
    await sendByWebhook(url, { retryAfter: 1 })(alert('1'), never)
    expect(received.map(({ headers }) => headers['idempotency-key'])).toEqual(['1', '1', '1', '1', '1'])
  })

  it('gives up after five times, at once when trying again changes nothing, and never prints the URL', async () => {
    const down = await receiver(500, 500, 500, 500, 500)
    const refusing = await receiver(403)
    for (const { url, received, why, times } of [
      { ...down, why: 'it answered 500', times: 5 },
      { ...refusing, why: 'it answered 403', times: 1 },
    ]) {
      url.password = 'hunter22'
      const sending = sendByWebhook(url, { retryAfter: 1 })(alert('1'), never)
      const error = await sending.catch((failure: unknown) => failure)
      expect(error).toMatchObject({ code: 'ALERT_NOT_SENT', message: expect.stringContaining(why) })
      expect(received).toHaveLength(times)
      expect(String(error) + JSON.stringify(error)).not.toMatch(/s3cret|hunter22/)
    }
  })

  it('waits no longer than it may, for an answer or for the next attempt', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    onTestFinished(() => silent.close().closeAllConnections())
    const address = silent.address()
    const url = new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`)
    const controller = new AbortController()
    const sending = sendByWebhook(url, { timeout: 50, retryAfter: 3_600_000 })(alert('1'), controller.signal)
    setTimeout(() => controller.abort(), 200)
    await expect(sending).rejects.toMatchObject({ message: expect.stringMatching(/in time|not be reached/) })
  })
})

describe('parseWebhook', () => {
  it.each(['hooks.example/s3cret', 'ftp://s3cret', '', 'http://'])('refuses %j, and does not repeat it', text => {
    const parse = (): URL => parseWebhook(text)
    expect(parse).toThrow(UsageError)
    expect(parse).not.toThrow(/s3cret/)
  })
})
