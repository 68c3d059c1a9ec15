/** What all services take. One that sees another name, or id, in a conversation refuses the whole of it, at every request. */
const LONGEST_NAME = 64

/** The name of a tool as it goes into a conversation: models also call tools that do not exist, by names that no tool can have. */
export function sentName(name: string): string {
  return asWord(name).slice(0, LONGEST_NAME) || '_'
}

/** The id of a call, for services that take no other characters: another service may have given it. */
export function sentCallId(callId: string): string {
  return asWord(callId)
}

function asWord(text: string): string {
  return text.replaceAll(/[^\w-]/g, '_')
}
