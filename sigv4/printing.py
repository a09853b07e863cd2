"""Standard output, whose reader may go first: `sigv4 explain ... | head -1`."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def printed() -> Iterator[None]:
    """Write out what the block prints, at its end.

    Raises OSError where that cannot be written, BrokenPipeError where nobody reads it. It is dropped then: the
    interpreter would try again at its own end, and complain
    (https://docs.python.org/3/library/signal.html#note-on-sigpipe).
    """
    try:
        yield
    finally:
        if sys.stdout is not None:  # as it is where the program was started without one
            try:
                sys.stdout.flush()
            except OSError:
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, sys.stdout.fileno())
                os.close(nowhere)
                raise
