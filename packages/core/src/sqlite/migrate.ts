import { OakumError } from '../errors/error.ts'
import type { Database } from './database.ts'

/** What a file must be to count as ours, and how it becomes current. */
export interface Schema {
  /** Written into the file as `PRAGMA application_id`: tells our files from those of other programs. */
  applicationId: number
  /** SQL scripts; the first makes version 1 of an empty file, each later one the next version. Never changed once released. */
  migrations: readonly string[]
}

/**
 * Throws unless the file is new or one of ours, of a version that this code knows. Changes nothing.
 *
 * @throws STORE_CORRUPT for the file of another program, STORE_NEWER for a version from the future.
 */
export function assertOurs(database: Database, schema: Schema): void {
  const { path } = database
  // In this order. Another process may be making the file at this moment, all of it in one commit: whoever sees its
  // tables, then, or its version, sees its id as well.
  const empty = isEmpty(database)
  const version = pragma(database, 'user_version')
  const found = pragma(database, 'application_id')
  if (found === schema.applicationId) {
    const known = schema.migrations.length
    if (version <= known) return
    throw new OakumError(
      'STORE_NEWER',
      `${path} was written by a newer Oakum (its version is ${version}, this one knows ${known}): update Oakum.`,
      { facts: { path, version, known } },
    )
  }
  if (found === 0 && version === 0 && empty) return
  throw new OakumError('STORE_CORRUPT', `${path} is no store of Oakum’s: it belongs to another program.`, {
    facts: { path, applicationId: found },
  })
}

/**
 * Brings the file to the current version, in one transaction. Of several processes that open a new file at once, one
 * does it while the others wait for the lock, and then find it done.
 */
export function migrate(database: Database, schema: Schema): void {
  const current = schema.migrations.length
  if (pragma(database, 'application_id') === schema.applicationId && pragma(database, 'user_version') === current)
    return
  database.transaction(() => {
    assertOurs(database, schema)
    for (const script of schema.migrations.slice(pragma(database, 'user_version'))) database.exec(script)
    database.exec(`PRAGMA application_id = ${schema.applicationId}; PRAGMA user_version = ${current}`)
  })
}

function pragma(database: Database, name: 'application_id' | 'user_version'): number {
  return database.get<Record<string, number>>(`PRAGMA ${name}`)?.[name] ?? 0
}

function isEmpty(database: Database): boolean {
  return database.get('SELECT 1 FROM sqlite_schema LIMIT 1') === undefined
}
