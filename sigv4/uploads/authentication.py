"""Who asks: callables from a request to a principal's name, which raise Refused with 401.

- A token is compared by its digest, in constant time: neither its length nor where a guess goes wrong shows in the time
  taken. It appears in no repr, log line or error. Only its digest need be kept.
- Any callable of an application's own does as well: (request) to a name.
Source: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
"""

from __future__ import annotations

import hashlib
import hmac

from .messages import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .messages import Request

MIN_LENGTH = 16
MAX_NAME = 256  # characters of a principal's


class BearerToken:
    """A token of `MIN_LENGTH` or more visible ASCII characters.

    Raises ValueError, which never shows the text, for any other.
    """

    __slots__ = ("_digest",)

    def __init__(self, text: str) -> None:
        if len(text) < MIN_LENGTH:
            raise ValueError(f"must be at least {MIN_LENGTH} characters long")
        if not all("!" <= character <= "~" for character in text):
            raise ValueError("must be visible ASCII characters without spaces, since it travels in a header")
        self._digest = _digest(text)

    def __repr__(self) -> str:
        return "BearerToken(...)"

    @classmethod
    def of_digest(cls, text: str) -> BearerToken:
        """The token of this SHA-256 in hex. Raises ValueError for what is none."""
        self = cls.__new__(cls)
        self._digest = bytes.fromhex(text)
        if len(self._digest) != hashlib.sha256().digest_size:
            raise ValueError("must be a SHA-256 in hex, 64 characters")
        return self

    def matches(self, authorization: str | None) -> bool:
        """Whether this Authorization header carries the token."""
        scheme, _, text = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(_digest(text.strip(" ")), self._digest)


class BearerTokens:
    """Authentication by tokens, each with the name of whom it belongs to; several may have one name."""

    scheme = "bearer"

    def __init__(self, tokens: Iterable[tuple[str, BearerToken]]) -> None:
        self._tokens = tuple(tokens)

    def __call__(self, request: Request) -> str:
        authorization = request.headers.get("authorization")
        found = None
        for name, token in self._tokens:  # all of them, so that the time does not tell which
            if token.matches(authorization):
                found = name
        if found is None:
            raise Refused("Authorization", "send this server's token as Authorization: Bearer TOKEN", 401)
        return found


class ProxyHeader:
    """Authentication by a header that a proxy in front sets, and takes out where the client sends it.

    Whoever reaches the server past the proxy is whoever they say: let it listen where only the proxy can reach it.
    """

    def __init__(self, name: str) -> None:
        self._name = name.lower()

    def __call__(self, request: Request) -> str:
        name = request.headers.get(self._name, "").strip()
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise Refused(None, "the gate in front of this server names nobody", 401)
        return name


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
