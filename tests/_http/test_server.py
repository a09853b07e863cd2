"""The HTTP server: strict about what it takes, exact about what it sends, and never held up by a bad peer.

All over raw sockets: what goes over the wire is the matter here, and a client library would smooth it.
"""

from __future__ import annotations

import errno
import gzip
import io
import os
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from sigv4._http.body import BodyError
from sigv4._http.connection import READY
from sigv4._http.limits import Limits
from sigv4._http.messages import Request, Response
from sigv4._http.server import HTTPServer
from tests import ROOT
from tests._http.raw import bodies, ended, read_all, read_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Handler = Callable[[Request], Response]
    Serve = Callable[..., "Server"]

QUICK = Limits(linger_seconds=0.2)


class Server(HTTPServer):
    """A server that keeps what it reports."""

    def __init__(self, handler: Handler, **options: object) -> None:
        self.errors: list[tuple[BaseException, Request | None]] = []
        options.setdefault("limits", QUICK)
        super().__init__(handler, on_error=lambda error, request: self.errors.append((error, request)), **options)

    def connect(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=10)

    def talk(self, data: bytes, *, half_close: bool = True) -> bytes:
        """Send data on a connection of its own and return all that comes back until the server closes."""
        with self.connect() as sock:
            sock.sendall(data)
            if half_close:
                sock.shutdown(socket.SHUT_WR)
            return read_all(sock)


@pytest.fixture(params=[False, True], ids=["in threads", "prompt"])
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Start servers that end with the test. A report that the test did not take from `errors` fails it."""
    servers: list[Server] = []

    def start(handler: Handler, **options: object) -> Server:
        server = Server(handler, prompt=request.param, **options)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.close(grace=0)
        assert server.errors == []


def echo(request: Request) -> Response:
    """Tell what arrived."""
    body = request.body.read()
    return Response(200, [], f"{request.method} {request.target} ".encode("latin-1") + body)


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def post(headers: bytes, body: bytes = b"", version: bytes = b"HTTP/1.1") -> bytes:
    return b"POST / " + version + b"\r\nHost: a\r\n" + headers + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked\r\n", body)


# ---------------------------------------------------------------------------------------- what is refused

REFUSED_HEADS = {
    "a line feed alone ends the request line": (b"GET / HTTP/1.1\nHost: a\r\n\r\n", 400),
    "a line feed alone ends a header": (b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
    "line feeds alone end the head": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "a carriage return in a value": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", 400),
    "a NUL in a value": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\0c\r\n\r\n", 400),
    "a control character in a value": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x1bc\r\n\r\n", 400),
    "DEL in a value": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x7fc\r\n\r\n", 400),
    "a folded line": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400),
    "a line folded with a tab": (b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\tc: d\r\n\r\n", 400),
    "a folded first header": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    "a space before the colon": (b"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", 400),
    "a tab before the colon": (b"GET / HTTP/1.1\r\nHost: a\r\nX\t: b\r\n\r\n", 400),
    "a header without a colon": (b"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400),
    "a header without a name": (b"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400),
    "a name that is no token": (b"GET / HTTP/1.1\r\nHost: a\r\nX(y): b\r\n\r\n", 400),
    "a name that is not ASCII": (b"GET / HTTP/1.1\r\nHost: a\r\nX\xe9: b\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
    "two hosts, in HTTP/1.0": (b"GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400),
    "a host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    "a host with a user": (b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
    "a host with a space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "a URL of another host": (b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a URL with a user": (b"GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "no version": (b"GET /\r\nHost: a\r\n\r\n", 400),
    "a lower-case version": (b"GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    "a long version": (b"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
    "another version": (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
    "HTTP/2's preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a space in the target": (b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a tab in the target": (b"GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a space at the end of the request line": (b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
    "no method": (b" / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a method that is no token": (b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a method that is not ASCII": (b"G\xc9T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a target that is no path": (b"GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a target of another scheme": (b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "an authority as target": (b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 400),
    "a star with another method than OPTIONS": (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "a TLS greeting": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "white space before the request line": (b"\tGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "two empty lines before the request line": (b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    "half a head": (b"GET / HTTP/1.1\r\nHost: a\r\n", 400),
    "a long request line": (b"GET /" + b"a" * 17000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "a request line without end": (b"GET /" + b"a" * 20000, 414),
    "too many headers": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: b\r\n" * 100 + b"\r\n", 431),
    "a long header": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"b" * 66000 + b"\r\n\r\n", 431),
    "a header without end": (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"b" * 66000, 431),
    "both lengths": (post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    "both lengths, the other way round": (
        post(b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", b"0\r\n\r\n"),
        400,
    ),
    "two lengths": (post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"12345"), 400),
    "the same length twice": (post(b"Content-Length: 5\r\ncontent-length: 5\r\n", b"12345"), 400),
    "a list of lengths": (post(b"Content-Length: 5, 5\r\n", b"12345"), 400),
    "a length with a sign": (post(b"Content-Length: +5\r\n", b"12345"), 400),
    "a negative length": (post(b"Content-Length: -5\r\n", b"12345"), 400),
    "a length with a space": (post(b"Content-Length: 1 2\r\n", b"12345"), 400),
    "a length with an underscore": (post(b"Content-Length: 1_0\r\n", b"1234567890"), 400),
    "a hexadecimal length": (post(b"Content-Length: 0x5\r\n", b"12345"), 400),
    "a length in digits that are not ASCII": (post(b"Content-Length: \xb2\r\n", b"12"), 400),
    "an empty length": (post(b"Content-Length:\r\n"), 400),
    "a length beyond every number": (post(b"Content-Length: 99999999999999999999999\r\n"), 400),
    "a length beyond the limit": (post(b"Content-Length: 99999999999999\r\n"), 413),
    "gzip as coding": (post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"), 501),
    "identity as coding": (post(b"Transfer-Encoding: identity\r\n"), 501),
    "chunked twice in a line": (post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), 501),
    "chunked twice": (post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    "chunked in disguise": (post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"), 501),
    "chunked with a parameter": (post(b"Transfer-Encoding: chunked;q=1\r\n", b"0\r\n\r\n"), 501),
    "an empty coding": (post(b"Transfer-Encoding:\r\n"), 501),
    "chunked in HTTP/1.0": (post(b"Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", b"HTTP/1.0"), 400),
    "another expectation": (post(b"Expect: 200-ok\r\nContent-Length: 1\r\n", b"1"), 417),
}


@pytest.mark.parametrize("case", REFUSED_HEADS)
def test_a_bad_head_is_refused_and_the_connection_ends(serve: Serve, case: str) -> None:
    """The handler is never called, nothing that follows is taken for a request, and nothing of it is repeated."""
    data, status = REFUSED_HEADS[case]
    called = []

    def handler(request: Request) -> Response:
        called.append(request)
        return Response(200)

    answer = serve(handler).talk(data)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close" in head
    assert body.startswith(b"%d " % status)
    assert answer.count(b"\r\nDate: ") == 1
    assert called == []


REFUSED_BODIES = {
    "shorter than its length": (post(b"Content-Length: 5\r\n", b"1234"), 400),
    "no chunk at all": (chunked(b""), 400),
    "no last chunk": (chunked(b"3\r\nabc\r\n"), 400),
    "no end of the trailers": (chunked(b"3\r\nabc\r\n0\r\n"), 400),
    "a chunk cut short": (chunked(b"5\r\nabc"), 400),
    "a size with a sign": (chunked(b"+3\r\nabc\r\n0\r\n\r\n"), 400),
    "a size with 0x": (chunked(b"0x3\r\nabc\r\n0\r\n\r\n"), 400),
    "a size with an underscore": (chunked(b"0_3\r\nabc\r\n0\r\n\r\n"), 400),
    "a size with a space before it": (chunked(b" 3\r\nabc\r\n0\r\n\r\n"), 400),
    "a size with a space after it": (chunked(b"3 \r\nabc\r\n0\r\n\r\n"), 400),
    "an empty size": (chunked(b"\r\nabc\r\n0\r\n\r\n"), 400),
    "a size that is no number": (chunked(b"xyz\r\nabc\r\n0\r\n\r\n"), 400),
    "a size beyond every number": (chunked(b"10000000000000000\r\nabc\r\n0\r\n\r\n"), 400),
    "a size beyond the limit": (chunked(b"fffffffffff\r\nabc\r\n0\r\n\r\n"), 413),
    "a line feed alone after the size": (chunked(b"3\nabc\r\n0\r\n\r\n"), 400),
    "a line feed alone after the chunk": (chunked(b"3\r\nabc\n0\r\n\r\n"), 400),
    "a chunk longer than its size": (chunked(b"3\r\nabcd\r\n0\r\n\r\n"), 400),
    "a line feed alone at the end": (chunked(b"3\r\nabc\r\n0\r\n\n"), 400),
    "a NUL in an extension": (chunked(b"3;a\0\r\nabc\r\n0\r\n\r\n"), 400),
    "a carriage return in an extension": (chunked(b"3;a\rb\r\nabc\r\n0\r\n\r\n"), 400),
    "a long extension": (chunked(b"3;" + b"a" * 2000 + b"\r\nabc\r\n0\r\n\r\n"), 400),
    "many extensions": (chunked(b"1;%s\r\na\r\n" % (b"a" * 1000) * 17 + b"0\r\n\r\n"), 400),
    "a trailer that is no header": (chunked(b"0\r\nabc\r\n\r\n"), 400),
    "a folded trailer": (chunked(b"0\r\nA: b\r\n c: d\r\n\r\n"), 400),
    "a long trailer": (chunked(b"0\r\nA: " + b"b" * 2000 + b"\r\n\r\n"), 400),
    "many trailers": (chunked(b"0\r\n" + b"A: b\r\n" * 101 + b"\r\n"), 431),
}


@pytest.mark.parametrize("case", REFUSED_BODIES)
def test_a_bad_body_raises_and_the_connection_ends(serve: Serve, case: str) -> None:
    """The handler gets a BodyError, at every further read too; where it lets it pass, its status is the answer."""
    data, status = REFUSED_BODIES[case]
    seen = []

    def handler(request: Request) -> Response:
        for _ in range(2):
            with pytest.raises(BodyError):
                request.body.read()
        seen.append(1)
        return Response(200, [], request.body.read())

    answer = serve(handler).talk(data)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in answer
    assert answer.count(b"\r\nDate: ") == 1
    assert seen == [1]


def test_a_handler_may_answer_a_bad_body_itself(serve: Serve) -> None:
    """Its answer is sent, and the connection ends all the same."""

    def handler(request: Request) -> Response:
        try:
            request.body.read()
        except BodyError as error:
            return Response(400, [], error.message.encode())
        raise AssertionError

    answer = serve(handler).talk(chunked(b"x\r\n") + GET)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"\r\nConnection: close\r\n" in answer
    assert answer.endswith(b"a chunk's size is not a hexadecimal number")


# ---------------------------------------------------------------------------------------- what is taken

TAKEN = {
    "a path": (GET, b"GET / "),
    "a star": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", b"OPTIONS * "),
    "a URL": (b"GET http://A:80/b?c HTTP/1.1\r\nHost: a:80\r\n\r\n", b"GET http://A:80/b?c "),
    "a URL without a path": (b"GET https://a?c HTTP/1.1\r\nHost: a\r\n\r\n", b"GET https://a?c "),
    "an IPv6 host": (b"GET / HTTP/1.1\r\nHost: [::1]:9000\r\n\r\n", b"GET / "),
    "an unusual method": (b"m-search!'*+ / HTTP/1.1\r\nHost: a\r\n\r\n", b"m-search!'*+ / "),
    "a raw UTF-8 target": (b'GET /\xc3\xa9|"<>` HTTP/1.1\r\nHost: a\r\n\r\n', b'GET /\xc3\xa9|"<>` '),
    "an encoded target stays encoded": (
        b"GET //a/../%2e%2F%zz?+ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET //a/../%2e%2F%zz?+ ",
    ),
    "an empty line before the request": (b"\r\n" + GET, b"GET / "),
    "HTTP/1.0 without a host": (b"GET / HTTP/1.0\r\n\r\n", b"GET / "),
    "a length with leading zeros": (post(b"Content-Length: 0003\r\n", b"abc"), b"POST / abc"),
    "a length of nothing": (post(b"Content-Length: 0\r\n"), b"POST / "),
    "chunks": (chunked(b"3\r\nabc\r\n00A\r\n0123456789\r\n0\r\n\r\n"), b"POST / abc0123456789"),
    "chunks in a coding of another case": (post(b"transfer-encoding:CHUNKED\r\n", b"1\r\na\r\n0\r\n\r\n"), b"POST / a"),
    "extensions": (chunked(b'3;a=b;c="d e"\r\nabc\r\n0;x\r\n\r\n'), b"POST / abc"),
    "trailers": (chunked(b"3\r\nabc\r\n0\r\nA: b\r\nC: d\r\n\r\n"), b"POST / abc"),
    "line breaks in a body": (post(b"Content-Length: 6\r\n", b"\r\n\r\n\n\0"), b"POST / \r\n\r\n\n\0"),
    "99 more headers": (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: b\r\n" * 99 + b"\r\n", b"GET / "),
    "16 KiB of request line": (
        b"GET /" + b"a" * 16370 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /" + b"a" * 16370 + b" ",
    ),
}


@pytest.mark.parametrize("case", TAKEN)
def test_a_good_request_arrives_as_it_was_sent(serve: Serve, case: str) -> None:
    """The target raw, the body whole, and the request behind it answered in its turn where the version lets it."""
    data, expected = TAKEN[case]
    answers = serve(echo).talk(data + LAST)
    assert bodies(answers) == ([expected] if b"HTTP/1.0" in data else [expected, b"GET /last "])


def test_a_request_may_come_byte_by_byte(serve: Serve) -> None:
    """Where the pieces of the stream are cut makes no difference."""
    with serve(echo).connect() as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"\r\n" + chunked(b"3;x\r\nabc\r\n0\r\nA: b\r\n\r\n") + LAST:
            sock.sendall(bytes([byte]))
        assert bodies(read_all(sock)) == [b"POST / abc", b"GET /last "]


def test_headers_keep_their_order_case_and_bytes(serve: Serve) -> None:
    """Values lose the white space at their edges and nothing else; header() finds the first of a name in any case."""
    seen: list[Request] = []

    def handler(request: Request) -> Response:
        seen.append(request)
        return Response(200)

    with serve(handler).connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nhOsT:a\r\nX-A: \t b  c\t \r\nx-a: \xff\r\nEmpty:\r\nConnection: close\r\n\r\n")
        read_all(sock)
        here = sock.getsockname()
    (request,) = seen
    assert request.headers == [("hOsT", "a"), ("X-A", "b  c"), ("x-a", "\xff"), ("Empty", ""), ("Connection", "close")]
    assert (request.header("x-A"), request.header("EMPTY"), request.header("none")) == ("b  c", "", None)
    assert (request.peer, request.tls, request.content_length) == (here, False, None)


def test_a_body_is_read_in_the_pieces_that_are_asked_for(serve: Serve) -> None:
    """read(n) gives n bytes until the end, over the edges of chunks."""

    def handler(request: Request) -> Response:
        pieces = [request.body.read(n) for n in (0, 2, 5, None, -1, 1)]
        return Response(200, [], b"|".join(pieces))

    server = serve(handler)
    for data in (chunked(b"3\r\nabc\r\n6\r\ndefghi\r\n0\r\n\r\n"), post(b"Content-Length: 9\r\n", b"abcdefghi")):
        assert bodies(server.talk(data)) == [b"|ab|cdefg|hi||"]


def test_a_body_in_tiny_chunks_takes_little_memory(serve: Serve) -> None:
    """Not many times its size: what is kept of it is its bytes, not its pieces."""
    size = 50_000
    peaks = []

    def handler(request: Request) -> Response:
        tracemalloc.start()
        assert len(request.body.read()) == size
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        return Response(204)

    serve(handler).talk(chunked(b"1\r\na\r\n" * size + b"0\r\n\r\n"))
    assert peaks
    assert peaks[0] < 10 * size


# ---------------------------------------------------------------------------------------- connections


def test_pipelined_requests_are_answered_in_order(serve: Serve) -> None:
    """Each answer belongs to its request, bodies read or unread."""

    def handler(request: Request) -> Response:
        return echo(request) if request.target != "/unread" else Response(200, [], b"unread")

    one = b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
    evil = b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"
    unread = b"POST /unread HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    unread %= (len(evil), evil)
    answers = serve(handler).talk(b"".join(one % n + unread for n in range(20)) + LAST)
    expected = [text for n in range(20) for text in (b"POST /%d abc" % n, b"unread")]
    assert bodies(answers) == [*expected, b"GET /last "]


@pytest.mark.parametrize(
    ("request_bytes", "goes_on"),
    [
        (GET, True),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: TE, Close\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", True),
        (b"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_a_connection_goes_on_unless_the_peer_says_otherwise(serve: Serve, request_bytes: bytes, goes_on: bool) -> None:
    """HTTP/1.1 goes on, HTTP/1.0 does not, and the answer says which."""
    answers = serve(echo).talk(request_bytes + LAST)
    assert len(bodies(answers)) == 1 + goes_on
    assert (b"Connection: close" in answers.partition(b"\r\n\r\n")[0]) is not goes_on


def test_a_half_closed_peer_still_gets_its_answer(serve: Serve) -> None:
    """The end of the requests is not the end of the answers, even of one that takes its time."""
    half_closed = threading.Event()

    def handler(request: Request) -> Response:
        half_closed.wait(5)
        return echo(request)

    with serve(handler).connect() as sock:
        sock.sendall(GET)
        sock.shutdown(socket.SHUT_WR)
        half_closed.set()
        assert bodies(read_all(sock)) == [b"GET / "]


def test_a_small_unread_body_is_discarded(serve: Serve) -> None:
    """What looks like a request within it is never answered, though it comes after the answer."""
    with serve(lambda request: Response(200, [], b"unread")).connect() as sock:
        sock.sendall(post(b"Content-Length: %d\r\n" % len(GET)))
        read_until(sock, b"unread")
        sock.sendall(GET + LAST)
        assert bodies(read_all(sock)) == [b"unread"]


@pytest.mark.parametrize("headers", [b"Content-Length: 5000\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_after_a_large_unread_body_the_connection_ends(serve: Serve, headers: bytes) -> None:
    """The answer arrives whole, although the peer went on sending; nothing of the body is taken for a request."""
    entered, sent = threading.Event(), threading.Event()

    def handler(request: Request) -> Response:
        entered.set()
        sent.wait(5)
        return Response(403, [], b"no")

    server = serve(handler, limits=Limits(drain_bytes=1000, linger_seconds=5))
    with server.connect() as sock:
        sock.sendall(post(headers))
        assert entered.wait(5)
        sock.sendall(b"1388\r\n" + GET * 180 if b"chunked" in headers else GET * 180)
        sent.set()
        wait_until(lambda: bool(sock.recv(1, socket.MSG_PEEK)))
        sock.sendall(GET)
        sock.shutdown(socket.SHUT_WR)
        assert bodies(read_all(sock)) == [b"no"]


def test_five_hundred_connections_at_once(serve: Serve) -> None:
    """All are answered, twice, while all are open."""
    server = serve(echo)
    socks = [server.connect() for _ in range(500)]
    for _ in range(2):
        for sock in socks:
            sock.sendall(GET)
        for sock in socks:
            read_until(sock, b"GET / ")
    for sock in socks:
        sock.close()


def test_connections_that_wait_cost_no_thread(serve: Serve) -> None:
    """Those that have had a response, those that have yet to speak, and those of which half a head is there."""
    server = serve(echo)
    socks = [server.connect() for _ in range(150)]
    for sock in socks[::3]:
        sock.sendall(GET)
        read_until(sock, b"GET / ")
    for sock in socks[1::3]:
        sock.sendall(GET[:20])
    wait_until(lambda: len(server._open) == 150 and sum(map(len, server._waiting.values())) == 150)
    wait_until(lambda: server._pool._free == server._pool.threads <= 9)
    for sock in socks[1::3]:
        sock.sendall(GET[20:])
        read_until(sock, b"GET / ")
    for sock in socks:
        sock.close()


def test_newcomers_are_taken_in_when_file_descriptors_come_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nobody else is connected, whose end or request could be what wakes the server."""
    with Server(echo) as server:
        real, failed = server._listener, threading.Event()

        class Exhausted:
            """The listener, of which the first accept fails."""

            def __getattr__(self, name: str) -> object:
                return getattr(real, name)

            def accept(self) -> tuple[socket.socket, tuple[str, int]]:
                if not failed.is_set():
                    failed.set()
                    raise OSError(errno.EMFILE, "too many open files")
                return real.accept()

        monkeypatch.setattr(server, "_listener", Exhausted())
        assert bodies(server.talk(LAST)) == [b"GET /last "]
        assert failed.is_set()


def test_a_peer_that_stops_halfway_holds_up_nobody() -> None:
    """In a head, in a body, or with an answer that it does not take: the others are answered meanwhile."""

    def handler(request: Request) -> Response:
        return Response(200, [], bytes(50_000_000)) if request.target == "/large" else echo(request)

    halves = (b"GET / HT", post(b"Content-Length: 5\r\n", b"123"), GET.replace(b"/ ", b"/large "))
    with Server(handler, prompt=True) as server:
        stopped = [server.connect() for _ in halves]
        for sock, half in zip(stopped, halves, strict=True):
            sock.sendall(half)
        wait_until(lambda: server._pool.threads == 2)
        for _ in range(3):
            assert bodies(server.talk(GET + LAST)) == [b"GET / ", b"GET /last "]
        stopped[0].sendall(b"TP/1.1\r\nHost: a\r\n\r\n")
        assert read_until(stopped[0], b"GET / ")
        stopped[0].sendall(GET)  # it is among the others again
        assert read_until(stopped[0], b"GET / ")
        for sock in stopped:
            sock.close()


def test_a_connection_does_not_end_because_another_begins(serve: Serve) -> None:
    """Not before as many are open as are allowed."""
    server = serve(echo, limits=Limits(connections=20))
    socks = [server.connect() for _ in range(19)]
    for _ in range(2):
        for sock in socks:
            sock.sendall(GET)
            assert b"Connection: close" not in read_until(sock, b"GET / ")
    for sock in socks:
        sock.close()


def test_beyond_the_limit_connections_wait_and_idle_ones_make_room(
    serve: Serve, request: pytest.FixtureRequest
) -> None:
    """Never more at once than allowed; nobody keeps a place by doing nothing; everybody is served."""
    prompt = request.node.callspec.params["serve"]  # then nothing else happens while a handler waits
    at_once, most, lock, go = 0, 0, threading.Lock(), threading.Event()

    def handler(request: Request) -> Response:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        if request.target == "/slow" and not prompt:
            go.wait(5)
        with lock:
            at_once -= 1
        return echo(request)

    server = serve(handler, limits=Limits(connections=2))
    with server.connect() as idle:
        idle.sendall(GET)
        read_until(idle, b"GET / ")
        socks = [server.connect() for _ in range(8)]
        for sock in socks:
            sock.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        assert ended(idle)
        go.set()
        for sock in socks:
            read_until(sock, b"GET /slow ")
            sock.close()
    assert most <= 2


def test_beyond_the_limit_who_says_nothing_makes_room(serve: Serve) -> None:
    """Long before the time for a head is over; who has begun one, or has just come, keeps the place."""
    server = serve(echo, limits=Limits(connections=6, silence_seconds=0.3, head_seconds=60))
    silent = [server.connect() for _ in range(5)]
    with server.connect() as begun:
        begun.sendall(GET[:20])
        wait_until(lambda: len(server._open) == 6)
        began = time.monotonic()
        assert [bodies(server.talk(LAST)) for _ in range(3)] == [[b"GET /last "]] * 3
        assert time.monotonic() - began < 5
        assert all(ended(sock) for sock in select.select(silent, [], [], 5)[0])
        begun.sendall(GET[20:])
        assert read_until(begun, b"GET / ")
    for sock in silent:
        sock.close()


def test_silence_is_borne_while_there_is_room(serve: Serve) -> None:
    server = serve(echo, limits=Limits(connections=6, silence_seconds=0))
    with server.connect() as silent:
        assert bodies(server.talk(LAST)) == [b"GET /last "]
        silent.sendall(GET)
        assert read_until(silent, b"GET / ")


FORK = """
import os, socket, sys, threading
from sigv4._http.messages import Response
from sigv4._http.server import HTTPServer

def talk(sock):
    sock.sendall(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
    return sock.recv(1000)[-2:]

with HTTPServer(lambda request: Response(200, [], b"ok")) as server:
    kept = socket.create_connection((server.host, server.port), 10)
    assert talk(kept) == b"ok"
    ready, go = os.pipe(), os.pipe()
    leaving = os.fork()
    if not leaving:
        sys.exit(3)  # through the block's end
    assert os.waitstatus_to_exitcode(os.waitpid(leaving, 0)[1]) == 3
    assert talk(kept) == b"ok"
    with socket.create_connection((server.host, server.port), 10) as sock:
        assert talk(sock) == b"ok"
    staying = os.fork()
    if not staying:
        os.read(go[0], 1)
        os._exit(0)
try:
    socket.create_connection((server.host, server.port), 10)
    print("somebody listens")
except ConnectionRefusedError:
    print("done")
os.write(go[1], b"!")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_fork_leaves_the_server_to_the_parent() -> None:
    """The child's way out of the block ends nothing; and when the parent's server ends, no child keeps the port."""
    command = [sys.executable, "-W", "ignore", "-c", FORK]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("done\n", "")


# ---------------------------------------------------------------------------------------- time


def drip(sock: socket.socket, data: bytes, seconds: float) -> bytes:
    """Send data byte by byte until the server answers, and return the answer."""
    for byte in data:
        try:
            sock.sendall(bytes([byte]))
            sock.settimeout(seconds)
            return sock.recv(1) + read_all(sock)
        except TimeoutError:
            continue
        except ConnectionError:
            return b""
    raise AssertionError("the server went on waiting")


def test_a_slow_head_is_cut_off(serve: Serve) -> None:
    """The deadline is for the whole head: bytes that trickle do not move it."""
    with serve(echo, limits=Limits(head_seconds=0.1, linger_seconds=0)).connect() as sock:
        assert drip(sock, b"GET / HTTP/1.1\r\nHost: a" + b"a" * 200, 0.01).startswith(
            b"HTTP/1.1 408 Request Timeout\r\n"
        )


@pytest.mark.parametrize("first", [b"", GET])
def test_an_idle_connection_ends_in_silence(serve: Serve, first: bytes) -> None:
    """Before its first request as between two."""
    with serve(lambda request: Response(204), limits=Limits(head_seconds=0.05, idle_seconds=0.05)).connect() as sock:
        sock.sendall(first)
        assert read_all(sock).count(b"HTTP/1.1 ") == (1 if first else 0)


@pytest.mark.parametrize(
    "limits", [Limits(stall_seconds=0.05, linger_seconds=0), Limits(stall_seconds=0.1, min_rate=1000, linger_seconds=0)]
)
@pytest.mark.parametrize("start", [post(b"Content-Length: 1000\r\n"), chunked(b"100\r\n"), chunked(b"")])
def test_a_slow_body_is_cut_off(serve: Serve, limits: Limits, start: bytes) -> None:
    """One that stands still, and one that moves by less than the least rate."""
    with serve(echo, limits=limits).connect() as sock:
        sock.sendall(start)
        pause = 0.3 if limits.min_rate < 1000 else 0.01
        assert drip(sock, b"1" * 200, pause).startswith(b"HTTP/1.1 408 ")


class Endless(io.RawIOBase):
    """A reader without an end, which counts what was read and how much at a time, and says when it is closed."""

    def __init__(self) -> None:
        self.count = 0
        self.largest = 0
        self.shut = threading.Event()

    def read(self, n: int = -1) -> bytes:
        assert n > 0
        self.count += n
        self.largest = max(self.largest, n)
        return bytes(n)

    def close(self) -> None:
        self.shut.set()
        super().close()


def test_a_peer_that_does_not_read_is_cut_off(serve: Serve) -> None:
    """No thread hangs on an answer that nobody takes, and the answer's body is closed."""
    body = Endless()
    server = serve(lambda request: Response(200, [], body, length=1 << 40), limits=Limits(stall_seconds=0.1))
    with server.connect() as sock:
        sock.sendall(GET)
        assert body.shut.wait(5)
        assert body.count < 1 << 26


def test_a_peer_that_does_not_read_a_file_is_cut_off(serve: Serve, tmp_path: Path) -> None:
    """The same for what the system sends by itself."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with path.open("rb") as file:
        server = serve(lambda request: Response(200, [], file), limits=Limits(stall_seconds=0.1))
        with server.connect() as sock:
            sock.sendall(GET)
            wait_until(lambda: file.closed)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


# ---------------------------------------------------------------------------------------- Expect: 100-continue

EXPECTING = post(b"Content-Length: 3\r\nExpect: 100-Continue\r\n")


def test_100_continue_is_sent_when_the_body_is_read(serve: Serve) -> None:
    """Not before: the handler may look at the head first. And once."""
    go = threading.Event()

    def handler(request: Request) -> Response:
        go.wait(5)
        return Response(200, [], request.body.read(1) + request.body.read())

    with serve(handler).connect() as sock:
        sock.sendall(EXPECTING)
        sock.settimeout(0.03)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.settimeout(5)
        go.set()
        assert sock.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"abc" + LAST)
        assert [body[:3] for body in bodies(read_all(sock))] == [b"abc", b""]


def test_no_100_continue_for_a_body_that_nobody_reads(serve: Serve) -> None:
    """The connection ends, since the peer may send the body or not."""
    answer = serve(lambda request: Response(403, [], b"no")).talk(EXPECTING + GET)
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"\r\nConnection: close\r\n" in answer
    assert bodies(answer) == [b"no"]


@pytest.mark.parametrize(
    "data",
    [
        EXPECTING + b"abc",
        post(b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\n\r\n"),
    ],
)
def test_no_100_continue_where_it_is_not_waited_for(serve: Serve, data: bytes) -> None:
    """The body is there already."""
    assert bodies(serve(echo).talk(data)) == [b"POST / abc"]


def test_no_100_continue_for_http_1_0(serve: Serve) -> None:
    """It would be taken for the answer."""
    with serve(echo).connect() as sock:
        sock.sendall(post(b"Expect: 100-continue\r\nContent-Length: 3\r\n", version=b"HTTP/1.0"))
        sock.settimeout(0.03)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.settimeout(5)
        sock.sendall(b"abc")
        assert bodies(read_all(sock)) == [b"POST / abc"]


# ---------------------------------------------------------------------------------------- answers


def test_an_answer_has_length_and_date_and_leaves_in_one_piece(serve: Serve) -> None:
    """Headers as the handler gave them, in their order."""
    server = serve(lambda request: Response(404, [("B", "1"), ("a", "\xe9"), ("B", "2")], b"gone"))
    with server.connect() as sock:
        sock.sendall(GET)
        answer = sock.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[:4] == [b"HTTP/1.1 404 Not Found", b"B: 1", b"a: \xe9", b"B: 2"]
    assert time.strptime(lines[4].decode(), "Date: %a, %d %b %Y %H:%M:%S GMT")
    assert lines[5:] == [b"Content-Length: 4"]
    assert body == b"gone"


def test_a_handler_may_tell_another_date(serve: Serve) -> None:
    """A server whose clock is moved says so."""
    answer = serve(lambda request: Response(200, [("date", "Thu, 01 Jan 1970 00:00:00 GMT")])).talk(GET)
    assert answer.lower().count(b"date: ") == 1


@pytest.mark.parametrize(
    ("method", "response", "length"),
    [
        ("HEAD", lambda: Response(200, [], b"", length=12345), b"12345"),
        ("HEAD", lambda: Response(200, [], b"abc"), b"3"),
        ("HEAD", lambda: Response(200, [], io.BytesIO(b"abcd")), b"4"),
        ("HEAD", lambda: Response(404, [], b"gone"), b"4"),
        ("GET", lambda: Response(204), None),
        ("GET", lambda: Response(204, [], b"abc"), None),
        ("GET", lambda: Response(304), None),
        ("GET", lambda: Response(304, length=77), b"77"),
        ("GET", lambda: Response(200), b"0"),
    ],
)
def test_an_answer_without_a_body_has_none(
    serve: Serve, method: str, response: Callable[[], Response], length: bytes | None
) -> None:
    """HEAD, 204 and 304 end with the head; the next answer follows at once."""
    answers = serve(lambda request: response() if request.target == "/" else Response(200, [], b"next")).talk(
        f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n".encode() + LAST
    )
    head, _, rest = answers.partition(b"\r\n\r\n")
    found = [line.split()[1] for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
    assert found == ([] if length is None else [length])
    assert rest.startswith(b"HTTP/1.1 200 OK\r\n")
    assert rest.endswith(b"\r\n\r\nnext")


class Trickle(io.RawIOBase):
    """A reader that gives little at a time and cannot seek."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, n: int = -1) -> bytes:
        n = min(n, 1001)
        piece, self.data = self.data[:n], self.data[n:]
        return piece


DATA = bytes(range(256)) * 1000


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 256000])
@pytest.mark.parametrize("kind", ["bytes", "BytesIO", "file", "unbuffered file", "trickle"])
def test_every_kind_of_body_arrives_whole(serve: Serve, tmp_path: Path, kind: str, size: int) -> None:
    """Whatever its size, from where it stands, as far as its length goes; then it is closed."""
    path = tmp_path / "file"
    path.write_bytes(b"before" + DATA[:size])
    bodies_given: list[bytes | BinaryIO] = []
    openers = {
        "bytes": lambda: DATA[:size],
        "BytesIO": lambda: io.BytesIO(path.read_bytes()),
        "file": lambda: path.open("rb"),
        "unbuffered file": lambda: path.open("rb", buffering=0),
        "trickle": lambda: Trickle(DATA[:size]),
    }

    def handler(request: Request) -> Response:
        body = openers[kind]()
        if kind in ("BytesIO", "file", "unbuffered file"):
            body.seek(6)
        bodies_given.append(body)
        length = {"/": size if kind == "trickle" else None, "/last": size // 2}[request.target]
        return Response(200, [], body, length)

    assert bodies(serve(handler).talk(GET + LAST)) == [DATA[:size], DATA[: size // 2]]
    assert all(body.closed for body in bodies_given if not isinstance(body, bytes))


def test_a_file_that_is_no_plain_file_is_read(serve: Serve, tmp_path: Path) -> None:
    """A GzipFile has a descriptor, but what stands behind it is not its content."""
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(DATA))
    assert bodies(serve(lambda request: Response(200, [], gzip.GzipFile(path))).talk(LAST)) == [DATA]


def test_a_large_body_streams_both_ways_in_small_pieces(serve: Serve) -> None:
    """64 MiB in and 64 MiB out: nothing in between holds more than a piece."""
    size = 64 << 20
    source = Endless()
    got = 0

    def handler(request: Request) -> Response:
        nonlocal got
        while piece := request.body.read(1 << 16):
            got += len(piece)
            assert len(piece) <= 1 << 16
        return Response(200, [], source, length=size)

    with serve(handler).connect() as sock:
        sock.sendall(b"PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size >> 20):
            sock.sendall(bytes(1 << 20))
        received = 0
        while piece := sock.recv(1 << 20):
            received += len(piece)
    assert got == size
    assert size < received < size + 1000
    assert source.largest <= 1 << 18


# ---------------------------------------------------------------------------------------- failing handlers


class Bountiful(io.RawIOBase):
    """A reader that does not mind how much it is asked for."""

    def read(self, n: int = -1) -> bytes:
        return bytes(100)


BROKEN = {
    "a line break in a header's value": Response(200, [("X", "a\r\nSet-Cookie: b")]),
    "a line feed in a header's value": Response(200, [("X", "a\nb")]),
    "a NUL in a header's value": Response(200, [("X", "a\0b")]),
    "a line break in a header's name": Response(200, [("X\r\nY", "a")]),
    "a header without a name": Response(200, [("", "a")]),
    "a header beyond latin-1": Response(200, [("X", "\u20ac")]),
    "a length of its own": Response(200, [("content-length", "3")]),
    "a coding of its own": Response(200, [("Transfer-Encoding", "chunked")]),
    "a connection header of its own": Response(200, [("Connection", "keep-alive")]),
    "an interim status": Response(100),
    "a status beyond 599": Response(600),
    "a length beyond the body": Response(200, [], b"abc", length=4),
    "a negative length": Response(200, [], b"abc", length=-1),
    "a reader that gives more than it was asked for": Response(200, [], Bountiful(), length=5),
    "a reader that cannot seek and has no length": Response(200, [], Trickle(b"abc")),
    "a reader that ends at once": Response(200, [], Trickle(b""), length=5),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_response_is_never_sent(serve: Serve, case: str) -> None:
    """A bare 500 instead, one report, and the end of the connection."""
    server = serve(lambda request: BROKEN[case])
    answer = server.talk(GET)
    assert answer.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"\r\nConnection: close\r\n" in answer
    assert bodies(answer) == [b"500 Internal Server Error: the server failed\n"]
    ((error, request),) = server.errors
    assert isinstance(error, Exception)
    assert request is not None
    server.errors.clear()


@pytest.mark.parametrize("error", [ValueError("secret"), OSError("secret"), SystemExit("secret")])
def test_a_handler_that_raises_is_reported_once_and_not_to_the_peer(serve: Serve, error: BaseException) -> None:
    """The connection goes on, and the server too."""

    def handler(request: Request) -> Response:
        if request.target == "/last":
            return echo(request)
        raise error

    server = serve(handler)
    assert bodies(server.talk(GET + LAST)) == [b"500 Internal Server Error: the server failed\n", b"GET /last "]
    assert [reported for reported, _ in server.errors] == [error]
    server.errors.clear()


def test_a_handler_that_returns_nothing_is_reported(serve: Serve) -> None:
    """As if it had raised."""
    server = serve(lambda request: None)
    assert bodies(server.talk(LAST)) == [b"500 Internal Server Error: the server failed\n"]
    assert [str(error) for error, _ in server.errors] == ["the handler returned NoneType, not a Response"]
    server.errors.clear()


def test_the_default_report_shows_no_query(capfd: pytest.CaptureFixture[str]) -> None:
    """A traceback goes to stderr; the query, which may hold a signature, does not."""

    def handler(request: Request) -> Response:
        raise LookupError("lost")

    with HTTPServer(handler) as server, socket.create_connection((server.host, server.port)) as sock:
        sock.sendall(LAST.replace(b"/last", b"/path?X-Amz-Signature=abcdef"))
        assert b"lost" not in read_all(sock)
    text = capfd.readouterr().err
    assert "http: GET /path: Traceback" in text
    assert "LookupError: lost" in text
    assert "abcdef" not in text


class Failing(io.RawIOBase):
    """A reader that fails after so many bytes."""

    def __init__(self, good: int) -> None:
        self.good = good

    def read(self, n: int = -1) -> bytes:
        if not self.good:
            raise OSError("disk on fire")
        n = min(n, self.good)
        self.good -= n
        return bytes(n)


@pytest.mark.parametrize("good", [65536, 200000])
def test_a_body_that_fails_midway_is_seen_to_be_cut(serve: Serve, good: int) -> None:
    """The connection ends before the length is reached: no second answer, no padding."""
    server = serve(lambda request: Response(200, [], Failing(good), length=1_000_000))
    answer = server.talk(GET + GET, half_close=False)
    assert len(answer.partition(b"\r\n\r\n")[2]) == good
    assert [str(error) for error, _ in server.errors] == ["disk on fire"]
    server.errors.clear()


def test_a_file_that_shrinks_is_seen_to_be_cut(serve: Serve, tmp_path: Path) -> None:
    """The same for what the system sends by itself."""
    path = tmp_path / "file"
    path.write_bytes(bytes(300_000))
    server = serve(lambda request: Response(200, [], path.open("rb"), length=400_000))
    assert len(server.talk(GET).partition(b"\r\n\r\n")[2]) == 300_000
    assert [str(error) for error, _ in server.errors] == ["the response's file ended before its length"]
    server.errors.clear()


@pytest.mark.parametrize("n", [0, 10, 100_000])
def test_a_response_may_be_cut_on_purpose(serve: Serve, n: int) -> None:
    """After n bytes of the body, under the length of the whole."""
    answer = serve(lambda request: Response(200, [], bytes(200_000), cut_after=n)).talk(GET + GET)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"\r\nContent-Length: 200000" in head
    assert len(body) == n


@pytest.mark.parametrize("n", [None, 10])
def test_a_connection_may_be_reset_on_purpose(serve: Serve, n: int | None) -> None:
    """Instead of an answer, or within it."""
    with serve(lambda request: Response(200, [], bytes(200), cut_after=n, reset=True)).connect() as sock:
        sock.sendall(GET)
        with pytest.raises(ConnectionResetError):
            read_all(sock)


# ---------------------------------------------------------------------------------------- starting and closing


def test_the_server_listens_from_construction_on() -> None:
    """Who connects before the start is served after it; who connects after the end is refused."""
    server = HTTPServer(echo)
    with socket.create_connection((server.host, server.port), timeout=5) as sock:
        sock.sendall(LAST)
        with server:
            assert bodies(read_all(sock)) == [b"GET /last "]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, server.port), timeout=5)


@pytest.mark.parametrize("arrived", [b"PUT / HT", b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo"])
def test_a_request_that_meets_the_end_of_the_server_is_not_blamed(serve: Serve, arrived: bytes) -> None:
    """Half of it had arrived when the connection was cut: it ends in silence, and the peer may try again."""
    server = serve(echo)
    with server.connect() as sock:
        sock.sendall(GET)
        read_until(sock, b"GET / ")
        sock.sendall(arrived)
        server.close(grace=0.1)
        assert ended(sock)


def test_a_request_that_has_arrived_when_the_server_closes_is_answered(serve: Serve) -> None:
    """Though the loop has not looked at it yet, it is no idle connection's end."""
    server = serve(echo)
    with server.connect() as sock:
        sock.sendall(GET)
        read_until(sock, b"GET / ")
        sock.sendall(LAST)
        server.close()
        assert bodies(read_all(sock)) == [b"GET /last "]


def test_close_ends_idle_connections_at_once(serve: Serve) -> None:
    """Those that had an answer and those that never asked."""
    server = serve(echo)
    with server.connect() as answered, server.connect() as silent:
        answered.sendall(GET)
        read_until(answered, b"GET / ")
        wait_until(lambda: len(server._open) == 2)
        start = time.monotonic()
        server.close(grace=5)
        assert time.monotonic() - start < 1
        assert ended(answered)
        assert ended(silent)


def test_close_lets_requests_end(serve: Serve) -> None:
    """An answer under way arrives and says that it is the last; serve_forever returns after it."""
    entered, go = threading.Event(), threading.Event()

    def handler(request: Request) -> Response:
        entered.set()
        go.wait(5)
        return echo(request)

    server = serve(handler)
    forever = threading.Thread(target=server.serve_forever)
    forever.start()
    with server.connect() as sock:
        sock.sendall(GET)
        assert entered.wait(5)
        closing = threading.Thread(target=server.close, args=(5,))
        closing.start()
        wait_until(lambda: server.closing)
        assert forever.is_alive()
        go.set()
        answer = read_all(sock)
        assert b"\r\nConnection: close\r\n" in answer
        assert bodies(answer) == [b"GET / "]
    closing.join(5)
    forever.join(5)
    assert not forever.is_alive()


def test_close_waits_no_longer_than_its_grace(serve: Serve) -> None:
    """A peer that holds on is cut off."""
    server = serve(echo)
    with server.connect() as sock:
        sock.sendall(post(b"Content-Length: 5\r\n", b"123"))
        wait_until(lambda: any(connection.state == READY for connection in server._open))
        start = time.monotonic()
        server.close(grace=0.05)
        assert time.monotonic() - start < 2
        sock.settimeout(5)
        assert ended(sock) or ended(sock)


def test_a_signal_handler_may_close_the_server() -> None:
    """serve_forever in the main thread returns, the process ends well, and nothing is printed."""
    code = (
        "import signal\n"
        "from sigv4._http.messages import Response\n"
        "from sigv4._http.server import HTTPServer\n"
        "server = HTTPServer(lambda request: Response(200))\n"
        "signal.signal(signal.SIGTERM, lambda *_: server.close())\n"
        "print('ready', flush=True)\n"
        "server.serve_forever()\n"
        "print('done')\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.terminate()
        assert process.communicate(timeout=10)[0] == b"done\n"
    assert process.returncode == 0


@pytest.mark.parametrize("closed", ["before the thread starts", "after"])
def test_a_server_may_be_closed_while_it_starts(monkeypatch: pytest.MonkeyPatch, closed: str) -> None:
    """As a signal handler does that runs within Thread.start: serve_forever returns, and no thread trips."""
    server = HTTPServer(echo)
    steps = [server._loop.start, server.close]

    def start() -> None:
        for step in steps if closed == "after" else reversed(steps):
            step()

    monkeypatch.setattr(server._loop, "start", start)
    server.serve_forever()
    server._loop.join()


def test_a_port_can_be_taken_again_at_once(serve: Serve) -> None:
    """Connections of a server that has ended do not keep its port."""
    first = serve(echo)
    first.talk(LAST, half_close=False)
    first.close()
    assert bodies(serve(echo, port=first.port).talk(LAST)) == [b"GET /last "]


def test_an_ipv6_host(serve: Serve) -> None:
    """ "::1" is a host like another."""
    try:
        server = serve(echo, host="::1")
    except OSError:
        pytest.skip("no IPv6 here")
    assert bodies(server.talk(LAST)) == [b"GET /last "]


def test_threads_end_with_their_connections(serve: Serve) -> None:
    """After a crowd only a few stay to wait for the next."""
    server = serve(echo)
    socks = [server.connect() for _ in range(40)]
    wait_until(lambda: len(server._open) == 40)
    for sock in socks:
        sock.close()
    wait_until(lambda: not server._open and server._pool.threads <= 9)
    assert bodies(server.talk(LAST)) == [b"GET /last "]


def test_the_import_is_light() -> None:
    """No heavy module of the standard library comes with it."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import sigv4.testing\n"
        "before = set(sys.modules); import sigv4._http.server\n"
        "heavy = 'ssl http email re logging asyncio urllib typing dataclasses json traceback tempfile'.split()\n"
        "print([name for name in heavy if name in set(sys.modules) - before])"
    )
    result = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"


# ---------------------------------------------------------------------------------------- TLS


def anonymous(protocol: int) -> ssl.SSLContext:
    """TLS without certificates, which no test needs to keep then: anonymous key exchange."""
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("aNULL:@SECLEVEL=0")
    return context


def test_tls(serve: Serve, tmp_path: Path) -> None:
    """The same server over TLS, files too. The end of the connection is told: nobody takes it for a cut."""
    path = tmp_path / "file"
    path.write_bytes(DATA)
    seen = []

    def handler(request: Request) -> Response:
        seen.append(request.tls)
        return echo(request) if request.method == "POST" else Response(200, [], path.open("rb"))

    server = serve(handler, ssl_context=anonymous(ssl.PROTOCOL_TLS_SERVER))
    client = anonymous(ssl.PROTOCOL_TLS_CLIENT)
    with client.wrap_socket(server.connect(), suppress_ragged_eofs=False) as sock:
        sock.sendall(post(b"Content-Length: 3\r\n", b"abc") + LAST)
        assert bodies(read_all(sock)) == [b"POST / abc", DATA]
    assert seen == [True, True]


def test_a_slow_tls_handshake_holds_up_nobody(serve: Serve) -> None:
    """It has a deadline, in its own thread; the next peer is served meanwhile. Plain HTTP is refused."""
    server = serve(echo, ssl_context=anonymous(ssl.PROTOCOL_TLS_SERVER), limits=Limits(head_seconds=0.3))
    with server.connect() as silent, server.connect() as plain:
        plain.sendall(GET)
        with anonymous(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(server.connect()) as sock:
            sock.sendall(LAST)
            assert bodies(read_all(sock)) == [b"GET /last "]
        assert ended(silent)
        with pytest.raises(ConnectionResetError):
            read_all(plain)
