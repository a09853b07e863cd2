"""What is kept between calls, since making it costs more than finding it: bounded, and safe with any number of threads.

A store is a plain dict that is read with `get`. What is kept in it never changes, so that a race can cost making it
twice and never gives a wrong one.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Name = TypeVar("Name")
    Value = TypeVar("Value")

KEPT = 256  # entries of up to some 2 KB: what a program has in use at a time of keys, buckets, users or sets of headers


def keep(store: dict[Name, Value], name: Name, value: Value) -> Value:
    """Put it into the store, which is emptied when full: what is in use comes back at once, and no order is needed.

    Returns `value`.
    """
    if len(store) >= KEPT:
        store.clear()
    store[name] = value
    return value
