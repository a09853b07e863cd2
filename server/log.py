"""The log: lines to a file descriptor that never change or delay a response.

- A line is written only where the descriptor takes it at once. POSIX: what is reported as writable takes up to PIPE_BUF
  bytes without waiting (https://pubs.opengroup.org/onlinepubs/9699919799/functions/write.html), so no line is longer.
- A reader that stalls, a full disk, a reader that is gone: the line is lost and counted, and the next one that can be
  written says how many were.
"""

from __future__ import annotations

import os
import select
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST = select.PIPE_BUF - 100  # bytes; what is left is for the time and for the count of lost lines


def log_to(descriptor: int) -> Callable[[str], None]:
    """A function that writes a line to `descriptor`, the time of day before it; it never waits or raises."""
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    lock = threading.Lock()  # so that no other thread fills what was found empty
    lost = 0

    def log(text: str) -> None:
        nonlocal lost
        line = f"{time.strftime('%H:%M:%S')} {text}".encode("utf-8", "backslashreplace")[:LONGEST] + b"\n"
        with lock:
            if lost:
                line = b"%d lines of this log were lost\n" % lost + line
            if _write(line):
                lost = 0
            else:
                lost += 1

    def _write(line: bytes) -> bool:
        try:
            return any(event & select.POLLOUT for _, event in poll.poll(0)) and os.write(descriptor, line) == len(line)
        except OSError:
            return False

    return log
