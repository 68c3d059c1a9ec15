/** So many causes of causes are looked through. */
const DEPTH = 8

/** An error, or whatever was thrown, as its fields. */
export type Link = Readonly<Record<string, unknown>>

/** A thing thrown and what led to it, the outermost first. Causes that go in a circle are looked through once. */
export function errorChain(thrown: unknown): Link[] {
  const links = new Set<Link>()
  for (let link = thrown; isLink(link) && links.size < DEPTH && !links.has(link); link = link.cause) links.add(link)
  return [...links]
}

/** Whether it is of a class of that name, or of a subclass: clients have classes of their own that nothing else tells apart. */
export function isOfClass(link: Link, name: string): boolean {
  for (let proto: unknown = Object.getPrototypeOf(link); isLink(proto); proto = Object.getPrototypeOf(proto)) {
    if (typeof proto.constructor === 'function' && proto.constructor.name === name) return true
  }
  return false
}

export function isLink(value: unknown): value is Link {
  return typeof value === 'object' && value !== null
}
