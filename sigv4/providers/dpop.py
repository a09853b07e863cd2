"""A proof that the sender of a request holds the key that its token was issued for: DPoP, as a JSON Web Token.

Sources: https://www.rfc-editor.org/rfc/rfc9449#section-4.2 (the proof);
https://www.rfc-editor.org/rfc/rfc7518#section-3.4 (ES256: the signature's two integers, one behind the other);
https://www.rfc-editor.org/rfc/rfc5915#section-3 (the key).
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from json import dumps
from uuid import uuid4

from ..sigv4a import KeyPair

_EC_PRIVATE_KEY = bytes.fromhex("020101 0420")  # version 1, and then an octet string of 32 bytes


def dpop_proof(pem: str, method: str, url: str, issued_at: int, token_id: str | None = None) -> str:
    """The value of the DPoP header. `pem`: the private key, "EC PRIVATE KEY" on the curve P-256.

    Raises ValueError for another key; its message does not show it.
    """
    key = KeyPair(_private_number(pem))
    x, y = key.coordinates
    jwk = {"kty": "EC", "x": _base64url(x), "y": _base64url(y), "crv": "P-256"}
    payload = {"htm": method, "htu": url, "iat": issued_at, "jti": token_id or str(uuid4())}
    parts = [{"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}, payload]
    text = ".".join([_base64url(dumps(part, separators=(",", ":")).encode()) for part in parts])
    return f"{text}.{_base64url(_two_integers(bytes.fromhex(key.sign(text))))}"


def _private_number(pem: str) -> int:
    lines = [line.strip() for line in pem.splitlines()]
    body = b64decode("".join([line for line in lines if not line.startswith("-----")]), validate=True)
    head, found, rest = body.partition(_EC_PRIVATE_KEY)
    if body[:1] != b"\x30" or not found or len(head) > 4 or len(rest) < 32:
        raise ValueError("no private key on the curve P-256")
    return int.from_bytes(rest[:32])


def _two_integers(der: bytes) -> bytes:
    """DER's sequence of two integers as 32 bytes each."""
    first = der[4 : 4 + der[3]]
    second = der[4 + der[3] + 2 :]
    return b"".join([int.from_bytes(number).to_bytes(32) for number in (first, second)])


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
