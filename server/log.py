"""The log: lines to a file descriptor that never change or delay a response.

- A line is written only where the descriptor takes it at once: through an opening of our own of the same pipe or
  terminal that does not block, or by a call to a socket that does not. The shared one stays as it is, for others
  would not expect it to change. POSIX: a pipe takes up to PIPE_BUF bytes whole or not at all
  (https://pubs.opengroup.org/onlinepubs/9699919799/functions/write.html), so no line is longer.
- A reader that stalls, a full disk, a reader that is gone: the line is lost and counted, and the next one that can be
  written says how many were.
- A line is one line: what could begin another one, or move a terminal's cursor, is escaped.
"""

from __future__ import annotations

import json
import os
import select
import socket
import stat
import threading
import time
from contextlib import suppress

from sigv4.uploads.faults import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_TEXT = 500  # characters of a text in an object: each may take six bytes
LONGEST = select.PIPE_BUF - 100  # bytes; what is left is for the time and for the count of lost lines


def log_to(descriptor: int, as_json: bool = False) -> Callable[[str | dict[str, object]], None]:
    """A function that writes a line to `descriptor`; it never waits or raises.

    The time of day stands before a text. `as_json`: every line is an object, and a text is its "message".
    """
    lock = threading.Lock()  # so that no other thread fills what was found empty, and the count is true
    write = _prompt_writer(descriptor)
    line_of = _json_line if as_json else _text_line
    lost = 0

    def log(what: str | dict[str, object]) -> None:
        nonlocal lost
        line = line_of(what)
        with lock:
            if lost:
                note = f"{lost} lines of this log were lost"
                line = (_json_line(note) if as_json else f"{note}\n".encode()) + line
            try:
                written = write(line) == len(line)
            except OSError:
                written = False
            lost = 0 if written else lost + 1

    return log


def _text_line(what: str | dict[str, object]) -> bytes:
    text = str(what)
    text = text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return f"{time.strftime('%H:%M:%S')} {text}".encode("utf-8", "backslashreplace")[:LONGEST] + b"\n"


def _json_line(what: str | dict[str, object]) -> bytes:
    fields = {"message": what[:LONGEST_TEXT]} if isinstance(what, str) else what
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    line = json.dumps({"time": now, **fields}, separators=(",", ":")).encode() + b"\n"
    if len(line) <= LONGEST:
        return line
    return _json_line({name: value[:50] if isinstance(value, str) else value for name, value in fields.items()})


def take_warnings(log: Callable[[str], None]) -> None:
    """Have Python's warnings, and what ends a thread, go there too: by themselves they wait for standard error."""
    import warnings

    def show(message: Warning | str, *_: object, **__: object) -> None:
        log(f"warning: {message}")

    setattr(warnings, "showwarning", show)  # noqa: B010  (as mypy would have it, with all its parameters)
    threading.excepthook = lambda ended: log(f"fault: {place(ended.exc_value)}" if ended.exc_value else "fault")


def take_logging(log: Callable[[str], None]) -> None:
    """Have what this project's own parts log by Python's logging go there too."""
    import logging

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            for line in filter(None, record.getMessage().splitlines()):
                log(line)

    logger = logging.getLogger("sigv4")
    logger.addHandler(Handler())
    logger.propagate = False


def _prompt_writer(descriptor: int) -> Callable[[bytes], int]:
    """What writes to this descriptor without waiting, and says how many bytes it took."""
    kind = _kind(descriptor)
    if stat.S_ISSOCK(kind):
        return lambda line: _send(descriptor, line)
    if stat.S_ISFIFO(kind) or stat.S_ISCHR(kind):
        with suppress(OSError):  # no /proc here, or none that lets us
            flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
            own = os.open(f"/proc/self/fd/{descriptor}", flags)
            return lambda line: os.write(own, line)
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return lambda line: os.write(descriptor, line) if any(e & select.POLLOUT for _, e in poll.poll(0)) else 0


def _send(descriptor: int, line: bytes) -> int:
    peer = socket.socket(fileno=descriptor)
    try:
        return peer.send(line, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
    finally:
        peer.detach()


def _kind(descriptor: int) -> int:
    try:
        return os.fstat(descriptor).st_mode
    except OSError:  # closed; so each line is lost, and that is all
        return 0
