import { describe, expect, it } from 'vitest'
import { Redactor, REDACTED } from '../../src/run/redact.ts'

// Put together here, so that no scanner of secrets takes this file for a leak.
const random = 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5kL7'
const secrets = [
  `sk-${random}`,
  `sk-ant-api03-${random}`,
  `ghp_${random}`,
  `github_pat_${random}`,
  `glpat-${random}`,
  `xoxb-${random}`,
  `npm_${random}`,
  `AKIA${random.toUpperCase().slice(0, 16)}`,
  `AIza${random}`,
  `eyJ${random}.eyJ${random}.${random}`,
]

describe('Redactor', () => {
  it.each(secrets)('takes out %s by its form', secret => {
    expect(new Redactor({}).redact(`using ${secret} now`)).toBe(`using ${REDACTED} now`)
  })

  it.each([
    ['Authorization: Bearer abcdef123456', `Authorization: Bearer ${REDACTED}`],
    ['Authorization: Basic dXNlcjpwYXNz', `Authorization: Basic ${REDACTED}`],
    ['postgres://user:hunter22@db/x', `postgres://user:${REDACTED}@db/x`],
    ['MY_API_KEY=abc', `MY_API_KEY=${REDACTED}`],
    ['{"client_secret": "a b c", "n": 1}', `{"client_secret": ${REDACTED}, "n": 1}`],
    ['password: swordfish, then', `password: ${REDACTED}, then`],
    [
      String.raw`{"body": "{\"api_key\": \"a b c\", \"n\": 1}"}`,
      String.raw`{"body": "{\"api_key\": ${REDACTED}\", \"n\": 1}"}`,
    ],
  ])('turns %s into %s', (line, redacted) => {
    expect(new Redactor({}).redact(line)).toBe(redacted)
  })

  it.each([
    'the token was read',
    'https://example.org/a:b',
    'secretary of state',
    'sk-short',
    'basic knowledge',
    'the bearer certificate',
  ])('leaves %s alone', line => {
    expect(new Redactor({}).redact(line)).toBe(line)
  })

  it('takes out the values of variables with a name of secrets, and no others', () => {
    const redactor = new Redactor({ MY_TOKEN: 'correct-horse', PLAIN: 'battery-staple', SHORT_SECRET: 'yes' })
    expect(redactor.redact('correct-horse battery-staple yes')).toBe(`${REDACTED} battery-staple yes`)
  })

  it('takes out the whole value where one begins like another, and each line of one that has many', () => {
    const redactor = new Redactor({
      A_TOKEN: 'correct-horse',
      B_TOKEN: 'correct-horse-battery',
      CREDENTIALS: '{\n  "id": "staple-42"\n}',
    })
    expect(redactor.redact('correct-horse-battery correct-horse')).toBe(`${REDACTED} ${REDACTED}`)
    expect(redactor.redact('  "id": "staple-42"')).toBe(`  ${REDACTED}`)
  })

  it('takes out a private key over many lines, and what follows stays', () => {
    const redactor = new Redactor({})
    const lines = ['before', '-----BEGIN RSA PRIVATE KEY-----', random, '-----END RSA PRIVATE KEY-----', 'after']
    expect(lines.map(line => redactor.redact(line))).toEqual(['before', REDACTED, REDACTED, REDACTED, 'after'])
  })

  it('is not silenced for ever by a key that never ends', () => {
    const redactor = new Redactor({})
    redactor.redact('-----BEGIN PRIVATE KEY-----')
    const kept = Array.from({ length: 200 }, () => redactor.redact('text')).filter(line => line === 'text')
    expect(kept.length).toBeGreaterThan(0)
  })

  it('takes no time that grows with the square of a megabyte of what its patterns begin with', () => {
    const redactor = new Redactor({})
    const before = process.cpuUsage()
    for (const piece of ['token=', 'eyJ', '://a:', '"password":"', 'bearer ', 'sk-sk-']) {
      for (let line = 0; line < 3; line++) redactor.redact(piece.repeat(65_536 / piece.length))
    }
    // Of this process alone: some 20 ms, on a slow machine ten times as much. A pattern without bounds takes seconds for each line.
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(3_000)
  })
})
