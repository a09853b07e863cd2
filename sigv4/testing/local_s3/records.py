"""What LocalS3 keeps, as values: buckets, versions, uploads, parts, and pages of them.

Plain classes, of which a type checker sees every field; `dataclasses` and `typing` would cost a third of a start.
A record is never changed after it is made.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Record:
    """A value: equal where all of its fields, its `__slots__`, are equal."""

    __slots__: tuple[str, ...] = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__slots__)
        return f"{type(self).__name__}({fields})"


class Bucket(Record):
    """`settings` go by the caller's names; the storage itself reads "versioning" (Enabled, Suspended) alone. `created`
    is epoch seconds.
    """

    __slots__ = ("created", "name", "settings")

    def __init__(self, name: str, created: float, settings: dict[str, Any]) -> None:
        self.name = name
        self.created = created
        self.settings = settings


class Version(Record):
    """One version of an object. `seq` is its place in the order of writing, `modified` epoch seconds, `attributes`
    what the caller gave: any JSON.
    """

    __slots__ = (
        "attributes", "bucket", "delete_marker", "etag", "key", "latest", "modified", "seq", "size", "version_id",
    )  # fmt: skip

    def __init__(
        self,
        seq: int,
        bucket: str,
        key: str,
        version_id: str,
        latest: bool,
        delete_marker: bool,
        modified: float,
        size: int,
        etag: str,
        attributes: dict[str, Any],
    ) -> None:
        self.seq = seq
        self.bucket = bucket
        self.key = key
        self.version_id = version_id
        self.latest = latest
        self.delete_marker = delete_marker
        self.modified = modified
        self.size = size
        self.etag = etag
        self.attributes = attributes


class Upload(Record):
    """A multipart upload in progress. `initiated` is epoch seconds, `attributes` those of the object to be."""

    __slots__ = ("attributes", "bucket", "initiated", "key", "upload_id")

    def __init__(self, upload_id: str, bucket: str, key: str, initiated: float, attributes: dict[str, Any]) -> None:
        self.upload_id = upload_id
        self.bucket = bucket
        self.key = key
        self.initiated = initiated
        self.attributes = attributes


class Part(Record):
    """A part of an upload. `modified` is epoch seconds."""

    __slots__ = ("attributes", "etag", "modified", "number", "size")

    def __init__(self, number: int, modified: float, size: int, etag: str, attributes: dict[str, Any]) -> None:
        self.number = number
        self.modified = modified
        self.size = size
        self.etag = etag
        self.attributes = attributes


class Slice(Record):
    """A span of an existing version, to be stored as (part of) another one."""

    __slots__ = ("etag", "size", "source", "start")

    def __init__(self, source: Version, start: int, size: int, etag: str) -> None:
        self.source = source
        self.start = start
        self.size = size
        self.etag = etag


class Page(Record):
    """Entries of a listing in the order of their UTF-8 bytes: records, and common prefixes as text."""

    __slots__ = ("entries", "truncated")

    def __init__(self, entries: list[Any], truncated: bool) -> None:
        self.entries = entries
        self.truncated = truncated
