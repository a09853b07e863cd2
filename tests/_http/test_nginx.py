"""The server behind a real nginx, which keeps one connection to it: what nginx sent is what the server read, whatever
peers send, and whoever comes next gets their own response. Request smuggling would break one of the two.

1,438 attacks, twice. nginx 1.22 refuses most of them, and sends on some 450 requests; the server refuses 20 of those.
"""

from __future__ import annotations

import random
import socket
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from sigv4._http.messages import Request, Response
from sigv4._http.server import HTTPServer
from tests._http.attacks import BAD_CHUNKS, BAD_HEADS, CHUNKED, framings, mutate, post
from tests._http.raw import read_all
from tests.nginx import nginx

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

UPSTREAM = """
    upstream server {{ server 127.0.0.1:{port}; keepalive 1; }}
    log_format sent escape=none '$upstream_status $request_uri';
"""
# Whoever ends its direction is answered all the same, and at once where its body is not whole.
SERVER = """
    access_log {log} sent; client_max_body_size 0;
    location / {{
        proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection "";
        proxy_set_header Host $http_host; proxy_ignore_client_abort on; proxy_request_buffering {buffering};
    }}
"""
WORDS = {
    b"$line": b"POST /line HTTP/1.1", b"$chunks": b"POST /chunks HTTP/1.1", b"$unread": b"PUT /unread HTTP/1.1",
    b"$host": b"h", b"$own": b"",
}  # fmt: skip
INNER = post(b"Content-Length: 5\r\n", b"inner", b"POST /inner HTTP/1.1")


def fill(template: bytes) -> bytes:
    for word, text in WORDS.items():
        template = template.replace(word, text)
    return template


class Behind:
    """nginx, and the targets of the requests that the server behind it has read to their end."""

    def __init__(self, port: int, log: Path, read: list[str]) -> None:
        self.port = port
        self.log = log
        self.read = read
        self.victims = 0

    def talk(self, data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            return read_all(sock)

    def attack(self, template: bytes) -> None:
        """Send it, and a request of somebody else's, which gets its own response."""
        with suppress(ConnectionError):  # it was refused before it was read
            self.talk(fill(template))
        self.victims += 1
        response = self.talk(b"GET /victim-%d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" % self.victims)
        assert response.endswith(b"\r\n\r\n/victim-%d 0" % self.victims), (template, response)

    def check(self) -> None:
        """What nginx sent, as its log has it, is what was read."""
        deadline = time.monotonic() + 10
        while (sent := Counter(self.sent())) != Counter(self.read):
            assert time.monotonic() < deadline, (sent - Counter(self.read), Counter(self.read) - sent)
            time.sleep(0.02)  # nginx writes its log after the response

    def sent(self) -> Iterator[str]:
        """The targets of the requests that nginx has sent and the server has not refused."""
        for line in self.log.read_bytes().decode("latin-1").splitlines():
            status, _, target = line.partition(" ")
            if status == "200":
                yield target


@pytest.fixture(params=["on", "off"])
def behind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Behind]:
    """With bodies that nginx reads to their end first, and with bodies that it hands on as they come."""
    read: list[str] = []

    def handle(request: Request) -> Response:
        body = request.body.read()
        read.append(request.target)
        return Response(200, [], f"{request.target} {len(body)}".encode())

    log = tmp_path / "log"
    locations = SERVER.format(buffering=request.param, log=log)
    with HTTPServer(handle) as server, nginx(locations, UPSTREAM.format(port=server.port)) as port:
        yield Behind(port, log, read)


def attack_with(behind: Behind, templates: Iterable[bytes]) -> None:
    for template in templates:
        behind.attack(template)
    behind.check()
    assert len(behind.read) > behind.victims  # nginx refuses most of it, and not all


@pytest.mark.parametrize("family", framings(b""))
def test_nginx_and_the_server_read_odd_framing_alike(behind: Behind, family: str) -> None:
    attack_with(behind, framings(fill(INNER))[family])


def test_nginx_and_the_server_read_bad_heads_alike(behind: Behind) -> None:
    attack_with(behind, [template + INNER for template, _ in BAD_HEADS.values()])


@pytest.mark.parametrize("line", [b"$chunks", b"$unread"])
def test_nginx_and_the_server_read_bad_chunks_alike(behind: Behind, line: bytes) -> None:
    plain = post(CHUNKED, b"5\r\nabcde\r\n0\r\n\r\n", line)
    attack_with(behind, [plain, *(post(CHUNKED, chunks, line) + INNER for chunks in BAD_CHUNKS.values())])


def test_nginx_and_the_server_read_garbage_alike(behind: Behind) -> None:
    chance = random.Random(0)
    plain = fill(post(b"Content-Length: 5\r\n", b"abcde") + INNER)
    chunks = fill(post(CHUNKED, b"5;a=b\r\nabcde\r\n0\r\nX: a\r\n\r\n", b"$chunks") + INNER)
    attack_with(behind, [mutate(chance, chance.choice((plain, chunks))) for _ in range(300)])
