"""The files that hold large bodies: their folder, and who still reads them.

- A file is written once, under a name that nobody can guess, and never changed.
- A file that a reader of this process may still open is *pinned*: it is deleted when the last pin goes.
- Which files a commit names is the index's business; see storage.py for how the two keep together.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager, suppress

from .pieces import Chain, files_of
from .processes import fsync_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from .pieces import Piece

# Files held open, by all readers together, before it is their turn. macOS gives a process 256 descriptors.
MAX_OPEN_AHEAD = 128


class Files:
    """The files of one folder; a temporary one, made with the first file and gone in the end, where `folder` is None.

    `folder` is None as long as there is none. `deleted` are those that went from the disk since the index last looked.
    """

    def __init__(self, folder: str | None) -> None:
        self.folder = folder
        self.deleted: list[str] = []
        self._durable = folder is not None
        self._lock = threading.Lock()
        self._pins: dict[str, int] = {}  # files that a reader may still open, and how many readers
        self._condemned: set[str] = set()  # pinned files to be deleted when the last reader is done
        self._open_ahead = 0

    def path(self, name: str) -> str:
        return os.path.join(self.folder or "", name)

    def names(self) -> list[str]:
        """The files that are there."""
        return [] if self.folder is None else os.listdir(self.folder)

    def close(self) -> None:
        """The temporary folder goes, with all that is in it."""
        if not self._durable and self.folder is not None:
            self._remove_folder()

    # Writing

    def create(self, name: str) -> BinaryIO:
        if self.folder is None:
            self._make_folder()
        return open(self.path(name), "xb", buffering=0)

    def _make_folder(self) -> None:
        import shutil
        import tempfile
        import weakref

        with self._lock:
            if self.folder is None:
                self.folder = tempfile.mkdtemp(prefix="local-s3-")
                self._remove_folder = weakref.finalize(self, shutil.rmtree, self.folder, True)

    def settle(self, file: BinaryIO) -> None:
        """In a directory: the file is on the disk, under its name, when this returns."""
        if self._durable and self.folder is not None:
            os.fsync(file.fileno())
            fsync_folder(self.folder)

    # Reading

    def reader(self, pieces: list[Piece]) -> bytes | BinaryIO:
        """The pieces, to be read in sequence. A file returned may go on after them.

        Raises FileNotFoundError where a file is gone.
        """
        if len(pieces) > 1:
            return self._chain(pieces)
        data = pieces[0].data if pieces else b""
        if data is not None:
            return data
        file = open(self.path(pieces[0].file or ""), "rb")  # noqa: SIM115 - its reader closes it
        file.seek(pieces[0].start)
        return file

    def _chain(self, pieces: list[Piece]) -> BinaryIO:
        """The pieces as one file. What another process may delete is opened now, as far as MAX_OPEN_AHEAD goes."""
        names = files_of(pieces)
        self.pin(names)
        with self._lock:
            ahead = min(len(names), MAX_OPEN_AHEAD - self._open_ahead) if self._durable else 0
            self._open_ahead += ahead

        def done() -> None:
            with self._lock:
                self._open_ahead -= ahead
            self._unpin(names)

        files: dict[str, BinaryIO] = {}
        chain = Chain(pieces, files, self.path, done)
        try:
            for name in names[:ahead]:
                files[name] = open(self.path(name), "rb")  # noqa: SIM115 - the chain closes it
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

    def _unpin(self, names: list[str]) -> None:
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
        with self._lock:
            for name in names:
                if name in self._pins:
                    self._condemned.add(name)
                    continue
                with suppress(FileNotFoundError):
                    os.unlink(self.path(name))
                self.deleted.append(name)

    def spare(self, names: set[str]) -> None:
        """Do not delete these after all."""
        with self._lock:
            self._condemned -= names
