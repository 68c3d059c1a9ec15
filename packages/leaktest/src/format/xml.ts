const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\n': '&#10;',
}

// What XML 1.0 does not allow, not even as a reference; half a surrogate pair is among it.
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[^\u0009\u000a\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** Text for an attribute. */
export function escapeAttribute(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replaceAll(/[&<>"'\n]/g, character => ENTITIES[character] ?? character)
}

/** Text between tags. */
export function escapeText(text: string): string {
  return text.replace(FORBIDDEN, '\ufffd').replaceAll(/[&<>]/g, character => ENTITIES[character] ?? character)
}
