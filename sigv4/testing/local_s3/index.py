"""The index: SQLite, which says what there is. Its schema, connections, transactions, and the list of garbage.

One connection writes. In memory it reads too, one thread at a time; in a directory every reader has a connection of
its own, so that reading does not wait for another's fsync. How index and files keep together stands in storage.py.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO, TypeVar

    from .files import Files
    from .processes import Owners

    Kind = TypeVar("Kind", bound=sqlite3.Connection)

_BUSY_SECONDS = 60
SCHEMA_VERSION = 1

_SCHEMA = f"""
CREATE TABLE buckets (name TEXT PRIMARY KEY, created REAL NOT NULL, settings TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE versions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of writing: the highest of a key is its latest version
    bucket TEXT NOT NULL, key BLOB NOT NULL, version_id TEXT NOT NULL,
    latest INTEGER NOT NULL, delete_marker INTEGER NOT NULL,
    modified REAL NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL, attributes TEXT NOT NULL, content INTEGER);
CREATE UNIQUE INDEX versions_by_id ON versions (bucket, key, version_id);
CREATE INDEX versions_by_key ON versions (bucket, key, seq DESC);
CREATE UNIQUE INDEX objects ON versions (bucket, key) WHERE latest = 1 AND delete_marker = 0;
CREATE TABLE uploads (
    upload_id TEXT PRIMARY KEY, bucket TEXT NOT NULL, key BLOB NOT NULL, initiated REAL NOT NULL,
    attributes TEXT NOT NULL);
CREATE INDEX uploads_by_key ON uploads (bucket, key, upload_id);
CREATE TABLE parts (
    upload_id TEXT NOT NULL, number INTEGER NOT NULL, modified REAL NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
    attributes TEXT NOT NULL, content INTEGER NOT NULL, PRIMARY KEY (upload_id, number)) WITHOUT ROWID;
CREATE TABLE pieces (
    content INTEGER NOT NULL, ordinal INTEGER NOT NULL,
    size INTEGER NOT NULL, data BLOB, file TEXT, start INTEGER NOT NULL,
    PRIMARY KEY (content, ordinal));
CREATE INDEX pieces_by_file ON pieces (file) WHERE file IS NOT NULL;
CREATE TABLE garbage (file TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {SCHEMA_VERSION};
"""


class Snapshot:
    """What was stored at a moment. Its files are pinned as long as it is there."""

    def __init__(self, database: sqlite3.Connection, files: set[str], release: Callable[[set[str]], None]) -> None:
        self.database = database
        self.files = files
        self._release = release

    def __del__(self) -> None:
        self.database.close()
        self._release(self.files)


class Writer(sqlite3.Connection):
    """The connection that writes, in the name of `owner`; `dropped` are the files that lost their last piece in the
    transaction at hand.
    """

    owner = ""
    dropped: list[str]

    def keep(self, file: str) -> None:
        """A piece names the file from this commit on."""
        self.execute("DELETE FROM garbage WHERE file = ?", (file,))

    def drop(self, file: str) -> None:
        """No piece names the file from this commit on."""
        self.execute("INSERT OR IGNORE INTO garbage VALUES (?, ?)", (file, self.owner))
        self.dropped.append(file)


class Index:
    """The index in memory, or in the file `path`. Safe to use from many threads.

    `prepare` must come before anything else.
    """

    def __init__(self, path: str | None, files: Files) -> None:
        self.files = files
        self._path = path
        self._lock = threading.Lock()  # one transaction at a time; in memory, one use of the connection at a time
        self._readers: list[sqlite3.Connection] = []
        if path is not None:
            # For no one else to read, in whatever folder; SQLite gives its other files the same mode.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._writer = _connect(path or ":memory:", Writer)

    def close(self) -> None:
        with self._lock:
            for connection in (*self._readers, self._writer):
                connection.close()
            self._readers.clear()

    def prepare(self) -> None:
        """Make the tables where there are none. Raises ValueError for those of another version."""
        if self._path is None:
            self._writer.executescript(_SCHEMA)
            return
        with self.transaction() as db:
            (found,) = db.execute("PRAGMA user_version").fetchone()
            if found not in (0, SCHEMA_VERSION):
                raise ValueError(
                    f"{os.path.dirname(self._path)} holds LocalS3 data of version {found}; this release reads version "
                    f"{SCHEMA_VERSION}. Give another directory."
                )
            if found == 0:
                for statement in _SCHEMA.split(";"):  # executescript would commit
                    db.execute(statement)

    @contextmanager
    def transaction(self) -> Iterator[Writer]:
        """All or nothing; other processes wait. After the commit, the files that lost their last piece are deleted."""
        with self._lock:
            db, deleted = self._writer, self.files.deleted
            db.execute("BEGIN IMMEDIATE")
            done = [deleted.pop() for _ in range(len(deleted))]
            db.dropped = []
            try:
                if done:
                    db.executemany("DELETE FROM garbage WHERE file = ?", [(file,) for file in done])
                yield db
                db.execute("COMMIT")
            except BaseException:
                deleted.extend(done)
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            dropped = db.dropped
        if dropped:
            self.files.delete(dropped)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with."""
        if self._path is None:
            with self._lock:
                yield self._writer
            return
        connection = self._readers.pop() if self._readers else _connect(self._path, sqlite3.Connection)
        try:
            yield connection
        finally:
            self._readers.append(connection)

    def compact(self) -> None:
        """Give the log's room back to the disk, if nobody reads in it."""
        with self._lock:
            self._writer.execute("PRAGMA busy_timeout = 1000")
            with suppress(sqlite3.OperationalError):
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._writer.execute(f"PRAGMA busy_timeout = {1000 * _BUSY_SECONDS}")

    # Garbage

    def create_file(self) -> tuple[str, BinaryIO]:
        """A new file and its name; garbage until a commit names it."""
        name = os.urandom(16).hex()
        with self.transaction() as db:
            db.execute("INSERT INTO garbage VALUES (?, ?)", (name, db.owner))
        return name, self.files.create(name)

    def discard(self, file: str) -> None:
        """Delete a file unless a commit has named it."""
        with self.reading() as db:
            unnamed = db.execute("SELECT 1 FROM garbage WHERE file = ?", (file,)).fetchone()
        if unnamed:
            self.files.delete([file])

    def sweep(self, owners: Owners) -> None:
        """Write as `owners.own` from now on; delete the files that dead processes had begun or were about to delete."""
        self._writer.owner = owners.own
        with self.transaction() as db:
            for (owner,) in db.execute("SELECT DISTINCT owner FROM garbage").fetchall():
                if not owners.alive(owner):
                    db.execute("UPDATE garbage SET owner = ? WHERE owner = ?", (owners.own, owner))
            files = [file for (file,) in db.execute("SELECT file FROM garbage WHERE owner = ?", (owners.own,))]
        self.files.delete(files)

    # Snapshots, in memory alone

    def snapshot(self) -> Snapshot:
        """A copy. The files that it names are pinned as long as it is there."""
        with self._lock:
            database = _connect(":memory:", sqlite3.Connection)
            self._writer.backup(database)
            files = {file for (file,) in database.execute("SELECT DISTINCT file FROM pieces WHERE file IS NOT NULL")}
            self.files.pin(files)
        return Snapshot(database, files, self.files.release)

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to the snapshot. Files that came after it go when nobody reads them.

        Those being written stay, and their entries in `garbage`: whoever writes them will store or remove them.
        """
        with self._lock:
            garbage = self._writer.execute("SELECT file, owner FROM garbage").fetchall()
            snapshot.database.backup(self._writer)
            unnamed = [(file, owner) for file, owner in garbage if file not in snapshot.files]
            self._writer.execute("DELETE FROM garbage")
            self._writer.executemany("INSERT INTO garbage VALUES (?, ?)", unnamed)
            self.files.spare(snapshot.files)
            kept = snapshot.files.union(file for file, _ in unnamed)
            # Listed before any other transaction: a file begun after it is in nobody's list.
            found = self.files.names()
        self.files.delete(file for file in found if file not in kept)


def _connect(path: str, kind: type[Kind]) -> Kind:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, factory=kind
    )
    if path != ":memory:":
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # an acknowledged write survives a power cut
    return connection
