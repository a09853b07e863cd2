"""A message body, read from whatever gives bytes: it ends where its framing says, and fails where that is broken."""

from __future__ import annotations

import io
import sys

from .limits import CHUNK_EXTENSIONS, CHUNK_LINE, PIECE
from .parsing import Refusal, check_body_size, check_trailer, parse_chunk_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, Protocol

    from .limits import Limits

    class Source(Protocol):
        """Where the bytes come from. `buffer` holds what was received and not yet read."""

        limits: Limits
        buffer: bytearray

        def receive(self, n: int) -> bytes:
            """Up to n bytes; b"" at the end of the stream. Raises OSError, and TimeoutError for a slow peer."""

        def send(self, data: bytes) -> None:
            """Send all of data."""


class BodyError(Refusal):
    """The message body is cut short, badly framed, too long or too slow. A handler may let it pass."""


class Body:
    """A message body: a binary reader."""

    __slots__ = ("_chunked", "_error", "_expects", "_extensions", "_inside", "_left", "_source", "size_of_chunks")

    def __init__(self, source: Source, length: int = 0, *, chunked: bool = False, expects: bool = False) -> None:
        self._source = source
        self._left = length  # bytes still to come: of the chunk, or of the body
        self._chunked = chunked  # more chunks may follow
        self._inside = False  # a chunk has begun, so its CRLF is due before the next
        self._expects = expects and (chunked or length > 0)  # the peer waits for 100 Continue
        self._extensions = 0
        self.size_of_chunks = 0  # of those that have begun
        self._error: BodyError | None = None

    def read(self, n: int | None = -1, /) -> bytes:
        """Return n bytes, fewer only at the end; all that is left for None or less than 0; b"" at the end.

        Raises BodyError when the body is cut short, badly framed, too long or too slow, and again at each further call.
        """
        if self._error is not None:
            raise self._error
        wanted = sys.maxsize if n is None or n < 0 else n
        whole = io.BytesIO()  # and no list of pieces: of one-byte chunks, each would take fifty bytes
        try:
            while wanted and (self._left or (self._chunked and self._next_chunk())):
                piece = self._take(min(wanted, self._left, 4 * PIECE))
                self._left -= len(piece)
                wanted -= len(piece)
                if not wanted and not whole.tell():
                    return piece
                whole.write(piece)
        except TimeoutError:
            self._fail(408, "the body came too slowly")
        except OSError:
            self._fail(400, "the body was cut short")
        except Refusal as refusal:
            self._fail(refusal.status, refusal.message)
        return whole.getvalue()

    def _take(self, n: int) -> bytes:
        buffer = self._source.buffer
        if buffer:
            self._expects = False  # it did not wait after all
            piece = bytes(buffer[:n])
            del buffer[:n]
            return piece
        return self._receive(n)

    def _receive(self, n: int) -> bytes:
        """Bytes from the peer, asked for if it waits to be asked."""
        if self._expects:
            self._expects = False
            self._source.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        piece = self._source.receive(n)
        if not piece:
            raise Refusal(400, "the body was cut short")
        return piece

    def _line(self) -> bytes:
        """A line of the chunked framing, without its CRLF."""
        buffer = self._source.buffer
        while (end := buffer.find(b"\n")) < 0 and len(buffer) <= CHUNK_LINE:
            buffer += self._receive(PIECE)
        if not 0 < end <= CHUNK_LINE or buffer[end - 1] != 13:
            raise Refusal(400, "a line of the chunked body is too long, or does not end in CRLF")
        return self._take(end + 1)[:-2]

    def _next_chunk(self) -> bool:
        """Read on to the next chunk's data; at the last chunk read the trailer section too and return False."""
        if self._inside and self._line():
            raise Refusal(400, "a chunk is longer than its size")
        self._left, extension = parse_chunk_line(self._line())
        self._extensions += extension
        if self._extensions > CHUNK_EXTENSIONS:
            raise Refusal(400, "there are too many chunk extensions")
        self._inside = True
        self.size_of_chunks += self._left
        check_body_size(self.size_of_chunks, self._source.limits)
        if not self._left:
            self._skip_trailers()
            self._chunked = False
        return self._chunked

    def _skip_trailers(self) -> None:
        for _ in range(self._source.limits.headers + 1):
            line = self._line()
            if not line:
                return
            check_trailer(line)
        raise Refusal(431, f"there are more than {self._source.limits.headers} trailers")

    def _fail(self, status: int, message: str) -> NoReturn:
        self._error = BodyError(status, message)
        raise self._error from None

    def arrived(self) -> bool:
        """Whether all of it is in the buffer, so that reading it waits for nobody."""
        return not self._chunked and self._left <= len(self._source.buffer)

    def ended(self) -> bool:
        """Whether all of the body was read, so that the next byte is another message's."""
        return not self._left and not self._chunked

    def may_drain(self) -> bool:
        """Whether the connection can go on after this body, as far as one can tell before the response."""
        if self._error is not None or self._expects:  # nobody knows whether a peer that waits will send its body
            return False
        return self._left <= self._source.limits.drain_bytes

    def drain(self) -> bool:
        """Discard what the handler left unread; False where that is too much."""
        try:
            if not self.ended():
                self.read(self._source.limits.drain_bytes)
            return not self.read(1)
        except BodyError:
            return False
