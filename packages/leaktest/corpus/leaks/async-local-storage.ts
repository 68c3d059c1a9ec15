/**
 * Each request runs with its session as the store of an AsyncLocalStorage. A flush that was bound within it waits in a list for
 * the end of the program, and what is bound keeps the store it was bound in.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['bindFlush', 'handle'], retainer: 'atExit' }

interface Session {
  readonly user: string
  readonly messages: string[]
}

const sessions = new AsyncLocalStorage<Session>()
const atExit: (() => void)[] = []

function flush(): void {
  sessions.getStore()?.messages.splice(0)
}

function bindFlush(): void {
  atExit.push(AsyncResource.bind(flush)) // leaks here
}

function handle(user: string): void {
  const session: Session = { user, messages: ['hello'] } // leaks here
  sessions.run(session, bindFlush)
}

const scenario: Scenario = () => handle('ada')

export const close = (): void => atExit.splice(0).forEach(job => job())

export default scenario
