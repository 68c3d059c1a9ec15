import { writeFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

/** What was printed on a terminal, as text. */
export function plainScreen(printed: string): string {
  return stripVTControlCharacters(printed).replaceAll('\r', '')
}

export interface Transcript {
  /** What the terminal of the agent showed. */
  readonly screen: string
  /** What `oakum status` said when the agent was in its third turn, and when it had ended. */
  readonly status: readonly [during: string, after: string]
  /** A folder of this machine, and what is written instead. */
  readonly folder: readonly [string, string]
}

/** Writes the page that shows the example at work. */
export function writeTranscript(file: string, { screen, status: [during, after], folder }: Transcript): void {
  const page = `# The coding agent at work

What [examples/coding-agent](../examples/coding-agent/README.md) showed on a terminal in its test, against a service of models on the
same machine that says what a script tells it. The tools, the files and the processes are real. Made by

\`\`\`sh
OAKUM_TRANSCRIPT=docs/coding-agent.md npm test -- --project fault coding-agent
\`\`\`

Two calls of tools were approved; the third turn was cancelled by Ctrl-C in mid-stream; the fourth went on in the same conversation; Ctrl-D
ended it. Behind each \`>\` and each question is what was typed.

\`\`\`
$ npm run example:coding-agent -- --root project 'Write add.mjs, which prints 2 + 3, and run it.'
${screen.replaceAll(...folder).trim()}
\`\`\`

In the third turn, elsewhere:

\`\`\`
$ oakum status
${during.trim()}
\`\`\`

When it had ended:

\`\`\`
$ oakum status
${after.trim()}
\`\`\`
`
  writeFileSync(file, page.replaceAll(/ +$/gm, ''))
}
