"""The bearer token that protects a server which others can reach.

A token is compared by its digest, in constant time: neither its length nor where a guess goes wrong shows in the time
taken. It appears in no repr, log line or error.
Source: https://www.rfc-editor.org/rfc/rfc6750#section-2.1
"""

from __future__ import annotations

import hashlib
import hmac

MIN_LENGTH = 16


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

    def matches(self, authorization: str | None) -> bool:
        """Whether this Authorization header carries the token."""
        scheme, _, text = (authorization or "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(_digest(text.strip(" ")), self._digest)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
