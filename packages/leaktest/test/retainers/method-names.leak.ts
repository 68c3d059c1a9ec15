import { expect, it } from 'vitest'
import { Inspector } from '../../src/inspector.ts'
import { findRetainers } from '../../src/retainers/index.ts'
import { siteOf } from './fixtures/site-of.ts'

const kept: object[] = []

class Keeper {
  keep(): void {
    kept.push({ keeper: this })
  }
  static keepForAll(): void {
    kept.push({ keeper: Keeper })
  }
  keepAsMixin(): void {
    kept.push({ keeper: this })
  }
}
class Borrower {
  declare keepAsMixin: () => void
}
Object.assign(Borrower.prototype, {
  keepAsMixin: Object.getOwnPropertyDescriptor(Keeper.prototype, 'keepAsMixin')?.value,
})
function keepPlainly(): void {
  kept.push({ keeper: undefined })
}

const keeper = new Keeper()
const borrower = new Borrower()

it.each([
  ['a method with its class', 'keep', 'Keeper.keep', () => keeper.keep()],
  ['a static method with its class', 'keepForAll', 'Keeper.keepForAll', () => Keeper.keepForAll()],
  ['a method of two classes with neither', 'keepAsMixin', undefined, () => borrower.keepAsMixin()],
  ['a function with no class', 'keepPlainly', undefined, () => keepPlainly()],
])('names %s', async (_, name, method, keep) => {
  const inspector = new Inspector()
  const run = async (): Promise<void> => {
    for (let iteration = 0; iteration < 20; iteration++) keep()
    await Promise.resolve()
  }
  try {
    const [finding] = await findRetainers(inspector, run, [await siteOf(inspector, name, run)])
    expect(finding?.objects).toBe(20)
    expect(finding?.method).toBe(method)
  } finally {
    inspector.close()
  }
})
