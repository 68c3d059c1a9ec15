/** The heap of a running program, which was started with {@link INSPECTABLE}. */
export interface HeapProbe {
  /** Bytes in use after a full collection. */
  used(): Promise<number>
  close(): void
}

/** What Node needs so that its heap can be looked at, from this machine alone. */
export const INSPECTABLE = '--inspect=127.0.0.1:0'

/** @param said What the program wrote to stderr: Node says there where it listens. */
export async function openHeapProbe(said: string): Promise<HeapProbe> {
  const [address] = /ws:\/\/\S+/.exec(said) ?? []
  if (address === undefined) throw new Error('The program does not say where it can be inspected.')
  const socket = new WebSocket(address)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error(`${address} does not answer.`)))
  })
  let calls = 0
  const call = (method: string): Promise<{ usedSize: number }> => {
    const id = ++calls
    return new Promise(resolve => {
      const receive = ({ data }: MessageEvent): void => {
        const answer = JSON.parse(String(data))
        if (answer.id !== id) return
        socket.removeEventListener('message', receive)
        resolve(answer.result)
      }
      socket.addEventListener('message', receive)
      socket.send(JSON.stringify({ id, method }))
    })
  }
  return {
    async used() {
      // What finalizers let go of is collected by the next round.
      for (let round = 0; round < 3; round++) await call('HeapProfiler.collectGarbage')
      return (await call('Runtime.getHeapUsage')).usedSize
    },
    close: () => socket.close(),
  }
}
