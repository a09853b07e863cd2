"""Room on the disk that is kept for deleting: on a full one, what makes room would find none for its own log."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial

SIZE = 512 * 1024  # SQLite's log of a deletion takes some tens of KB, and its own growth another 32


class Reserve:
    """A file of `SIZE` bytes. Processes that serve one directory share it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.keep()

    def keep(self) -> None:
        """Lay it in again, if it is not there and there is room."""
        try:
            with open(self._path, "xb", buffering=0, opener=partial(os.open, mode=0o600)) as file:
                written = file.write(os.urandom(SIZE))  # zeros may take no room
            if written == SIZE:
                return
        except FileExistsError:
            return
        except OSError:
            pass
        self.spend()

    def spend(self) -> None:
        with suppress(OSError):
            os.unlink(self._path)
