/**
 * Takes secrets out of lines before they are stored. The list is short on purpose, and documented in docs/run.md: it
 * catches the usual leaks of keys into logs, it is no guarantee. What a program prints is passed through unchanged.
 *
 * All patterns are bounded, so that no line makes them slow; the user's own are as good as they are.
 */
import { findWebTokens } from './web-tokens.ts'

/** What stands in a line where a secret was. */
export const REDACTED = '[redacted]'

/** Secrets that are known by their form. */
const TOKENS = new RegExp(
  [
    String.raw`\bsk-[A-Za-z0-9_-]{16,256}`, // OpenAI, Anthropic and others
    String.raw`\bgh[opsur]_[A-Za-z0-9]{20,255}`, // GitHub
    String.raw`\bgithub_pat_[A-Za-z0-9_]{20,255}`,
    String.raw`\bglpat-[A-Za-z0-9_-]{16,255}`, // GitLab
    String.raw`\bxox[abeoprs]-[A-Za-z0-9-]{10,255}`, // Slack
    String.raw`\bnpm_[A-Za-z0-9]{30,255}`,
    String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`, // AWS
    String.raw`\bAIza[A-Za-z0-9_-]{30,64}`, // Google
  ].join('|'),
  'g',
)

/** `Bearer …` with something that looks like a token, and `Authorization: Basic …`; "basic knowledge" is neither. */
const AUTHORIZATION =
  /\b(bearer(?=\s{1,8}[A-Za-z._~+/=-]{0,64}\d)|authorization["']?\s{0,8}:\s{0,8}["']?basic)(\s{1,8})[A-Za-z0-9._~+/=-]{4,4096}/gi

/** The password in `scheme://user:password@host`. */
const URL_PASSWORD = /(:\/\/[^\s:@/]{0,256}:)[^\s@/]{1,1024}(?=@)/g

/** Names whose value is a secret, as in `MY_API_KEY=…`, `password: …` or `"client_secret": "…"`. */
const SECRET_NAME = 'api[_-]?key|access[_-]?key|private[_-]?key|secret|token|passw(?:or)?d|passphrase|credentials?'
const ASSIGNMENT = new RegExp(
  String.raw`((?:${SECRET_NAME})(?:\\{0,8}["'])?\s{0,8}[=:]\s{0,8})(\\{1,8}["'][^"'\\]{1,4096}|"[^"]{1,4096}"|'[^']{1,4096}'|[^\s"',;&]{1,4096})`,
  'gi',
)
const SECRET_VARIABLE = new RegExp(`(?:${SECRET_NAME})$`, 'i')

const KEY_BEGINS = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/
const KEY_ENDS = /-----END [A-Z ]{0,40}PRIVATE KEY-----/
/** A private key is shorter than this; a text that only mentions its first line must not silence all that follows. */
const KEY_LINES = 120

/** Variables shorter than this are words rather than secrets, and would redact innocent text. */
const MIN_VALUE_LENGTH = 8

/** Redacts the lines of one stream, in their order. */
export class Redactor {
  readonly #values: readonly string[]
  readonly #patterns: readonly RegExp[]
  #keyLinesLeft = 0

  /**
   * @param env Values of its variables with a secret's name (`…_TOKEN`, `…_API_KEY`) are taken out wherever they stand.
   * @param patterns The user's own, beside those above; global ones, since each match is taken out.
   */
  constructor(env: NodeJS.ProcessEnv, patterns: readonly RegExp[] = []) {
    this.#patterns = patterns
    this.#values = Object.entries(env)
      .flatMap(([name, value]) => (SECRET_VARIABLE.test(name) && value !== undefined ? [value] : []))
      // A stored line has no line breaks, so a value that has some is known by its lines.
      .flatMap(value => value.split(/[\r\n]+/).map(line => line.trim()))
      .filter(value => value.length >= MIN_VALUE_LENGTH)
      // The longest first: of one that begins like another, the rest would stay.
      .toSorted((a, b) => b.length - a.length)
  }

  redact(line: string): string {
    if (this.#keyLinesLeft > 0) {
      this.#keyLinesLeft = KEY_ENDS.test(line) ? 0 : this.#keyLinesLeft - 1
      return REDACTED
    }
    if (KEY_BEGINS.test(line)) {
      if (!KEY_ENDS.test(line)) this.#keyLinesLeft = KEY_LINES
      return REDACTED
    }
    let text = line
    for (const value of this.#values) text = text.replaceAll(value, REDACTED)
    for (const pattern of this.#patterns) text = text.replace(pattern, REDACTED)
    return redactWebTokens(text)
      .replace(TOKENS, REDACTED)
      .replace(AUTHORIZATION, `$1$2${REDACTED}`)
      .replace(URL_PASSWORD, `$1${REDACTED}`)
      .replace(ASSIGNMENT, `$1${REDACTED}`)
  }
}

function redactWebTokens(text: string): string {
  if (!text.includes('eyJ')) return text
  let rest = 0
  let redacted = ''
  for (const { start, end } of findWebTokens(text)) {
    redacted += text.slice(rest, start) + REDACTED
    rest = end
  }
  return redacted + text.slice(rest)
}
