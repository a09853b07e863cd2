"""One connection of the server: where it stands, the requests that come over it, and their responses.

The loop calls `advance` and `give_up`, which never wait; a thread of the pool calls `serve`, which may. One of them has
the connection at a time. Each returns the state that the connection is in from then on.
"""

from __future__ import annotations

import io
import os
import select
import socket
import sys
from time import monotonic

from .body import Body, BodyError
from .limits import PIECE
from .messages import Request, Response, encode_head, refusal_response
from .parsing import Refusal, body_framing, check_expectation, find_head, parse_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import BinaryIO, NoReturn, Protocol

    from .limits import Limits

    class Server(Protocol):
        """What a connection asks of its server."""

        handler: Callable[[Request], Response]
        limits: Limits
        prompt: bool
        ssl_context: ssl.SSLContext | None
        would_block: tuple[type[OSError], ...]

        def keeps_open(self) -> bool:
            """Whether a connection may go on after a response."""

        def has_time(self) -> bool:
            """Whether a thread may wait for a connection's next request."""

        def report(self, error: BaseException, request: Request | None) -> None:
            """Tell of a failure of ours."""

        def tell_refusal(self, refusal: Refusal, peer: tuple[str, int]) -> None:
            """Tell of what was no request."""


ARRIVING = "arriving"  # new, or part of a head is there
IDLE = "idle"  # between two requests
READY = "ready"  # a thread is to go on with it
LINGERING = "lingering"  # refused: listened to a while longer, and not heard
ENDED = "ended"

_STAY = 0.25  # seconds that a thread waits for a connection's next request; where many clients are busy, each is slow


class Cut(Exception):
    """The response ends here, in the middle."""


class Connection:
    """An accepted connection. Raises OSError where the peer has gone already."""

    __slots__ = (
        "buffer", "handshaking", "limits", "patience", "peer", "request", "rest", "seen", "server", "sock", "state",
        "timeout", "tls",
    )  # fmt: skip

    def __init__(self, server: Server, sock: socket.socket, peer: tuple[str, int]) -> None:
        # Send what there is at once: a response waits for nothing more. https://www.rfc-editor.org/rfc/rfc9293#section-3.7.4
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server = server
        self.limits = server.limits
        self.peer = peer
        self.state = ""  # the loop's: where it has put this connection
        self.buffer = bytearray()  # received, not yet read
        self.seen = 0  # of the buffer, in search of the head's end
        self.timeout = -1.0  # the socket's; not yet set
        self.patience = 0.0  # seconds that a body or a response may still be too slow
        self.request: Request | None = None  # when READY: to be answered
        self.rest: Callable[[], str] | None = None  # when READY and not None: what to do instead
        self.tls = self.handshaking = server.ssl_context is not None
        if server.ssl_context is not None:
            sock = server.ssl_context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        self.sock = sock

    # What the loop calls

    def advance(self) -> str | None:
        """Go on with what has arrived; None where that is nothing."""
        try:
            if self.state == LINGERING:
                return LINGERING if socket.socket.recv(self.sock, PIECE) else ENDED
            if self.handshaking:
                self.sock.do_handshake()  # type: ignore[attr-defined]
                self.handshaking = False
            data = self.sock.recv(PIECE)
        except self.server.would_block:
            return None
        except OSError:
            return ENDED
        if not data:
            return self._refuse(Refusal(400, "the head was cut short")) if self.buffer else ENDED
        self.buffer += data
        state = self._look()
        if state == READY and self.server.prompt and not self.tls:
            return self._answer_promptly()
        return state

    def give_up(self) -> str:
        """The time in this state is over."""
        if self.state == ARRIVING and self.buffer:
            return self._refuse(Refusal(408, f"the head took longer than {self.limits.head_seconds:g} s"))
        return ENDED

    def rest_in_loop(self) -> None:
        """Back from a thread: from now on no call on the socket waits."""
        self._wait_at_most(0)

    def cut(self) -> None:
        """End it, whoever uses it."""
        try:
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # not SSLSocket's, which would take the TLS state away
        except OSError:
            return

    # What a thread calls

    def serve(self) -> str:
        """Answer the request that is here, and those that follow at once."""
        try:
            state = READY
            while state == READY:
                rest, self.rest = self.rest, None
                state = self._answer() if rest is None else rest()
                if state == IDLE and (self.buffer or self._more_comes()):
                    state = self._look()
            if state == ENDED and self.tls:
                self._say_goodbye()
            return state
        except (OSError, Cut):  # the peer has gone or took too long; or a response was cut
            return ENDED

    def _more_comes(self) -> bool:
        """Whether the next request begins to arrive at once."""
        if not (self.server.has_time() or (self.tls and self.sock.pending())):  # type: ignore[attr-defined]
            return False
        self._wait_at_most(_STAY)
        try:
            data = self.sock.recv(PIECE)
        except TimeoutError:
            return False
        if not data:
            raise ConnectionError
        self.buffer += data
        return True

    def meet(self) -> str:
        """The first request of a newcomer, if it comes at once: instead of an answer, as `rest`."""
        return self._look() if self._more_comes() else ARRIVING

    # Bytes, for those who may wait

    def receive(self, n: int) -> bytes:
        """Up to n bytes of a body; b"" at the end of the stream. Raises TimeoutError when the peer is too slow."""
        before = monotonic()
        data = self.sock.recv(n)
        self._spend(monotonic() - before, len(data))
        return data

    def send(self, data: bytes | memoryview) -> None:
        """Send all of data. Raises TimeoutError when the peer is too slow."""
        view = memoryview(data)
        while view:
            before = monotonic()
            sent = self.sock.send(view)
            self._spend(monotonic() - before, sent)
            view = view[sent:]

    def _spend(self, seconds: float, moved: int) -> None:
        """Patience runs out by the second and comes back by the byte, up to what it was: a floor under the rate."""
        limits = self.limits
        self.patience = min(limits.stall_seconds, self.patience - seconds + moved / limits.min_rate)
        if self.patience < 0:
            raise TimeoutError

    def _be_patient(self) -> None:
        """A body, or a response, begins."""
        self.patience = self.limits.stall_seconds
        self._wait_at_most(self.limits.stall_seconds)

    def _wait_at_most(self, seconds: float) -> None:
        """How long the socket waits for the peer, each time. A system call, so made only for a change."""
        if seconds != self.timeout:
            self.timeout = seconds
            self.sock.settimeout(seconds)

    # A request

    def _look(self) -> str:
        """What the buffer begins with: nothing, a part of a head, or a request."""
        if not self.buffer:
            return IDLE
        try:
            end = find_head(self.buffer, self.seen, self.limits)
            if end < 0:
                self.seen = len(self.buffer)
                return ARRIVING
            self.seen = 0
            head = bytes(self.buffer[:end])
            del self.buffer[:end]
            self.request = self._read_head(head)
            return READY
        except Refusal as refusal:
            return self._refuse(refusal)

    def _read_head(self, head: bytes) -> Request:
        method, target, fields, first, persistent = parse_request(head, self.limits)
        expects = check_expectation(first.get("expect"))
        length, chunked = body_framing(first.get("content-length"), first.get("transfer-encoding"), self.limits)
        request = Request(method, target, fields, first, persistent)
        request.content_length = length
        request.body = Body(self, length or 0, chunked=chunked, expects=expects)
        request.peer = self.peer
        request.tls = self.tls
        return request

    def _refuse(self, refusal: Refusal) -> str:
        """Say what is wrong, and linger. The few bytes fit into the system's buffer, or the peer does not read."""
        response = refusal_response(refusal)
        self.server.tell_refusal(refusal, self.peer)
        try:
            self.sock.send(encode_head(response, "", close=True)[0] + response.read(PIECE))
            return self._linger()
        except OSError:
            return ENDED

    def _linger(self) -> str:
        """Close our direction and listen on for a while: a reset may overtake the response."""
        socket.socket.shutdown(self.sock, socket.SHUT_WR)
        return LINGERING

    def _handle(self, request: Request) -> Response:
        try:
            response = self.server.handler(request)
            if not isinstance(response, Response):
                raise TypeError(f"the handler returned {type(response).__name__}, not a Response")
            return response
        except BaseException as error:  # SystemExit too: it must not take the thread with it
            return self._failure(error, request)

    def _failure(self, error: BaseException, request: Request) -> Response:
        """What to respond to an exception: the peer hears of its own mistakes only."""
        if isinstance(error, BodyError):
            return refusal_response(error)
        self.server.report(error, request)
        return refusal_response(Refusal(500, "the server failed"))

    # A response

    def _answer(self) -> str:
        request = self.request
        assert request is not None  # noqa: S101 the state is READY
        self._be_patient()
        return self._respond(request, self._handle(request))

    def _answer_promptly(self) -> str:
        """Answer in the loop, if that needs no waiting: what does need it is left to a thread."""
        request = self.request
        assert request is not None  # noqa: S101 the state is READY
        if not request.body.arrived():
            try:  # clients send a body behind the head, often in a packet of its own
                self.buffer += self.sock.recv(PIECE)
            except OSError:
                return READY
            if not request.body.arrived():
                return READY
        response = self._handle(request)
        close = not self._may_go_on(request)
        data = _encode_small(response, request.method, close=close)
        if data is None:
            self.rest = lambda: self._respond(request, response)
            return READY
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return ENDED
        if sent < len(data):
            unsent = memoryview(data)[sent:]
            self.rest = lambda: self._finish(request, unsent, close=close)
            return READY
        state = self._end_request(request, close=close)
        if state == IDLE and self.buffer:  # more came with it, and the others are to wait for one request at most
            self.rest = lambda: IDLE
            return READY
        return state

    def _finish(self, request: Request, unsent: memoryview, *, close: bool) -> str:
        self._be_patient()
        self.send(unsent)
        return self._end_request(request, close=close)

    def _respond(self, request: Request, response: Response) -> str:
        close = not self._may_go_on(request)
        close = not self._send_response(request, response, close=close) or close
        return self._end_request(request, close=close)

    def _may_go_on(self, request: Request) -> bool:
        return request.persistent and request.body.may_drain() and self.server.keeps_open()

    def _end_request(self, request: Request, *, close: bool) -> str:
        """Where the connection stands when the response is out."""
        self.request = None
        if not close and request.body.drain():
            return IDLE
        if self.buffer or not request.body.ended():
            return self._linger()
        return ENDED

    def _send_response(self, request: Request, response: Response, *, close: bool) -> bool:
        """Send a response; False where the connection must close although `close` did not say so."""
        try:
            if response.reset and response.cut_after is None:
                self._cut_response(reset=True)
            try:
                head, stop = encode_head(response, request.method, close=close)
                first = response.read(min(stop, PIECE))
            except Exception as error:  # nothing is sent yet, so the response can still be another
                self._send_response(request, self._failure(error, request), close=True)
                return False
            if response.cut_after is not None:
                stop = min(stop, response.cut_after)
                first = first[:stop]
            self._be_patient()
            self.send(head + first)
            if len(first) < stop:
                self._send_rest(request, response, len(first), stop)
            if response.cut_after is not None:
                self._cut_response(reset=response.reset)
            return True
        finally:
            response.close()

    def _send_rest(self, request: Request, response: Response, sent: int, stop: int) -> None:
        """Send the body's bytes from `sent` to `stop`. The head is out: what fails now can only cut the response."""
        body = response.body
        if isinstance(body, bytes):
            self.send(memoryview(body)[sent:stop])
            return
        try:
            if not self.tls and _is_plain_file(body):
                self._send_file(body, stop - sent)
                return
            while sent < stop:
                piece = response.read(min(stop - sent, 4 * PIECE))
                self.send(piece)
                sent += len(piece)
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:
            self._failure(error, request)
            self._cut_response(reset=False)

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

    def _cut_response(self, *, reset: bool) -> NoReturn:
        if reset:  # l_onoff 1, l_linger 0: close() sends RST
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, sys.byteorder) + bytes(4))
        raise Cut

    def _say_goodbye(self) -> None:
        """TLS: tell the peer that this is the end and no cut; do not wait for its own goodbye."""
        self._wait_at_most(0)
        try:
            self.sock.unwrap()  # type: ignore[attr-defined]
        except (OSError, ValueError):
            return


def _encode_small(response: Response, method: str, *, close: bool) -> bytes | None:
    """A response as one piece; None where it is large, no bytes, broken, or to be cut."""
    body = response.body
    if not isinstance(body, bytes) or len(body) > PIECE or response.cut_after is not None or response.reset:
        return None
    try:
        head, length = encode_head(response, method, close=close)
    except ValueError:
        return None
    return head + body[:length]


def _is_plain_file(body: BinaryIO) -> bool:
    """Whether the body is a file as the system knows it. A fileno() is no proof: a GzipFile has one."""
    return type(getattr(body, "raw", body)) is io.FileIO and hasattr(os, "sendfile")
