import type { Alert } from '../../src/alerts/alert.ts'

/** An alert as a test needs it. */
export function alert(id: string): Alert {
  return {
    id,
    alert: 'agent_quarantined',
    severity: 'critical',
    time: '2026-01-01T00:00:00.000Z',
    agent: 'coder-1',
    text: 'Agent coder-1 could not be reclaimed',
    data: {},
    store: 'memory:',
  }
}
