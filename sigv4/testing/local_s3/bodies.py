"""Bodies on their way into the storage and out of it: bytes while they are few, files beyond that.

A stored body is a list of pieces, which storage.py keeps; here they are written, cut and read in sequence.
"""

from __future__ import annotations

import hashlib
import threading
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from queue import SimpleQueue
    from types import TracebackType
    from typing import BinaryIO

    from .storage import Storage

INLINE_LIMIT = 64 * 1024  # bytes; up to about here SQLite reads and writes a blob faster than a file system does


# Not NamedTuple: typing is among the dearest things that a server could load at its start.
class Piece(namedtuple("Piece", "size data file start")):
    """`size` bytes of a body: `data`, or the span of `file` that begins at `start`."""

    __slots__ = ()
    size: int
    data: bytes | None
    file: str | None
    start: int


def cut(pieces: list[Piece], start: int, size: int) -> list[Piece]:
    """The pieces of the span that begins at `start` and has `size` bytes."""
    wanted = []
    for piece in pieces:
        skip = min(start, piece.size)
        take = min(size, piece.size - skip)
        if take:
            data = None if piece.data is None else piece.data[skip : skip + take]
            wanted.append(Piece(take, data, piece.file, piece.start + skip if data is None else 0))
        start -= skip
        size -= take
    return wanted


class Body:
    """Bytes on their way in: held up to INLINE_LIMIT, then a file.

    `size` is of what was written so far; `etag`, the MD5 in hex, ends the writing.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._held = bytearray()
        self._name: str | None = None
        self._file: BinaryIO | None = None
        self._digest: _Digest | None = None
        self.size = 0

    @property
    def etag(self) -> str:
        if self._digest is None:
            return hashlib.md5(self._held, usedforsecurity=False).hexdigest()
        return self._digest.end()

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self._file is None and self.size <= INLINE_LIMIT:
            self._held += data
            return
        if self._file is None or self._digest is None:
            self._name, self._file = self._storage._create_file()
            self._digest = _Digest()
            data = bytes(self._held) + data
            self._held.clear()
        self._digest.update(data)
        _write_all(self._file, data)

    def settle(self) -> None:
        """All is written: put it on the disk where that was asked for.

        Outside of any transaction, for it takes time.
        """
        if self._file is not None:
            self._storage._settle(self._file)

    def claim(self, db: sqlite3.Connection) -> Piece:
        """The body as a piece, in the transaction that stores it."""
        if self._name is None:
            return Piece(self.size, bytes(self._held), None, 0)
        db.execute("DELETE FROM garbage WHERE file = ?", (self._name,))
        return Piece(self.size, None, self._name, 0)

    def __enter__(self) -> Body:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._digest is not None:
            self._digest.end()
        if self._file is not None:
            self._file.close()
        if self._name is not None:
            self._storage._discard(self._name)


class _Digest:
    """The MD5 of a large body, in a thread of its own: it takes longer than all else that is done with the bytes."""

    _AHEAD = 8  # pieces that may wait

    def __init__(self) -> None:
        from queue import SimpleQueue  # loaded with the first large body

        self._md5 = hashlib.md5(usedforsecurity=False)
        self._pieces: SimpleQueue[bytes | None] = SimpleQueue()
        self._room = threading.Semaphore(self._AHEAD)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ended = False

    def update(self, data: bytes) -> None:
        self._room.acquire()
        self._pieces.put(data)

    def end(self) -> str:
        """The digest in hex."""
        if not self._ended:
            self._ended = True
            self._pieces.put(None)
            self._thread.join()
        return self._md5.hexdigest()

    def _run(self) -> None:
        while (data := self._pieces.get()) is not None:
            self._md5.update(data)
            self._room.release()


class Chain:
    """A file-like reader over pieces. `files` are those open already, by name; any other is open while it is read."""

    def __init__(
        self,
        pieces: list[Piece],
        files: dict[str, BinaryIO],
        path: Callable[[str | None], str],
        on_close: Callable[[], None],
    ) -> None:
        self._pieces = iter(pieces)
        self._files = files
        self._path = path
        self._on_close = on_close
        self._file: BinaryIO | None = None  # that of the piece at hand
        self._passing: BinaryIO | None = None  # the same, where it is to be closed after the piece
        self._data = b""
        self._left = 0
        self._closed = False

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 20), b""))
        while not self._left:
            if not self._next():
                return b""
        wanted = min(size, self._left)
        if self._file is None:
            data = self._data[len(self._data) - self._left :][:wanted]
        else:
            data = self._file.read(wanted)
            if not data:
                raise OSError("a stored body is shorter than its record says")
        self._left -= len(data)
        return data

    def _next(self) -> bool:
        self._leave_file()
        piece = next(self._pieces, None)
        if piece is None:
            return False
        self._left = piece.size
        if piece.file is None:
            self._data = piece.data or b""
            return True
        self._file = self._files.get(piece.file)
        if self._file is None:
            self._file = self._passing = open(self._path(piece.file), "rb")  # noqa: SIM115 - see _leave_file
        self._file.seek(piece.start)
        return True

    def _leave_file(self) -> None:
        self._file = None
        if self._passing is not None:
            self._passing.close()
            self._passing = None

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._leave_file()
            for file in self._files.values():
                file.close()
            self._on_close()


def _write_all(file: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
