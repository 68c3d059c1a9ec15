import { isRecord } from './is-record.ts'

/** What a tool's result says, as text for a model: its blocks of content; where they are none, its structured content as JSON. */
export function resultText(result: Record<string, unknown>): string {
  const { content, structuredContent } = result
  const blocks = Array.isArray(content) ? content.filter(isRecord).map(blockText) : []
  if (blocks.length > 0) return blocks.join('\n')
  return structuredContent === undefined ? '' : JSON.stringify(structuredContent)
}

/** What a model of text cannot take, as an image, is named in its stead. */
function blockText(block: Record<string, unknown>): string {
  const { type, text, mimeType, data, resource } = block
  switch (type) {
    case 'text': {
      return string(text)
    }
    case 'resource_link': {
      return linkText(block)
    }
    case 'resource': {
      return isRecord(resource) ? resourceText(resource) : '[resource]'
    }
    default: {
      return note([string(type), string(mimeType), sizeText(data)])
    }
  }
}

function linkText({ name, title, uri, description }: Record<string, unknown>): string {
  const link = `[${string(title) || string(name)}](${string(uri)})`
  return typeof description === 'string' ? `${link}: ${description}` : link
}

function resourceText({ uri, text, mimeType, blob }: Record<string, unknown>): string {
  if (typeof text === 'string') return `${string(uri)}\n${text}`
  return note([string(uri), string(mimeType), sizeText(blob)])
}

/** The size of something in base64. */
function sizeText(data: unknown): string {
  return typeof data === 'string' ? `${Buffer.byteLength(data, 'base64')} bytes` : ''
}

function note(parts: readonly string[]): string {
  return `[${parts.filter(part => part !== '').join(', ')}]`
}

function string(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
