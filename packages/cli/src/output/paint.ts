import { styleText } from 'node:util'

/** Colours a text, or leaves it as it is where colours do not belong. */
export type Paint = (format: Format, text: string) => string

/** What `util.styleText` knows. */
export type Format = Parameters<typeof styleText>[0]

/** Colours for one stream: on a terminal, unless NO_COLOR says otherwise. */
export function paintFor(stream: NodeJS.WritableStream): Paint {
  return (format, text) => (text === '' ? text : styleText(format, text, { stream }))
}
