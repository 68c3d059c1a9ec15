import type { Protocol } from './protocol.ts'

/** The Messages protocol of Anthropic: `POST /v1/messages`. */
export const anthropicMessagesProtocol: Protocol = {
  name: 'messages',
  path: '/v1/messages',
  events: () => [],
  whole: () => ({}),
  failure: (_status, code, message) => ({ type: 'error', error: { type: code, message } }),
  errorEvent: (code, message) => ({
    event: 'error',
    data: { type: 'error', error: { type: code, message } },
  }),
  unknownEvent: () => ({ event: 'weather', data: { type: 'weather', weather: 'rain' } }),
}
