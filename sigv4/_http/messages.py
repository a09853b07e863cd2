"""Requests and responses as the server's handlers see them, and a response as bytes."""

from __future__ import annotations

import os
from time import time

from ..dates import http_date
from ..encoding import is_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from .body import Body
    from .parsing import Refusal

_FRAMING = {"content-length", "transfer-encoding", "connection"}

_REASONS = {  # https://www.rfc-editor.org/rfc/rfc9110#section-15
    200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently",
    302: "Found", 303: "See Other", 304: "Not Modified", 307: "Temporary Redirect", 308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required",
    412: "Precondition Failed", 413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
    416: "Range Not Satisfiable", 417: "Expectation Failed", 422: "Unprocessable Content", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
}  # fmt: skip


class Request:
    """A request as it arrived.

    method          a token, in the peer's own case
    target          raw: origin-form ("/key?query"), absolute-form ("http://host/key") or "*", Latin-1
    headers         (name, value) pairs in their order; values are stripped of white space at the edges, Latin-1
    body            the message body, to be read at most once
    content_length  of the body, or None where the peer sent no Content-Length
    peer            (host, port)
    tls             whether it came over TLS
    persistent      whether the peer lets the connection go on after it
    """

    __slots__ = ("_first", "body", "content_length", "headers", "method", "peer", "persistent", "target", "tls")

    body: Body
    content_length: int | None
    peer: tuple[str, int]
    tls: bool

    def __init__(
        self,
        method: str,
        target: str,
        headers: list[tuple[str, str]],
        first: dict[str, str],
        persistent: bool = False,
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self._first = first
        self.persistent = persistent

    def header(self, name: str) -> str | None:
        """The first value of a header field, or None. The name's case does not matter."""
        return self._first.get(name.lower())


class Response:
    """What a handler returns.

    status   200 to 599
    headers  (name, value) pairs, Latin-1. Date is added unless it is there; Content-Length and Connection always are
    body     bytes, or a binary file or reader, which is sent from where it stands and then closed
    length   how much of the body to send (of a reader that cannot seek: must be given); for HEAD: what GET would send

    To play a failing server: `cut_after=n` closes the connection after n bytes of the body, `reset=True` resets it,
    after `cut_after` bytes where that is given, else instead of a response.
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

    def read(self, n: int) -> bytes:
        """The next bytes of the body, 1 to n of them. Raises ValueError where it breaks its promises."""
        if isinstance(self.body, bytes):
            return self.body[:n]
        piece = self.body.read(n) if n else b""
        if n and not piece:
            raise ValueError("the response's body ended before its length")
        if len(piece) > n:
            raise ValueError("the response's body gave more than it was asked for")
        return piece

    def close(self) -> None:
        """Close the body, where it can be closed."""
        close = getattr(self.body, "close", None)
        if close is not None:
            close()


def refusal_response(refusal: Refusal) -> Response:
    """A refusal in a line of text."""
    text = f"{refusal.status} {_REASONS.get(refusal.status, '')}: {refusal.message}\n"
    return Response(refusal.status, [("Content-Type", "text/plain; charset=utf-8")], text.encode())


def encode_head(response: Response, method: str, *, close: bool) -> tuple[bytes, int]:
    """A response's head, and how many bytes of its body follow.

    Raises ValueError for what would break the framing, and UnicodeEncodeError: those are the handler's mistakes.
    """
    bodiless = method == "HEAD" or response.status in (204, 304)
    length = _content_length(response, bodiless=bodiless)
    return _encode_head(response, length, close=close), 0 if bodiless or length is None else length


def _content_length(response: Response, *, bodiless: bool) -> int | None:
    """The Content-Length of a response; None for one that must not, or cannot truthfully, have one."""
    body, length = response.body, response.length
    if length is not None and length < 0:
        raise ValueError(f"the response's length is {length}")
    if response.status == 204:
        return None  # https://www.rfc-editor.org/rfc/rfc9110#section-8.6
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


def _encode_head(response: Response, length: int | None, *, close: bool) -> bytes:
    status = response.status
    if not 200 <= status <= 599:
        raise ValueError(f"a response's status is 200 to 599, not {status!r}")
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, '')}"]
    dated = False
    for name, value in response.headers:
        if not is_token(name):
            raise ValueError(f"{name!r} is not a field name")
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
        lines.append(f"Date: {_date_now()}")
    if length is not None:
        lines.append(f"Content-Length: {length}")
    if close:
        lines.append("Connection: close")
    lines.append("\r\n")
    return "\r\n".join(lines).encode("latin-1")


_date = (0, "")


def _date_now() -> str:
    """The time now, as a Date field has it; made once a second."""
    global _date
    now = int(time())
    if _date[0] != now:
        _date = now, http_date(now)
    return _date[1]
