import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder that no other test uses; it goes with the test. */
export function useFolder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'oakum-tools-')))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** All files below a folder with what is in them, and when they were changed. No link is followed. */
export function contentsOf(folder: string): Record<string, string> {
  const contents: Record<string, string> = {}
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) Object.assign(contents, contentsOf(path))
    else contents[path] = entry.isFile() ? `${statSync(path).mtimeMs} ${readFileSync(path, 'utf8')}` : 'no file'
  }
  return contents
}
