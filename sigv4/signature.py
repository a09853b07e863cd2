"""Steps 2 to 4: the string to sign, the signature over it, and the comparison of two signatures.

Source: "Create a signed AWS API request", steps 2 to 4
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest

from .scope import ALGORITHM as ALGORITHM
from .scope import signing_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .credentials import Credentials
    from .scope import CredentialScope
    from .sigv4a import KeyPair

UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"
SIGNED_EVENTS = "STREAMING-AWS4-HMAC-SHA256-EVENTS"
EMPTY_SHA256 = sha256(b"").hexdigest()

# https://www.rfc-editor.org/rfc/rfc2104#section-2: what a key is combined with, byte by byte.
INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))


def string_to_sign(amz_date: str, scope: CredentialScope, canonical_request: str) -> str:
    """Four lines: the algorithm, the time stamp, the scope, and the canonical request's SHA-256 in hex.

    Bytes of a request that were not UTF-8 stand in the text as surrogates (PEP 383) and are hashed as they came.
    """
    canonical_hash = sha256(canonical_request.encode("utf-8", "surrogateescape")).hexdigest()
    return f"{scope.algorithm}\n{amz_date}\n{scope.text}\n{canonical_hash}"


_latest: tuple[bytes, PreparedKey] | None = None  # replaced as one, so that no thread sees half of it


def signature(signing_key: bytes, string_to_sign: str) -> str:
    """HMAC-SHA256 in lower-case hex. The latest key is kept prepared: mostly one key signs one text after another."""
    global _latest
    latest = _latest
    if latest is None or latest[0] is not signing_key:
        _latest = latest = signing_key, PreparedKey(signing_key)
    return latest[1].sign(string_to_sign)


def prepared_key(credentials: Credentials, scope: CredentialScope) -> PreparedKey | KeyPair:
    """The key to sign and verify many texts with. Raises SigningError where SigV4A lacks its package."""
    if scope.region_set is None:
        return PreparedKey(signing_key(credentials, scope))
    from .sigv4a import key_pair

    return key_pair(credentials)


class PreparedKey:
    """A signing key that has taken HMAC's two halves of the work in advance, for signing many texts.

    `sign` makes what `signature` makes, three times as fast: the states that have absorbed the key are copied.
    Source: https://www.rfc-editor.org/rfc/rfc2104#section-4
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, signing_key: bytes) -> None:
        padded = signing_key.ljust(64, b"\0")
        self._inner = sha256(padded.translate(INNER_PAD))
        self._outer = sha256(padded.translate(OUTER_PAD))

    def sign(self, string_to_sign: str) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(string_to_sign.encode())
        outer.update(inner.digest())
        return outer.hexdigest()

    def verify(self, string_to_sign: str, provided: str) -> bool:
        return same_signature(self.sign(string_to_sign), provided)


def sign_string(credentials: Credentials, scope: CredentialScope, string_to_sign: str) -> str:
    """The signature by the scope's algorithm. Raises SigningError where SigV4A lacks its package."""
    if scope.region_set is None:
        return signature(signing_key(credentials, scope), string_to_sign)
    from .sigv4a import key_pair

    return key_pair(credentials).sign(string_to_sign)


def verify_string(credentials: Credentials, scope: CredentialScope, string_to_sign: str, provided: str) -> bool:
    """Whether `provided` is the signature of these credentials, by the scope's algorithm."""
    if scope.region_set is None:
        return same_signature(signature(signing_key(credentials, scope), string_to_sign), provided)
    from .sigv4a import key_pair

    return key_pair(credentials).verify(string_to_sign, provided)


def same_signature(a: str, b: str) -> bool:
    """Compare in constant time; text that is no signature (non-ASCII) is simply different."""
    return a.isascii() and b.isascii() and compare_digest(a, b)
