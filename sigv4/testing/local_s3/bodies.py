"""Bodies on their way into the storage: bytes while they are few, a file beyond that."""

from __future__ import annotations

import hashlib
import threading

from ...checksums import Checksum
from .pieces import Piece

TYPE_CHECKING = False
if TYPE_CHECKING:
    from queue import SimpleQueue
    from types import TracebackType
    from typing import BinaryIO

    from .index import Index, Writer

INLINE_LIMIT = 64 * 1024  # bytes; up to about here SQLite reads and writes a blob faster than a file system does


class Body:
    """Bytes on their way in: held up to INLINE_LIMIT, then a file.

    `size` is of what was written so far; `etag`, the MD5 in hex, and `checksum` end the writing.
    """

    def __init__(self, index: Index, algorithm: str | None = None) -> None:
        self._index = index
        self._algorithm = algorithm
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

    @property
    def checksum(self) -> dict[str, str] | None:
        """That of the algorithm that was asked for; None where none was."""
        if self._algorithm is None:
            return None
        if self._digest is not None and self._digest.checksum is not None:
            self._digest.end()
            value = self._digest.checksum.value()
        else:
            checksum = Checksum(self._algorithm)
            checksum.update(bytes(self._held))
            value = checksum.value()
        return {"algorithm": self._algorithm, "value": value}

    def write(self, data: bytes) -> None:
        self.size += len(data)
        if self._file is None and self.size <= INLINE_LIMIT:
            self._held += data
            return
        if self._file is None or self._digest is None:
            self._name, self._file = self._index.create_file()
            self._digest = _Digest(self._algorithm)
            data = bytes(self._held) + data
            self._held.clear()
        self._digest.update(data)
        _write_all(self._file, data)

    def settle(self) -> None:
        """All is written: put it on the disk where that was asked for.

        Outside of any transaction, for it takes time.
        """
        if self._file is not None:
            self._index.files.settle(self._file)

    def claim(self, db: Writer) -> Piece:
        """The body as a piece, in the transaction that stores it."""
        if self._name is None:
            return Piece(self.size, bytes(self._held), None, 0)
        db.keep(self._name)
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
            self._index.discard(self._name)


class _Digest:
    """The MD5 of a large body, and a checksum, in a thread of its own: they take longer than all else that is done with
    the bytes.
    """

    _AHEAD = 8  # pieces that may wait

    def __init__(self, algorithm: str | None) -> None:
        from queue import SimpleQueue  # loaded with the first large body

        self._md5 = hashlib.md5(usedforsecurity=False)
        self.checksum = None if algorithm is None else Checksum(algorithm)
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
            if self.checksum is not None:
                self.checksum.update(data)
            self._room.release()


def _write_all(file: BinaryIO, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
