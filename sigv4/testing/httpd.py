"""A small, strict HTTP/1.1 server: threads, its own parser, the standard library alone.

    def hello(request: Request) -> Response:
        return Response(200, [("Content-Type", "text/plain")], b"hello\\n")

    with HTTPServer(hello) as server:
        print(server.port)

The rules, in the order in which a request meets them (numbers alone are sections of RFC 9112):

- One thread serves one connection from its first byte to its last, so a slow peer harms only itself. One thread waits
  in `accept`; when it gets a connection, another takes its place. At `Limits.connections` threads nobody does, and
  newcomers wait in the kernel's backlog; meanwhile no idle connection is kept open.
- A head is refused unless every reader must read it alike: CRLF line ends only (2.2), no control characters, no folded
  lines (5.2), no space before a colon (5.1), one Host (3.2), one length (6.3), `chunked` or nothing (6.1). After a
  refusal the connection closes, since nobody knows where the next request would begin.
- Nothing is decoded: the target and the header values are the bytes that came, as latin-1 text.
- The body is read when the handler reads it, never before; `100 Continue` goes out at that moment (RFC 9110, 10.1.1).
  A small body left unread is discarded after the answer; after a large or a broken one the connection closes.
- The server alone writes Content-Length, Transfer-Encoding and Connection. A body that fails midway ends the
  connection, so that the peer sees that it was cut.
- What a peer sends, and how long it may take over it, is bounded by `Limits`.
"""

from __future__ import annotations

import io
import os
import select
import selectors
import socket
import sys
import threading
from time import gmtime, monotonic, time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence
    from types import TracebackType
    from typing import BinaryIO, NoReturn, Self

__all__ = ["Body", "BodyError", "HTTPServer", "Limits", "Request", "Response"]

_TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # noqa: S105 RFC 9110, 5.6.2
_HOST = _TOKEN + "()[],;=:"  # RFC 3986, 3.2.2, and the port
_HEX = b"0123456789abcdefABCDEF"
_CONTROLS = bytes(c for c in range(32) if c != 9) + b"\x7f"  # a tab may stand inside a header's value
_ONCE = {"host", "content-length", "transfer-encoding", "expect"}
_FRAMING = {"content-length", "transfer-encoding", "connection"}
_PIECE = 65536  # bytes received or sent at a time; an answer up to this size leaves in one send
_CHUNK_LINE = 1024  # a chunk's size and its extensions
_EXTENSIONS = 16384  # all chunk extensions of a body together: nobody uses them, and they cost the sender nothing

_REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    206: "Partial Content",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    304: "Not Modified",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    411: "Length Required",
    412: "Precondition Failed",
    413: "Content Too Large",
    414: "URI Too Long",
    415: "Unsupported Media Type",
    416: "Range Not Satisfiable",
    417: "Expectation Failed",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
    505: "HTTP Version Not Supported",
}


class Limits:
    """What a peer may send, and how long it may take. Sizes are in bytes, times in seconds."""

    __slots__ = (
        "body_bytes",
        "connections",
        "drain_bytes",
        "head_bytes",
        "head_seconds",
        "headers",
        "idle_seconds",
        "linger_seconds",
        "min_rate",
        "request_line",
        "stall_seconds",
    )

    def __init__(
        self,
        *,
        connections: int = 512,
        request_line: int = 16 * 1024,
        headers: int = 100,
        head_bytes: int = 64 * 1024,
        body_bytes: int = 6 * 1024**3,
        drain_bytes: int = 64 * 1024,
        head_seconds: float = 10.0,
        idle_seconds: float = 30.0,
        stall_seconds: float = 30.0,
        min_rate: float = 512.0,
        linger_seconds: float = 1.0,
    ) -> None:
        """Set the limits.

        connections     served at once, each by a thread of its own; more wait in the kernel's backlog
        request_line    longer: 414
        headers         more header lines, or more trailer lines: 431
        head_bytes      the request line and the headers together; more: 431. Trailers have the same bound
        body_bytes      a longer body: 413 (S3 takes 5 GiB in one PUT)
        drain_bytes     an unread body up to this is discarded to keep the connection; after a longer one it closes
        head_seconds    for a whole head, however it trickles in: 408; for the TLS handshake too
        idle_seconds    between two requests of a connection
        stall_seconds   how long a body or an answer may stand still, or move more slowly than `min_rate`
        min_rate        bytes a second
        linger_seconds  after a refusal: how long to listen on, so that the peer can read the answer before the reset
        """
        self.connections = connections
        self.request_line = request_line
        self.headers = headers
        self.head_bytes = head_bytes
        self.body_bytes = body_bytes
        self.drain_bytes = drain_bytes
        self.head_seconds = head_seconds
        self.idle_seconds = idle_seconds
        self.stall_seconds = stall_seconds
        self.min_rate = min_rate
        self.linger_seconds = linger_seconds


class _Refusal(Exception):
    """The peer's mistake: the status to answer with, and a sentence that repeats nothing of what the peer sent."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class BodyError(_Refusal):
    """The request's body is cut short, badly framed, too long or too slow. A handler may let it pass."""


class Request:
    """A request as it arrived.

    method          a token, in the peer's own case
    target          raw: origin-form ("/key?query"), absolute-form ("http://host/key") or "*", latin-1
    headers         (name, value) pairs in their order; values are stripped of white space at the edges, latin-1
    body            the body, to be read at most once
    content_length  of the body, or None where the peer sent no Content-Length
    peer            (host, port)
    tls             whether it came over TLS
    """

    __slots__ = ("_first", "body", "content_length", "headers", "method", "peer", "target", "tls")

    body: Body
    content_length: int | None
    peer: tuple[str, int]
    tls: bool

    def __init__(self, method: str, target: str, headers: list[tuple[str, str]], first: dict[str, str]) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self._first = first

    def header(self, name: str) -> str | None:
        """The first value of a header, or None. The name's case does not matter."""
        return self._first.get(name.lower())


class Response:
    """An answer.

    status   200 to 599
    headers  (name, value) pairs, latin-1. Date is added unless it is there; Content-Length and Connection always are
    body     bytes, or a binary file or reader, which is sent from where it stands and then closed
    length   how much of the body to send (of a reader that cannot seek: must be given); for HEAD: what GET would send

    To play a failing server: `cut_after=n` closes the connection after n bytes of the body, `reset=True` resets it,
    after `cut_after` bytes where that is given, else instead of an answer.
    """

    __slots__ = ("body", "cut_after", "headers", "length", "reset", "status")

    def __init__(
        self,
        status: int,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes | BinaryIO = b"",
        length: int | None = None,
        *,
        cut_after: int | None = None,
        reset: bool = False,
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.length = length
        self.cut_after = cut_after
        self.reset = reset


# ---------------------------------------------------------------------------------------- reading a request's head


def _check_text(data: bytes | bytearray, what: str) -> None:
    """Refuse control characters: two readers may disagree about NUL, or a CR or LF alone (2.2)."""
    if len(data.translate(None, _CONTROLS)) != len(data):
        raise _Refusal(400, f"{what} has a control character, or a line that does not end in CRLF")


def _check_partial(buffer: bytearray, limits: Limits) -> None:
    """Refuse a head as soon as it can no longer become a good one."""
    if buffer.count(b"\n") != buffer.count(b"\r\n"):
        raise _Refusal(400, "a line of the head does not end in CRLF")
    if buffer[0] < 33 and buffer[0] != 13:
        raise _Refusal(400, "this is not HTTP")
    if b"\r\n" not in buffer and len(buffer) > limits.request_line + 1:
        raise _Refusal(414, f"the request line is longer than {limits.request_line} bytes")
    if len(buffer) > limits.head_bytes + 3:
        raise _Refusal(431, f"the head is longer than {limits.head_bytes} bytes")


def _parse_line(line: str) -> tuple[str, str]:
    """A header or trailer line. A folded line (5.2) and a space before the colon (5.1) fail here."""
    name, colon, value = line.partition(":")
    if not colon or not name or name.strip(_TOKEN):
        raise _Refusal(400, "a header line is not `name: value`")
    return name, value.strip(" \t")


def _parse_head(head: bytes, limits: Limits) -> tuple[Request, bool]:
    """The request of a head (without its empty line), and whether the peer speaks HTTP/1.1 and wants to go on."""
    _check_text(head.replace(b"\r\n", b""), "the head")
    # Some clients end a body with a line break that does not belong to it: one is overlooked (2.2).
    request_line, *lines = head.removeprefix(b"\r\n").decode("latin-1").split("\r\n")
    if len(request_line) > limits.request_line:
        raise _Refusal(414, f"the request line is longer than {limits.request_line} bytes")
    if len(head) > limits.head_bytes:
        raise _Refusal(431, f"the head is longer than {limits.head_bytes} bytes")
    if len(lines) > limits.headers:
        raise _Refusal(431, f"there are more than {limits.headers} headers")
    method, target, version = _parse_request_line(request_line)

    headers: list[tuple[str, str]] = []
    first: dict[str, str] = {}
    connection = ""
    for line in lines:
        pair = _parse_line(line)
        headers.append(pair)
        name = pair[0].lower()
        if name == "connection":
            connection += "," + pair[1].lower()
        if name not in first:
            first[name] = pair[1]
        elif name in _ONCE:
            raise _Refusal(400, f"there are two {name} headers")

    newest = version == "HTTP/1.1"
    _check_host(target, first.get("host"), required=newest)
    if not newest:
        if "transfer-encoding" in first:
            raise _Refusal(400, "Transfer-Encoding needs HTTP/1.1")  # 6.1
        first.pop("expect", None)  # RFC 9110, 10.1.1
    keep = newest and (not connection or "close" not in [option.strip() for option in connection.split(",")])
    return Request(method, target, headers, first), keep


def _parse_request_line(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3:
        raise _Refusal(400, "the request line is not `method target version`")
    method, target, version = parts
    if not method or method.strip(_TOKEN):
        raise _Refusal(400, "the method is not a token")
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        if version.startswith("HTTP/") and len(version) == 8:
            raise _Refusal(505, "this server speaks HTTP/1.1")
        raise _Refusal(400, "the request line does not end in a version")
    if not (
        target.startswith("/")
        or target[:7].lower() == "http://"
        or target[:8].lower() == "https://"
        or (target == "*" and method == "OPTIONS")
    ):
        raise _Refusal(400, "the target is neither a path nor a URL")
    if "\t" in target:
        raise _Refusal(400, "the target has white space")
    return method, target, version


def _check_host(target: str, host: str | None, *, required: bool) -> None:
    """One Host, and the same one in a URL as target (3.2.2): nobody may take the request for one to another host."""
    if host is None:
        if required:
            raise _Refusal(400, "there is no Host header")
        return
    if host.strip(_HOST):
        raise _Refusal(400, "the Host header is not a host")
    if target[0] not in "/*":
        authority = target.split("/", 3)[2].partition("?")[0]
        if authority.lower() != host.lower():
            raise _Refusal(400, "the Host header and the target name different hosts")


def _frame_body(connection: _Connection, request: Request, limits: Limits) -> Body:
    """The request's body, by exactly one of Content-Length and Transfer-Encoding: chunked (6.3)."""
    length = request.header("content-length")
    coding = request.header("transfer-encoding")
    expects = False
    expect = request.header("expect")
    if expect is not None:
        if expect.lower() != "100-continue":
            raise _Refusal(417, "the only expectation known here is 100-continue")
        expects = True

    request.content_length = None
    if coding is not None:
        if length is not None:
            raise _Refusal(400, "Content-Length and Transfer-Encoding exclude each other")
        if coding.lower() != "chunked":
            raise _Refusal(501, "the only transfer coding known here is chunked")
        return Body(connection, 0, chunked=True, expects=expects)
    if length is None:
        return Body(connection, 0)
    if not (length.isascii() and length.isdigit()) or len(length) > 18:
        raise _Refusal(400, "Content-Length is not a number")
    size = request.content_length = int(length)
    if size > limits.body_bytes:
        raise _Refusal(413, f"the body is longer than {limits.body_bytes} bytes")
    return Body(connection, size, expects=expects and size > 0)


# ---------------------------------------------------------------------------------------- reading a request's body


class Body:
    """A request's body: a binary reader that ends where the body ends."""

    __slots__ = ("_chunked", "_connection", "_error", "_expects", "_extensions", "_inside", "_left", "_total")

    def __init__(self, connection: _Connection, left: int, *, chunked: bool = False, expects: bool = False) -> None:
        self._connection = connection
        self._left = left  # bytes still to come: of the chunk, or of the body
        self._chunked = chunked  # more chunks may follow
        self._inside = False  # a chunk has begun, so its CRLF is due before the next
        self._expects = expects  # the peer waits for 100 Continue
        self._extensions = 0
        self._total = 0
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
                piece = self._take(min(wanted, self._left, 4 * _PIECE))
                self._left -= len(piece)
                wanted -= len(piece)
                if not wanted and not whole.tell():
                    return piece
                whole.write(piece)
        except TimeoutError:
            self._fail(408, "the body came too slowly")
        except OSError:
            self._fail(400, "the body was cut short")
        except _Refusal as refusal:
            self._fail(refusal.status, refusal.message)
        return whole.getvalue()

    def _take(self, n: int) -> bytes:
        connection = self._connection
        if connection.buffer:
            self._expects = False  # it did not wait after all
            return connection.take(n)
        self._continue()
        piece = connection.receive(n)
        if not piece:
            raise _Refusal(400, "the body was cut short")
        return piece

    def _continue(self) -> None:
        """Ask for the body if the peer waits to be asked."""
        if self._expects:
            self._expects = False
            self._connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _line(self) -> bytes:
        """A line of the chunked framing, without its CRLF."""
        buffer = self._connection.buffer
        while (end := buffer.find(b"\n")) < 0 and len(buffer) <= _CHUNK_LINE:
            self._continue()
            data = self._connection.receive(_PIECE)
            if not data:
                raise _Refusal(400, "the body was cut short")
            buffer += data
        if not 0 < end <= _CHUNK_LINE or buffer[end - 1] != 13:
            raise _Refusal(400, "a line of the chunked body is too long, or does not end in CRLF")
        line = self._connection.take(end + 1)[:-2]
        _check_text(line, "the chunked body's framing")
        return line

    def _next_chunk(self) -> bool:
        """Read on to the next chunk's data (7.1); at the last chunk read the trailers too and return False."""
        if self._inside and self._line():
            raise _Refusal(400, "a chunk is longer than its size")
        size, _, extension = self._line().partition(b";")
        if not 0 < len(size) <= 15 or size.strip(_HEX):
            raise _Refusal(400, "a chunk's size is not a hexadecimal number")
        self._extensions += len(extension)
        if self._extensions > _EXTENSIONS:
            raise _Refusal(400, "there are too many chunk extensions")
        self._left = int(size, 16)
        self._inside = True
        self._total += self._left
        if self._total > self._connection.limits.body_bytes:
            raise _Refusal(413, f"the body is longer than {self._connection.limits.body_bytes} bytes")
        if not self._left:
            self._skip_trailers()
            self._chunked = False
        return self._chunked

    def _skip_trailers(self) -> None:
        for _ in range(self._connection.limits.headers + 1):
            line = self._line()
            if not line:
                return
            _parse_line(line.decode("latin-1"))
        raise _Refusal(431, f"there are more than {self._connection.limits.headers} trailers")

    def _fail(self, status: int, message: str) -> NoReturn:
        self._error = BodyError(status, message)
        raise self._error from None

    def may_drain(self) -> bool:
        """Whether the connection can go on after this body, as far as one can tell before the answer."""
        if self._error is not None or self._expects:  # nobody knows whether a peer that waits will send its body
            return False
        return self._left <= self._connection.limits.drain_bytes

    def drain(self) -> bool:
        """Discard what the handler left unread; False where that is too much."""
        try:
            if not self.ended():
                self.read(self._connection.limits.drain_bytes)
            return not self.read(1)
        except BodyError:
            return False

    def failed(self) -> bool:
        """Whether the body could not be read to its end."""
        return self._error is not None

    def ended(self) -> bool:
        """Whether all of the body was read, so that the next byte is another request's."""
        return not self._left and not self._chunked


# ---------------------------------------------------------------------------------------- writing an answer

_date = (0, "")


def _http_date() -> str:
    """The time now as RFC 9110, 5.6.7 writes it; made once a second."""
    global _date
    now = int(time())
    if _date[0] != now:
        t = gmtime(now)
        day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[t.tm_wday]
        month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[t.tm_mon - 1]
        clock = f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
        _date = (now, f"{day}, {t.tm_mday:02} {month} {t.tm_year} {clock} GMT")
    return _date[1]


def _write_head(response: Response, length: int | None, *, close: bool) -> bytes:
    """The answer's head. Raises ValueError for what would break the framing: that is the handler's mistake."""
    status = response.status
    if not 200 <= status <= 599:
        raise ValueError(f"a response's status is 200 to 599, not {status!r}")
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, '')}"]
    dated = False
    for name, value in response.headers:
        if not name or name.strip(_TOKEN):
            raise ValueError(f"{name!r} is not a header name")
        key = name.lower()
        if key in _FRAMING:
            raise ValueError(
                f"the server writes {name} itself: leave it out, and give `length` where it cannot be known"
            )
        if "\r" in value or "\n" in value or "\0" in value:
            raise ValueError(f"the value of the response header {name} has a line break or a NUL")
        dated = dated or key == "date"
        lines.append(f"{name}: {value}")
    if not dated:
        lines.append(f"Date: {_http_date()}")
    if length is not None:
        lines.append(f"Content-Length: {length}")
    if close:
        lines.append("Connection: close")
    lines.append("\r\n")
    return "\r\n".join(lines).encode("latin-1")


def _body_length(response: Response, *, bodiless: bool) -> int | None:
    """The Content-Length of an answer; None for an answer that must not, or cannot truthfully, have one."""
    body, length = response.body, response.length
    if length is not None and length < 0:
        raise ValueError(f"the response's length is {length}")
    if response.status == 204:
        return None  # RFC 9110, 8.6
    if isinstance(body, bytes):
        there = len(body)
        if response.status == 304 and length is None and not there:
            return None
    elif length is None:
        here = body.tell()
        there = body.seek(0, os.SEEK_END) - here
        body.seek(here)
    else:
        return length
    if length is None:
        return there
    if length > there and not bodiless:
        raise ValueError(f"the response's length is {length}, but its body has {there} bytes")
    return length


def _plain_refusal(refusal: _Refusal) -> Response:
    text = f"{refusal.status} {_REASONS.get(refusal.status, '')}: {refusal.message}\n"
    return Response(refusal.status, [("Content-Type", "text/plain; charset=utf-8")], text.encode())


def _close_body(response: Response) -> None:
    close = getattr(response.body, "close", None)
    if close is not None:
        close()


class _Cut(Exception):
    """The answer ends here, in the middle."""


# ---------------------------------------------------------------------------------------- one connection


class _Connection:
    """One connection, served by one thread until it ends."""

    __slots__ = (
        "answered", "buffer", "dismissed", "idle", "limits", "patience", "peer", "server", "sock", "timeout", "tls",
    )  # fmt: skip

    def __init__(self, server: HTTPServer, sock: socket.socket, peer: tuple[str, int]) -> None:
        self.server = server
        self.limits = server.limits
        self.sock = sock
        self.peer = peer
        self.tls = False
        self.buffer = bytearray()  # received, not yet read
        self.idle = False  # waits for the first byte of a request: may be dismissed
        self.dismissed = False  # hears only what had arrived already
        self.answered = False  # one request at least
        self.timeout = -1.0  # the socket's, once it is set
        self.patience = 0.0  # seconds that a body or an answer may still be too slow

    def serve(self) -> None:
        """Answer request after request. Raises OSError when the peer goes away or takes too long."""
        self.be_prompt()
        context = self.server.ssl_context
        if context is not None:
            self._wait_at_most(self.limits.head_seconds)
            self.sock = context.wrap_socket(self.sock, server_side=True, do_handshake_on_connect=False)
            self.sock.do_handshake()
            self.tls = True
        try:
            while self._serve_one():
                self.answered = True
        except _Cut:
            return
        if self.tls:
            self._say_goodbye()

    def be_prompt(self) -> None:
        """Send what there is at once (RFC 9293, 3.7.4): an answer waits for nothing more."""
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # -- bytes

    def receive(self, n: int) -> bytes:
        """Up to n bytes of a body; b"" at the end of the stream. Raises TimeoutError when the peer is too slow."""
        before = monotonic()
        data = self._recv(n)
        self._spend(monotonic() - before, len(data))
        return data

    def _recv(self, n: int) -> bytes:
        return self.sock.recv(n)

    def _send(self, data: memoryview) -> int:
        return self.sock.send(data)

    def take(self, n: int) -> bytes:
        """Up to n of the bytes received already."""
        data = bytes(self.buffer[:n])
        del self.buffer[:n]
        return data

    def send(self, data: bytes | memoryview) -> None:
        """Send all of data. Raises TimeoutError when the peer is too slow."""
        view = memoryview(data)
        while view:
            before = monotonic()
            sent = self._send(view)
            self._spend(monotonic() - before, sent)
            view = view[sent:]

    def _spend(self, seconds: float, moved: int) -> None:
        """Patience runs out by the second and comes back by the byte, up to what it was: a floor under the rate."""
        limits = self.limits
        self.patience = min(limits.stall_seconds, self.patience - seconds + moved / limits.min_rate)
        if self.patience < 0:
            raise TimeoutError

    def _be_patient(self) -> None:
        """A body, or an answer, begins."""
        self.patience = self.limits.stall_seconds
        self._wait_at_most(self.limits.stall_seconds)

    def _wait_at_most(self, seconds: float) -> None:
        """How long the socket waits for the peer, each time. A system call, so made only for a change."""
        if seconds != self.timeout:
            self.timeout = seconds
            self.sock.settimeout(seconds)

    # -- a request and its answer

    def _serve_one(self) -> bool:
        """Answer one request; whether another may follow."""
        try:
            head = self._read_head()
            if head is None:
                return False
            request, keep = _parse_head(head, self.limits)
            request.peer = self.peer
            request.tls = self.tls
            request.body = _frame_body(self, request, self.limits)
        except _Refusal as refusal:
            self._be_patient()
            self._answer(None, _plain_refusal(refusal), close=True)
            self._linger()
            return False
        self._be_patient()
        response = self._handle(request)
        if self.dismissed and request.body.failed():
            _close_body(response)
            raise _Cut  # the request came as its connection was dismissed: not the peer's mistake, so it may try again
        keep = keep and request.body.may_drain() and self.server.keeps_open()
        keep = self._answer(request, response, close=not keep) and keep
        if keep and request.body.drain():
            return True
        if self.buffer or not request.body.ended():
            self._linger()
        return False

    def _read_head(self) -> bytes | None:
        """The next head, without its empty line; None when there is no further request."""
        buffer, limits = self.buffer, self.limits
        if not buffer:
            self._wait_at_most(limits.idle_seconds if self.answered else limits.head_seconds)
            self.idle = True
            if self.server.closing or (self.answered and not self.server.keeps_open()):
                self.dismiss()  # who wants idle connections to end may have looked before `idle` was set
            buffer += self._recv(_PIECE)
            self.idle = False
            if not buffer:
                return None
        deadline = monotonic() + limits.head_seconds
        while (end := buffer.find(b"\r\n\r\n")) < 0:
            _check_partial(buffer, limits)
            left = deadline - monotonic()
            try:
                self._wait_at_most(max(left, 0.001))
                data = self._recv(_PIECE)
            except TimeoutError:
                left = 0
            if left <= 0:
                raise _Refusal(408, f"the head took longer than {limits.head_seconds:g} s")
            if not data:
                if self.dismissed:
                    return None
                raise _Refusal(400, "the head was cut short")
            buffer += data
        return self.take(end + 4)[:-4]

    def _handle(self, request: Request) -> Response:
        try:
            response = self.server.handler(request)
            if not isinstance(response, Response):
                raise TypeError(f"the handler returned {type(response).__name__}, not a Response")
            return response
        except BaseException as error:  # SystemExit too: it must not take the thread with it
            return self._failure(error, request)

    def _failure(self, error: BaseException, request: Request | None) -> Response:
        """What to answer to an exception: the peer hears of its own mistakes only."""
        if isinstance(error, BodyError):
            return _plain_refusal(error)
        self.server.report(error, request)
        return _plain_refusal(_Refusal(500, "the server failed"))

    def _answer(self, request: Request | None, response: Response, *, close: bool) -> bool:
        """Send an answer; False where the connection must close although `close` did not say so."""
        if response.reset and response.cut_after is None:
            _close_body(response)
            self._cut(reset=True)
        bodiless = response.status in (204, 304) or (request is not None and request.method == "HEAD")
        try:
            try:
                length = _body_length(response, bodiless=bodiless)
                head = _write_head(response, length, close=close)
                stop = 0 if bodiless or length is None else length
                first = self._read_body(response, min(stop, _PIECE))
            except Exception as error:  # nothing is sent yet, so the answer can still be another
                self._answer(request, self._failure(error, request), close=True)
                return False
            if response.cut_after is not None:
                stop = min(stop, response.cut_after)
                first = first[:stop]
            self._be_patient()
            self.send(head + first)
            if len(first) < stop:
                self._send_rest(request, response, len(first), stop)
            if response.cut_after is not None:
                self._cut(reset=response.reset)
            return True
        finally:
            _close_body(response)

    def _read_body(self, response: Response, n: int) -> bytes:
        """The next bytes of an answer's body, 1 to n of them."""
        if isinstance(response.body, bytes):
            return response.body[:n]
        piece = response.body.read(n) if n else b""
        if n and not piece:
            raise ValueError("the response's body ended before its length")
        if len(piece) > n:
            raise ValueError("the response's body gave more than it was asked for")
        return piece

    def _send_rest(self, request: Request | None, response: Response, sent: int, stop: int) -> None:
        """Send the body's bytes from `sent` to `stop`. The head is out: what fails now can only cut the answer."""
        body = response.body
        if isinstance(body, bytes):
            self.send(memoryview(body)[sent:stop])
            return
        try:
            if not self.tls and _is_plain_file(body):
                self._send_file(body, stop - sent)
                return
            while sent < stop:
                piece = self._read_body(response, min(stop - sent, 4 * _PIECE))
                self.send(piece)
                sent += len(piece)
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:
            self._failure(error, request)
            self._cut(reset=False)

    def _send_file(self, file: BinaryIO, count: int) -> None:
        """Send count bytes of a file from where it stands, without a copy through this process."""
        target, source, offset = self.sock.fileno(), file.fileno(), file.tell()
        end = offset + count
        poll = select.poll()
        poll.register(target, select.POLLOUT)
        while offset < end:
            before = monotonic()
            sent = 0
            try:
                sent = os.sendfile(target, source, offset, end - offset)
                if not sent:
                    raise ValueError("the response's file ended before its length")
            except BlockingIOError:
                poll.poll(self.limits.stall_seconds * 1000)
            self._spend(monotonic() - before, sent)
            offset += sent

    # -- the end

    def _cut(self, *, reset: bool) -> NoReturn:
        if reset:  # l_onoff 1, l_linger 0: close() sends RST
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, sys.byteorder) + bytes(4))
        raise _Cut

    def _linger(self) -> None:
        """Close our direction and listen on for a while: a reset may overtake the answer (9.6)."""
        deadline = monotonic() + self.limits.linger_seconds
        socket.socket.shutdown(self.sock, socket.SHUT_WR)
        while (left := deadline - monotonic()) > 0:
            self._wait_at_most(left)
            if not socket.socket.recv(self.sock, _PIECE):
                return

    def _say_goodbye(self) -> None:
        """TLS: tell the peer that this is the end and no cut; do not wait for its own goodbye."""
        self._wait_at_most(0)
        try:
            self.sock.unwrap()  # type: ignore[attr-defined]
        except (OSError, ValueError):
            return

    def dismiss(self) -> None:
        """From another thread: end the connection if it waits for a request. One on its way is still answered."""
        if self.idle:
            self.dismissed = True
            self._shut(socket.SHUT_RD)

    def abort(self) -> None:
        """From another thread: end the connection."""
        self._shut(socket.SHUT_RDWR)

    def _shut(self, how: int) -> None:
        try:
            socket.socket.shutdown(self.sock, how)  # not SSLSocket's: that one would take the TLS state away
        except OSError:
            return


def _is_plain_file(body: BinaryIO) -> bool:
    """Whether the body is a file as the system knows it. A fileno() is no proof: a GzipFile has one."""
    return type(getattr(body, "raw", body)) is io.FileIO and hasattr(os, "sendfile")


# ---------------------------------------------------------------------------------------- the server

_SPARE = 8  # threads kept waiting for a connection; a thread that finds more of them ends


def _print_error(error: BaseException, request: Request | None) -> None:
    """The default `on_error`: a traceback to stderr. No query is shown: it may hold a signature."""
    import traceback

    where = f"{request.method} {request.target.partition('?')[0]}" if request is not None else "no request"
    text = "".join(traceback.format_exception(error))
    sys.stderr.write(f"httpd: {where}: {text}".encode("ascii", "backslashreplace").decode())


class HTTPServer:
    """An HTTP/1.1 server that answers every request with `handler(request)`.

    It listens from construction on; `start` (or `with`) answers in background threads, `serve_forever` until `close`.

    handler      called in the connection's thread, many at a time. An exception is a bare 500 and goes to `on_error`;
                 a BodyError is the peer's mistake and answered with its own status
    host, port   where to listen; "::1" is an IPv6 host, port 0 any free port: see `.port`
    limits       a Limits
    ssl_context  a server-side SSLContext, for TLS
    on_error     called with (exception, request or None); default: a traceback to stderr

    Raises OSError where the address cannot be had.
    """

    def __init__(
        self,
        handler: Callable[[Request], Response],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        limits: Limits | None = None,
        ssl_context: ssl.SSLContext | None = None,
        on_error: Callable[[BaseException, Request | None], None] = _print_error,
    ) -> None:
        self.handler = handler
        self.limits = limits or Limits()
        self.ssl_context = ssl_context
        self.on_error = on_error
        self.closing = False
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family, backlog=1024)
        self._listener.setblocking(False)
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        self._bell, self._bell_rope = socket.socketpair()  # ends the wait for a connection
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._turn = threading.Lock()  # held by the one thread that waits for a connection
        self._state = threading.Condition()  # guards the three below; re-entrant, so that a signal handler may close()
        self._threads = 0
        self._waiting = 0  # threads that wait for a connection, or for their turn to
        self._open: dict[_Connection, None] = {}  # oldest first
        self._closed = threading.Lock()  # released when close() is done
        self._closed.acquire()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Answer requests in background threads from now on."""
        with self._state:
            if not self._threads and not self.closing:
                self._add_thread()

    def serve_forever(self) -> None:
        """Answer requests until `close` is called, by another thread or by a signal handler."""
        self.start()
        self._closed.acquire()  # a lock and no Event: a signal handler may release it whatever this thread is at
        self._closed.release()

    def close(self, grace: float = 5.0) -> None:
        """Stop: refuse new connections, end idle ones, and give requests under way `grace` seconds to end."""
        with self._state:
            if self.closing:
                return
            self.closing = True
            self._bell_rope.send(b"!")
            for connection in self._open:
                connection.dismiss()
        self._stop_listening()
        with self._state:
            self._state.wait_for(lambda: not self._open, grace)
            for connection in self._open:
                connection.abort()
            self._state.wait_for(
                lambda: not self._threads, 0.5
            )  # a handler that hangs cannot be ended: its thread is a daemon
        for thing in (self._selector, self._listener, self._bell, self._bell_rope):
            thing.close()
        self._closed.release()

    def _stop_listening(self) -> None:
        with self._turn:
            self._listener.close()

    def keeps_open(self) -> bool:
        """Whether a connection may stay open between requests: not when others wait for its place, nor at the end."""
        return self._waiting > 0 and not self.closing

    def report(self, error: BaseException, request: Request | None) -> None:
        """Hand an exception to `on_error`, which must not raise; if it does, there is nobody left to tell."""
        try:
            self.on_error(error, request)
        except Exception:
            return

    # -- threads: the one that gets a connection sees to it that another waits for the next

    def _add_thread(self) -> None:
        """Start a thread that waits for a connection. `_state` is held."""
        self._threads += 1
        self._waiting += 1
        try:
            threading.Thread(target=self._run, name=f"httpd-{self.port}", daemon=True).start()
        except RuntimeError:  # the system has no more threads: be content with those that run
            self._threads -= 1
            self._waiting -= 1

    def _run(self) -> None:
        while self._serve_next() and self._may_wait():
            pass
        with self._state:
            self._threads -= 1
            self._state.notify_all()

    def _serve_next(self) -> bool:
        """Wait for a connection and serve it to its end; False when the server closes."""
        connection = self._accept()
        if connection is None:
            return False
        try:
            connection.serve()
        except OSError:
            pass  # the peer went away, or took too long
        except Exception as error:
            self.report(error, None)
        self._forget(connection)
        return True

    def _forget(self, connection: _Connection) -> None:
        """A connection is at its end."""
        with self._state:
            del self._open[connection]
            connection.sock.close()
            if self.closing and not self._open:
                self._state.notify_all()

    def _may_wait(self) -> bool:
        """Whether this thread, done with its connection, is to wait for another; if so it is counted in."""
        with self._state:
            wanted = not self.closing and self._waiting < _SPARE
            self._waiting += wanted
            return wanted

    def _accept(self) -> _Connection | None:
        """Wait for a connection; None when the server closes."""
        with self._turn:
            accepted = self._wait()
        with self._state:
            if accepted is None:
                self._waiting -= 1
                return None
            sock, peer = accepted
            connection = _Connection(self, sock, (peer[0], peer[1]))
            self._open[connection] = None
            self._hand_over()
            if not self._waiting:
                self._dismiss_oldest()
            return connection

    def _hand_over(self) -> None:
        """This thread waits no more, so another has to. `_state` is held."""
        # The next is counted in before this one is counted out: `keeps_open` looks without the lock.
        if self._waiting == 1 and self._threads < self.limits.connections:
            self._add_thread()
        self._waiting -= 1

    def _wait(self) -> tuple[socket.socket, tuple[str, int]] | None:
        while not self.closing:
            try:
                return self._listener.accept()
            except BlockingIOError:
                self._selector.select()
            except OSError as error:
                if not isinstance(error, ConnectionError):  # out of file descriptors, most likely: some will come free
                    self._selector.unregister(self._listener)
                    self._selector.select(0.05)
                    self._selector.register(self._listener, selectors.EVENT_READ)
        return None

    def _dismiss_oldest(self) -> None:
        """Make room: end the oldest connection that is idle after an answer. `_state` is held."""
        for connection in self._open:
            if connection.idle and connection.answered:
                connection.dismiss()
                return
