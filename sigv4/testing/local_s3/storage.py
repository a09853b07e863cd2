"""Where LocalS3 keeps buckets and objects: one implementation, in memory or in a directory.

What is on the disk
    index.sqlite3   what there is (buckets, versions, uploads, parts), and every body of at most INLINE_LIMIT bytes
    bodies/         a file for each larger body, written once and never changed; its name is random
    owners/         a locked file for each process that serves the directory
    reserve         nothing: room for deleting, on a disk that is full otherwise
In memory the index is SQLite's `:memory:`, and large bodies are spans of one temporary file without a name (arena.py).

Bodies
    A body is a list of *pieces*: bytes, or a span of a file. Completing a multipart upload and copying an object
    re-list pieces; no byte moves. A file lives as long as a piece names it. Keys are never paths.

When a write is acknowledged
    1. The body arrives in a file, which `garbage` has listed before it was there.
    2. In a directory the file and its folder are on the disk (fsync).
    3. One transaction checks the request's conditions, names the file in a piece and takes it off `garbage`. Its commit
       (in a directory: write-ahead log, synchronous = FULL) makes the write visible, whole or not at all.
    4. The answer is sent.

When a process or the machine dies
    Before 3: the file is garbage, and nobody ever saw it. After 3: the object is there. A commit that drops a file's
    last piece lists it as garbage again and deletes it afterwards; the entry goes with the next transaction. Each entry
    of `garbage` belongs to the process that made it, and whoever opens the directory sweeps what dead ones left: the
    lock on a process's file under owners/ ends with the process, however it ends.

Who waits for whom
    One transaction at a time: threads by the index's lock, processes by SQLite's. Readers wait for no writer in a
    directory, and for the lock in memory. Nothing slow (receiving, fsync, sending) happens in a transaction. A version
    may be deleted between finding and opening it (`Vanished`: look again). A file that a reader has open stays
    readable: this process deletes it when the last reader is done (files.py), and what another process deletes is open
    by then, but for the longest bodies (MAX_OPEN_AHEAD).

Reading order: records.py (the values), pieces.py and bodies.py (a body out and in), files.py and arena.py, index.py
(SQLite and garbage), rows.py (the statements), paging.py.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing

from . import rows
from .bodies import Body
from .errors import S3Error
from .files import Files
from .index import Index, Snapshot
from .paging import page
from .pieces import cut, files_of
from .processes import Owners, fsync_folder
from .records import Bucket, Page, Part, Slice, Upload, Version
from .reserve import Reserve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO, TypeVar

    from .pieces import Piece

    Method = TypeVar("Method", bound=Callable[..., Any])

MAX_KEY_BYTES = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html


_DISK_FULL = (
    10,
    13,
)  # SQLITE_IOERR, where its shared memory cannot grow, and SQLITE_FULL: https://sqlite.org/rescode.html


def _makes_room(method: Method) -> Method:
    """A method that deletes; on a full disk it is tried again with what was kept for that."""

    def deleting(self: Storage, *arguments: Any, **named: Any) -> Any:
        try:
            return method(self, *arguments, **named)
        except sqlite3.Error as error:
            if not self._make_room(error):
                raise
        try:
            return method(self, *arguments, **named)
        finally:
            self._room_was_made()

    deleting.__doc__ = method.__doc__
    return deleting  # type: ignore[return-value]


class Vanished(Exception):
    """The version was deleted between finding and opening it: look again."""


class Storage:
    """Buckets, objects and uploads. Safe to use from many threads. `now` gives epoch seconds.

    Raises S3Error for what S3 refuses (NoSuchBucket, NoSuchKey, BucketNotEmpty ...), ValueError for a directory of
    another version.
    """

    def __init__(self, directory: str | os.PathLike[str] | None = None, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._owners: Owners | None = None
        self._durable = directory is not None
        self._reserve: Reserve | None = None
        if directory is None:
            self._files = Files(None)
            self._index = Index(None, self._files)
            self._index.prepare()
        else:
            self._open(os.path.abspath(directory))

    def _open(self, directory: str) -> None:
        bodies, owners = os.path.join(directory, "bodies"), os.path.join(directory, "owners")
        for folder in (directory, bodies, owners):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        self._files = Files(bodies)
        self._index = Index(os.path.join(directory, "index.sqlite3"), self._files)
        try:
            self._index.prepare()
            self._owners = Owners(owners)
            self._index.sweep(self._owners)
            self._owners.sweep()
        except BaseException:
            self.close()
            raise
        self._reserve = Reserve(os.path.join(directory, "reserve"))
        fsync_folder(directory)

    def _make_room(self, error: sqlite3.Error) -> bool:
        """After an error in deleting: whether to try again."""
        if self._reserve is None or error.sqlite_errorcode & 0xFF not in _DISK_FULL:
            return False
        self._reserve.spend()
        return True

    def _room_was_made(self) -> None:
        if self._reserve is not None:
            self._index.compact()
            self._reserve.keep()

    def now(self) -> float:
        """Epoch seconds of the clock that things are stored by."""
        return self._now()

    def close(self) -> None:
        """Close the database and, in memory, remove the files."""
        self._index.close()
        if self._owners is not None:
            self._owners.close()
        self._files.close()

    # Buckets

    def buckets(self) -> list[Bucket]:
        """All buckets by name."""
        with self._index.reading() as db:
            return rows.all_buckets(db)

    def bucket(self, name: str) -> Bucket:
        with self._index.reading() as db:
            return rows.find_bucket(db, name)

    def create_bucket(self, name: str, settings: dict[str, Any]) -> None:
        """Raises S3Error BucketAlreadyOwnedByYou where there is one."""
        with self._index.transaction() as db:
            if db.execute("SELECT 1 FROM buckets WHERE name = ?", (name,)).fetchone():
                raise S3Error("BucketAlreadyOwnedByYou", BucketName=name)
            db.execute("INSERT INTO buckets VALUES (?, ?, ?)", (name, self._now(), rows.dump(settings)))

    def configure_bucket(self, name: str, setting: str, value: Any) -> None:
        """Set one of the bucket's settings; None removes it."""
        self.change_bucket(name, setting, lambda found: value)

    def change_bucket(self, name: str, setting: str, change: Callable[[Any], Any]) -> None:
        """Set one of the bucket's settings to what `change` makes of what it was (None where it was not set); it runs
        inside the transaction and may raise to refuse.
        """
        with self._index.transaction() as db:
            settings = rows.find_bucket(db, name).settings
            settings = settings | {setting: change(settings.get(setting))}
            kept = {setting: value for setting, value in settings.items() if value is not None}
            db.execute("UPDATE buckets SET settings = ? WHERE name = ?", (rows.dump(kept), name))

    @_makes_room
    def delete_bucket(self, name: str) -> None:
        """Uploads in progress go with the bucket; a version or delete marker keeps it."""
        with self._index.transaction() as db:
            versioned = rows.find_bucket(db, name).settings.get("versioning")
            if db.execute("SELECT 1 FROM versions WHERE bucket = ? LIMIT 1", (name,)).fetchone():
                message = "The bucket you tried to delete is not empty. You must delete all versions in the bucket."
                raise S3Error("BucketNotEmpty", message if versioned else None, BucketName=name)
            for (upload_id,) in db.execute("SELECT upload_id FROM uploads WHERE bucket = ?", (name,)).fetchall():
                rows.drop_upload(db, upload_id)
            db.execute("DELETE FROM buckets WHERE name = ?", (name,))

    # Objects

    def receive(self, algorithm: str | None = None) -> Body:
        """A body to write into, which computes a checksum where it is told an algorithm. Use it in a `with`: what was
        not stored by its end is removed.
        """
        return Body(self._index, algorithm)

    def put_object(
        self,
        bucket: str,
        key: str,
        body: Body | Slice,
        attributes: dict[str, Any],
        check: Callable[[Version | None], None] = lambda current: None,
        etag: str | None = None,
    ) -> Version:
        """Store `body` as the latest version, with its own ETag or another.

        `check` sees the current object inside the transaction and may raise to refuse.
        """
        if isinstance(body, Body):
            body.settle()
        with self._index.transaction() as db:
            found = rows.find_bucket(db, bucket)
            check(rows.current(db, bucket, key))
            content = rows.add_content(db, body)
            return rows.add_version(db, found, key, self._now(), body.size, etag or body.etag, attributes, content)

    def version(self, bucket: str, key: str, version_id: str | None = None) -> Version:
        """The latest version, or the one asked for; a delete marker is a version too.

        Raises S3Error NoSuchBucket, NoSuchKey, NoSuchVersion.
        """
        with self._index.reading() as db:
            version = rows.find_version(db, bucket, key, version_id)
            if version is None:
                rows.find_bucket(db, bucket)
                raise rows.no_such(key, version_id)
            return version

    def open_body(self, version: Version, start: int = 0, size: int | None = None) -> bytes | BinaryIO:
        """`size` bytes of the version's body from `start`; all that follow where None. A file returned may go on
        after them.

        Raises Vanished where the version has been deleted since it was found, FileNotFoundError where it is there and
        its file is lost.
        """
        size = version.size - start if size is None else size
        pieces = self._pieces(version)
        names = files_of(pieces)
        if not names:
            return self._files.reader(cut(pieces, start, size))
        with self._files.pinned(names):
            # Pins first and looks again: a version that is there after its files were pinned was not deleted before.
            pieces = self._pieces(version)
            try:
                return self._files.reader(cut(pieces, start, size))
            except FileNotFoundError:
                self._pieces(version)  # raises Vanished where another process has deleted the version
                raise

    def _pieces(self, version: Version) -> list[Piece]:
        with self._index.reading() as db:
            pieces = rows.pieces_of(db, version)
        if not pieces:
            raise Vanished
        return pieces

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

    @_makes_room
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
        with self._index.transaction() as db:
            found = rows.find_bucket(db, bucket)
            whole = version_id is None
            check(rows.current(db, bucket, key) if whole else rows.find_version(db, bucket, key, version_id))
            if whole and found.settings.get("versioning"):
                return rows.add_version(db, found, key, self._now(), 0, "", {}, None)
            version = rows.find_version(db, bucket, key, version_id or "null")
            if version is not None:
                rows.drop_version(db, version)
                rows.disturb_uploads(db, bucket, key)
            return version

    def set_attribute(self, version: Version, name: str, value: Any) -> None:
        """Change what stands beside the version (its tags, its ACL); None removes it."""
        with self._index.transaction() as db:
            rows.set_attribute(db, version, name, value)

    # Listings: each costs its page, however many keys there are

    def list_objects(self, bucket: str, prefix: str, delimiter: str, after: str, limit: int) -> Page:
        """The current objects whose keys begin with `prefix`; entries after `after`; rows are Versions."""
        with self._index.reading() as db:
            rows.find_bucket(db, bucket)
            first, after = _begin(after, within=False)
            return page(
                lambda start, stop: rows.objects_between(db, bucket, start, stop),
                prefix, delimiter, first, after, limit,
            )  # fmt: skip

    def list_versions(
        self, bucket: str, prefix: str, delimiter: str, key_marker: str, version_id_marker: str, limit: int
    ) -> Page:
        """All versions and delete markers, the newest of each key first."""
        with self._index.reading() as db:
            rows.find_bucket(db, bucket)
            below = _place(db, bucket, key_marker, version_id_marker) if version_id_marker else 0
            key = rows.encode(key_marker)
            first, after = _begin(key_marker, within=bool(below))
            return page(
                lambda start, stop: rows.versions_between(db, bucket, start, stop, key, below),
                prefix, delimiter, first, after, limit,
            )  # fmt: skip

    def list_uploads(
        self, bucket: str, prefix: str, delimiter: str, key_marker: str, upload_id_marker: str, limit: int
    ) -> Page:
        """The uploads in progress by key, then in the order of their initiation. Raises S3Error InvalidArgument for a
        marker that never was an upload of its key.
        """
        with self._index.reading() as db:
            rows.find_bucket(db, bucket)
            key = rows.encode(key_marker)
            if upload_id_marker and not rows.is_upload_id(bucket, key_marker, upload_id_marker):
                raise S3Error(
                    "InvalidArgument",
                    "Invalid uploadId marker",
                    ArgumentName="upload-id-marker",
                    ArgumentValue=upload_id_marker,
                )
            first, after = _begin(key_marker, within=bool(upload_id_marker))
            return page(
                lambda start, stop: rows.uploads_between(db, bucket, start, stop, key, upload_id_marker),
                prefix, delimiter, first, after, limit,
            )  # fmt: skip

    # Multipart uploads

    def create_upload(self, bucket: str, key: str, attributes: dict[str, Any]) -> Upload:
        with self._index.transaction() as db:
            rows.find_bucket(db, bucket)
            now = self._now()
            upload = Upload(rows.new_upload_id(db, bucket, key, now), bucket, key, now, attributes)
            row = (upload.upload_id, bucket, rows.encode(key), upload.initiated, rows.dump(attributes))
            db.execute("INSERT INTO uploads VALUES (?, ?, ?, ?, ?)", row)
            return upload

    def upload(self, bucket: str, key: str, upload_id: str) -> Upload:
        """Raises S3Error NoSuchBucket, NoSuchUpload."""
        with self._index.reading() as db:
            rows.find_bucket(db, bucket)
            return rows.find_upload(db, bucket, key, upload_id)

    def put_part(
        self, upload: Upload, number: int, body: Body | Slice, attributes: dict[str, Any], etag: str | None = None
    ) -> Part:
        """Store part `number`, in place of an earlier one of that number, with the body's own ETag or another."""
        if isinstance(body, Body):
            body.settle()
        with self._index.transaction() as db:
            rows.find_upload(db, upload.bucket, upload.key, upload.upload_id)
            rows.drop_parts(db, upload.upload_id, number, number)
            part = Part(number, self._now(), body.size, etag or body.etag, attributes)
            content = rows.add_content(db, body)
            row = (upload.upload_id, number, part.modified, part.size, part.etag, rows.dump(attributes), content)
            db.execute("INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            return part

    def parts(self, upload: Upload, after: int = 0, limit: int = -1) -> list[Part]:
        """Parts by number, those above `after`; at most `limit`, all of them where -1."""
        with self._index.reading() as db:
            return rows.find_parts(db, upload.upload_id, after, limit)

    def complete_upload(
        self,
        upload: Upload,
        assemble: Callable[[Upload, list[Part], Version | None], tuple[list[int], str, dict[str, Any]]],
    ) -> Version:
        """Make the parts one object and end the upload.

        `assemble` sees the upload, its parts and the current object inside the transaction, and gives the numbers to
        join, the ETag and the attributes; or raises to refuse.
        """
        bucket, key, upload_id = upload.bucket, upload.key, upload.upload_id
        with self._index.transaction() as db:
            found = rows.find_bucket(db, bucket)
            upload = rows.find_upload(db, bucket, key, upload_id)
            parts = rows.find_parts(db, upload_id)
            numbers, etag, attributes = assemble(upload, parts, rows.current(db, bucket, key))
            content = rows.join_parts(db, upload_id, numbers)
            rows.drop_upload(db, upload_id)
            chosen = set(numbers)
            size = sum(part.size for part in parts if part.number in chosen)
            return rows.add_version(db, found, key, self._now(), size, etag, attributes, content)

    @_makes_room
    def abort_upload(self, upload: Upload) -> None:
        with self._index.transaction() as db:
            rows.drop_upload(db, upload.upload_id)

    # Snapshots

    def snapshot(self) -> Snapshot:
        """A copy of the index; the files that it names are kept as long as it is."""
        if self._durable:
            raise ValueError("a directory, which others may serve too, takes no snapshots; copy it while nobody does")
        return self._index.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to the snapshot. Files that came after it go when nobody reads them."""
        self._index.restore(snapshot)


def _place(db: sqlite3.Connection, bucket: str, key: str, version_id: str) -> int:
    """The place of a version, of one that has been deleted since the marker was given too.

    The null version's id says nothing of it: where that is gone, the listing goes through the key again.
    """
    version = rows.find_version(db, bucket, key, version_id)
    place = rows.EVERYTHING if version_id == "null" else rows.place_of(version_id)
    if version is not None:
        return version.seq
    if place is None:
        raise S3Error(
            "InvalidArgument",
            "Invalid version id specified",
            ArgumentName="version-id-marker",
            ArgumentValue=version_id,
        )
    return place


def _begin(key_marker: str, within: bool) -> tuple[bytes, str]:
    """Where a listing begins, and after which entry: `within` the marker's key, or behind it."""
    key = rows.encode(key_marker)
    if within:
        return key, ""
    return key + b"\0" if key else b"", key_marker
