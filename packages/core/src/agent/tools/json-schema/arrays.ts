import { below, type Check, type Keyword } from './check.ts'

/** `minItems` and `maxItems`. */
export const itemCount: Keyword = ({ minItems, maxItems }) => {
  const least = typeof minItems === 'number' ? minItems : 0
  const most = typeof maxItems === 'number' ? maxItems : Infinity
  if (least === 0 && most === Infinity) return undefined
  return (value, path, report) => {
    if (!Array.isArray(value)) return
    if (value.length < least) report.add(path, `must have at least ${least} items, not ${value.length}`)
    if (value.length > most) report.add(path, `must have at most ${most} items, not ${value.length}`)
  }
}

/** `prefixItems` and `items`; a list as `items`, which is how older drafts write the former, is taken as that. */
export const items: Keyword = (schema, compile) => {
  const key = Array.isArray(schema.prefixItems) ? 'prefixItems' : 'items'
  const list: unknown = schema[key]
  const first = Array.isArray(list) ? list.map((item, index) => compile(item, key, String(index))) : []
  const hasRest = schema.items !== undefined && !Array.isArray(schema.items)
  const rest: Check | undefined = hasRest ? compile(schema.items, 'items') : undefined
  if (first.length === 0 && rest === undefined) return undefined
  return (value, path, report) => {
    if (!Array.isArray(value)) return
    for (let index = 0; index < value.length && !report.isFull; index++) {
      const check = first[index] ?? rest
      if (check === undefined) return
      check(value[index], below(path, index), report)
    }
  }
}
