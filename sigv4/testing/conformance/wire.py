"""A request as it goes on the wire, byte for byte, and the answer that comes back.

No HTTP library touches the request: what is in it is what is sent. Each has a connection of its own.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree import ElementTree

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 20.0  # for each step of an exchange; an engine that needs more has not answered
MAX_ANSWER = 1 << 20  # bytes: no check asks for more


@dataclass(frozen=True)
class Sent:
    """A request. `target` and `headers` are Latin-1, each character a byte. `half_close` ends the sending side at once,
    for a body that is cut short; engines may take that for a client that has gone, so it is never done otherwise."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    half_close: bool = False

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def encode(self) -> bytes:
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + self.body


@dataclass(frozen=True)
class Answer:
    """What came back. `status` 0 means that nothing did, and `trouble` says why. Header names are in lower case.

    `elements`: the children of the XML in the body, by name, without namespaces.
    """

    status: int
    headers: dict[str, str]
    body: bytes = b""
    trouble: str = ""

    @property
    def xml(self) -> ElementTree.Element | None:
        """The body's root element; None where it is no XML."""
        try:
            return ElementTree.fromstring(self.body)  # noqa: S314 the engine is one's own
        except ElementTree.ParseError:
            return None

    @property
    def elements(self) -> dict[str, str]:
        root = self.xml
        return {} if root is None else {child.tag.rpartition("}")[2]: child.text or "" for child in root}

    @property
    def code(self) -> str:
        """S3's error code; "" where there is none."""
        return self.elements.get("Code", "") if self.status >= 300 else ""

    def __str__(self) -> str:
        return f"{self.status} {self.code}".strip() if self.status else f"no answer ({self.trouble})"


def exchange(endpoint_url: str, sent: Sent) -> Answer:
    """Send and read the answer. Raises OSError when there is nobody to connect to."""
    with _connect(endpoint_url) as connection:
        # An engine may refuse, and hang up, before it has read all of the body.
        with suppress(ConnectionError):
            connection.sendall(sent.encode())
            if sent.half_close:
                connection.shutdown(socket.SHUT_WR)
        with HTTPResponse(connection, method=sent.method) as response:
            try:
                response.begin()
                body = response.read(MAX_ANSWER)
            except (OSError, HTTPException, ValueError) as error:
                return Answer(0, {}, trouble=type(error).__name__)
            return Answer(response.status, {name.lower(): text for name, text in response.getheaders()}, body)


def _connect(endpoint_url: str) -> socket.socket:
    parts = urlsplit(endpoint_url)
    secure = parts.scheme == "https"
    connection = socket.create_connection((parts.hostname or "", parts.port or (443 if secure else 80)), SECONDS)
    if not secure:
        return connection
    try:
        return ssl.create_default_context().wrap_socket(connection, server_hostname=parts.hostname)
    except BaseException:
        connection.close()
        raise
