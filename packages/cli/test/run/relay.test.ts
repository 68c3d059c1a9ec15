import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { PassThrough, Writable } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import { until } from '../../../core/test/support/until.ts'
import { Relay } from '../../src/run/relay.ts'

/** Takes each chunk as slowly as that. */
function slowReader(milliseconds: number): { to: Writable; text: () => string } {
  let text = ''
  const to = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      setTimeout(() => done(), milliseconds)
    },
  })
  return { to, text: () => text }
}

it('loses nothing to a slow reader when somebody keeps the pipe open', async () => {
  const from = new PassThrough()
  const { to, text } = slowReader(150)
  const relay = new Relay(from, to, null)
  from.write('one ')
  from.write('two ')
  setTimeout(() => from.write('three'), 100)
  await relay.closeWhenIdle(50)
  expect(text()).toBe('one two three')
  expect(from.destroyed).toBe(true)
})

it('loses nothing that was written while this process was held up', async () => {
  const shell = spawn('sh', ['-c', 'echo ready; read _; echo late; exec sleep 1000'])
  onTestFinished(() => void shell.kill('SIGKILL'))
  const { to, text } = slowReader(0)
  const relay = new Relay(shell.stdout, to, null)
  await until(() => text() === 'ready\n')
  const closed = relay.closeWhenIdle(200)
  // In the phase of the event loop that is followed by the one of timers.
  await new Promise(resolve => setImmediate(resolve))
  shell.stdin.write('\n')
  holdUp(() => readFileSync(`/proc/${shell.pid}/comm`, 'utf8') === 'sleep\n')
  await closed
  expect(text()).toBe('ready\nlate\n')
})

/** Keeps this process from doing anything else, for 300 ms at least. */
function holdUp(over: () => boolean): void {
  const end = performance.now() + 300
  while (performance.now() < end || !over()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
}
