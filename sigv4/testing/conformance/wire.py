"""A request as it goes on the wire, byte for byte, and the answer that comes back.

No HTTP library touches the request: what is in it is what is sent. Each has a connection of its own.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from ..._http.client import Exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS = 30.0  # for an exchange; an engine that needs more has not answered
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
    with Exchange(endpoint_url, SECONDS, max_bytes=MAX_ANSWER) as connection:
        # An engine may refuse, and hang up, before it has read all of the body.
        with suppress(ConnectionError):
            connection.send(sent.encode())
            if sent.half_close:
                connection.end_sending()
        try:
            status, headers, body = connection.read_response(sent.method)
        except OSError as error:
            return Answer(0, {}, trouble=type(error).__name__)
        return Answer(status, {name.lower(): text for name, text in headers}, body)
