/**
 * Leaks that public packages had and fixed: the version before has to be reported as a leak, the version after as clean, by the
 * same code. Each runs in a process of its own, one after the other.
 *
 * `npm ci --prefix bench/fixes` once; then `npm run bench:fixes` prints the table; `-- NAME …` runs some cases alone. With
 * `-- --save` the table of all cases is written to bench/results/fixes.md as well. Exits 1 when a verdict is wrong.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { LeakReport } from '@oakum/leaktest'
import { askIsolated } from '../../packages/leaktest/corpus/isolate.ts'
import type { Fix, FixModule } from './fix.ts'

/** How long one version of one case may take, in milliseconds. */
const LIMIT = 300_000
const VERSIONS = ['before', 'after'] as const
const EXPECTED = { before: 'leak', after: 'clean' } as const

type Version = (typeof VERSIONS)[number]

/** What run-case.ts prints, and when it says nothing. */
interface Outcome {
  readonly report?: LeakReport
  readonly error?: string
}

/** One version of one case. */
interface Side extends Outcome {
  readonly number: string
  readonly right: boolean
}

type Row = { readonly fix: Fix } & Record<Version, Side>

const { values, positionals } = parseArgs({ allowPositionals: true, options: { save: { type: 'boolean' } } })
const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort())

const versions = await readVersions()
const rows: Row[] = []
for (const name of await chooseCases()) rows.push(await compare(name))
const table = render(rows)
console.log(table)
if (values.save === true && positionals.length === 0) await save(table)
process.exitCode = interrupt.signal.aborted
  ? 130
  : rows.every(({ before, after }) => before.right && after.right)
    ? 0
    : 1

async function chooseCases(): Promise<string[]> {
  const files = await readdir(join(import.meta.dirname, 'cases'))
  const names = files.flatMap(file => (file.endsWith('.ts') ? [file.slice(0, -3)] : [])).toSorted()
  const unknown = positionals.filter(name => !names.includes(name))
  if (unknown.length > 0) throw new Error(`There is no case ${unknown.join(', ')}; there are ${names.join(', ')}.`)
  return positionals.length === 0 ? names : positionals
}

/** The exact versions, by alias. */
async function readVersions(): Promise<ReadonlyMap<string, string>> {
  const manifest: { dependencies: Record<string, string> } = JSON.parse(
    await readFile(join(import.meta.dirname, 'package.json'), 'utf8'),
  )
  return new Map(Object.entries(manifest.dependencies).map(([alias, spec]) => [alias, spec.split('@').at(-1) ?? spec]))
}

async function compare(name: string): Promise<Row> {
  const { fix }: FixModule = await import(`./cases/${name}.ts`)
  return { fix, before: await judge(name, 'before'), after: await judge(name, 'after') }
}

async function judge(name: string, version: Version): Promise<Side> {
  const outcome = await runIsolated(name, version)
  const right = outcome.report?.verdict === EXPECTED[version]
  const side = { ...outcome, number: versions.get(`${name}-${version}`) ?? '?', right }
  console.error(`${right ? 'right' : 'WRONG'} ${name} ${side.number}: ${describe(side)}`)
  return side
}

/** Never rejects: what went wrong is in the outcome. */
async function runIsolated(name: string, version: Version): Promise<Outcome> {
  const program = [join(import.meta.dirname, 'run-case.ts'), name, version]
  try {
    return JSON.parse(await askIsolated(program, { limit: LIMIT, signal: interrupt.signal }))
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

function render(all: readonly Row[]): string {
  const good = all.filter(({ before, after }) => before.right && after.right).length
  return [
    '| package | what stayed | fixed by | before | after |',
    '|---|---|---|---|---|',
    ...all.map(({ fix, before, after }) => {
      const cells = [fix.package, fix.leak, fix.source, cell(before), cell(after)]
      return `| ${cells.join(' | ')} |`
    }),
    '',
    `${good} of ${all.length} fixes: the version before is a leak, the version after is clean.`,
  ].join('\n')
}

function cell(side: Side): string {
  return `${side.number}: ${side.right ? '' : 'WRONG: '}${describe(side)}`
}

function describe({ report, error }: Outcome): string {
  if (report === undefined) return (error ?? 'no report').split('\n')[0] ?? ''
  if (report.verdict !== 'leak') return report.verdict
  const bytes = Math.round(report.bytesPerIteration.value).toLocaleString('en')
  return [`leak (${bytes} bytes per iteration`, ...siteOf(report), ...countersOf(report)].join(', ').concat(')')
}

/** The worst site in the package itself, or else the worst of all. */
function siteOf({ sites }: LeakReport): string[] {
  const site = sites.find(({ file }) => file.includes('/fixes/node_modules/')) ?? sites[0]
  if (site === undefined) return []
  const file = site.file.replace(/^.*\/fixes\/(?:node_modules\/)?/, '')
  return [
    `\`${site.function === '' ? file : `${site.function} (${file}`}:${site.line}${site.function === '' ? '' : ')'}\``,
  ]
}

function countersOf({ counters }: LeakReport): string[] {
  return counters.slice(0, 1).map(({ counter, of, perIteration }) => {
    const what = of === undefined ? counter : `${counter} of ${of}`
    return `${perIteration.toFixed(2)} ${what}`
  })
}

async function save(rendered: string): Promise<void> {
  const folder = join(import.meta.dirname, '../results')
  await mkdir(folder, { recursive: true })
  const machine = `${cpus()[0]?.model ?? 'an unknown processor'}, ${availableParallelism()} cores`
  const head = `# Leaks that public packages had and fixed\n\nNode ${process.version}, ${machine}; \`npm run bench:fixes\`.\n`
  await writeFile(join(folder, 'fixes.md'), `${head}\n${rendered}\n`)
}
