"""The sender: what is given is what goes out, what comes back is bounded, and nobody is trusted unseen."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from sigv4 import SigningError
from sigv4._http.client import BadResponse, send
from sigv4._http.messages import Request, Response
from sigv4._http.server import HTTPServer
from sigv4.testing import LocalS3

if TYPE_CHECKING:
    from collections.abc import Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class Peer:
    """A server that answers each connection with the next of its scripts, and keeps what it was sent."""

    def __init__(self, *scripts: bytes, drip: float = 0) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.received: list[bytes] = []
        self.scripts = scripts
        self.drip = drip
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        for script in self.scripts:
            sock, _ = self.listener.accept()
            with sock:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += sock.recv(65536)
                self.received.append(data)
                try:
                    if self.drip:
                        for byte in script:
                            sock.sendall(bytes([byte]))
                            time.sleep(self.drip)
                    else:
                        sock.sendall(script)
                except OSError:
                    continue


@contextmanager
def peer(*scripts: bytes, drip: float = 0) -> Iterator[Peer]:
    made = Peer(*scripts, drip=drip)
    try:
        yield made
    finally:
        made.listener.close()


def echo(request: Request) -> Response:
    return Response(200, [("X-Target", request.target)], request.body.read())


# What goes out


@pytest.mark.parametrize(
    ("behind", "target"),
    [
        ("", "/"),
        ("/", "/"),
        ("?a", "/?a"),
        ("//a/../%2e%2F%zz?+&%20=%41", "//a/../%2e%2F%zz?+&%20=%41"),
        ('/|"<>`{}', '/|"<>`{}'),
        ("/?", "/?"),
    ],
)
def test_send_gives_the_target_as_the_url_has_it(behind: str, target: str) -> None:
    """A presigned URL must not be encoded again, and nothing of it may be made canonical."""
    with peer(OK) as server:
        send("GET", server.url + behind)
        assert server.received[0].startswith(f"GET {target} HTTP/1.1\r\n".encode())


def test_send_keeps_headers_and_adds_what_is_missing() -> None:
    """Host, Content-Length where there may be a body, Connection; and each only once."""
    with peer(OK, OK, OK) as server:
        send("GET", server.url, {"x-A": "1 2", "hOST": "other"})
        send("PUT", server.url, [("a", "1"), ("a", "2")], b"")
        send("DELETE", server.url)
        host = f"127.0.0.1:{server.port}".encode()
        assert server.received == [
            b"GET / HTTP/1.1\r\nx-A: 1 2\r\nhOST: other\r\nConnection: close\r\n\r\n",
            b"PUT / HTTP/1.1\r\nHost: " + host + b"\r\na: 1\r\na: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            b"DELETE / HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n",
        ]


def test_send_brings_bodies_there_and_back() -> None:
    """Also such as do not fit into one piece."""
    body = bytes(range(256)) * 4000
    with HTTPServer(echo) as server:
        url = f"http://127.0.0.1:{server.port}/key"
        status, headers, back = send("PUT", url, body=body)
        assert (status, back) == (200, body)
        assert ("X-Target", "/key") in headers


@pytest.mark.parametrize(
    ("method", "url", "headers"),
    [
        ("GET", "http://h/a b", {}),
        ("GET", "http://h/\r\nX: y", {}),
        ("GET", "http://h/\xe9", {}),
        ("GET", "ftp://h/", {}),
        ("GET", "http://h/", {"X": "a\r\nY: b"}),
        ("GET", "http://h/", {"X\r\nY": "a"}),
        ("GET / HTTP/1.1\r\nX:", "http://h/", {}),
        ("GET", "http://user@h/", {}),
    ],
)
def test_send_refuses_what_would_break_the_request(method: str, url: str, headers: dict[str, str]) -> None:
    """Before it connects."""
    with pytest.raises(ValueError, match=r"."):
        send(method, url, headers)


# What comes back


@pytest.mark.parametrize(
    ("method", "response", "status", "body"),
    [
        ("GET", OK, 200, b"ok"),
        ("GET", b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
        ("GET", b"HTTP/1.0 404 Not Found\r\n\r\nto the end", 404, b"to the end"),
        ("GET", CHUNKED + b"2;x\r\nok\r\n1\r\n!\r\n0\r\nA: b\r\n\r\n", 200, b"ok!"),
        ("GET", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK, 200, b"ok"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 200, b""),
        ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n", 304, b""),
        ("GET", b"HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 307, b""),
    ],
)  # fmt: skip
def test_send_returns_the_response(method: str, response: bytes, status: int, body: bytes) -> None:
    """However it is framed; interim ones are passed over, and redirects are not followed."""
    with peer(response) as server:
        found = send(method, server.url)
    assert (found[0], found[2]) == (status, body)


def test_send_returns_header_fields_as_they_came() -> None:
    with peer(b"HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nset-cookie:  b \r\nX: \xe9\r\nContent-Length: 0\r\n\r\n") as server:
        assert send("GET", server.url)[1] == [
            ("Set-Cookie", "a"), ("set-cookie", "b"), ("X", "\xe9"), ("Content-Length", "0"),
        ]  # fmt: skip


def test_send_hears_a_refusal_that_comes_before_the_body_is_taken() -> None:
    """The peer hangs up on the rest of the body; its response says why."""

    def refuse(request: Request) -> Response:
        return Response(403, [], b"no")

    with HTTPServer(refuse) as server:
        assert send("PUT", f"http://127.0.0.1:{server.port}/", body=bytes(30 << 20))[::2] == (403, b"no")


@pytest.mark.parametrize(
    "response",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
        b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
        b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 101 + b"\r\n",
    ],
)
def test_send_refuses_a_bad_response(response: bytes) -> None:
    """What no two readers would take for the same, and what is cut short."""
    with peer(response) as server, pytest.raises(BadResponse):
        send("GET", server.url)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nCont"])
def test_send_says_that_a_connection_ended_early(start: bytes) -> None:
    with peer(start) as server, pytest.raises(ConnectionError):
        send("GET", server.url)


@pytest.mark.parametrize(
    "framing", [b"Content-Length: 1001\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n", b"\r\n"]
)
def test_send_takes_no_more_than_it_was_allowed(framing: bytes) -> None:
    with peer(b"HTTP/1.1 200 OK\r\n" + framing + b"a" * 1001) as server, pytest.raises(BadResponse, match="1000 bytes"):
        send("GET", server.url, max_bytes=1000)


@pytest.mark.parametrize("script", [OK + b" " * 100, b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + b"a" * 200])
def test_send_has_one_deadline_for_all(script: bytes) -> None:
    """Bytes that trickle do not move it, in the head as in the body."""
    started = time.monotonic()
    with peer(script, drip=0.02) as server, pytest.raises(TimeoutError):
        send("GET", server.url, timeout=0.3)
    assert time.monotonic() - started < 2


def test_send_does_not_wait_for_a_silent_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(TimeoutError):
        send("GET", f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.1)


def test_send_names_nothing_secret_in_its_errors() -> None:
    """A target may hold a signature."""
    with peer(b"nonsense\r\n\r\n") as server, pytest.raises(OSError, match="unusable") as caught:
        send("GET", server.url + "/?X-Amz-Signature=abcdef")
    assert "abcdef" not in str(caught.value)


# TLS


def test_send_trusts_only_whom_it_is_told_to_trust() -> None:
    """A certificate that this system does not know is refused, and one for another name."""
    import ssl

    with LocalS3(tls=True) as s3:
        assert s3.certificate is not None
        with pytest.raises(ssl.SSLCertVerificationError):
            send("GET", s3.endpoint_url)
        trusting = ssl.create_default_context(cafile=s3.certificate)
        assert send("GET", s3.endpoint_url, ssl_context=trusting)[0] == 403
        url = s3.presigner().presign("list_buckets").url
        assert send("GET", url, ssl_context=trusting)[0] == 200


# Proxies


class Proxy(Peer):
    """A proxy that opens tunnels to wherever it is asked to."""

    def run(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            head = b""
            while b"\r\n\r\n" not in head:
                head += sock.recv(65536)
            self.received.append(head)
            if not head.startswith(b"CONNECT "):
                sock.sendall(OK)
                sock.close()
                continue
            host, _, port = head.split()[1].decode().rpartition(":")
            there = socket.create_connection((host.replace("s3.test", "127.0.0.1"), int(port)))
            sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            for one, other in ((sock, there), (there, sock)):
                threading.Thread(target=self.copy, args=(one, other), daemon=True).start()

    @staticmethod
    def copy(one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            return


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()
    yield made
    made.listener.close()


def test_send_asks_an_http_proxy_with_the_whole_url(proxy: Proxy) -> None:
    """The name is for the proxy to look up, and the target is still the one that was given."""
    environ = {"HTTP_PROXY": proxy.url.replace("http://", "http://us%65r:p%40ss@")}
    assert send("GET", "http://a.test:81/%2e?b", environ=environ)[0] == 200
    request_line, *fields = proxy.received[0].split(b"\r\n")
    assert request_line == b"GET http://a.test:81/%2e?b HTTP/1.1"
    assert b"Host: a.test:81" in fields
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz" in fields


def test_send_reaches_https_through_a_tunnel(proxy: Proxy) -> None:
    """The certificate must be the server's, and the proxy sees the name alone."""
    import ssl

    with LocalS3(tls=True, domain="s3.test") as s3:
        trusting = ssl.create_default_context(cafile=s3.certificate)
        url = f"https://s3.test:{s3.endpoint_url.rpartition(':')[2]}/secret"
        environ = {"https_proxy": proxy.url.removeprefix("http://"), "NO_PROXY": "other.test"}
        assert send("GET", url, environ=environ, ssl_context=trusting)[0] == 404
    assert proxy.received[0].startswith(b"CONNECT s3.test:")
    assert b"secret" not in proxy.received[0]


def test_send_says_that_a_proxy_refuses() -> None:
    refusal, said = b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", r"does not connect to a\.test:443: it responds 407"
    with peer(refusal) as refusing, pytest.raises(ConnectionError, match=said):
        send("GET", "https://a.test/", environ={"https_proxy": refusing.url})


@pytest.mark.parametrize(
    "no_proxy", ["*", "a.test", ".test", "b.test, A.TEST", "*.test", "a.test:81", "test", "b.test .a.test"]
)
def test_send_heeds_no_proxy(proxy: Proxy, no_proxy: str) -> None:
    """It goes there itself, where there is nobody."""
    with pytest.raises(OSError, match=r"."):
        send("GET", "http://a.test:81/", timeout=5, environ={"http_proxy": proxy.url, "no_proxy": no_proxy})
    assert proxy.received == []


@pytest.mark.parametrize("no_proxy", ["", "b.test", "xa.test", "a.test:82", "a.test.b", "est"])
def test_send_uses_the_proxy_where_no_proxy_means_others(proxy: Proxy, no_proxy: str) -> None:
    assert send("GET", "http://a.test:81/", environ={"http_proxy": proxy.url, "no_proxy": no_proxy})[0] == 200


def test_send_asks_for_this_machine_without_a_proxy(proxy: Proxy) -> None:
    for host in ("127.0.0.1", "127.1", "localhost"):
        with HTTPServer(echo) as server:
            assert send("GET", f"http://{host}:{server.port}/", environ={"http_proxy": proxy.url})[0] == 200
    assert proxy.received == []


def test_send_does_not_take_a_proxy_from_a_cgi_client(proxy: Proxy) -> None:
    """There, HTTP_PROXY is a `Proxy` header that somebody sent."""
    with pytest.raises(OSError, match=r"."):
        send("GET", "http://a.test:81/", timeout=5, environ={"HTTP_PROXY": proxy.url, "REQUEST_METHOD": "GET"})
    assert proxy.received == []


@pytest.mark.parametrize("url", ["https://user:hunter2@p:1", "socks5://user:hunter2@p:1", "http://user:hunter2@p:x"])
def test_send_names_a_bad_proxy_without_its_password(url: str) -> None:
    with pytest.raises(OSError, match="the environment's http_proxy is not of the form") as caught:
        send("GET", "http://a.test/", environ={"http_proxy": url})
    assert "hunter2" not in str(caught.value)


def test_send_raises_a_signing_error_for_a_url_that_is_none() -> None:
    with pytest.raises(SigningError):
        send("GET", "no url")
