/** What an agent of the demo says once it holds everything that it wants to hold. */
export interface AgentReport {
  /** Its child, which called setsid. */
  childPid: number
  /** Its directory, with a file in it. */
  directory: string
}

/** The file in the directory of each agent. */
export const NOTES = 'notes.txt'

/** What the demo sends to an agent that should end although the fleet does not know it yet. */
export const END = 'end'

export function isAgentReport(message: unknown): message is AgentReport {
  if (typeof message !== 'object' || message === null) return false
  const { childPid, directory } = message as Partial<AgentReport>
  return typeof childPid === 'number' && typeof directory === 'string'
}
