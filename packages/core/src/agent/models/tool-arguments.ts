/**
 * A call's arguments as an object, for services that take nothing else. What the model wrote that is none is told to it
 * as what it is, in the field `not_an_object`.
 */
export function argumentsObject(text: string): object {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // Told below.
  }
  return { not_an_object: text }
}
