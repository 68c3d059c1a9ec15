import { describe, expect, it } from 'vitest'
import { listServerTools } from '../../../src/agent/mcp/server-tools.ts'

/** Answers with a page of tools of these names, and a cursor to the next. */
function pages(...names: readonly string[][]) {
  return ({ cursor }: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const page = Number(cursor ?? 0)
    const tools = names[page]?.map(name => ({ name, inputSchema: { type: 'object' } }))
    return Promise.resolve({ tools, nextCursor: page + 1 < names.length ? String(page + 1) : undefined })
  }
}

const ODD = pages(
  ['plain', 'twice', 'with space'],
  ['twice', 'with.space', 'odd__twice'],
  [],
  ['x'.repeat(80), `${'x'.repeat(70)}!`, 'Ümläut', ''],
)

function endless(): Promise<Record<string, unknown>> {
  return Promise.resolve({ tools: [], nextCursor: 'more' })
}

describe('the list of a server’s tools', () => {
  it('has all pages, and gives each tool a name of its own, in characters that models take', async () => {
    const tools = await listServerTools(ODD, { server: 'odd', prefix: false })
    expect(tools.map(({ name }) => name)).toEqual([
      'plain',
      'odd__twice_2',
      'odd__with_space',
      'odd__twice_3',
      'odd__with_space_2',
      'odd__twice',
      `odd__${'x'.repeat(59)}`,
      `odd__${'x'.repeat(57)}_2`,
      'odd___ml_ut',
      'odd__',
    ])
    expect(tools[1]).toEqual({
      name: 'odd__twice_2',
      serverName: 'twice',
      description: '',
      parameters: { type: 'object', properties: {} },
    })
  })

  it('tells of parameters as services take them', async () => {
    const schemas = [{}, { type: 'object' }, { $schema: 'x', properties: null, required: ['a'] }, undefined]
    const tools = schemas.map((inputSchema, index) => ({ name: `t${index}`, inputSchema }))
    const listed = await listServerTools(() => Promise.resolve({ tools }), { server: 's', prefix: false })
    const bare = { type: 'object', properties: {} }
    expect(listed.map(({ parameters }) => parameters)).toEqual([bare, bare, { ...bare, required: ['a'] }, bare])
  })

  it('has a prefix everywhere when that is asked for', async () => {
    const tools = await listServerTools(ODD, { server: 'my server', prefix: true })
    expect(tools.every(({ name }) => /^my_server__[\w-]*$/.test(name) && name.length <= 64)).toBe(true)
    expect(new Set(tools.map(({ name }) => name)).size).toBe(10)
  })

  it('leaves out what cannot be called, and takes what lacks the rest', async () => {
    const tools = [null, 'x', { description: 'no name' }, { name: 'bare', title: 'Bare', inputSchema: [] }]
    const listed = await listServerTools(() => Promise.resolve({ tools }), { server: 's', prefix: false })
    const parameters = { type: 'object', properties: {} }
    expect(listed).toEqual([{ name: 'bare', serverName: 'bare', description: 'Bare', parameters }])
    expect(await listServerTools(() => Promise.resolve({}), { server: 's', prefix: false })).toEqual([])
  })

  it('takes no list without an end, by pages or by tools', async () => {
    const many = [1_001, 300_000].map(length => pages(Array.from({ length }, (_, index) => `t${index}`)))
    for (const list of [endless, ...many]) {
      await expect(listServerTools(list, { server: 's', prefix: false })).rejects.toMatchObject({ code: 'MCP_FAILED' })
    }
  })
})
