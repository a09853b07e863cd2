"""Files without names on the disk, for a LocalS3 in memory: spans of one temporary file that nobody else can open.

- The file is unlinked once it is open, so that nothing is left of it, however the process ends. It takes one
  descriptor, however many bodies it holds.
- A body is written in spans of free room, the lowest first; what is given back is taken again, and what is free at the
  file's end goes back to the disk.
- A body that is deleted while it is read may be overwritten: see the pins of files.py.
"""

from __future__ import annotations

import os
import threading
from bisect import bisect

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    Span = tuple[int, int]  # where it begins, and its bytes

FIRST_STEP = 64 * 1024  # bytes of room that a writer takes at first; twice as many each time
LAST_STEP = 8 << 20


class Arena:
    """Bodies by their names. Safe to use from many threads of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._process = 0
        self._end = 0  # of all that was ever taken and not given back from there on
        self._free: list[Span] = []  # below the end, in their order, no two of them neighbours
        self._spans: dict[str, list[Span]] = {}  # a body's own, in the order of its bytes

    def names(self) -> list[str]:
        return list(self._spans)

    def close(self) -> None:
        with self._lock:
            self._spans.clear()
            if self._file is not None:
                self._file.close()

    def create(self, name: str) -> BinaryIO:
        """Raises RuntimeError in a forked child, where it would write over what the parent has."""
        with self._lock:
            if self._file is None:
                import tempfile  # loaded with the first large body

                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - `close` does
                self._process = os.getpid()
            if os.getpid() != self._process:
                raise RuntimeError("a LocalS3 in memory is its own process's: a forked child reaches it by HTTP")
            self._spans[name] = []
            return Writer(self, self._file, self._spans[name])  # type: ignore[return-value]

    def open(self, name: str) -> BinaryIO:
        """Raises FileNotFoundError."""
        with self._lock:
            spans = self._spans.get(name)
            if spans is None or self._file is None:
                raise FileNotFoundError(name)
            return Reader(self._file, list(spans))  # type: ignore[return-value]

    def delete(self, name: str) -> None:
        """Raises FileNotFoundError."""
        with self._lock:
            spans = self._spans.pop(name, None)
            if spans is None:
                raise FileNotFoundError(name)
            for start, size in spans:
                self._give(start, size)

    def settle(self, file: BinaryIO) -> None:
        """Nothing of it is to last."""

    def take(self, wanted: int) -> Span:
        """Room for `wanted` bytes, or fewer."""
        with self._lock:
            if not self._free:
                self._end += wanted
                return self._end - wanted, wanted
            start, size = self._free[0]
            if size > wanted:
                self._free[0] = start + wanted, size - wanted
                return start, wanted
            return self._free.pop(0)

    def give_back(self, start: int, size: int) -> None:
        with self._lock:
            self._give(start, size)

    def _give(self, start: int, size: int) -> None:
        if not size:
            return
        place = bisect(self._free, (start, size))
        if place < len(self._free) and start + size == self._free[place][0]:
            size += self._free.pop(place)[1]
        if place and sum(self._free[place - 1]) == start:
            place -= 1
            start, before = self._free.pop(place)
            size += before
        if start + size < self._end:
            self._free.insert(place, (start, size))
            return
        self._end = start
        if self._file is not None and not self._file.closed:
            self._file.truncate(start)


class Writer:
    """A body on its way in."""

    def __init__(self, arena: Arena, file: BinaryIO, spans: list[Span]) -> None:
        self._arena = arena
        self._file = file
        self._spans = spans
        self._step = FIRST_STEP
        self._at = 0
        self._room = 0  # bytes from there on that are this body's, and not yet written

    def write(self, data: bytes | memoryview) -> int:
        """Write some of it; how much is returned."""
        if not self._room:
            self._at, self._room = self._arena.take(self._step)
            self._step = min(2 * self._step, LAST_STEP)
        written: int = write_at(self._file.fileno(), data[: self._room], self._at)
        if self._spans and sum(self._spans[-1]) == self._at:
            start, size = self._spans.pop()
            self._spans.append((start, size + written))
        else:
            self._spans.append((self._at, written))
        self._at += written
        self._room -= written
        return written

    def close(self) -> None:
        self._arena.give_back(self._at, self._room)
        self._room = 0


class Reader:
    """A body on its way out."""

    def __init__(self, file: BinaryIO, spans: list[Span]) -> None:
        self._file = file
        self._spans = spans
        self._rest = iter(spans)
        self._at = self._left = 0  # in the span at hand

    def seek(self, position: int) -> None:
        self._rest = iter(self._spans)
        self._at, self._left = next(self._rest, (0, 0))
        while position > self._left:
            position -= self._left
            self._at, self._left = next(self._rest)
        self._at += position
        self._left -= position

    def read(self, size: int) -> bytes:
        """At most `size` bytes; none at the end alone."""
        while not self._left:
            span = next(self._rest, None)
            if span is None:
                return b""
            self._at, self._left = span
        data: bytes = read_at(self._file.fileno(), min(size, self._left), self._at)
        self._at += len(data)
        self._left -= len(data)
        return data

    def close(self) -> None:
        """The file is the arena's."""


_seeking = threading.Lock()


def _seek_and_read(descriptor: int, size: int, position: int) -> bytes:
    with _seeking:
        os.lseek(descriptor, position, os.SEEK_SET)
        return os.read(descriptor, size)


def _seek_and_write(descriptor: int, data: bytes | memoryview, position: int) -> int:
    with _seeking:
        os.lseek(descriptor, position, os.SEEK_SET)
        return os.write(descriptor, data)


# Windows has neither.
read_at = getattr(os, "pread", _seek_and_read)
write_at = getattr(os, "pwrite", _seek_and_write)
