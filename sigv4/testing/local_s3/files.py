"""The files that hold large bodies: where they are, and who still reads them.

- A file is written once, under a name that nobody can guess, and never changed.
- A file that a reader of this process may still open is *pinned*: it is deleted when the last pin goes.
- Which files a commit names is the index's business; see storage.py for how the two keep together.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress

from .arena import Arena
from .pieces import Chain, files_of
from .processes import fsync_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from .pieces import Piece

# Files held open, by all readers together, before it is their turn. macOS gives a process 256 descriptors.
MAX_OPEN_AHEAD = 128


class Folder:
    """The files of a directory, by their names there."""

    def __init__(self, path: str) -> None:
        self._path = path

    def path(self, name: str) -> str:
        return os.path.join(self._path, name)

    def names(self) -> list[str]:
        return os.listdir(self._path)

    def create(self, name: str) -> BinaryIO:
        return open(self.path(name), "xb", buffering=0)

    def open(self, name: str) -> BinaryIO:
        """Raises FileNotFoundError, as `delete` does."""
        return open(self.path(name), "rb")

    def delete(self, name: str) -> None:
        os.unlink(self.path(name))

    def settle(self, file: BinaryIO) -> None:
        """The file is on the disk, under its name, when this returns."""
        os.fsync(file.fileno())
        fsync_folder(self._path)

    def close(self) -> None:
        """All of it stays."""


class Files:
    """The files of one folder; where `folder` is None, of an arena, which is gone in the end.

    `deleted` are those that went from the disk since the index last looked.
    """

    def __init__(self, folder: str | None) -> None:
        self.deleted: list[str] = []
        self._durable = folder is not None
        self._store = Arena() if folder is None else Folder(folder)
        self._lock = threading.Lock()
        self._pins: dict[str, int] = {}  # files that a reader may still open, and how many readers
        self._condemned: set[str] = set()  # pinned files to be deleted when the last reader is done
        self._released: list[set[str]] = []  # pins that have ended, though not yet in the count
        self._open_ahead = 0

    def names(self) -> list[str]:
        """The files that are there."""
        return self._store.names()

    def close(self) -> None:
        """Those of an arena are gone."""
        self._store.close()

    # Writing

    def create(self, name: str) -> BinaryIO:
        return self._store.create(name)

    def settle(self, file: BinaryIO) -> None:
        """In a directory: the file is on the disk, under its name, when this returns."""
        self._store.settle(file)

    # Reading

    def reader(self, pieces: list[Piece]) -> bytes | BinaryIO:
        """The pieces, to be read in sequence. A file returned may go on after them.

        Raises FileNotFoundError where a file is gone.
        """
        if len(pieces) == 1 and pieces[0].data is not None:
            return pieces[0].data
        if len(pieces) > 1 or (pieces and not self._durable):  # what is read in an arena must stay pinned
            return self._chain(pieces)
        if not pieces:
            return b""
        file = self._store.open(pieces[0].file or "")
        file.seek(pieces[0].start)
        return file

    def _chain(self, pieces: list[Piece]) -> BinaryIO:
        """The pieces as one file. What another process may delete is opened now, as far as MAX_OPEN_AHEAD goes; in an
        arena, where that takes no descriptor, all of it.
        """
        names = files_of(pieces)
        self.pin(names)
        with self._lock:
            ahead = min(len(names), MAX_OPEN_AHEAD - self._open_ahead) if self._durable else len(names)
            self._open_ahead += ahead

        def done() -> None:
            with self._lock:
                self._open_ahead -= ahead
            self._unpin(names)

        files: dict[str, BinaryIO] = {}
        chain = Chain(pieces, files, self._store.open, done)
        try:
            for name in names[:ahead]:
                files[name] = self._store.open(name)
        except BaseException:
            chain.close()
            raise
        return chain  # type: ignore[return-value]

    # Pins and deleting

    def pin(self, names: Iterable[str]) -> None:
        with self._lock:
            for name in names:
                self._pins[name] = self._pins.get(name, 0) + 1

    @contextmanager
    def pinned(self, names: list[str]) -> Iterator[None]:
        """This process deletes none of the files before the end of the block."""
        self.pin(names)
        try:
            yield
        finally:
            self._unpin(names)

    def release(self, names: set[str]) -> None:
        """Unpin them at the next occasion. Takes no lock, so that a finalizer may call it at any moment."""
        self._released.append(names)

    def _unpin(self, names: Iterable[str]) -> None:
        with self._lock:
            for name in names:
                self._pins[name] -= 1
                if not self._pins[name]:
                    del self._pins[name]
            unwanted = [name for name in names if name in self._condemned and name not in self._pins]
            self._condemned.difference_update(unwanted)
        self.delete(unwanted)

    def delete(self, names: Iterable[str]) -> None:
        """Delete the files; one that is pinned, when its last reader is done."""
        while self._released:
            self._unpin(self._released.pop())
        with self._lock:
            for name in names:
                if name in self._pins:
                    self._condemned.add(name)
                    continue
                with suppress(FileNotFoundError):
                    self._store.delete(name)
                self.deleted.append(name)

    def spare(self, names: set[str]) -> None:
        """Do not delete these after all."""
        with self._lock:
            self._condemned -= names
