/** A document is changed by immutable copies, each of which knows the one before: undo without end, and memory without end. */
import type { Scenario } from '@oakum/leaktest'
import type { Expected } from '../case.ts'

export const expected: Expected = { verdict: 'leak', site: ['edit'], retainer: 'previous' }

interface Version {
  readonly title: string
  readonly tags: readonly string[]
  readonly previous: Version | undefined
}

class DocumentEditor {
  #current: Version = { title: 'Plan', tags: [], previous: undefined }

  edit(change: Partial<Pick<Version, 'title' | 'tags'>>): void {
    this.#current = { ...this.#current, ...change, previous: this.#current } // leaks here
  }

  undo(): void {
    this.#current = this.#current.previous ?? this.#current
  }
}

const editor = new DocumentEditor()

const scenario: Scenario = () => {
  editor.edit({ title: 'Plan B' })
  editor.edit({ tags: ['urgent'] })
  editor.undo()
}

export default scenario
