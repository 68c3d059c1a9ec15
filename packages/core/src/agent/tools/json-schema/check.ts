/** A part of a JSON Schema. Beside these, `true` and `false` are schemas too. */
type SchemaNode = Readonly<Record<string, unknown>>

/** Looks at a value, and reports what is wrong with it. `path` is a JSON Pointer from the value that was passed first. */
export type Check = (value: unknown, path: string, report: Report) => void

/** Makes a check of those keywords of a schema that it knows; nothing where the schema has none of them. */
export type Keyword = (schema: SchemaNode, compile: Compile) => Check | undefined

/** Makes a check of a schema inside of the one at hand, which is found there by these keys. */
type Compile = (schema: unknown, ...keys: string[]) => Check

/** So many problems are told. More would not help whoever has to put them right. */
const MOST_PROBLEMS = 5
/** So many characters of a path are told. */
const MOST_OF_PATH = 200
/** So deep may checks nest: values and references together. */
const DEEPEST = 256
/** So many checks one value may cost; a schema whose references lead back to itself would cost any number. */
const MOST_STEPS = 250_000

export const TOO_MUCH = 'is too large, or nests too deeply, to be checked'

/** What was found to be wrong, and what finding it has cost. */
export class Report {
  readonly problems: string[] = []
  readonly #spent: { steps: number; depth: number }

  constructor(spent: { steps: number; depth: number } = { steps: 0, depth: 0 }) {
    this.#spent = spent
  }

  /** Whether there is no use in looking further. */
  get isFull(): boolean {
    return this.problems.length >= MOST_PROBLEMS || this.isSpent
  }

  /** Whether some of the value was not looked at, for what that would cost. */
  get isSpent(): boolean {
    return this.#spent.steps > MOST_STEPS
  }

  /** @param problem goes on from where it is: `must be a string`. */
  add(path: string, problem: string): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(`${shown(path)} ${problem}`)
  }

  /** Of a trial whose outcome does not count by itself. What it costs does. */
  attempt(): Report {
    return new Report(this.#spent)
  }

  /** Runs a check one level deeper, while that is affordable. */
  descend(check: () => void, path: string): void {
    const spent = this.#spent
    if (++spent.steps > MOST_STEPS || spent.depth >= DEEPEST) {
      this.add(path, TOO_MUCH)
      return
    }
    spent.depth++
    check()
    spent.depth--
  }
}

/** A path in a sentence. Of a long one the end. */
export function shown(path: string): string {
  if (path === '') return 'the input'
  return path.length > MOST_OF_PATH ? `…${path.slice(-MOST_OF_PATH)}` : path
}

/** The path of what a value holds under a key. */
export function below(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Whether a value is an object in the sense of JSON. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
