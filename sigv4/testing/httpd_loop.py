"""The HTTP server of `httpd` for a handler that never waits: one thread answers every connection.

    with LoopServer(handler) as server: ...

The rules beside httpd's own:

- One thread at a time, the one that has the turn, waits for all connections together. It reads, answers and goes on, so
  that no answer costs a change of threads, and a connection that is idle or has yet to speak costs no thread at all.
- It waits for no peer. When one has sent half a request, or does not take its answer, the thread steps aside with that
  connection: another takes the turn, and this one serves the connection as httpd does until it is idle again.
- `Limits.connections` bounds the connections that are open, and the threads.
- TLS is not for it: records of a connection may lie in the TLS layer, where nobody can wait for them with the others.
"""

from __future__ import annotations

import selectors
from time import monotonic

from .httpd import HTTPServer, _Connection, _Cut, _print_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import BinaryIO

    from .httpd import Limits, Request, Response

_LOOK = 0.5  # seconds between two looks for connections that have been idle for too long
_PAUSE = 0.05  # seconds to wait for file descriptors to come free


class LoopServer(HTTPServer):
    """As HTTPServer, with a `handler` that never waits: for a disk, a lock or another server."""

    def __init__(
        self,
        handler: Callable[[Request], Response],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        limits: Limits | None = None,
        on_error: Callable[[BaseException, Request | None], None] = _print_error,
    ) -> None:
        super().__init__(handler, host, port, limits=limits, on_error=on_error)
        self._idle: dict[_LoopConnection, float] = {}  # in the selector, with when they have been there for too long
        self._next_look = 0.0
        self._listening = True  # whether the selector has the listener
        self._listen_at = 0.0  # when to listen again at the earliest

    def keeps_open(self) -> bool:
        return self._listening and not self.closing

    # -- the thread that has the turn

    def _serve_next(self) -> bool:
        """Take the turn and answer whoever speaks, until this thread stepped aside; False when the server closes."""
        self._turn.acquire()
        while not self.closing or self._idle:
            # Whoever idles is to be looked after, and newcomers who were left waiting are too.
            for key, _ in self._selector.select(_LOOK if self._idle or not self._listening else None):
                if key.data is not None:
                    if not self._answer_one(key.data):
                        return True
                elif key.fileobj is self._bell:
                    if not self.closing:
                        self._bell.recv(4096)
                else:
                    self._welcome()
            self._look_around()
        with self._state:
            self._waiting -= 1
        self._turn.release()
        return False

    def _answer_one(self, connection: _LoopConnection) -> bool:
        """Answer a connection that has something to say; whether this thread still has the turn."""
        goes_on = False
        try:
            goes_on = connection.serve_ready()
        except OSError:
            pass  # the peer went away, or took too long
        except Exception as error:
            self.report(error, None)
        has_turn = connection.in_loop
        if not goes_on:
            self._end(connection)
        elif has_turn:
            connection.idle = True
            self._idle[connection] = monotonic() + self.limits.idle_seconds
        else:
            self._take_in(connection, self.limits.idle_seconds)
            self._ring()
        return has_turn

    def _take_in(self, connection: _LoopConnection, seconds: float) -> None:
        """Let this connection be waited for with the others; `seconds` at most."""
        with self._state:
            if not self.closing:
                try:
                    connection.join_loop()
                    self._idle[connection] = monotonic() + seconds
                    self._selector.register(connection.sock, selectors.EVENT_READ, connection)
                    return
                except OSError:  # it has gone away already, or the system can watch no more
                    connection.in_loop = False
                    self._idle.pop(connection, None)
        self._end(connection)

    def _welcome(self) -> None:
        """Take in those who wait to be connected, as many as there is room for."""
        while not self.closing:
            if len(self._open) >= self.limits.connections:
                with self._state:
                    self._dismiss_oldest()
                self._pause()
                return
            try:
                sock, peer = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if not isinstance(error, ConnectionError):  # out of file descriptors, most likely: some will come free
                    self._pause(_PAUSE)
                return
            connection = _LoopConnection(self, sock, (peer[0], peer[1]))
            with self._state:
                self._open[connection] = None
            self._take_in(connection, self.limits.head_seconds)

    def _pause(self, seconds: float = 0) -> None:
        """Leave newcomers in the kernel's backlog until there is room, and so long."""
        self._listening = False
        self._listen_at = monotonic() + seconds
        self._selector.unregister(self._listener)

    def _look_around(self) -> None:
        """Listen again where there is room again, and now and then end those that have been idle for too long."""
        now = monotonic()
        if self.closing:
            if self._listening:
                self._pause()
            self._listener.close()
            for connection in list(self._idle):
                connection.dismiss()  # one whose answer was on its way when the others were dismissed
        elif not self._listening and now >= self._listen_at and len(self._open) < self.limits.connections:
            self._listening = True
            self._selector.register(self._listener, selectors.EVENT_READ)
        if now >= self._next_look:
            self._next_look = now + _LOOK
            for connection, end in list(self._idle.items()):
                if now > end:
                    self._end(connection)

    # -- a connection's ways out of the loop

    def _end(self, connection: _LoopConnection) -> None:
        if connection.in_loop:
            self._leave(connection)
        self._forget(connection)
        if not self._listening:
            self._ring()

    def _leave(self, connection: _LoopConnection) -> None:
        del self._idle[connection]
        self._selector.unregister(connection.sock)

    def step_aside(self, connection: _LoopConnection) -> None:
        """Give up the turn to serve this connection alone."""
        self._leave(connection)
        with self._state:
            self._hand_over()
        self._turn.release()

    def _ring(self) -> None:
        """Wake the thread that has the turn: the selector may not see what another thread does to it."""
        if not self.closing:
            self._bell_rope.send(b"!")

    def _stop_listening(self) -> None:
        """Nothing to do: who has the turn takes nobody in any more, and answers those who are in."""


class _LoopConnection(_Connection):
    """A connection in the loop, or served by a thread that stepped aside with it."""

    __slots__ = ("in_loop",)

    server: LoopServer
    in_loop: bool

    def __init__(self, server: LoopServer, sock: socket.socket, peer: tuple[str, int]) -> None:
        super().__init__(server, sock, peer)
        self.in_loop = False

    def join_loop(self) -> None:
        """From now on no call on the socket waits."""
        self.be_prompt()
        self.in_loop = True
        self.idle = True
        self.sock.settimeout(0)

    def serve_ready(self) -> bool:
        """Answer the request that has begun to arrive, and those behind it; whether more may follow."""
        try:
            while self._serve_one():
                self.answered = True
                if not self.buffer:
                    return True
                self._step_aside()  # more came with it, and the others are to wait for one request at most
        except _Cut:
            pass
        return False

    def _step_aside(self) -> None:
        if self.in_loop:
            self.in_loop = False
            self.server.step_aside(self)
            self.sock.settimeout(self.timeout)

    def _recv(self, n: int) -> bytes:
        try:
            return self.sock.recv(n)
        except BlockingIOError:
            self._step_aside()
            return self.sock.recv(n)

    def _send(self, data: memoryview) -> int:
        try:
            return self.sock.send(data)
        except BlockingIOError:
            self._step_aside()
            return self.sock.send(data)

    def _wait_at_most(self, seconds: float) -> None:
        if self.in_loop:
            self.timeout = seconds  # for when it steps aside
        else:
            super()._wait_at_most(seconds)

    def _send_file(self, file: BinaryIO, count: int) -> None:
        self._step_aside()
        super()._send_file(file, count)

    def _linger(self) -> None:
        self._step_aside()
        super()._linger()
