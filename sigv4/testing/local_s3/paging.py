"""A listing page by page: prefix, delimiter and common prefixes, over rows that come in the order of their keys.

A page costs what it answers, however much lies under its common prefixes.
"""

from __future__ import annotations

from .records import Page
from .rows import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any


def page(
    rows: Callable[[bytes, bytes], Iterator[Any]], prefix: str, delimiter: str, first: bytes, after: str, limit: int
) -> Page:
    """Up to `limit` entries, all where it is -1. Keys that share the text from `prefix` to `delimiter` become one
    entry, and the search jumps over them.

    `rows` gives what lies from one key (included) to another (excluded); `first` is where to begin. An entry, common
    prefixes too, comes after `after`.
    """
    entries: list[Any] = []
    stop = successor(encode(prefix))
    found = rows(max(encode(prefix), first), stop)
    while limit:
        row = next(found, None)
        if row is None:
            break
        cut = row.key.find(delimiter, len(prefix)) if delimiter else -1
        common = row.key[: cut + len(delimiter)] if cut >= 0 else None
        if common is not None and after.startswith(common):
            found = rows(successor(encode(common)), stop)
            continue
        if len(entries) == limit:
            return Page(entries, True)
        entries.append(row if common is None else common)
        if common is not None:
            found = rows(successor(encode(common)), stop)
    return Page(entries, False)


def successor(prefix: bytes) -> bytes:
    """The first byte string after all that begin with `prefix`.

    No byte of UTF-8 is 0xff, so the last one can always be raised.
    """
    return prefix[:-1] + bytes([prefix[-1] + 1]) if prefix else b"\xff"
