"""What a test finds there at its beginning: objects from a mapping or from a folder."""

from __future__ import annotations

import os
from mimetypes import guess_type
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    Folder: TypeAlias = str | os.PathLike[str]
    Body: TypeAlias = bytes | str | os.PathLike[str]
    Bodies: TypeAlias = Mapping[str, Body]
    Seed: TypeAlias = Folder | Bodies | Mapping[str, Bodies]


def bodies(source: Seed, bucket: str | None) -> Iterator[tuple[str, str, bytes]]:
    """Bucket, key and body of each object; a bucket without any has an empty key, once.

    Raises OSError for what cannot be read, ValueError for a file that lies beside the buckets.
    """
    for name, objects in _buckets(source, bucket):
        yield name, "", b""
        for key, body in objects.items():
            yield name, key, _read(body)


def content_type(key: str) -> str:
    """By the key's ending, as clients that upload files guess it."""
    kind, encoding = guess_type(key)
    return kind if kind and not encoding else "binary/octet-stream"


def _buckets(source: Seed, bucket: str | None) -> Iterator[tuple[str, Bodies]]:
    if isinstance(source, str | os.PathLike):
        yield from _folders(source, bucket)
    elif bucket is not None:
        yield bucket, source  # type: ignore[misc]  # of one bucket, then
    else:
        yield from source.items()  # type: ignore[misc]  # of buckets, then


def _folders(folder: Folder, bucket: str | None) -> Iterator[tuple[str, Bodies]]:
    if bucket is not None:
        yield bucket, _files(folder)
        return
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if not entry.is_dir():
            raise ValueError(
                f"{entry.path} lies in no bucket: name the bucket, or put the file into a folder of its name"
            )
        yield entry.name, _files(entry.path)


def _files(folder: Folder) -> Bodies:
    """The files below a folder; their keys have slashes on every system."""
    found: dict[str, Body] = {}
    for where, folders, names in os.walk(folder, onerror=_raise):
        folders.sort()
        for name in sorted(names):
            path = Path(where, name)
            found[path.relative_to(folder).as_posix()] = path
    return found


def _read(body: Body) -> bytes:
    if isinstance(body, os.PathLike):
        with open(body, "rb") as file:
            return file.read()
    return body.encode() if isinstance(body, str) else body


def _raise(error: OSError) -> None:
    raise error
