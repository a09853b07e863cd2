"""The server: an accept loop that holds every connection that only waits, and threads for those at work.

    def hello(request: Request) -> Response:
        return Response(200, [("Content-Type", "text/plain")], b"hello\\n")

    with HTTPServer(hello) as server:
        print(server.port)

The package's own page says how it works.
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
import threading
from collections import deque
from contextlib import suppress
from time import monotonic

from .connection import ARRIVING, ENDED, IDLE, LINGERING, READY, Connection
from .limits import Limits
from .pool import Pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from .messages import Request, Response
    from .parsing import Refusal

_PAUSE = 0.05  # seconds to wait for file descriptors to come free
_LOOK = 0.1  # seconds between two looks for connections whose time is over


def _print_error(error: BaseException, request: Request | None) -> None:
    """The default `on_error`: a traceback to stderr. No query is shown: it may hold a signature."""
    import traceback

    where = f"{request.method} {request.target.partition('?')[0]}" if request is not None else "no request"
    text = "".join(traceback.format_exception(error))
    sys.stderr.write(f"http: {where}: {text}".encode("ascii", "backslashreplace").decode())


class HTTPServer:
    """An HTTP/1.1 server that answers every request with `handler(request)`.

    It listens from construction on; `start` (or `with`) answers in background threads, `serve_forever` until `close`.

    handler      called in many threads at a time. An exception is a bare 500 and goes to `on_error`; a BodyError is the
                 peer's mistake and answered with its own status
    host, port   where to listen; "::1" is an IPv6 host, "::" every address, of IPv4 too; port 0 any free port: see
                 `.port`
    prompt       the handler never waits, for a disk, a lock or another server, so that the accept loop may run it
    limits       a Limits
    ssl_context  a server-side SSLContext, for TLS
    on_error     called with (exception, request or None); default: a traceback to stderr
    on_refusal   called with (refusal, peer) for what is no request, which no handler gets to see; default: nothing

    Raises OSError where the address cannot be had.
    """

    def __init__(
        self,
        handler: Callable[[Request], Response],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        prompt: bool = False,
        limits: Limits | None = None,
        ssl_context: ssl.SSLContext | None = None,
        on_error: Callable[[BaseException, Request | None], None] = _print_error,
        on_refusal: Callable[[Refusal, tuple[str, int]], None] | None = None,
    ) -> None:
        self.handler = handler
        self.prompt = prompt
        self.limits = limits or Limits()
        self.ssl_context = ssl_context
        self.would_block = _would_block(ssl_context)
        self.on_error = on_error
        self.on_refusal = on_refusal
        self.closing = False
        self._process = os.getpid()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        both = host == "::" and socket.has_dualstack_ipv6()
        self._listener = socket.create_server((host, port), family=family, backlog=1024, dualstack_ipv6=both)
        self._listener.setblocking(False)
        self.host = host
        self.port: int = self._listener.getsockname()[1]
        self._wake_up, self._wake_up_end = socket.socketpair()
        self._wake_up_end.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._wake_up, selectors.EVENT_READ)
        self._room = min(self.limits.connections, _descriptors() * 3 // 4)
        self._open: set[Connection] = set()
        # Who waits, by state, with the time when that is to end: always the first entry first.
        self._waiting: dict[str, dict[Connection, float]] = {ARRIVING: {}, IDLE: {}, LINGERING: {}}
        self._seconds = {
            ARRIVING: self.limits.head_seconds,
            IDLE: self.limits.idle_seconds,
            LINGERING: self.limits.linger_seconds,
        }
        self._listening = True  # whether the selector has the listener
        self._listen_at = 0.0  # when to listen again at the earliest
        self._next_look = 0.0
        self._returned: deque[tuple[Connection, str]] = deque()  # by threads, with the state that each is in
        self._pool = Pool(self.limits.threads, f"http-{self.port}")
        self._loop = threading.Thread(target=self._run, name=f"http-loop-{self.port}", daemon=True)
        # Held from when the loop begins, or from when `close` finds that it has not begun, and forbids it to: a signal
        # handler may run at any moment, also while the thread is being started.
        self._begun = threading.Lock()
        self._end = 0.0  # when `close` has been patient enough
        self._closed = threading.Lock()  # released when `close` is done
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
        if self._loop.ident is None and not self.closing:
            self._loop.start()

    def serve_forever(self) -> None:
        """Answer requests until `close` is called, by another thread or by a signal handler."""
        self.start()
        self._closed.acquire()
        self._closed.release()

    def close(self, grace: float = 5.0) -> None:
        """Stop: refuse new connections, end idle ones, and give requests under way `grace` seconds to end.

        In a child that this process forked, let go of what is the parent's: it serves on.
        """
        if self.closing:
            return
        self._end = monotonic() + grace
        self.closing = True
        if os.getpid() != self._process:
            self._let_go()
            return
        self._wake_loop()
        if not self._begun.acquire(blocking=False):
            self._loop.join()
        for connection in list(self._open):
            connection.cut()
        self._pool.close(0.5)
        self._close_listener()
        self._let_go()

    def _let_go(self) -> None:
        """Close what this process has open."""
        for connection in list(self._open):
            connection.sock.close()
        for thing in (self._selector, self._listener, self._wake_up, self._wake_up_end):
            thing.close()
        self._closed.release()

    def _close_listener(self) -> None:
        """Nobody listens any more: not in a forked child either, where the listener is open for as long as it lives."""
        with suppress(OSError):  # closed already, or a system that shuts no listener down
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    # What connections ask

    def keeps_open(self) -> bool:
        """Whether a connection may go on after a response: not when others wait for its place, nor at the end."""
        return self._listening and not self.closing

    def has_time(self) -> bool:
        """Whether a thread may wait for a connection's next request: not where the loop itself would answer that, and
        half of the threads are for those whose request is there.
        """
        return not (self.prompt and self.ssl_context is None) and self.keeps_open() and self._pool.half_free()

    def report(self, error: BaseException, request: Request | None) -> None:
        """Hand an exception to `on_error`, which must not raise; if it does, there is nobody left to tell."""
        try:
            self.on_error(error, request)
        except Exception:
            return

    def tell_refusal(self, refusal: Refusal, peer: tuple[str, int]) -> None:
        """Hand a refusal to `on_refusal`, where there is one."""
        if self.on_refusal is not None:
            self.on_refusal(refusal, peer)

    # The accept loop: all that follows runs in its thread, but for what says otherwise

    def _run(self) -> None:
        if not self._begun.acquire(blocking=False):
            return
        while not self._finished():
            newcomers = False
            for key, _ in self._selector.select(self._seconds_to_wait()):
                if key.data is not None:
                    self._advance(key.data)
                elif key.fileobj is self._wake_up:
                    self._wake_up.recv(4096)
                else:
                    newcomers = True
            if self._returned:
                self._take_back()
            if newcomers:  # last, so that who has just spoken is not ended as idle in their favour
                self._accept()
            if not self._listening:
                self._listen_again()
            if monotonic() >= self._next_look:
                self._end_overdue()

    def _seconds_to_wait(self) -> float | None:
        """Until somebody speaks, or it is time to look around for somebody's sake."""
        return _LOOK if self._open or not self._listening else None

    def _finished(self) -> bool:
        if not self.closing:
            return False
        self._stop_listening()
        self._close_listener()
        for connection in [*self._waiting[IDLE], *self._waiting[ARRIVING]]:
            self._advance(connection)  # what has arrived is still answered
            if not connection.buffer and connection.state in (IDLE, ARRIVING):
                self._move(connection, ENDED)
        return not self._open or monotonic() > self._end

    def _advance(self, connection: Connection) -> None:
        try:
            state = connection.advance()
        except Exception as error:
            self.report(error, None)
            state = ENDED
        if state is not None:
            self._move(connection, state)

    def _move(self, connection: Connection, state: str) -> None:
        """Put a connection where it belongs in this state."""
        before = connection.state
        if state == before != IDLE:
            return  # its time goes on
        waited = before in self._waiting
        if waited:
            del self._waiting[before][connection]
        connection.state = state
        if state in self._waiting:
            self._waiting[state][connection] = monotonic() + self._seconds[state]
            if not waited:
                self._watch(connection)
            return
        if waited:
            self._selector.unregister(connection.sock)
        if state == READY:
            self._pool.submit(lambda: self._serve(connection))
        else:
            connection.sock.close()
            self._open.discard(connection)

    def _watch(self, connection: Connection) -> None:
        try:
            self._selector.register(connection.sock, selectors.EVENT_READ, connection)
        except OSError:  # the system can watch no more
            del self._waiting[connection.state][connection]
            connection.state = READY
            self._move(connection, ENDED)

    def _serve(self, connection: Connection) -> None:
        """In a thread of the pool: serve a connection that is READY, and return it to the loop."""
        try:
            state = connection.serve()
        except Exception as error:
            self.report(error, None)
            state = ENDED
        if state != ENDED:
            self._returned.append((connection, state))
            self._wake_loop()
            return
        connection.sock.close()
        self._open.discard(connection)
        if not self.keeps_open():  # the loop waits for room. Before it does, it sets what this looks at, then counts
            self._wake_loop()

    def _wake_loop(self) -> None:
        """In any thread: let the loop see what has changed."""
        try:
            self._wake_up_end.send(b"!")
        except OSError:  # it has not yet seen the last thousands, or it is closed
            return

    def _take_back(self) -> None:
        """Take back the connections that threads are done with."""
        while self._returned:
            connection, state = self._returned.popleft()
            connection.rest_in_loop()
            self._move(connection, state)

    def _end_overdue(self) -> None:
        """Now and then: end those whose time is over."""
        now = monotonic()
        self._next_look = now + _LOOK
        for waiting in self._waiting.values():
            while waiting and waiting[connection := next(iter(waiting))] <= now:
                self._move(connection, connection.give_up())

    # Newcomers

    def _accept(self) -> None:
        """Take in the next who waits to be connected, if there is room. One: a call in vain, to learn that there is no
        other, would cost as much as the selector's word, and hold up the thread that has just got this one.
        """
        if len(self._open) >= self._room and not self._make_room():
            self._stop_listening()
            return
        try:
            sock, address = self._listener.accept()
        except (BlockingIOError, ConnectionError):  # it has gone already
            return
        except OSError:  # out of file descriptors, most likely
            if not self._make_room():
                self._listen_at = monotonic() + _PAUSE
                self._stop_listening()
            return
        self._take_in(sock, (address[0], address[1]))

    def _take_in(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        try:
            connection = Connection(self, sock, peer)
        except OSError:
            sock.close()
            return
        self._open.add(connection)
        if self.ssl_context is None and self.has_time():
            connection.rest = connection.meet
            self._move(connection, READY)
            return
        connection.rest_in_loop()
        self._advance(connection)  # its request has come with it, most likely
        if not connection.state:
            self._move(connection, ARRIVING)

    def _make_room(self) -> bool:
        """End somebody in favour of a newcomer; False where nobody can be spared."""
        connection = self._least_wanted()
        if connection is not None:
            self._move(connection, ENDED)
        return connection is not None

    def _least_wanted(self) -> Connection | None:
        """Who has been idle longest; else who came, has said nothing and has had the time to."""
        for connection in self._waiting[IDLE]:
            return connection
        ripe = monotonic() + self._seconds[ARRIVING] - self.limits.silence_seconds
        for connection, end in self._waiting[ARRIVING].items():
            if end > ripe:
                break
            if not connection.buffer:
                return connection
        return None

    def _stop_listening(self) -> None:
        """Leave newcomers in the kernel's backlog until there is room."""
        if self._listening:
            self._listening = False
            self._selector.unregister(self._listener)

    def _listen_again(self) -> None:
        """If there is room, or can be made, and the pause is over."""
        if self.closing or monotonic() < self._listen_at:
            return
        if len(self._open) < self._room or self._least_wanted() is not None:
            self._listening = True
            self._selector.register(self._listener, selectors.EVENT_READ)


def _descriptors() -> int:
    """How many file descriptors this process may have."""
    try:
        from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit
    except ImportError:  # Windows, which has no such bound
        return sys.maxsize
    soft = getrlimit(RLIMIT_NOFILE)[0]
    return sys.maxsize if soft == RLIM_INFINITY else soft


def _would_block(ssl_context: ssl.SSLContext | None) -> tuple[type[OSError], ...]:
    """What a socket raises that would have to wait."""
    if ssl_context is None:
        return (BlockingIOError,)
    from ssl import SSLWantReadError, SSLWantWriteError

    return (BlockingIOError, SSLWantReadError, SSLWantWriteError)
