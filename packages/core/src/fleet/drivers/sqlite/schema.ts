import type { Schema } from '../../../sqlite/migrate.ts'

/**
 * `fleet.db`.
 *
 * - Times are the store's (see store-clock.ts) in whole milliseconds; those of outbox events are wall time.
 * - `due_at` says when a sweep has to look at a lease: at the end of the lease, of the claim, of the wait for the next
 *   attempt; NULL in quarantine. A sweep with nothing to do reads one entry of its index. That index is no partial one, and
 *   covers nothing else, because each beat moves an entry of it: a condition would nearly double the cost of a beat.
 * - `progress_due_at` says when somebody has to look whether an agent that promised progress made some, and once it is stalled
 *   when its case may be judged (again); NULL when there is nothing to look at. Beats leave it alone: the one who looks puts
 *   it off, so that progress costs a beat nothing.
 * - The conditions of partial indexes stand in the queries word for word.
 * - A lease that the guard holds back has its `due_at` put off; `put_off_at` says when that was, and counts until the next beat.
 * - `hosts` and its number in `guard` are kept by triggers. A host without live agents stays while its silence still counts.
 * - What a lease holds goes with its row (ON DELETE CASCADE).
 * - `counts` is kept by triggers, so that nobody ever counts rows.
 * - `roots`, `labels`, `data`, `event` and `guard.state` are JSON; every other column is read as it is.
 */
export const FLEET_SCHEMA: Schema = {
  applicationId: 0x4f_41_4b_46, // "OAKF"
  migrations: [
    `
    CREATE TABLE leases (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      nonce TEXT NOT NULL,
      phase TEXT NOT NULL,
      state TEXT NOT NULL,
      parent_id TEXT,
      parent_epoch INTEGER,
      host TEXT NOT NULL,
      pid INTEGER NOT NULL,
      start_time TEXT NOT NULL,
      boot_id TEXT NOT NULL,
      roots TEXT NOT NULL,
      labels TEXT NOT NULL,
      lease_ttl INTEGER NOT NULL,
      registered_at INTEGER NOT NULL,
      last_beat INTEGER,
      due_at INTEGER,
      progress_at INTEGER,
      stop_requested_at INTEGER,
      attempts INTEGER NOT NULL DEFAULT 0,
      reason TEXT,
      error TEXT,
      depth INTEGER NOT NULL DEFAULT 0,
      token TEXT,
      holder TEXT NOT NULL DEFAULT '',
      UNIQUE (id, epoch)
    ) STRICT;
    CREATE INDEX leases_by_due ON leases (due_at);
    CREATE INDEX leases_stopping ON leases (stop_requested_at)
      WHERE stop_requested_at IS NOT NULL AND phase IN ('starting', 'alive', 'draining');
    CREATE UNIQUE INDEX leases_by_token ON leases (token) WHERE token IS NOT NULL;
    CREATE INDEX leases_by_parent ON leases (parent_id, parent_epoch) WHERE parent_id IS NOT NULL;
    CREATE INDEX leases_by_boot ON leases (boot_id);

    CREATE TABLE resources (
      number INTEGER PRIMARY KEY,
      lease INTEGER NOT NULL REFERENCES leases ON DELETE CASCADE,
      kind TEXT NOT NULL,
      key TEXT NOT NULL,
      data TEXT NOT NULL,
      owned_at INTEGER NOT NULL,
      UNIQUE (lease, kind, key)
    ) STRICT;
    CREATE INDEX resources_by_thing ON resources (kind, key);

    CREATE TABLE keys (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL,
      lease INTEGER NOT NULL REFERENCES leases ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX keys_by_lease ON keys (lease);

    CREATE TABLE locks (
      name TEXT PRIMARY KEY,
      lease INTEGER NOT NULL REFERENCES leases ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX locks_by_lease ON locks (lease);

    CREATE TABLE tombstones (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      reason TEXT NOT NULL,
      host TEXT NOT NULL,
      registered_at INTEGER NOT NULL,
      last_beat INTEGER,
      ended_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX tombstones_by_id ON tombstones (id, epoch);

    CREATE TABLE outbox (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      event TEXT NOT NULL
    ) STRICT;

    CREATE TABLE kept (
      boot_id TEXT NOT NULL,
      pid INTEGER NOT NULL,
      start_time TEXT NOT NULL,
      kept_at INTEGER NOT NULL,
      PRIMARY KEY (boot_id, pid, start_time)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE boots (
      number INTEGER PRIMARY KEY,
      boot_id TEXT NOT NULL UNIQUE,
      clock_offset REAL NOT NULL
    ) STRICT;

    CREATE TABLE counts (
      name TEXT PRIMARY KEY,
      count INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO counts VALUES
      ('starting', 0), ('alive', 0), ('draining', 0), ('reaping', 0), ('quarantined', 0), ('tombstones', 0);
    CREATE TRIGGER lease_added AFTER INSERT ON leases BEGIN
      UPDATE counts SET count = count + 1 WHERE name = new.phase;
    END;
    CREATE TRIGGER lease_moved AFTER UPDATE OF phase ON leases WHEN old.phase <> new.phase BEGIN
      UPDATE counts SET count = count - 1 WHERE name = old.phase;
      UPDATE counts SET count = count + 1 WHERE name = new.phase;
    END;
    CREATE TRIGGER lease_removed AFTER DELETE ON leases BEGIN
      UPDATE counts SET count = count - 1 WHERE name = old.phase;
    END;
    CREATE TRIGGER tombstone_added AFTER INSERT ON tombstones BEGIN
      UPDATE counts SET count = count + 1 WHERE name = 'tombstones';
    END;
    CREATE TRIGGER tombstone_removed AFTER DELETE ON tombstones BEGIN
      UPDATE counts SET count = count - 1 WHERE name = 'tombstones';
    END;
    `,
    `
    ALTER TABLE leases ADD COLUMN loop_lag INTEGER;
    ALTER TABLE leases ADD COLUMN stuck_at INTEGER;
    ALTER TABLE leases ADD COLUMN progress_timeout INTEGER;
    ALTER TABLE leases ADD COLUMN progress_due_at INTEGER;
    ALTER TABLE leases ADD COLUMN stalled_at INTEGER;
    CREATE INDEX leases_by_progress ON leases (stalled_at IS NULL, progress_due_at) WHERE progress_due_at IS NOT NULL;
    `,
    `
    ALTER TABLE leases ADD COLUMN put_off_at INTEGER;
    ALTER TABLE leases ADD COLUMN put_off_by TEXT;
    CREATE INDEX leases_put_off ON leases (put_off_at) WHERE put_off_at IS NOT NULL;
    CREATE INDEX leases_quarantined ON leases (phase) WHERE phase = 'quarantined';

    CREATE TABLE guard (
      number INTEGER PRIMARY KEY CHECK (number = 1),
      swept_at INTEGER,
      hosts INTEGER NOT NULL,
      state TEXT NOT NULL
    ) STRICT;

    CREATE TABLE hosts (
      host TEXT PRIMARY KEY,
      live INTEGER NOT NULL,
      silent_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX hosts_by_silence ON hosts (silent_at) WHERE silent_at IS NOT NULL;
    INSERT INTO hosts
      SELECT host, count(*), NULL FROM leases WHERE phase IN ('starting', 'alive', 'draining') GROUP BY host;
    INSERT INTO guard SELECT 1, NULL, count(*), '' FROM hosts;

    CREATE TRIGGER host_added AFTER INSERT ON hosts BEGIN
      UPDATE guard SET hosts = hosts + 1;
    END;
    CREATE TRIGGER host_came_back AFTER UPDATE OF live ON hosts WHEN old.live = 0 AND new.live > 0 BEGIN
      UPDATE guard SET hosts = hosts + 1;
    END;
    CREATE TRIGGER host_removed AFTER DELETE ON hosts WHEN old.live > 0 BEGIN
      UPDATE guard SET hosts = hosts - 1;
    END;
    CREATE TRIGGER host_emptied AFTER UPDATE OF live ON hosts WHEN old.live > 0 AND new.live = 0 BEGIN
      UPDATE guard SET hosts = hosts - 1;
      DELETE FROM hosts WHERE host = new.host AND silent_at IS NULL;
    END;
    CREATE TRIGGER lease_joined_host AFTER INSERT ON leases BEGIN
      INSERT INTO hosts VALUES (new.host, 1, NULL) ON CONFLICT (host) DO UPDATE SET live = live + 1;
    END;
    CREATE TRIGGER lease_left_host AFTER UPDATE OF phase ON leases
      WHEN old.phase IN ('starting', 'alive', 'draining') AND new.phase NOT IN ('starting', 'alive', 'draining') BEGIN
      UPDATE hosts SET live = live - 1 WHERE host = old.host;
    END;
    CREATE TRIGGER live_lease_removed AFTER DELETE ON leases WHEN old.phase IN ('starting', 'alive', 'draining') BEGIN
      UPDATE hosts SET live = live - 1 WHERE host = old.host;
    END;
    `,
    `
    ALTER TABLE leases ADD COLUMN heap INTEGER;
    `,
  ],
}
