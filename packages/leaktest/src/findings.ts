import { formatBytes, formatCount, formatInterval, formatNumber, formatRate } from './format/amount.ts'
import { formatObjects } from './format/objects.ts'
import { formatFrame } from './format/place.ts'
import type { CounterName, CounterRise, LeakReport, LeakSite } from './report.ts'

/** What findings are made of. */
export type Found = Pick<LeakReport, 'verdict' | 'bytesPerIteration' | 'counters' | 'sites'> & {
  readonly bound?: number
}

const SITES_TOLD = 5

/**
 * What was found, in one sentence per finding, each with where it is, how much stays, and who holds it as far as that is
 * known. Empty for a clean test.
 * @param cwd Files below it are named from there. @default the process's own
 */
export function describeFindings(found: Found, cwd: string = process.cwd()): string[] {
  const { verdict, sites } = found
  if (verdict === 'clean') return []
  const open = withoutRepeats(found.counters)
  const sentences = sites.slice(0, SITES_TOLD).map(site => {
    const counter = verdict === 'bounded' ? undefined : open.find(rise => belongsTo(rise, site))
    if (counter !== undefined) open.splice(open.indexOf(counter), 1)
    return describeSite(found, site, counter, cwd)
  })
  const untold = sites.length - sentences.length
  if (untold > 0) sentences.push(`${formatCount(untold, 'more site leaves', 'more sites leave')} less`)
  sentences.push(...open.map(describeRise))
  // While it cannot tell, a heap that may as well shrink says nothing.
  const heapTells = verdict !== 'inconclusive' || found.bytesPerIteration.low > 0
  if (sentences.length === 0 && heapTells) sentences.push(describeHeap(found))
  return sentences
}

function describeSite(
  { verdict, bound }: Found,
  site: LeakSite,
  counter: CounterRise | undefined,
  cwd: string,
): string {
  const where = formatFrame(site, cwd)
  const retainers = site.retainers === undefined ? '' : ` – retained by ${site.retainers.text}`
  if (verdict === 'bounded') return `${where} holds ${whatIsHeld(bound)}${retainers}`
  const what = counter === undefined ? formatObjects(site) : ofCounter(counter)
  const bytes = `${formatBytes(site.bytesPerIteration)} per iteration`
  return `${where} ${verdict === 'leak' ? 'leaves' : 'may leave'} ${what}, ${bytes}${retainers}`
}

function describeRise(rise: CounterRise): string {
  const what = ofCounter(rise)
  const verb = what.startsWith('1 ') ? 'stays' : 'stay'
  return `${what} ${verb} (${formatNumber(rise.before)} before, ${formatNumber(rise.after)} after)`
}

function describeHeap({ verdict, bytesPerIteration, bound }: Found): string {
  if (verdict === 'bounded') return `The heap holds ${whatIsHeld(bound)}`
  const verb = verdict === 'leak' ? 'grows' : 'may grow'
  const { value } = bytesPerIteration
  return (
    `The heap ${verb} by ${formatBytes(value)} per iteration (${formatInterval(bytesPerIteration)}), and no site allocates ` +
    'what stays: something that is there already grows, as an array of numbers or a string does'
  )
}

function whatIsHeld(bound: number | undefined): string {
  if (bound === undefined) return 'what the newest iterations made, and no more'
  return `what the newest ${formatCount(bound, 'iteration')} made, and no more`
}

/** What each counter counts. */
export const NOUNS: Readonly<Record<CounterName, readonly [one: string, many: string]>> = {
  fds: ['descriptor', 'descriptors'],
  sockets: ['socket', 'sockets'],
  timers: ['timer', 'timers'],
  handles: ['handle', 'handles'],
  threads: ['thread', 'threads'],
  children: ['child process', 'child processes'],
  listeners: ['listener', 'listeners'],
  promises: ['promise', 'promises'],
  instances: ['instance', 'instances'],
  buffers: ['array buffer', 'array buffers'],
}

function ofCounter({ counter, of, perIteration }: CounterRise): string {
  const [one, many] = NOUNS[counter]
  if (counter === 'buffers') return `${formatBytes(perIteration)} of array buffers per iteration`
  if (of === undefined) return formatRate(perIteration, one, many)
  if (counter === 'instances') return formatRate(perIteration, `${one} of ${of}`, `${many} of ${of}`)
  if (counter === 'listeners') return `${formatRate(perIteration, one, many)} on ${of}`
  return formatRate(perIteration, `${one} (${of})`, `${many} (${of})`)
}

/** What a site's type or retainers say when it is the site of what a counter counted. */
const SIGNS: Readonly<Record<CounterName, RegExp>> = {
  fds: /FileHandle|ReadStream|WriteStream|Socket|Server|Pipe\b/,
  sockets: /Socket|Server|TCP|Pipe\b/,
  timers: /Timeout|Timer|Immediate/,
  handles: /Handle|Wrap|Watcher|MessagePort/,
  threads: /Worker/,
  children: /ChildProcess|\bProcess\b/,
  listeners: /listener|_events|kEvents/i,
  promises: /Promise/,
  instances: /^$/,
  buffers: /Buffer|BackingStore/,
}

function belongsTo({ counter, of, perIteration }: CounterRise, site: LeakSite): boolean {
  const rate = site.objectsPerIteration
  // Array buffers are counted in bytes, and those are not on the heap.
  const similar = counter === 'buffers' || rate > perIteration * 0.5
  const signs = [site.type ?? '', site.retainers?.text ?? '']
  if (of !== undefined && counter !== 'listeners') return similar && site.type === of
  return similar && signs.some(sign => sign !== '' && SIGNS[counter].test(sign))
}

/** A timer is a handle as well: of two counters that rose by the same thing, the one that says more is told. */
function withoutRepeats(counters: readonly CounterRise[]): CounterRise[] {
  const special = counters.filter(({ counter }) => /^(timers|sockets|children|threads)$/.test(counter))
  const explained = special.reduce((sum, { perIteration }) => sum + perIteration, 0)
  return counters.filter(({ counter, perIteration }) => counter !== 'handles' || perIteration > explained * 1.05)
}
