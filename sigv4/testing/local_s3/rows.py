"""Rows of the index as records, and the steps of a write: each is a function on a connection, inside a transaction.

Keys are stored as their UTF-8 bytes, so that listings come in S3's order.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256

from .errors import S3Error
from .pieces import Piece, cut, files_of
from .records import Bucket, Part, Slice, Upload, Version

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator
    from typing import Any

    from .bodies import Body
    from .index import Writer

EVERYTHING = 1 << 62  # above every place
CHANGED = "changed"  # of an upload: its key was written or deleted since

_BUCKET = "SELECT name, created, settings FROM buckets"
_VERSION = "SELECT seq, bucket, key, version_id, latest, delete_marker, modified, size, etag, attributes FROM versions"
_LATEST = "SELECT seq FROM versions WHERE bucket = ? AND key = ? ORDER BY seq DESC LIMIT 1"
_UPLOAD = "SELECT upload_id, bucket, key, initiated, attributes FROM uploads"
_PIECE = "SELECT pieces.size, data, file, start"


def encode(key: str) -> bytes:
    return key.encode()


def dump(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


# Buckets


def all_buckets(db: sqlite3.Connection) -> list[Bucket]:
    return [_bucket(row) for row in db.execute(f"{_BUCKET} ORDER BY name")]


def find_bucket(db: sqlite3.Connection, name: str) -> Bucket:
    """Raises S3Error NoSuchBucket."""
    row = db.execute(f"{_BUCKET} WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise S3Error("NoSuchBucket", BucketName=name)
    return _bucket(row)


def _bucket(row: tuple[str, float, str]) -> Bucket:
    return Bucket(row[0], row[1], json.loads(row[2]))


# Versions


def find_version(db: sqlite3.Connection, bucket: str, key: str, version_id: str | None) -> Version | None:
    """That version, or the latest."""
    if version_id is None:
        sql, values = f"{_VERSION} WHERE bucket = ? AND key = ? ORDER BY seq DESC LIMIT 1", (bucket, encode(key))
        row = db.execute(sql, values).fetchone()
    else:
        sql = f"{_VERSION} WHERE bucket = ? AND key = ? AND version_id = ?"
        row = db.execute(sql, (bucket, encode(key), version_id)).fetchone()
    return None if row is None else _version(row)


def current(db: sqlite3.Connection, bucket: str, key: str) -> Version | None:
    """The object as GET sees it: a delete marker is none."""
    version = find_version(db, bucket, key, None)
    return None if version is None or version.delete_marker else version


def no_such(key: str, version_id: str | None) -> S3Error:
    if version_id is None:
        return S3Error("NoSuchKey", Key=key)
    return S3Error("NoSuchVersion", Key=key, VersionId=version_id)


def objects_between(db: sqlite3.Connection, bucket: str, start: bytes, stop: bytes) -> Iterator[Version]:
    """The current objects from one key (included) to another (excluded)."""
    sql = f"{_VERSION} WHERE bucket = ? AND key >= ? AND key < ? AND latest = 1 AND delete_marker = 0 ORDER BY key"
    return map(_version, db.execute(sql, (bucket, start, stop)))


def versions_between(
    db: sqlite3.Connection, bucket: str, start: bytes, stop: bytes, key: bytes, below: int
) -> Iterator[Version]:
    """All versions likewise, the newest of each key first; of `key` itself those before `below`."""
    sql = f"{_VERSION} WHERE bucket = ? AND key >= ? AND key < ? AND (key > ? OR seq < ?) ORDER BY key, seq DESC"
    return map(_version, db.execute(sql, (bucket, start, stop, key, below)))


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


def add_version(
    db: Writer,
    bucket: Bucket,
    key: str,
    now: float,
    size: int,
    etag: str,
    attributes: dict[str, Any],
    content: int | None,
) -> Version:
    """The one way a version comes to be: it is the latest, and without Enabled versioning it takes the null version's
    place. Without a content it is a delete marker.
    """
    disturb_uploads(db, bucket.name, key)
    version_id = new_version_id(_next_place(db)) if bucket.settings.get("versioning") == "Enabled" else "null"
    if version_id == "null":
        replaced = find_version(db, bucket.name, key, "null")
        if replaced is not None:
            drop_version(db, replaced)
    encoded, delete_marker = encode(key), content is None
    db.execute(f"UPDATE versions SET latest = 0 WHERE seq = ({_LATEST})", (bucket.name, encoded))  # noqa: S608
    row = (bucket.name, encoded, version_id, delete_marker, now, size, etag, dump(attributes), content)
    seq = db.execute(
        "INSERT INTO versions"
        " (bucket, key, version_id, latest, delete_marker, modified, size, etag, attributes, content)"
        " VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?)",
        row,
    ).lastrowid
    return Version(seq or 0, bucket.name, key, version_id, True, delete_marker, now, size, etag, attributes)


def _next_place(db: Writer) -> int:
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'versions'").fetchone()
    return 1 if row is None else int(row[0]) + 1


def new_version_id(place: int) -> str:
    """An id that says where its version stands, also when that version is gone: a listing goes on from there.

    32 hex digits: `place` (12), random ones (8), and a check over both (12), which tells ids that no S3 has made.
    """
    text = f"{place:012x}{os.urandom(4).hex()}"
    return text + _check_digits(text)


def place_of(version_id: str) -> int | None:
    """The place that `new_version_id` was told; None for an id that it has not made."""
    text = version_id[:20]
    return int(text[:12], 16) if len(text) == 20 and version_id == text + _check_digits(text) else None


def _check_digits(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def set_attribute(db: Writer, version: Version, name: str, value: Any) -> None:
    """Raises S3Error NoSuchVersion or NoSuchKey."""
    row = db.execute("SELECT attributes FROM versions WHERE seq = ?", (version.seq,)).fetchone()
    if row is None:
        raise no_such(version.key, version.version_id)
    attributes = json.loads(row[0]) | {name: value}
    kept = {name: value for name, value in attributes.items() if value is not None}
    db.execute("UPDATE versions SET attributes = ? WHERE seq = ?", (dump(kept), version.seq))


def drop_version(db: Writer, version: Version) -> None:
    (content,) = db.execute("SELECT content FROM versions WHERE seq = ?", (version.seq,)).fetchone()
    db.execute("DELETE FROM versions WHERE seq = ?", (version.seq,))
    if version.latest:
        row = (version.bucket, encode(version.key))
        db.execute(f"UPDATE versions SET latest = 1 WHERE seq = ({_LATEST})", row)  # noqa: S608
    if content is not None:
        _drop_content(db, content)


# Uploads and their parts


def find_upload(db: sqlite3.Connection, bucket: str, key: str, upload_id: str) -> Upload:
    """Raises S3Error NoSuchUpload, also for another bucket's or key's."""
    row = db.execute(f"{_UPLOAD} WHERE upload_id = ?", (upload_id,)).fetchone()
    upload = None if row is None else _upload(row)
    if upload is None or (upload.bucket, upload.key) != (bucket, key):
        raise S3Error("NoSuchUpload", UploadId=upload_id)
    return upload


def new_upload_id(db: Writer, bucket: str, key: str, now: float) -> str:
    """An id above those of the key's uploads, so that they are listed in the order of their initiation: the time (of 16
    hex digits, in microseconds) or the next that is free, 20 random digits, and a check (12) over both and the key.
    """
    row = db.execute("SELECT max(upload_id) FROM uploads WHERE bucket = ? AND key = ?", (bucket, encode(key)))
    highest = row.fetchone()[0]
    place = max(int(now * 1e6), 0 if highest is None else int(highest[:16], 16) + 1)
    text = f"{place:016x}{os.urandom(10).hex()}"
    return text + _check_digits(f"{text}{bucket}/{key}")


def is_upload_id(bucket: str, key: str, upload_id: str) -> bool:
    """Whether the id was made for an upload of the key, which may have ended since."""
    text = upload_id[:36]
    return len(text) == 36 and upload_id == text + _check_digits(f"{text}{bucket}/{key}")


def disturb_uploads(db: Writer, bucket: str, key: str) -> None:
    """Mark the uploads of a key that was written or deleted: see `CHANGED`."""
    found = db.execute(f"{_UPLOAD} WHERE bucket = ? AND key = ?", (bucket, encode(key))).fetchall()
    for upload in map(_upload, found):
        attributes = dump(upload.attributes | {CHANGED: True})
        db.execute("UPDATE uploads SET attributes = ? WHERE upload_id = ?", (attributes, upload.upload_id))


def uploads_between(
    db: sqlite3.Connection, bucket: str, start: bytes, stop: bytes, key: bytes, after: str
) -> Iterator[Upload]:
    """The uploads from one key (included) to another (excluded), by key and id, which is the order of their initiation;
    of `key` itself those after `after`.
    """
    sql = f"{_UPLOAD} WHERE bucket = ? AND key >= ? AND key < ? AND (key > ? OR upload_id > ?) ORDER BY key, upload_id"
    return map(_upload, db.execute(sql, (bucket, start, stop, key, after)))


def _upload(row: tuple[Any, ...]) -> Upload:
    upload_id, bucket, key, initiated, attributes = row
    return Upload(upload_id, bucket, key.decode(), initiated, json.loads(attributes))


def find_parts(db: sqlite3.Connection, upload_id: str, after: int = 0, limit: int = -1) -> list[Part]:
    """Parts by number, those above `after`; at most `limit`, all of them where -1."""
    sql = (
        "SELECT number, modified, size, etag, attributes FROM parts"
        " WHERE upload_id = ? AND number > ? ORDER BY number LIMIT ?"
    )
    rows = db.execute(sql, (upload_id, after, limit))
    return [Part(number, modified, size, etag, json.loads(text)) for number, modified, size, etag, text in rows]


def join_parts(db: Writer, upload_id: str, numbers: list[int]) -> int:
    """The pieces of these parts as a new content."""
    sql = f"{_PIECE} FROM parts JOIN pieces USING (content) WHERE upload_id = ? AND number = ? ORDER BY ordinal"
    return _add_content(db, (piece for number in numbers for piece in _pieces(db, sql, upload_id, number)))


def drop_upload(db: Writer, upload_id: str) -> None:
    drop_parts(db, upload_id, 0, 1 << 32)
    db.execute("DELETE FROM uploads WHERE upload_id = ?", (upload_id,))


def drop_parts(db: Writer, upload_id: str, first: int, last: int) -> None:
    span = (upload_id, first, last)
    sql = "SELECT content FROM parts WHERE upload_id = ? AND number BETWEEN ? AND ?"
    for (content,) in db.execute(sql, span).fetchall():
        _drop_content(db, content)
    db.execute("DELETE FROM parts WHERE upload_id = ? AND number BETWEEN ? AND ?", span)


# Contents: the pieces that make a body, by number


def pieces_of(db: sqlite3.Connection, version: Version) -> list[Piece]:
    """Empty where the version is gone or is a delete marker; a body of no bytes is one piece."""
    sql = f"{_PIECE} FROM versions JOIN pieces USING (content) WHERE seq = ? ORDER BY ordinal"
    return _pieces(db, sql, version.seq)


def add_content(db: Writer, body: Body | Slice) -> int:
    """The body as a new content; from this commit on it is stored."""
    if isinstance(body, Slice):
        pieces = pieces_of(db, body.source)
        if not pieces:
            raise no_such(body.source.key, body.source.version_id)
        return _add_content(db, cut(pieces, body.start, body.size) or [Piece(0, b"", None, 0)])
    return _add_content(db, [body.claim(db)])


def _add_content(db: Writer, pieces: Iterable[Piece]) -> int:
    (highest,) = db.execute("SELECT max(content) FROM pieces").fetchone()
    content = (highest or 0) + 1
    rows = [(content, ordinal, piece.size, piece.data, piece.file, piece.start) for ordinal, piece in enumerate(pieces)]
    db.executemany("INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?)", rows)
    return content


def _drop_content(db: Writer, content: int) -> None:
    files = files_of(_pieces(db, f"{_PIECE} FROM pieces WHERE content = ?", content))
    db.execute("DELETE FROM pieces WHERE content = ?", (content,))
    for file in files:
        if not db.execute("SELECT 1 FROM pieces WHERE file = ? LIMIT 1", (file,)).fetchone():
            db.drop(file)


def _pieces(db: sqlite3.Connection, sql: str, *values: object) -> list[Piece]:
    return [Piece(*row) for row in db.execute(sql, values)]
