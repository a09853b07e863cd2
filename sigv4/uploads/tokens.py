"""Tokens that this server gives out and takes back: what was once allowed, sealed with HMAC-SHA256.

- A token says its purpose, whom it belongs to and when it ends; one of another purpose, of somebody else, changed or
  ended opens nothing. It hides nothing: what is in it may be read.
- The first secret seals and every secret opens, so that secrets are exchanged without a token being lost: put the new
  one first, and take the old one out when the last token sealed with it has ended.
- No state is kept: every replica with the same secrets opens what any of them sealed.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from .messages import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

MIN_SECRET = 32  # bytes: as many as the hash has
MAX_TOKEN = 4096  # characters


class Seal:
    """Makes and opens tokens. Raises ValueError for a secret that is too short, or for none."""

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Iterable[bytes]) -> None:
        self._secrets = tuple(secrets)
        if not self._secrets or min(map(len, self._secrets)) < MIN_SECRET:
            raise ValueError(f"a secret must be at least {MIN_SECRET} bytes long")

    def __repr__(self) -> str:
        return "Seal(...)"

    def token(self, purpose: str, owner: str, ends_at: float, **fields: str | int) -> str:
        """`fields`: what it allows, small. `ends_at`: epoch seconds."""
        value = {**fields, "owner": owner, "ends": int(ends_at)}
        said = _text(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())
        return f"{said}.{_text(_mac(self._secrets[0], purpose, said))}"

    def signature(self, purpose: str, data: bytes) -> str:
        """An HMAC-SHA256 in hex, by which somebody with the secret knows that data came from here."""
        return hmac.digest(self._secrets[0], purpose.encode() + b"\n" + data, sha256).hex()

    def opened(self, purpose: str, token: str, owner: str, now: float, field: str = "token") -> dict[str, Any]:
        """What the token allows; raises Refused, naming `field`, unless it is one of this owner's that lives."""
        said, _, mac = token.partition(".")
        good = False
        if len(token) <= MAX_TOKEN and token.isascii():
            # No early end: how many secrets there are, and which one fits, does not show.
            for secret in self._secrets:
                good |= hmac.compare_digest(_text(_mac(secret, purpose, said)), mac)
        value = json.loads(urlsafe_b64decode(said + "=" * (-len(said) % 4))) if good else None
        if value is None or value["owner"] != owner:
            raise Refused(field, "is not one that this server gave you", 403)
        if now >= value["ends"]:
            raise Refused(field, "has ended", 410)
        return dict(value)


def _mac(secret: bytes, purpose: str, said: str) -> bytes:
    """The purpose is in the key, so that no token of one purpose is one of another."""
    key = hmac.digest(secret, b"sigv4.uploads " + purpose.encode(), sha256)
    return hmac.digest(key, said.encode(), sha256)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
