/**
 * Every code that Oakum throws, with what it means. `docs/errors.md` and this table are kept equal by a test.
 * A code is stable: it may gain facts, it is never renamed or reused.
 */
export const ERROR_CODES = {
  INVALID_OPTION: 'An option or argument has a value that cannot work; the message names it.',
  INVALID_ID: 'An id is not 1 to 128 characters of A-Z a-z 0-9 . _ : -',
  ABORTED: 'The caller’s signal aborted the call.',
  TIMEOUT: 'The call did not finish within the time it was given.',
  SCOPE_CLOSED: 'The scope is closing or closed and owns nothing new.',
  SCOPE_CLOSE_FAILED: 'One or more releases threw while a scope closed; all were tried, `errors` has each.',
  POOL_CLOSED: 'The pool is closing or closed and lends nothing.',
  MAILBOX_FULL: 'The actor’s mailbox is full: the message was not taken in, or was dropped for a newer one.',
  ACTOR_STOPPED: 'The actor has ended or is ending: the message was not taken in, or never handled.',
  ACTOR_FAILED: 'The actor’s handler failed too often within its period; the actor has ended.',
  ACTOR_NOT_DRAINED: 'An actor ended before it had handled all it was sent; `facts.unhandled` says how much was left.',
  COMMAND_NOT_FOUND: 'The program to start does not exist or may not be executed.',
  PROCESS_NOT_STARTED: 'The system did not start a program that is there: limits, or a missing interpreter.',
  PROCESS_NOT_FOUND: 'No process has that pid.',
  PROCESS_UNREADABLE: 'What the system knows of a process could not be read; whether it lives is not known.',
  STORE_UNKNOWN: 'The store URL is none that Oakum knows.',
  STORE_UNREADABLE: 'The store cannot be opened or read.',
  STORE_CORRUPT: 'The store is damaged, or is no store of Oakum’s.',
  STORE_NEWER: 'The store was written by a newer Oakum.',
  STORE_FULL: 'The disk that holds the store is full.',
  STORE_BUSY: 'Another process held the store’s write lock for too long.',
  STORE_CLOSED: 'The connection to the store is closed.',
  AGENT_EXISTS: 'An agent with that id is alive.',
  AGENT_NOT_FOUND: 'No agent with that id is known.',
  FENCED: 'The lease has ended: the agent’s epoch can change nothing any more.',
  STOP_REQUESTED: 'The agent was asked to stop.',
  PATH_OUTSIDE_ROOTS: 'A path lies outside the roots that the agent declared.',
  KIND_UNKNOWN: 'No reclaimer is known for a resource of that kind.',
  RESOURCE_REFUSED: 'A resource may not or could not be reclaimed; the message says why.',
  LOCK_HELD: 'Another agent holds the lock.',
  LOOP_TERMINATED: 'The agent loop was terminated, or its scope closed: it runs nothing any more.',
  RUN_ACTIVE: 'The agent loop has a run that has not ended; one conversation has one run at a time.',
  MODEL_FAILED: 'The model’s service refused or failed, and trying again was of no use or not allowed.',
  MODEL_PROTOCOL: 'What came from the model’s service is not what its protocol says; the message names the difference.',
  TURN_LIMIT: 'The run took as many turns as its limits allow, and the model wanted more.',
  PEER_MISSING: 'An optional package that the call needs is not installed; the message names it.',
  TOOL_ANSWER_INVALID: 'What a tool returned cannot be told to a model: it is no text, and no JSON can be made of it.',
  FILE_FAILED: 'A file could not be read or written for a tool; the message says why.',
  MCP_FAILED: 'A server of the Model Context Protocol could not be started, or was lost.',
  ALERT_NOT_SENT: 'An alert could not be sent outward; the message says why.',
} as const

/** A stable code of an {@link OakumError}. */
export type ErrorCode = keyof typeof ERROR_CODES
