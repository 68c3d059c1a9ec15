import { type Model, openaiChat, openaiResponses } from '@oakum/core/agent'
import OpenAI from 'openai'
import type { Options } from './arguments.ts'

/** A model at any endpoint that is compatible with OpenAI's. */
export function openModel({ model, api, apiKey, baseUrl }: Options): Model {
  const client = new OpenAI({ apiKey, ...(baseUrl === undefined ? {} : { baseURL: baseUrl }) })
  return api === 'chat' ? openaiChat(client, { model }) : openaiResponses(client, { model })
}
