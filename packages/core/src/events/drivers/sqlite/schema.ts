import type { Schema } from '../../../sqlite/migrate.ts'

/**
 * `events.db`. Each filter has an index; `seq`, being the row id, ends each of them, so that a page of one agent, workflow
 * or type is read in order without sorting. AUTOINCREMENT: a number is not given twice, even when the newest rows go.
 */
export const EVENTS_SCHEMA: Schema = {
  applicationId: 0x4f_41_4b_45, // "OAKE"
  migrations: [
    `
    CREATE TABLE events (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      type TEXT NOT NULL,
      time INTEGER NOT NULL,
      workflow TEXT,
      agent TEXT,
      data TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_by_agent ON events (agent) WHERE agent IS NOT NULL;
    CREATE INDEX events_by_workflow ON events (workflow) WHERE workflow IS NOT NULL;
    CREATE INDEX events_by_type ON events (type);
    CREATE INDEX events_by_time ON events (time);
    `,
  ],
}
