/** What the operating system says. Nothing here looks at a record of Oakum's. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, ProcessTable, type ProcessIdentity } from '@oakum/core/process'
import { NOTES } from './report.ts'

/** What one agent of the demo is and holds; processes by pid and start time, so that a reused pid is another one. */
export interface Holding {
  agent: ProcessIdentity
  child: ProcessIdentity
  directory: string
}

/** What is still there of an agent and of all it held, for people. Empty when nothing is. */
export function whatIsLeft({ agent, child, directory }: Holding): string[] {
  const left: string[] = []
  if (isAlive(agent)) left.push(`process ${agent.pid}`)
  if (isAlive(child)) left.push(`child process ${child.pid}`)
  if (existsSync(directory)) left.push(`directory ${directory}`)
  return left
}

/** Whether an agent lives and still has its child, its directory and the file in it. */
export function isUntouched({ agent, child, directory }: Holding): boolean {
  return isAlive(agent) && isAlive(child) && existsSync(join(directory, NOTES))
}

/** The pids of all processes that carry the mark in their environment: the agents and whatever they started. */
export function markedProcesses(mark: string): number[] {
  return ProcessTable.read()
    .carriersOf(mark)
    .map(row => row.pid)
}

/** The directories of agents that are there. */
export function directoriesIn(root: string): string[] {
  return existsSync(root) ? readdirSync(root).map(name => join(root, name)) : []
}
