import { widthOf } from './text.ts'

export interface WrapOptions {
  /** Columns of the terminal. @default one line, however long */
  width?: number
  /** In front of each line. @default none */
  indent?: string
}

/** Lines of words that fit into the width. A word that is wider than that stands on a line of its own. */
export function wrap(text: string, { width = Infinity, indent = '' }: WrapOptions = {}): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && widthOf(indent) + widthOf(longer) > width) {
      lines.push(indent + line)
      line = word
    } else line = longer
  }
  return [...lines, indent + line]
}
