"""A stored body is a list of pieces: bytes, or spans of files. Here they are cut, and read in sequence."""

from __future__ import annotations

from .records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO


class Piece(Record):
    """`size` bytes of a body: `data`, or the span of `file` that begins at `start`."""

    __slots__ = ("data", "file", "size", "start")

    def __init__(self, size: int, data: bytes | None, file: str | None, start: int) -> None:
        self.size = size
        self.data = data
        self.file = file
        self.start = start


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


def files_of(pieces: list[Piece]) -> list[str]:
    """The files that the pieces name, each once, in their order."""
    return list(dict.fromkeys(piece.file for piece in pieces if piece.file is not None))


class Chain:
    """A file-like reader over pieces. `files` are those open already, by name; `opened` opens any other, which is then
    closed when it has been read.
    """

    def __init__(
        self,
        pieces: list[Piece],
        files: dict[str, BinaryIO],
        opened: Callable[[str], BinaryIO],
        on_close: Callable[[], None],
    ) -> None:
        self._pieces = iter(pieces)
        self._files = files
        self._open = opened
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
            self._file = self._passing = self._open(piece.file)
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
