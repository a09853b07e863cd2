"""The one sender: a request out, its response back, over a connection of its own.

    status, headers, body = send("GET", url, {"Accept": "text/xml"}, timeout=5)

Rules:
- What is given is what is sent: the target byte for byte as the URL has it (a presigned URL must not be encoded again),
  the header fields as they are. Host, Content-Length and Connection are added where they are missing.
- A server over TLS must show a certificate for its name. Redirects are not followed: a signature is for one host.
- The whole exchange has one deadline, and the response a largest size. Only looking up a name takes as long as the
  system's resolver likes.
- Proxies come from the environment as for curl: http_proxy, https_proxy and no_proxy, or those in capitals; HTTP_PROXY
  not in a CGI program, where a client could set it (https://httpoxy.org). This machine itself is never asked for
  through a proxy.
- Whatever goes wrong is an OSError: TimeoutError, ConnectionError, ssl.SSLError, BadResponse. Its message shows neither
  the target nor a proxy's password.
"""

from __future__ import annotations

import os
import socket
from binascii import b2a_base64
from contextlib import suppress
from time import monotonic

from ..encoding import decode
from ..errors import SigningError
from ..hosts import DEFAULT_PORTS, is_ip, parse_authority
from ..request import check_method, header_pairs, split_url
from .body import Body
from .limits import PIECE, Limits
from .parsing import Refusal, body_framing, check_body_size, find_head, parse_fields, parse_status_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self, TypeAlias

    from ..request import Headers

    Response: TypeAlias = tuple[int, list[tuple[str, str]], bytes]

MAX_BYTES = 16 << 20  # of a response's body: what is asked for here are documents and small objects

_WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS")  # https://www.rfc-editor.org/rfc/rfc9110#section-8.6


class BadResponse(OSError):
    """The peer's response is not HTTP as it should be, or larger than it may be."""


def send(
    method: str,
    url: str,
    headers: Headers | None = None,
    body: bytes = b"",
    timeout: float = 30.0,
    *,
    max_bytes: int = MAX_BYTES,
    ssl_context: ssl.SSLContext | None = None,
    environ: Mapping[str, str] | None = None,
) -> Response:
    """Send a request and return the response: its status, its header fields as they came, and its body.

    timeout      seconds for all of it together
    max_bytes    of the response's body
    ssl_context  whom to trust; default: whom this system trusts
    environ      where proxies are looked up; default: os.environ

    Raises SigningError for a method, URL or header that cannot be sent, OSError for what goes wrong on the way.
    """
    origin, host, *_ = split_url(url)
    start, target = f"{check_method(method)} ", f"{_target(url)} HTTP/1.1"
    fields = header_pairs(headers)
    names = {name.lower() for name, _ in fields}
    if "host" not in names:
        fields.insert(0, ("Host", host))
    if "content-length" not in names and "transfer-encoding" not in names and (body or method not in _WITHOUT_BODY):
        fields.append(("Content-Length", str(len(body))))
    if "connection" not in names:
        fields.append(("Connection", "close"))
    with Exchange(origin, timeout, max_bytes=max_bytes, ssl_context=ssl_context, environ=environ) as exchange:
        lines = [f"{start}{exchange.form}{target}"]
        lines += [f"{name}: {value}" for name, value in [*fields, *exchange.proxy_fields]]
        with suppress(ConnectionError):  # the peer may respond, and hang up, before it has read all of the body
            exchange.send("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        return exchange.read_response(method)


def _target(url: str) -> str:
    """The URL behind its host, as it stands there."""
    rest = url.partition("://")[2]
    start = min(at for at in (rest.find("/"), rest.find("?"), len(rest)) if at >= 0)
    target = rest[start:] if rest[start:].startswith("/") else "/" + rest[start:]
    if not (target.isascii() and target.isprintable()) or " " in target:
        raise SigningError("url has a character that no request line can carry; percent-encode it")
    return target


class Exchange:
    """A connection for one request of any bytes, and its response: for those who must send what `send` would not.

    `form` belongs before the target and `proxy_fields` to the header fields, where a proxy is to pass the request on.
    """

    def __init__(
        self,
        origin: str,
        timeout: float,
        *,
        max_bytes: int = MAX_BYTES,
        ssl_context: ssl.SSLContext | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        scheme, _, authority = origin.partition("://")
        host, port = parse_authority(authority, "url")
        port = port or DEFAULT_PORTS[scheme]
        self.limits = Limits(body_bytes=max_bytes)
        self.buffer = bytearray()
        self.form = ""
        self.proxy_fields: list[tuple[str, str]] = []
        self._origin = origin
        self._end = monotonic() + timeout
        proxy = _proxy(scheme, host, port, os.environ if environ is None else environ)
        self._sock = self._connect(host, port) if proxy is None else self._connect(*proxy[:2])
        try:
            if proxy is not None:
                fields = [("Proxy-Authorization", proxy[2])] if proxy[2] else []
                if scheme == "https":
                    self._open_tunnel(f"{host}:{port}", fields)
                else:
                    self.form, self.proxy_fields = origin, fields
            if scheme == "https":
                self._start_tls(host, ssl_context)
        except BaseException:
            self._sock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._sock.close()

    def send(self, data: bytes) -> None:
        """Send all of data."""
        self._sock.settimeout(self._left())
        self._sock.sendall(data)

    def receive(self, n: int) -> bytes:
        """Up to n bytes; b"" at the end of the stream."""
        self._sock.settimeout(self._left())
        return self._sock.recv(n)

    def end_sending(self) -> None:
        """Close our direction: nothing follows."""
        self._sock.shutdown(socket.SHUT_WR)

    def read_response(self, method: str) -> Response:
        """The response to a request of that method. Interim ones (1xx) are passed over."""
        try:
            status = 100
            while status < 200:
                status, fields, first = self._read_head()
            if method == "HEAD" or status in (204, 304):
                return status, fields, b""
            length, chunked = body_framing(first.get("content-length"), first.get("transfer-encoding"), self.limits)
            if length is None and not chunked:
                return status, fields, self._read_to_the_end()
            return status, fields, Body(self, length or 0, chunked=chunked).read()
        except Refusal as refusal:
            if refusal.status == 408:
                raise TimeoutError(f"the response of {self._origin} was not there in time") from None
            raise BadResponse(f"the response of {self._origin} is unusable: {refusal.message}") from None

    def _read_head(self) -> tuple[int, list[tuple[str, str]], dict[str, str]]:
        seen = 0
        while not self.buffer or (end := find_head(self.buffer, seen, self.limits)) < 0:
            seen = len(self.buffer)
            data = self.receive(PIECE)
            if not data:
                raise ConnectionResetError(f"{self._origin} closed the connection without a whole response")
            self.buffer += data
        status_line, *lines = self.buffer[: end - 4].decode("latin-1").split("\r\n")
        del self.buffer[:end]
        return parse_status_line(status_line), *parse_fields(lines, self.limits)

    def _read_to_the_end(self) -> bytes:
        data = b""
        while True:
            self.buffer += data
            check_body_size(len(self.buffer), self.limits)
            data = self.receive(PIECE)
            if not data:
                return bytes(self.buffer)

    def _left(self) -> float:
        left = self._end - monotonic()
        if left <= 0:
            raise TimeoutError(f"the exchange with {self._origin} took too long")
        return left

    def _connect(self, host: str, port: int) -> socket.socket:
        """A connection to the first address that answers, each given its share of the time that is left."""
        name = host.strip("[]").encode()  # as bytes: the standard library loads its IDNA tables for text
        addresses = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        error: OSError = ConnectionError(f"{host} has no address")
        for number, (family, kind, protocol, _, address) in enumerate(addresses):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self._left() / (len(addresses) - number))
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return sock
            except OSError as this:
                sock.close()
                error = this
        raise error

    def _start_tls(self, host: str, context: ssl.SSLContext | None) -> None:
        if context is None:
            from ssl import create_default_context

            context = create_default_context()
        self._sock.settimeout(self._left())
        # An end without TLS's own goodbye may be an attacker's: only a response whose length is known is whole then.
        self._sock = context.wrap_socket(self._sock, server_hostname=host.strip("[]"), suppress_ragged_eofs=False)

    def _open_tunnel(self, authority: str, fields: list[tuple[str, str]]) -> None:
        """Have a proxy connect to the server (https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6)."""
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *(f"{name}: {value}" for name, value in fields)]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))
        try:
            status = self._read_head()[0]
        except Refusal as refusal:
            raise BadResponse(f"the response of the proxy is unusable: {refusal.message}") from None
        if not 200 <= status < 300 or self.buffer:
            raise ConnectionError(f"the proxy does not connect to {authority}: it responds {status}")


# Proxies


def _proxy(scheme: str, host: str, port: int, environ: Mapping[str, str]) -> tuple[str, int, str] | None:
    """The proxy for a server: host, port, and what to authenticate with, or "". Raises OSError for a bad one."""
    if host == "localhost" or host.endswith(".localhost") or host == "[::1]" or (is_ip(host) and host[:4] == "127."):
        return None
    variable = f"{scheme}_proxy"
    url = environ.get(variable) or (
        "" if variable == "http_proxy" and "REQUEST_METHOD" in environ else environ.get(variable.upper())
    )
    if not url or _is_excepted(host, port, environ.get("no_proxy") or environ.get("NO_PROXY") or ""):
        return None
    kind, separator, rest = url.rpartition("://")
    user, _, authority = rest.partition("/")[0].rpartition("@")
    try:
        if separator and kind != "http":
            raise ValueError
        proxy_host, proxy_port = parse_authority(authority, variable)
        token = b2a_base64(decode(user), newline=False).decode() if user else ""
    except ValueError:  # not shown: a password may stand in it
        raise OSError(f"the environment's {variable} is not of the form http://[user:password@]host:port") from None
    return proxy_host, proxy_port or 80, token and f"Basic {token}"


def _is_excepted(host: str, port: int, no_proxy: str) -> bool:
    """Whether no_proxy names the host, a domain that it is in, or everything."""
    for entry in no_proxy.lower().replace(",", " ").split():
        name = entry.removeprefix("*").removeprefix(".").removesuffix(f":{port}")
        if entry == "*" or host == name or host == f"[{name}]" or (not is_ip(host) and host.endswith(f".{name}")):
            return True
    return False
