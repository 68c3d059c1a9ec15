"""Agents in Python that join an Oakum fleet in a SQLite store.

    import oakum

    with oakum.register("sqlite:.oakum", "coder-1", roots=["/tmp/agents"]) as agent:
        agent.own("directory", "/tmp/agents/coder-1")
        child = subprocess.Popen(["npm", "test"], env={**os.environ, **agent.env})
        while not agent.ended.wait(1):   # set when the agent was asked to stop, or is fenced
            work()
            agent.progress()

One file, the standard library alone: copy it. Python 3.9 or newer with SQLite 3.37 or newer, on Linux. What it does is
written down in docs/protocol.md. The store must be of the version that it knows: take it from the Oakum that you use.

- A daemon thread beats; a lease without an acknowledged beat for three quarters of its time fences itself.
- Every write is one transaction that first looks whether the lease still stands, and raises Fenced when it does not.
- What an agent still owns when it is released, or dies, is reclaimed by a coordinator (`oakum up`, `oakum sweep`).
- What SQLite says of a store that is locked or full is raised as it is (sqlite3.Error); beats try again.
- A process made by os.fork() has no part in its parent's agents; its calls are refused.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import math
import os
import re
import secrets
import socket
import sqlite3
import struct
import threading
import time
import urllib.parse
import uuid
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, Optional, Sequence, Union

__all__ = ["Agent", "Fenced", "OakumError", "register"]

SCHEMA_VERSION = 4
APPLICATION_ID = 0x4F414B46  # "OAKF"
OLDEST_SQLITE = (3, 37, 0)  # its tables are STRICT

LIVE = "phase IN ('starting', 'alive', 'draining')"
BUSY_TIMEOUT = 5.0
LOOK_EVERY = 0.25
LONGEST_LEASE = 2**31 - 1
OUTBOX_LIMIT = 100_000
TOMBSTONE_AGE = 7 * 24 * 60 * 60 * 1_000
TOMBSTONE_LIMIT = 10_000
TOMBSTONE_BATCH = 8
REMEMBERED_BOOTS = 16
LATEST_TIME = (2**53 - 1) // 1_000


class OakumError(Exception):
    """What went wrong: `code` is stable (docs/errors.md), the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Fenced(OakumError):
    """The lease has ended: nothing may be written any more. Register again."""

    def __init__(self, agent_id: str, epoch: int, why: str) -> None:
        super().__init__("FENCED", f"Agent {agent_id} (epoch {epoch}) is fenced: {why}.")


def register(
    store: str,
    agent_id: str,
    *,
    state: str = "idle",
    labels: Optional[Mapping[str, str]] = None,
    roots: Sequence[Union[str, Path]] = (),
    parent: Optional[str] = None,
    owns_process: bool = False,
    progress_timeout: Optional[float] = None,
    lease_ttl: float = 120.0,
    beat_every: Optional[float] = None,
    host: Optional[str] = None,
    on_stop: Optional[Callable[[], None]] = None,
    on_fenced: Optional[Callable[[], None]] = None,
) -> Agent:
    """Registers an agent that lives in this process, and beats for it until it is released. Times in seconds.

    roots: directories below which it may own directories. owns_process: end this process when the lease is reclaimed.
    progress_timeout: without progress() for so long it counts as stalled. on_stop, on_fenced: called once, by a thread
    of their own.
    """
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", agent_id):
        raise OakumError("INVALID_ID", "An id is 1 to 128 characters of A-Z a-z 0-9 . _ : -")
    host = host or socket.gethostname()
    texts = [state, host, *(labels or {}).keys(), *(labels or {}).values()]
    if not all(isinstance(text, str) for text in texts):
        raise OakumError("INVALID_OPTION", "The state, the host and each label must be a text.")
    beat_every = beat_every or min(lease_ttl / 4, 30.0)
    if not 0 < lease_ttl * 1_000 <= LONGEST_LEASE:
        raise OakumError("INVALID_OPTION", "lease_ttl must be above 0 and below 24 days.")
    if not 0 < beat_every < lease_ttl * 0.75:
        raise OakumError("INVALID_OPTION", "beat_every must be above 0 and below three quarters of lease_ttl.")
    if progress_timeout is not None and not 0 < progress_timeout * 1_000 <= LONGEST_LEASE:
        raise OakumError("INVALID_OPTION", "progress_timeout must be above 0 and below 24 days.")
    process = _own_process()
    mark = secrets.token_hex(8)
    lease = {
        "id": agent_id,
        "nonce": str(uuid.uuid4()),
        "state": state,
        "host": host,
        "pid": process["pid"],
        "start_time": process["startTime"],
        "boot_id": process["bootId"],
        "roots": _json([_real_root(root) for root in roots]),
        "labels": _json(dict(labels or {})),
        "lease_ttl": math.ceil(lease_ttl * 1_000),
        "progress_timeout": None if progress_timeout is None else math.ceil(progress_timeout * 1_000),
    }
    resources = [("process", f"mark:{mark}", {"mark": mark})]
    if owns_process:
        resources.append(("process", _process_key(process), process))
    sent_at = time.monotonic()
    opened = _Store(_path_of(store))
    try:
        seq, epoch = opened.register(lease, resources, parent)
    except BaseException:
        opened.close()
        raise
    return Agent(opened, lease, seq, epoch, mark, beat_every, sent_at, on_stop, on_fenced)


class Agent:
    """One lease of this process. Made by register(); its methods may be called from any thread."""

    def __init__(self, store, lease, seq, epoch, mark, beat_every, sent_at, on_stop, on_fenced) -> None:
        self.id: str = lease["id"]
        self.epoch: int = epoch
        #: Set when somebody asked the agent to stop: finish, then release.
        self.stop_requested = threading.Event()
        #: Set when the lease has ended: stop at once.
        self.fenced = threading.Event()
        #: Set with either of these.
        self.ended = threading.Event()
        marks = [mark for mark in os.environ.get("OAKUM_MARKS", "").split(":") if mark]
        #: For the environment of what the agent starts: it is found by these when the agent dies.
        self.env: Mapping[str, str] = {
            "OAKUM_MARKS": ":".join([*marks, mark]),
            "OAKUM_AGENT": self.id,
            "OAKUM_EPOCH": str(epoch),
        }
        self._store = store
        self._lease = lease
        self._seq = seq
        self._mark = mark
        self._beat_every = beat_every
        self._fence_after = lease["lease_ttl"] / 1_000 * 0.75
        self._acknowledged = sent_at
        self._on_stop = on_stop
        self._on_fenced = on_fenced
        self._progressed = False
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"oakum {self.id}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Agent:
        return self

    def __exit__(self, *_: object) -> None:
        if os.getpid() == self._store.pid:
            self.release()

    def own(self, kind: str, ref: Any) -> None:
        """Into the lease goes a process by its pid, a directory below a root by its path, a key by its name."""
        if kind == "process":
            process = _identify(int(ref))
            if process is None:
                raise OakumError("PROCESS_NOT_FOUND", f"No process has the pid {ref}.")
            key, data = _process_key(process), process
        elif kind == "directory":
            data = _identify_directory(ref, json.loads(self._lease["roots"]))
            key = data["path"]
        elif kind == "key":
            key, data = str(ref), {}
        else:
            raise OakumError("KIND_UNKNOWN", f"This client owns no {kind}: give a process, a directory or a key.")
        with self._write() as (db, _, now):
            _take(db, self._seq, kind, key, data, now)

    def set_key(self, key: str, value: str) -> None:
        """Writes a value that all agents can read, and that goes with the lease."""
        with self._write() as (db, _, __):
            select = f"SELECT id FROM keys JOIN leases ON seq = lease WHERE key = ? AND lease <> ? AND {LIVE}"
            owner = db.execute(select, (key, self._seq)).fetchone()
            if owner is not None:
                raise OakumError("RESOURCE_REFUSED", f"The key {key} belongs to {owner['id']}.")
            db.execute(
                "INSERT INTO keys (key, value, lease) VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET value = excluded.value, lease = excluded.lease",
                (key, value, self._seq),
            )

    def get_key(self, key: str) -> Optional[str]:
        """Reads a value that any agent wrote."""
        with self._store.use() as db:
            row = db.execute("SELECT value FROM keys WHERE key = ?", (key,)).fetchone()
        return None if row is None else row["value"]

    def set_state(self, state: str) -> None:
        """Changes the agent's own word for what it does."""
        with self._write() as (db, row, _):
            if row["state"] == state:
                return
            db.execute("UPDATE leases SET state = ? WHERE seq = ?", (state, self._seq))
            data = {"epoch": str(self.epoch), "state": state, "phase": row["phase"]}
            _add_event(db, str(uuid.uuid4()), "agent_state", self.id, data)

    def progress(self) -> None:
        """Says that the agent got on with its work; sent with the next beat."""
        self._progressed = True

    def assert_alive(self) -> None:
        """Raises Fenced when the lease has ended."""
        with self._write():
            pass

    def release(self, wait: float = 0) -> bool:
        """Ends the lease. True when nothing of it is left: at once, where it owned nothing any more.

        Anything else is left to the next sweep of a coordinator, for which this waits so many seconds.
        """
        if not self._released.is_set():
            marked = _any_marked(self._mark)
            with contextlib.suppress(Fenced):  # then somebody else is at it
                self._say_goodbye(marked)
            self._released.set()
            if threading.current_thread() is not self._thread:
                self._thread.join()
        until = time.monotonic() + wait
        while not self._is_gone():
            if time.monotonic() >= until:
                return False
            time.sleep(0.05)
        return True

    def _say_goodbye(self, marked: bool) -> None:
        with self._write() as (db, row, now):
            own = _process_key(_own_process())
            for key in [own] if marked else [own, f"mark:{self._mark}"]:  # it never ends the process that says it
                db.execute("DELETE FROM resources WHERE lease = ? AND kind = 'process' AND key = ?", (self._seq, key))
            if db.execute("SELECT 1 FROM resources WHERE lease = ? LIMIT 1", (self._seq,)).fetchone() is None:
                _bury(db, row, now)
            else:
                _fence(db, row, "released", 0, now)

    def _is_gone(self) -> bool:
        with _Store(self._store.path) as store:
            return store.db.execute("SELECT 1 FROM leases WHERE seq = ?", (self._seq,)).fetchone() is None

    @contextlib.contextmanager
    def _write(self) -> Iterator[tuple]:
        """One transaction, once it is sure that the lease stands: connection, row of the lease, the store's time."""
        if self._released.is_set():
            raise Fenced(self.id, self.epoch, "it was released")
        self._fence_if_silent()
        if self.fenced.is_set():
            raise Fenced(self.id, self.epoch, "its lease has ended")
        with self._store.transaction() as (db, now):
            row = db.execute(f"SELECT * FROM leases WHERE seq = ? AND {LIVE}", (self._seq,)).fetchone()
            if row is not None:
                yield db, row, now
        if row is None:
            self._end(self.fenced, self._on_fenced)
            raise Fenced(self.id, self.epoch, "its lease has ended")

    def _run(self) -> None:
        """Beats, and between two beats looks whether anybody changed the store."""
        version, due, failures = None, 0.0, 0
        while not (self._released.is_set() or self.fenced.is_set()):
            now = time.monotonic()
            self._fence_if_silent()
            try:
                if now >= due:
                    self._beat(now)
                    due, failures = now + self._beat_every, 0
                else:
                    version = self._look(version)
            except Fenced:
                break
            except sqlite3.Error:  # a store that comes back is found by the next try, one that does not ends in a fence
                due = time.monotonic() + min(0.1 * 2**failures, self._beat_every)
                failures += 1
            self._released.wait(max(0.0, min(LOOK_EVERY, due - time.monotonic())))
        self._store.close()

    def _beat(self, sent_at: float) -> None:
        progressed, self._progressed = self._progressed, False
        try:
            with self._write() as (db, row, now):
                db.execute(
                    "UPDATE leases SET last_beat = ?, due_at = ? + lease_ttl, progress_at = coalesce(?, progress_at),"
                    " phase = iif(phase = 'starting', 'alive', phase) WHERE seq = ?",
                    (now, now, now if progressed else None, self._seq),
                )
                if progressed and row["stalled_at"] is not None:
                    sql = "UPDATE leases SET stalled_at = NULL, progress_due_at = ? + progress_timeout WHERE seq = ?"
                    db.execute(sql, (now, self._seq))
                    data = {"epoch": str(self.epoch), "milliseconds": now - row["stalled_at"]}
                    _add_event(db, str(uuid.uuid4()), "agent_progressed", self.id, data)
        except sqlite3.Error:
            self._progressed |= progressed
            raise
        self._acknowledged = sent_at
        self._heed(row)

    def _look(self, seen: Optional[int]) -> int:
        with self._store.lock:
            version = self._store.db.execute("PRAGMA data_version").fetchone()[0]
            if version == seen:
                return version
            row = self._store.db.execute(f"SELECT * FROM leases WHERE seq = ? AND {LIVE}", (self._seq,)).fetchone()
        if row is None and not self._released.is_set():
            self._end(self.fenced, self._on_fenced)
        elif row is not None:
            self._heed(row)
        return version

    def _heed(self, row: sqlite3.Row) -> None:
        if row["stop_requested_at"] is not None:
            self._end(self.stop_requested, self._on_stop)

    def _fence_if_silent(self) -> None:
        if time.monotonic() - self._acknowledged > self._fence_after:
            self._end(self.fenced, self._on_fenced)

    def _end(self, event: threading.Event, callback: Optional[Callable[[], None]]) -> None:
        if event.is_set():
            return
        event.set()
        self.ended.set()
        if callback is not None:  # by itself: beats go on when it fails, or does not return
            threading.Thread(target=callback, name=f"oakum {self.id} told", daemon=True).start()


class _Store:
    """A connection to fleet.db, and its clock. One at a time uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pid = os.getpid()
        self.lock = threading.RLock()
        self._closed = False
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise OakumError("STORE_UNREADABLE", f"SQLite {sqlite3.sqlite_version} is too old: 3.37 is needed.")
        if not path.exists():
            raise OakumError("STORE_UNREADABLE", f"There is no store at {path.parent}: `oakum up --once` makes one.")
        # mode=rw: never makes a file. Those that SQLite adds to it (-wal, -shm) get its mode, 0600.
        uri = f"file:{urllib.parse.quote(str(path))}?mode=rw"
        self.db = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
        try:
            self.db.row_factory = sqlite3.Row
            _assert_known(self.db, path)
            self.db.execute("PRAGMA synchronous = NORMAL")
            self.db.execute("PRAGMA foreign_keys = ON")
            self._offset = self._find_offset()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> _Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if os.getpid() == self.pid:
            with self.lock:
                self._closed = True
                self.db.close()

    @contextlib.contextmanager
    def use(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one thread at a time; not in a forked process, where the lock could be held for ever."""
        if os.getpid() != self.pid:
            raise OakumError("STORE_CLOSED", "This process was forked: it has no part in the agents of its parent.")
        with self.lock:
            if self._closed:
                raise OakumError("STORE_CLOSED", "The agent has ended, and its connection to the store with it.")
            yield self.db

    @contextlib.contextmanager
    def transaction(self) -> Iterator[tuple]:
        """Holds the one write lock: all of it or none. Gives the connection, and the store's time in milliseconds."""
        with self.use() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db, math.floor(self.now())
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:  # after a full disk SQLite has rolled back by itself
                    db.execute("ROLLBACK")
                raise

    def now(self) -> float:
        return time.monotonic_ns() / 1e6 + self._offset

    def register(self, lease: dict, resources: list, parent: Optional[str]) -> tuple:
        with self.transaction() as (db, now):
            newest = _newest(db, lease["id"])
            if newest is not None and newest["phase"] in ("starting", "alive", "draining"):
                _make_way(db, newest, now)
            ended = db.execute("SELECT max(epoch) FROM tombstones WHERE id = ?", (lease["id"],)).fetchone()[0]
            epoch = max(newest["epoch"] if newest else 0, ended or 0) + 1
            epoch = max(epoch, math.floor(self.now() * 1_000))
            above = _find_parent(db, parent)
            row = {
                **lease,
                "epoch": epoch,
                "phase": "starting",
                "parent_id": above["id"] if above else None,
                "parent_epoch": above["epoch"] if above else None,
                "registered_at": now,
                "due_at": now + lease["lease_ttl"],
                "progress_due_at": None if lease["progress_timeout"] is None else now + lease["progress_timeout"],
            }
            columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            seq = db.execute(f"INSERT INTO leases ({columns}) VALUES ({values})", row).lastrowid
            for kind, key, data in resources:
                _take(db, seq, kind, key, data, now)
            data = {"epoch": str(epoch), "host": lease["host"], "state": lease["state"], "pid": lease["pid"]}
            if above:
                data["parent"] = {"id": above["id"], "epoch": str(above["epoch"])}
            _add_event(db, f"agent_registered:{lease['id']}:{epoch}", "agent_registered", lease["id"], data)
        return seq, epoch

    def _find_offset(self) -> float:
        """From the monotonic clock to the store's time, in milliseconds; the first opener of a boot writes it down."""
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        select = "SELECT clock_offset FROM boots WHERE boot_id = ?"
        found = self.db.execute(select, (boot,)).fetchone()
        if found is not None:
            return found[0]
        self._offset = 0.0
        with self.transaction() as (db, _):
            found = db.execute(select, (boot,)).fetchone()
            if found is not None:
                return found[0]
            newest = db.execute(
                "SELECT max(time) FROM (SELECT max(registered_at) AS time FROM leases WHERE registered_at <= :latest"
                " UNION ALL SELECT max(last_beat) FROM leases WHERE last_beat <= :latest"
                " UNION ALL SELECT swept_at FROM guard"
                " UNION ALL SELECT ended_at FROM (SELECT ended_at FROM tombstones ORDER BY number DESC LIMIT 1))"
                " WHERE time <= :latest",
                {"latest": LATEST_TIME},
            ).fetchone()[0]
            now = max(time.time_ns() / 1e6, newest or 0)
            offset = now - time.monotonic_ns() / 1e6
            db.execute("INSERT INTO boots (boot_id, clock_offset) VALUES (?, ?)", (boot, offset))
            db.execute("DELETE FROM boots WHERE number <= (SELECT max(number) FROM boots) - ?", (REMEMBERED_BOOTS,))
            db.execute(
                "UPDATE leases SET due_at = :now + iif(phase = 'reaping', 0, lease_ttl)"
                " WHERE due_at > :now + iif(phase = 'reaping', 0, lease_ttl)",
                {"now": math.floor(now)},
            )
            return offset


def _assert_known(db: sqlite3.Connection, path: Path) -> None:
    try:
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.OperationalError:  # locked, or not to be read
        raise
    except sqlite3.DatabaseError as error:
        raise OakumError("STORE_CORRUPT", f"{path} is no usable database: {error}.") from error
    if application != APPLICATION_ID:
        raise OakumError("STORE_CORRUPT", f"{path} is no store of Oakum's.")
    if version > SCHEMA_VERSION:
        message = f"{path} has version {version}, this client knows {SCHEMA_VERSION}: take the oakum.py of your Oakum."
        raise OakumError("STORE_NEWER", message)
    if version < SCHEMA_VERSION:
        message = f"{path} has version {version}, this client knows {SCHEMA_VERSION}: `oakum up --once` updates it."
        raise OakumError("STORE_UNREADABLE", message)


def _make_way(db: sqlite3.Connection, row: sqlite3.Row, now: int) -> None:
    """Ends an earlier lease of the same id whose process is dead, or whose time is over. Raises when it is alive."""
    process = {"pid": row["pid"], "startTime": row["start_time"], "bootId": row["boot_id"]}
    if process["bootId"] == _boot_id() and _identify(row["pid"]) != process:
        reason = "process_gone"
    elif row["due_at"] is not None and row["due_at"] <= now:
        reason = "missing_heartbeat" if row["last_beat"] is None else "stale_heartbeat"
    else:
        raise OakumError("AGENT_EXISTS", f"An agent {row['id']} is alive (epoch {row['epoch']}).")
    _fence(db, row, reason, 0, now)
    level, depth = [row], 0
    while level:  # what lives below it ends with it; once fenced, nobody is found again
        depth += 1
        select = f"SELECT * FROM leases WHERE parent_id = ? AND parent_epoch = ? AND {LIVE}"
        level = [child for above in level for child in db.execute(select, (above["id"], above["epoch"])).fetchall()]
        for child in level:
            _fence(db, child, "parent_gone", depth, now)


def _fence(db: sqlite3.Connection, row: sqlite3.Row, reason: str, depth: int, now: int) -> None:
    """Ends a live lease; the next sweep reclaims what it holds."""
    sql = "UPDATE leases SET phase = 'reaping', reason = ?, depth = ?, due_at = ? WHERE seq = ?"
    db.execute(sql, (reason, depth, now, row["seq"]))


def _bury(db: sqlite3.Connection, row: sqlite3.Row, now: int) -> None:
    """Removes a released lease that owns nothing, and leaves a tombstone."""
    db.execute("DELETE FROM leases WHERE seq = ?", (row["seq"],))
    db.execute(
        "INSERT INTO tombstones (id, epoch, reason, host, registered_at, last_beat, ended_at)"
        " VALUES (?, ?, 'released', ?, ?, ?, ?)",
        (row["id"], row["epoch"], row["host"], row["registered_at"], row["last_beat"], now),
    )
    excess = db.execute("SELECT count - ? FROM counts WHERE name = 'tombstones'", (TOMBSTONE_LIMIT,)).fetchone()[0]
    oldest = "number IN (SELECT number FROM tombstones ORDER BY number LIMIT ?)"
    db.execute(f"DELETE FROM tombstones WHERE {oldest}", (max(0, min(excess, TOMBSTONE_BATCH)),))
    db.execute(f"DELETE FROM tombstones WHERE ended_at <= ? AND {oldest}", (now - TOMBSTONE_AGE, TOMBSTONE_BATCH))
    epoch = str(row["epoch"])
    holder = f"python:{row['host']}:{row['pid']}"
    data = {"epoch": epoch, "reason": "released", "released": 0, "kept": [], "milliseconds": 0, "coordinator": holder}
    _add_event(db, f"agent_stopped:{row['id']}:{epoch}", "agent_stopped", row["id"], data)


def _newest(db: sqlite3.Connection, agent_id: str) -> Optional[sqlite3.Row]:
    return db.execute("SELECT * FROM leases WHERE id = ? ORDER BY epoch DESC LIMIT 1", (agent_id,)).fetchone()


def _find_parent(db: sqlite3.Connection, parent: Optional[str]) -> Optional[sqlite3.Row]:
    if parent is None:
        return None
    row = _newest(db, parent)
    if row is None:
        raise OakumError("AGENT_NOT_FOUND", f"No agent {parent} is known.")
    if row["phase"] not in ("starting", "alive", "draining"):
        raise OakumError("FENCED", f"The lease of the parent {parent} (epoch {row['epoch']}) has ended.")
    return row


def _take(db: sqlite3.Connection, seq: int, kind: str, key: str, data: Mapping[str, Any], now: int) -> None:
    if not 1 <= len(key) <= 1_024:
        raise OakumError("INVALID_OPTION", "A resource's key is a text of 1 to 1024 characters.")
    db.execute(
        "INSERT INTO resources (lease, kind, key, data, owned_at) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (lease, kind, key) DO UPDATE SET data = excluded.data",
        (seq, kind, key, _json(data), now),
    )


def _add_event(db: sqlite3.Connection, event_id: str, kind: str, agent: str, data: Mapping[str, Any]) -> None:
    event = {"id": event_id, "type": kind, "time": time.time_ns() // 1_000_000, "agent": agent, "data": data}
    db.execute("INSERT INTO outbox (event) VALUES (?)", (_json(event),))
    db.execute("DELETE FROM outbox WHERE number <= (SELECT max(number) FROM outbox) - ?", (OUTBOX_LIMIT,))


def _path_of(url: str) -> Path:
    if not url.startswith("sqlite:") or url == "sqlite:" or re.match(r"sqlite://[^/]", url):
        raise OakumError("STORE_UNKNOWN", f"{url} names no folder: write sqlite:DIR.")
    return Path(url[len("sqlite:") :]).absolute() / "fleet.db"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _boot_id() -> str:
    # A pid means something within one pid namespace only, so its inode is part of the name.
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{os.stat('/proc/self/ns/pid').st_ino}"


def _own_process() -> dict:
    process = _identify(os.getpid())
    if process is None:
        raise OakumError("PROCESS_UNREADABLE", "This system has no /proc: the client needs Linux.")
    return process


def _identify(pid: int) -> Optional[dict]:
    """The process that has this pid now: pid, start time and boot. None for one that has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2 :].split(" ")  # the name may hold spaces and brackets
    if fields[0] in "ZX" and int(fields[17]) <= 1:
        return None
    return {"pid": pid, "startTime": fields[19], "bootId": _boot_id()}


def _process_key(process: Mapping[str, Any]) -> str:
    return f"{process['pid']}:{process['startTime']}:{process['bootId']}"


def _any_marked(mark: str) -> bool:
    """Whether anything lives that carries the mark in its environment, as far as it may be read."""
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            for variable in Path(f"/proc/{entry.name}/environ").read_bytes().split(b"\0"):
                name, _, value = variable.partition(b"=")
                if name == b"OAKUM_MARKS" and mark.encode() in value.split(b":"):
                    return True
    return False


def _real_root(root: Union[str, Path]) -> str:
    real = os.path.realpath(root)
    if real == "/" or not os.path.isdir(real):
        raise OakumError("INVALID_OPTION", f"The root {root} is no directory that an agent may declare.")
    return real


def _identify_directory(path: Union[str, Path], roots: Sequence[str]) -> dict:
    """Which directory a path names, beyond the path: a coordinator removes it only while it is the same."""
    real = os.path.realpath(path)
    if not os.path.isdir(real):
        raise OakumError("INVALID_OPTION", f"{path} is not a directory.")
    root = next((root for root in roots if real.startswith(root + "/")), None)
    if root is None:
        raise OakumError("PATH_OUTSIDE_ROOTS", f"{path} lies outside the roots that the agent declared.")
    node = os.lstat(real)
    return {"path": real, "root": root, "dev": str(node.st_dev), "ino": str(node.st_ino), "born": str(_born(real))}


def _born(path: str) -> int:
    """When a file was made, in nanoseconds. Python tells it on no Linux, so the system is asked."""
    at_fdcwd, no_follow, btime, buffer = -100, 0x100, 0x800, ctypes.create_string_buffer(256)
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "statx") or libc.statx(at_fdcwd, os.fsencode(path), no_follow, btime, buffer) != 0:
        raise OakumError("INVALID_OPTION", f"This system does not tell when {path} was made, so it cannot be owned.")
    seconds, nanoseconds = struct.unpack_from("=qI", buffer, 80)
    return seconds * 1_000_000_000 + nanoseconds
