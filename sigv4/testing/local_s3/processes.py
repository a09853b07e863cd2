"""Who lives: each process that serves a directory holds a lock file there, to tell others whose leftovers to sweep."""

from __future__ import annotations

import os
from contextlib import suppress


class Owners:
    """The processes that serve a directory: each has a name, `own`, and a locked file of that name in `folder`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.own = os.urandom(8).hex()
        self._descriptor = lock(self._path(self.own))

    def _path(self, owner: str) -> str:
        return os.path.join(self._folder, owner)

    def alive(self, owner: str) -> bool:
        return owner == self.own or alive(self._path(owner))

    def sweep(self) -> None:
        """Remove the files of the dead."""
        for owner in os.listdir(self._folder):
            self.alive(owner)

    def close(self) -> None:
        """Be dead, for the others."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            with suppress(OSError):
                os.unlink(self._path(self.own))


def fsync_folder(path: str) -> None:
    if os.name == "nt":
        return  # Windows opens no folder
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def lock(path: str) -> int:
    """Create the file that tells others, while this process lives, that it does."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        if os.name == "nt":  # Windows refuses to delete an open file, which tells as much
            return descriptor
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.stat(path), os.fstat(descriptor)):
                return descriptor
        os.close(descriptor)  # another one's sweep came between the two calls and took it for a dead one's


def alive(path: str) -> bool:
    """Whether the process that locked `path` lives. The file of one that does not is removed."""
    try:
        if os.name != "nt":
            import fcntl

            descriptor = os.open(path, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(path)
            finally:
                os.close(descriptor)
        else:
            os.unlink(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
