import { describe, expect, it } from 'vitest'
import { UsageError } from '../../src/command/errors.ts'
import { parsePattern } from '../../src/run/redact-patterns.ts'
import { Redactor, REDACTED } from '../../src/run/redact.ts'

describe('parsePattern', () => {
  it.each([
    [String.raw`CUST-\d+`, 'of CUST-1 and CUST-22', `of ${REDACTED} and ${REDACTED}`],
    ['/cust-./i', 'of CUST-1', `of ${REDACTED}`],
    ['/a/b', 'is no pair of slashes: /a/b', `is no pair of slashes: ${REDACTED}`],
  ])('of %s leads from %s to %s', (text, line, redacted) => {
    expect(new Redactor({}, [parsePattern(text)]).redact(line)).toBe(redacted)
  })

  it.each(['(', 'x*', '/x*/i', '/x/uv'])('refuses %s', text => {
    expect(() => parsePattern(text)).toThrow(UsageError)
  })
})
