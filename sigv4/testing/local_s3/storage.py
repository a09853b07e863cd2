"""Where LocalS3 keeps buckets and objects: one implementation, in memory or in a directory.

What there is (buckets, versions, uploads, parts) stands in SQLite: in memory, or in `index.sqlite3` of the directory.
A body of at most `INLINE_LIMIT` bytes stands in the database too; a larger one is a file under `bodies/`, written
once and never changed.

- Keys are stored as their UTF-8 bytes, so that listings come in S3's order, and any key is as good as another: none
  is ever a path.
- A body is a list of *pieces*: bytes, or a span of a file. Completing a multipart upload and copying an object
  re-list pieces; no byte moves. A file lives as long as a piece names it.
- The commit of a transaction is what makes a write visible, so that it is whole or not there. In a directory the file
  and its folder are on the disk (fsync) before the commit, and the commit is before the answer.
- `garbage` lists the files that nothing names: entered before a file is written, taken out in the commit that names
  it, entered again in the commit that drops its last piece. Each entry belongs to the process that made it. Who opens
  the directory sweeps what dead ones left.
- Several processes may serve one directory: SQLite's write-ahead log keeps them apart, and a lock file tells who lives.
  A file that a reader has open is the reader's, whoever deletes it.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections import namedtuple
from contextlib import closing, contextmanager, suppress

from .bodies import Body, Chain, Piece, cut
from .errors import S3Error
from .processes import alive, fsync_folder, lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, BinaryIO

MAX_KEY_BYTES = 1024  # S3 user guide, Naming Amazon S3 objects
SCHEMA_VERSION = 1
# Files held open, by all readers together, before it is their turn. macOS gives a process 256 descriptors.
MAX_OPEN_AHEAD = 128

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

_VERSION = "seq, bucket, key, version_id, latest, delete_marker, modified, size, etag, attributes"
_LATEST = "SELECT seq FROM versions WHERE bucket = ? AND key = ? ORDER BY seq DESC LIMIT 1"
_PIECE = "pieces.size, data, file, start"


class Bucket(namedtuple("Bucket", "name created settings")):
    __slots__ = ()
    name: str
    created: float  # epoch seconds
    settings: dict[str, Any]  # by the caller's names; the storage itself reads "versioning" (Enabled, Suspended) alone


class Version(namedtuple("Version", "seq bucket key version_id latest delete_marker modified size etag attributes")):
    """One version of an object. `attributes` is what the caller gave: any JSON."""

    __slots__ = ()
    seq: int
    bucket: str
    key: str
    version_id: str
    latest: bool
    delete_marker: bool
    modified: float
    size: int
    etag: str
    attributes: dict[str, Any]


class Upload(namedtuple("Upload", "upload_id bucket key initiated attributes")):
    """A multipart upload in progress."""

    __slots__ = ()
    upload_id: str
    bucket: str
    key: str
    initiated: float
    attributes: dict[str, Any]


class Part(namedtuple("Part", "number modified size etag attributes")):
    __slots__ = ()
    number: int
    modified: float
    size: int
    etag: str
    attributes: dict[str, Any]


class Slice(namedtuple("Slice", "source start size etag")):
    """A span of an existing version, to be stored as (part of) another one."""

    __slots__ = ()
    source: Version
    start: int
    size: int
    etag: str


class Page(namedtuple("Page", "entries truncated")):
    """Entries of a listing in the order of their UTF-8 bytes: rows, and common prefixes as text."""

    __slots__ = ()
    entries: list[Any]
    truncated: bool


class Snapshot:
    """What was stored at a moment."""

    def __init__(self, database: sqlite3.Connection, files: set[str]) -> None:
        self.database = database
        self.files = files

    def __del__(self) -> None:
        self.database.close()


class Vanished(Exception):
    """The version was deleted between finding and opening it: look again."""


class Storage:
    """Buckets, objects and uploads. Safe to use from many threads. `now` gives epoch seconds.

    Raises S3Error for what S3 refuses (NoSuchBucket, NoSuchKey, BucketNotEmpty ...), ValueError for a directory of
    another version.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._durable = directory is not None
        self._lock = threading.Lock()  # one transaction at a time; in memory, one use of the connection at a time
        self._dropped: list[str] = []  # files that lost their last piece in the transaction at hand
        self._pins: dict[str, int] = {}  # files that a reader may still open, and how many readers
        self._condemned: set[str] = set()  # pinned files to be deleted when the last reader is done
        self._open_ahead = 0
        self._files_lock = threading.Lock()
        self._deleted: list[str] = []  # files gone from the disk, whose garbage entries the next transaction removes
        self._readers: list[sqlite3.Connection] = []
        self._bodies: str | None = None
        self._owner = os.urandom(8).hex()
        self._owner_lock = -1
        if directory is None:
            self._writer = _connect(":memory:")
            self._writer.executescript(_SCHEMA)
        else:
            self._open(os.path.abspath(directory))

    def _open(self, directory: str) -> None:
        self._bodies = os.path.join(directory, "bodies")
        self._owners = os.path.join(directory, "owners")
        for folder in (directory, self._bodies, self._owners):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        self._index = os.path.join(directory, "index.sqlite3")
        # For no one else to read, in whatever folder; SQLite gives its other files the same mode.
        os.close(os.open(self._index, os.O_CREAT | os.O_RDWR, 0o600))
        self._writer = _connect(self._index)
        try:
            with self._transaction():
                self._prepare_schema(directory)
            self._owner_lock = lock(os.path.join(self._owners, self._owner))
            self._sweep()
        except BaseException:
            self.close()
            raise
        fsync_folder(directory)

    def _prepare_schema(self, directory: str) -> None:
        (found,) = self._writer.execute("PRAGMA user_version").fetchone()
        if found not in (0, SCHEMA_VERSION):
            raise ValueError(
                f"{directory} holds LocalS3 data of version {found}; this release reads version {SCHEMA_VERSION}. "
                "Give another directory."
            )
        if found == 0:
            for statement in _SCHEMA.split(";"):  # executescript would commit
                self._writer.execute(statement)

    def _sweep(self) -> None:
        """Remove the files that processes now dead had begun or were about to delete."""
        with self._transaction() as db:
            owners = [owner for (owner,) in db.execute("SELECT DISTINCT owner FROM garbage")]
            dead = [owner for owner in owners if owner != self._owner and not alive(os.path.join(self._owners, owner))]
            for owner in dead:
                db.execute("UPDATE garbage SET owner = ? WHERE owner = ?", (self._owner, owner))
            files = [file for (file,) in db.execute("SELECT file FROM garbage WHERE owner = ?", (self._owner,))]
        self._delete(files)
        for owner in os.listdir(self._owners):
            alive(os.path.join(self._owners, owner))  # drops the lock file of one that is not

    def close(self) -> None:
        """Close the database and, in memory, remove the files."""
        with self._lock:
            for connection in (*self._readers, self._writer):
                connection.close()
            self._readers.clear()
        if self._owner_lock >= 0:
            os.close(self._owner_lock)
            self._owner_lock = -1
            with suppress(OSError):
                os.unlink(os.path.join(self._owners, self._owner))
        if not self._durable and self._bodies is not None:
            self._remove_bodies()

    # Transactions

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; other processes wait. After the commit, the files that lost their last piece are deleted."""
        with self._lock:
            db = self._writer
            db.execute("BEGIN IMMEDIATE")
            done = [self._deleted.pop() for _ in range(len(self._deleted))]
            self._dropped = []
            try:
                if done:
                    db.executemany("DELETE FROM garbage WHERE file = ?", [(file,) for file in done])
                yield db
                db.execute("COMMIT")
            except BaseException:
                self._deleted.extend(done)
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
            dropped = self._dropped
        if dropped:
            self._delete(dropped)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with: in a directory one's own, so that reading does not wait for another's fsync."""
        if not self._durable:
            with self._lock:
                yield self._writer
            return
        connection = self._readers.pop() if self._readers else _connect(self._index)
        try:
            yield connection
        finally:
            self._readers.append(connection)

    # Buckets

    def buckets(self) -> list[Bucket]:
        """All buckets by name."""
        with self._reading() as db:
            return [_bucket(row) for row in db.execute("SELECT name, created, settings FROM buckets ORDER BY name")]

    def bucket(self, name: str) -> Bucket:
        with self._reading() as db:
            return _find_bucket(db, name)

    def create_bucket(self, name: str, settings: dict[str, Any]) -> None:
        """Raises S3Error BucketAlreadyOwnedByYou where there is one."""
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM buckets WHERE name = ?", (name,)).fetchone():
                raise S3Error("BucketAlreadyOwnedByYou", BucketName=name)
            db.execute("INSERT INTO buckets VALUES (?, ?, ?)", (name, self._now(), _dump(settings)))

    def configure_bucket(self, name: str, setting: str, value: Any) -> None:
        """Set one of the bucket's settings; None removes it."""
        with self._transaction() as db:
            settings = _find_bucket(db, name).settings
            settings[setting] = value
            kept = {setting: value for setting, value in settings.items() if value is not None}
            db.execute("UPDATE buckets SET settings = ? WHERE name = ?", (_dump(kept), name))

    def delete_bucket(self, name: str) -> None:
        """Uploads in progress go with the bucket; a version or delete marker keeps it."""
        with self._transaction() as db:
            _find_bucket(db, name)
            if db.execute("SELECT 1 FROM versions WHERE bucket = ? LIMIT 1", (name,)).fetchone():
                raise S3Error("BucketNotEmpty", BucketName=name)
            for (upload_id,) in db.execute("SELECT upload_id FROM uploads WHERE bucket = ?", (name,)).fetchall():
                self._drop_upload(db, upload_id)
            db.execute("DELETE FROM buckets WHERE name = ?", (name,))

    # Objects

    def put_object(
        self,
        bucket: str,
        key: str,
        body: Body | Slice,
        attributes: dict[str, Any],
        check: Callable[[Version | None], None] = lambda current: None,
    ) -> Version:
        """Store `body` as the latest version.

        `check` sees the current object inside the transaction and may raise to refuse.
        """
        if isinstance(body, Body):
            body.settle()
        with self._transaction() as db:
            settings = _find_bucket(db, bucket).settings
            check(_current(db, bucket, key))
            content = self._attach(db, body)
            return self._add_version(db, bucket, key, settings, False, body.size, body.etag, attributes, content)

    def version(self, bucket: str, key: str, version_id: str | None = None) -> Version:
        """The latest version, or the one asked for; a delete marker is a version too.

        Raises S3Error NoSuchBucket, NoSuchKey, NoSuchVersion.
        """
        with self._reading() as db:
            version = _find_version(db, bucket, key, version_id)
            if version is None:
                _find_bucket(db, bucket)
                raise _no_such(key, version_id)
            return version

    def open_body(self, version: Version, start: int = 0, size: int | None = None) -> bytes | BinaryIO:
        """`size` bytes of the version's body from `start`; all that follow where None. A file returned may go on
        after them.

        Raises Vanished where the version has been deleted since it was found, FileNotFoundError where it is there and
        its file is lost.
        """
        size = version.size - start if size is None else size
        with self._pinned(version) as pieces:
            wanted = cut(pieces, start, size)
            if not wanted:
                return b""
            if len(wanted) > 1:
                return self._chain(wanted, version)
            piece = wanted[0]
            if piece.data is not None:
                return piece.data
            file = self._open_file(piece.file, version)
            file.seek(piece.start)
            return file

    def _open_file(self, file: str | None, version: Version) -> BinaryIO:
        try:
            return open(self._path(file), "rb")
        except FileNotFoundError:
            self._pieces_of(version)  # raises Vanished where another process has deleted the version
            raise

    def read(self, version: Version) -> bytes:
        """The whole body. Raises likewise."""
        body = self.open_body(version)
        if isinstance(body, bytes):
            return body
        data = bytearray()
        with closing(body):
            while len(data) < version.size:  # the file may go on
                data += body.read(version.size - len(data))
        return bytes(data)

    def delete_object(
        self,
        bucket: str,
        key: str,
        version_id: str | None = None,
        check: Callable[[Version | None], None] = lambda current: None,
    ) -> Version | None:
        """Delete one version, or the object: then a versioned bucket gets a delete marker.

        Returns the delete marker that was added or deleted, or the version that was deleted, or None where there was
        nothing to do.
        """
        with self._transaction() as db:
            settings = _find_bucket(db, bucket).settings
            check(_current(db, bucket, key) if version_id is None else _find_version(db, bucket, key, version_id))
            if version_id is None and settings.get("versioning"):
                return self._add_version(db, bucket, key, settings, True, 0, "", {}, None)
            version = _find_version(db, bucket, key, version_id or "null")
            if version is not None:
                self._drop_version(db, version)
            return version

    def set_attribute(self, version: Version, name: str, value: Any) -> None:
        """Change what stands beside the version (its tags, its ACL); None removes it."""
        with self._transaction() as db:
            row = db.execute("SELECT attributes FROM versions WHERE seq = ?", (version.seq,)).fetchone()
            if row is None:
                raise _no_such(version.key, version.version_id)
            attributes = json.loads(row[0]) | {name: value}
            kept = {name: value for name, value in attributes.items() if value is not None}
            db.execute("UPDATE versions SET attributes = ? WHERE seq = ?", (_dump(kept), version.seq))

    # Listings: each costs its page, however many keys there are

    def list_objects(self, bucket: str, prefix: str, delimiter: str, after: str, limit: int) -> Page:
        """The current objects whose keys begin with `prefix`; entries after `after`; rows are Versions."""

        def rows(db: sqlite3.Connection, start: bytes, stop: bytes) -> Iterator[Any]:
            sql = (
                f"SELECT {_VERSION} FROM versions"  # noqa: S608
                " WHERE bucket = ? AND key >= ? AND key < ? AND latest = 1 AND delete_marker = 0 ORDER BY key"
            )
            return map(_version, db.execute(sql, (bucket, start, stop)))

        with self._reading() as db:
            _find_bucket(db, bucket)
            first = _encode(after) + b"\0" if after else b""
            return _page(lambda start, stop: rows(db, start, stop), prefix, delimiter, first, after, limit)

    def list_versions(
        self, bucket: str, prefix: str, delimiter: str, key_marker: str, version_id_marker: str, limit: int
    ) -> Page:
        """All versions and delete markers, the newest of each key first."""

        def rows(db: sqlite3.Connection, start: bytes, stop: bytes, below: int) -> Iterator[Any]:
            sql = (
                f"SELECT {_VERSION} FROM versions WHERE bucket = ? AND key >= ? AND key < ? AND (key > ? OR seq < ?)"  # noqa: S608
                " ORDER BY key, seq DESC"
            )
            return map(_version, db.execute(sql, (bucket, start, stop, _encode(key_marker), below)))

        with self._reading() as db:
            _find_bucket(db, bucket)
            below = 0
            if version_id_marker:
                marker = _find_version(db, bucket, key_marker, version_id_marker)
                if marker is None:
                    raise S3Error(
                        "InvalidArgument",
                        "Invalid version id specified",
                        ArgumentName="version-id-marker",
                        ArgumentValue=version_id_marker,
                    )
                below = marker.seq
            first = _encode(key_marker) if below else _encode(key_marker) + b"\0" if key_marker else b""
            after = "" if below else key_marker
            return _page(lambda start, stop: rows(db, start, stop, below), prefix, delimiter, first, after, limit)

    def list_uploads(
        self, bucket: str, prefix: str, delimiter: str, key_marker: str, upload_id_marker: str, limit: int
    ) -> Page:
        """The uploads in progress by key, then by upload id."""

        def rows(db: sqlite3.Connection, start: bytes, stop: bytes) -> Iterator[Any]:
            sql = (
                "SELECT upload_id, bucket, key, initiated, attributes FROM uploads"
                " WHERE bucket = ? AND key >= ? AND key < ? AND (key > ? OR upload_id > ?) ORDER BY key, upload_id"
            )
            return map(_upload, db.execute(sql, (bucket, start, stop, _encode(key_marker), upload_id_marker)))

        with self._reading() as db:
            _find_bucket(db, bucket)
            first = _encode(key_marker) if upload_id_marker else _encode(key_marker) + b"\0" if key_marker else b""
            after = "" if upload_id_marker else key_marker
            return _page(lambda start, stop: rows(db, start, stop), prefix, delimiter, first, after, limit)

    # Multipart uploads

    def create_upload(self, bucket: str, key: str, attributes: dict[str, Any]) -> Upload:
        with self._transaction() as db:
            _find_bucket(db, bucket)
            upload = Upload(os.urandom(24).hex(), bucket, key, self._now(), attributes)
            row = (upload.upload_id, bucket, _encode(key), upload.initiated, _dump(attributes))
            db.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", row)
            return upload

    def upload(self, bucket: str, key: str, upload_id: str) -> Upload:
        """Raises S3Error NoSuchBucket, NoSuchUpload."""
        with self._reading() as db:
            _find_bucket(db, bucket)
            return _find_upload(db, bucket, key, upload_id)

    def put_part(self, upload: Upload, number: int, body: Body | Slice, attributes: dict[str, Any]) -> Part:
        """Store part `number`, in place of an earlier one of that number."""
        if isinstance(body, Body):
            body.settle()
        with self._transaction() as db:
            _find_upload(db, upload.bucket, upload.key, upload.upload_id)
            self._drop_parts(db, upload.upload_id, number, number)
            part = Part(number, self._now(), body.size, body.etag, attributes)
            content = self._attach(db, body)
            row = (upload.upload_id, number, part.modified, part.size, part.etag, _dump(attributes), content)
            db.execute("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            return part

    def parts(self, upload: Upload, after: int = 0, limit: int = -1) -> list[Part]:
        """Parts by number, those above `after`; at most `limit`, all of them where -1."""
        with self._reading() as db:
            return _parts(db, upload.upload_id, after, limit)

    def complete_upload(
        self,
        upload: Upload,
        assemble: Callable[[Upload, list[Part], Version | None], tuple[list[int], str, dict[str, Any]]],
    ) -> Version:
        """Make the parts one object and end the upload.

        `assemble` sees the upload, its parts and the current object inside the transaction, and gives the numbers to
        join, the ETag and the attributes; or raises to refuse.
        """
        with self._transaction() as db:
            settings = _find_bucket(db, upload.bucket).settings
            upload = _find_upload(db, upload.bucket, upload.key, upload.upload_id)
            parts = _parts(db, upload.upload_id, 0, -1)
            numbers, etag, attributes = assemble(upload, parts, _current(db, upload.bucket, upload.key))
            content = _new_content(db)
            ordinal = 0
            for number in numbers:
                row = "SELECT content FROM parts WHERE upload_id = ? AND number = ?"
                for piece in _pieces(db, *db.execute(row, (upload.upload_id, number)).fetchone()):
                    db.execute("INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?)", (content, ordinal, *piece))
                    ordinal += 1
            self._drop_upload(db, upload.upload_id)
            chosen = set(numbers)
            size = sum(part.size for part in parts if part.number in chosen)
            return self._add_version(db, upload.bucket, upload.key, settings, False, size, etag, attributes, content)

    def abort_upload(self, upload: Upload) -> None:
        with self._transaction() as db:
            self._drop_upload(db, upload.upload_id)

    # Snapshots

    def snapshot(self) -> Snapshot:
        """A copy of the index; the files that it names are kept as long as this storage."""
        if self._durable:
            raise ValueError("a directory, which others may serve too, takes no snapshots; copy it while nobody does")
        with self._lock:
            database = _connect(":memory:")
            self._writer.backup(database)
            files = {file for (file,) in database.execute("SELECT DISTINCT file FROM pieces WHERE file IS NOT NULL")}
            self._pin(files)
        return Snapshot(database, files)

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
            with self._files_lock:
                self._condemned -= snapshot.files
            kept = snapshot.files.union(file for file, _ in unnamed)
            # Listed before any other transaction: a file begun after it is in nobody's list.
            found = [] if self._bodies is None else os.listdir(self._bodies)
        self._delete([file for file in found if file not in kept])

    # Rows

    def _add_version(
        self,
        db: sqlite3.Connection,
        bucket: str,
        key: str,
        settings: dict[str, Any],
        delete_marker: bool,
        size: int,
        etag: str,
        attributes: dict[str, Any],
        content: int | None,
    ) -> Version:
        """The one way a version comes to be: it is the latest, and without Enabled versioning it takes the null
        version's place.
        """
        version_id = os.urandom(16).hex() if settings.get("versioning") == "Enabled" else "null"
        if version_id == "null":
            replaced = _find_version(db, bucket, key, "null")
            if replaced is not None:
                self._drop_version(db, replaced)
        encoded = _encode(key)
        db.execute(f"UPDATE versions SET latest = 0 WHERE seq = ({_LATEST})", (bucket, encoded))  # noqa: S608
        now = self._now()
        row = (bucket, encoded, version_id, delete_marker, now, size, etag, _dump(attributes), content)
        seq = db.execute(
            "INSERT INTO versions"
            " (bucket, key, version_id, latest, delete_marker, modified, size, etag, attributes, content)"
            " VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
            row,
        ).lastrowid
        return Version(seq or 0, bucket, key, version_id, True, delete_marker, now, size, etag, attributes)

    def _drop_version(self, db: sqlite3.Connection, version: Version) -> None:
        (content,) = db.execute("SELECT content FROM versions WHERE seq = ?", (version.seq,)).fetchone()
        db.execute("DELETE FROM versions WHERE seq = ?", (version.seq,))
        if version.latest:
            row = (version.bucket, _encode(version.key))
            db.execute(f"UPDATE versions SET latest = 1 WHERE seq = ({_LATEST})", row)  # noqa: S608
        if content is not None:
            self._drop_content(db, content)

    def _drop_upload(self, db: sqlite3.Connection, upload_id: str) -> None:
        self._drop_parts(db, upload_id, 0, 1 << 32)
        db.execute("DELETE FROM uploads WHERE upload_id = ?", (upload_id,))

    def _drop_parts(self, db: sqlite3.Connection, upload_id: str, first: int, last: int) -> None:
        span = (upload_id, first, last)
        sql = "SELECT content FROM parts WHERE upload_id = ? AND number BETWEEN ? AND ?"
        for (content,) in db.execute(sql, span).fetchall():
            self._drop_content(db, content)
        db.execute("DELETE FROM parts WHERE upload_id = ? AND number BETWEEN ? AND ?", span)

    def _drop_content(self, db: sqlite3.Connection, content: int) -> None:
        files = {piece.file for piece in _pieces(db, content) if piece.file is not None}
        db.execute("DELETE FROM pieces WHERE content = ?", (content,))
        for file in files:
            if not db.execute("SELECT 1 FROM pieces WHERE file = ? LIMIT 1", (file,)).fetchone():
                db.execute("INSERT OR IGNORE INTO garbage VALUES (?, ?)", (file, self._owner))
                self._dropped.append(file)

    def _attach(self, db: sqlite3.Connection, body: Body | Slice) -> int:
        """Name the body's pieces as a new content; from this commit on the body is stored."""
        if isinstance(body, Slice):
            row = db.execute("SELECT content FROM versions WHERE seq = ?", (body.source.seq,)).fetchone()
            if row is None:
                raise _no_such(body.source.key, body.source.version_id)
            pieces = cut(list(_pieces(db, *row)), body.start, body.size) or [Piece(0, b"", None, 0)]
        else:
            pieces = [body.claim(db)]
        content = _new_content(db)
        rows = [(content, ordinal, *piece) for ordinal, piece in enumerate(pieces)]
        db.executemany("INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?)", rows)
        return content

    # Files

    def receive(self) -> Body:
        """A body to write into. Use it in a `with`: what was not stored by its end is removed."""
        return Body(self)

    def _path(self, file: str | None) -> str:
        return os.path.join(self._bodies or "", file or "")

    def _create_file(self) -> tuple[str, BinaryIO]:
        """A new file, known as garbage until a commit names it."""
        if self._bodies is None:
            self._make_bodies()
        name = os.urandom(16).hex()
        with self._transaction() as db:
            db.execute("INSERT INTO garbage VALUES (?, ?)", (name, self._owner))
        return name, open(self._path(name), "xb", buffering=0)

    def _make_bodies(self) -> None:
        import shutil
        import tempfile
        import weakref

        with self._files_lock:
            if self._bodies is None:
                self._bodies = tempfile.mkdtemp(prefix="local-s3-")
                self._remove_bodies = weakref.finalize(self, shutil.rmtree, self._bodies, True)

    def _settle(self, file: BinaryIO) -> None:
        """In a directory: the file is on the disk, under its name, when this returns."""
        if self._durable and self._bodies is not None:
            os.fsync(file.fileno())
            fsync_folder(self._bodies)

    @contextmanager
    def _pinned(self, version: Version) -> Iterator[list[Piece]]:
        """The version's pieces, whose files this process does not delete before the end of the block.

        Pins first and looks second: a version that is still there after its files were pinned was not deleted before.
        """
        pieces = self._pieces_of(version)
        files = {piece.file for piece in pieces if piece.file is not None}
        self._pin(files)
        try:
            yield self._pieces_of(version) if files else pieces
        finally:
            self._unpin(files)

    def _pieces_of(self, version: Version) -> list[Piece]:
        sql = f"SELECT {_PIECE} FROM versions JOIN pieces USING (content) WHERE seq = ? ORDER BY ordinal"  # noqa: S608
        with self._reading() as db:
            pieces = [Piece(*row) for row in db.execute(sql, (version.seq,))]
        if not pieces:
            raise Vanished
        return pieces

    def _chain(self, pieces: list[Piece], version: Version) -> BinaryIO:
        """The pieces as one file. What another process may delete is opened now, as far as MAX_OPEN_AHEAD goes."""
        names = list(dict.fromkeys(piece.file for piece in pieces if piece.file is not None))
        self._pin(set(names))
        with self._files_lock:
            ahead = min(len(names), MAX_OPEN_AHEAD - self._open_ahead) if self._durable else 0
            self._open_ahead += ahead

        def done() -> None:
            with self._files_lock:
                self._open_ahead -= ahead
            self._unpin(set(names))

        files: dict[str, BinaryIO] = {}
        chain = Chain(pieces, files, self._path, done)
        try:
            for name in names[:ahead]:
                files[name] = self._open_file(name, version)
        except BaseException:
            chain.close()
            raise
        return chain  # type: ignore[return-value]

    def _pin(self, files: set[str]) -> None:
        with self._files_lock:
            for file in files:
                self._pins[file] = self._pins.get(file, 0) + 1

    def _unpin(self, files: set[str]) -> None:
        with self._files_lock:
            for file in files:
                self._pins[file] -= 1
                if not self._pins[file]:
                    del self._pins[file]
            unwanted = [file for file in files if file in self._condemned and file not in self._pins]
            self._condemned.difference_update(unwanted)
        self._delete(unwanted)

    def _delete(self, files: list[str]) -> None:
        with self._files_lock:
            for file in files:
                if file in self._pins:
                    self._condemned.add(file)
                    continue
                with suppress(FileNotFoundError):
                    os.unlink(self._path(file))
                self._deleted.append(file)

    def _discard(self, file: str) -> None:
        """Delete a file unless a commit has named it."""
        with self._reading() as db:
            unnamed = db.execute("SELECT 1 FROM garbage WHERE file = ?", (file,)).fetchone()
        if unnamed:
            self._delete([file])


def _connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    if path != ":memory:":
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # an acknowledged write survives a power cut
    return connection


def _encode(key: str) -> bytes:
    return key.encode()


def _dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def _bucket(row: tuple[str, float, str]) -> Bucket:
    return Bucket(row[0], row[1], json.loads(row[2]))


def _version(row: tuple[Any, ...]) -> Version:
    seq, bucket, key, version_id, latest, delete_marker, modified, size, etag, attributes = row
    return Version(
        seq,
        bucket,
        key.decode(),
        version_id,
        bool(latest),
        bool(delete_marker),
        modified,
        size,
        etag,
        json.loads(attributes),
    )


def _upload(row: tuple[Any, ...]) -> Upload:
    upload_id, bucket, key, initiated, attributes = row
    return Upload(upload_id, bucket, key.decode(), initiated, json.loads(attributes))


def _find_bucket(db: sqlite3.Connection, name: str) -> Bucket:
    row = db.execute("SELECT name, created, settings FROM buckets WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise S3Error("NoSuchBucket", BucketName=name)
    return _bucket(row)


def _find_version(db: sqlite3.Connection, bucket: str, key: str, version_id: str | None) -> Version | None:
    sql = f"SELECT {_VERSION} FROM versions WHERE bucket = ? AND key = ?"  # noqa: S608
    if version_id is None:
        row = db.execute(sql + " ORDER BY seq DESC LIMIT 1", (bucket, _encode(key))).fetchone()
    else:
        row = db.execute(sql + " AND version_id = ?", (bucket, _encode(key), version_id)).fetchone()
    return None if row is None else _version(row)


def _current(db: sqlite3.Connection, bucket: str, key: str) -> Version | None:
    """The object as GET sees it: a delete marker is none."""
    version = _find_version(db, bucket, key, None)
    return None if version is None or version.delete_marker else version


def _no_such(key: str, version_id: str | None) -> S3Error:
    if version_id is None:
        return S3Error("NoSuchKey", Key=key)
    return S3Error("NoSuchVersion", Key=key, VersionId=version_id)


def _find_upload(db: sqlite3.Connection, bucket: str, key: str, upload_id: str) -> Upload:
    sql = "SELECT upload_id, bucket, key, initiated, attributes FROM uploads WHERE upload_id = ?"
    row = db.execute(sql, (upload_id,)).fetchone()
    upload = None if row is None else _upload(row)
    if upload is None or (upload.bucket, upload.key) != (bucket, key):
        raise S3Error("NoSuchUpload", UploadId=upload_id)
    return upload


def _parts(db: sqlite3.Connection, upload_id: str, after: int, limit: int) -> list[Part]:
    sql = (
        "SELECT number, modified, size, etag, attributes FROM parts"
        " WHERE upload_id = ? AND number > ? ORDER BY number LIMIT ?"
    )
    rows = db.execute(sql, (upload_id, after, limit))
    return [Part(number, modified, size, etag, json.loads(text)) for number, modified, size, etag, text in rows]


def _new_content(db: sqlite3.Connection) -> int:
    (highest,) = db.execute("SELECT max(content) FROM pieces").fetchone()
    return (highest or 0) + 1


def _pieces(db: sqlite3.Connection, content: int) -> Iterator[Piece]:
    sql = f"SELECT {_PIECE} FROM pieces WHERE content = ? ORDER BY ordinal"  # noqa: S608
    return (Piece(*row) for row in db.execute(sql, (content,)).fetchall())


def _page(
    rows: Callable[[bytes, bytes], Iterator[Any]], prefix: str, delimiter: str, first: bytes, after: str, limit: int
) -> Page:
    """Up to `limit` entries, all where it is -1. Keys that share the text from `prefix` to `delimiter` become one
    entry, and the search jumps over them.

    `rows` gives what lies from one key (included) to another (excluded); `first` is where to begin. An entry, common
    prefixes too, comes after `after`.
    """
    entries: list[Any] = []
    stop = _successor(_encode(prefix))
    found = rows(max(_encode(prefix), first), stop)
    while limit:
        row = next(found, None)
        if row is None:
            break
        cut = row.key.find(delimiter, len(prefix)) if delimiter else -1
        common = row.key[: cut + len(delimiter)] if cut >= 0 else None
        if common is not None and after.startswith(common):
            found = rows(_successor(_encode(common)), stop)
            continue
        if len(entries) == limit:
            return Page(entries, True)
        entries.append(row if common is None else common)
        if common is not None:
            found = rows(_successor(_encode(common)), stop)
    return Page(entries, False)


def _successor(prefix: bytes) -> bytes:
    """The first byte string after all that begin with `prefix`.

    No byte of UTF-8 is 0xff, so the last one can always be raised.
    """
    return prefix[:-1] + bytes([prefix[-1] + 1]) if prefix else b"\xff"
