"""Short ways into the storage and out of it."""

from __future__ import annotations

from contextlib import closing

import pytest

from sigv4.testing.local_s3.errors import S3Error
from sigv4.testing.local_s3.records import Page, Version
from sigv4.testing.local_s3.storage import Storage

BIG = bytes(range(256)) * 1024  # a file of its own


HARD_KEYS = [
    "plain",
    "a b+c%20~",
    "//",
    "/",
    "a//b/",
    ".",
    "..",
    "../../etc/passwd",
    "con",
    "UPPER",
    "upper",
    "caf\u00e9",
    "cafe\u0301",
    "\x00",
    "\x01\x1f\x7f\n",
    "\U0001f600",
    "\uffff",
    "'\"; DROP TABLE versions; --",
    "k" * 1024,
]


def put(storage: Storage, key: str, data: bytes = b"", bucket: str = "b", **attributes: object) -> Version:
    with storage.receive() as body:
        for start in range(0, len(data), 50_000):
            body.write(data[start : start + 50_000])
        return storage.put_object(bucket, key, body, attributes)


def read(storage: Storage, version: Version, start: int = 0, size: int | None = None) -> bytes:
    body = storage.open_body(version, start, size)
    if isinstance(body, bytes):
        return body
    wanted = version.size - start if size is None else size
    data = b""
    with closing(body):
        while len(data) < wanted:
            data += body.read(wanted - len(data))
    return data


def get(storage: Storage, key: str, version_id: str | None = None) -> bytes:
    return read(storage, storage.version("b", key, version_id))


def put_part(storage: Storage, upload, number: int, data: bytes):
    with storage.receive() as body:
        body.write(data)
        return storage.put_part(upload, number, body, {})


def complete(storage: Storage, upload, numbers: list[int]) -> Version:
    return storage.complete_upload(upload, lambda upload, parts, current: (numbers, "etag-2", {}))


def files(storage: Storage) -> list[str]:
    return storage._files.names()


def refused(code: str):
    return pytest.raises(S3Error, match=f"^{code}:")


def keys(page: Page) -> list[str]:
    return [entry if isinstance(entry, str) else entry.key for entry in page.entries]
