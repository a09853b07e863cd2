"""SigV4A: the same walk with another last step, an ECDSA signature that holds in several regions.

Rules:
- What differs before that step is small: the algorithm's name, a scope without a region, and the region set, which
  stands in `X-Amz-Region-Set`, a signed header or a query parameter.
- The key pair follows from the access key and its secret alone, so that whoever can sign with SigV4 can sign with this
  too. It is kept; the store is bounded, and an entry is used only for the very secret that made it.
- ECDSA draws a random number for each signature: two signatures over one text differ, and one is verified, never
  compared.
- A signature is DER (ANSI X9.62) in lower-case hex, at most 144 digits.
- It needs the package `cryptography`, the extra `sigv4a`.
Sources: https://github.com/awslabs/aws-c-auth, the reference implementation; NIST SP 800-108 section 4.1 (key
derivation in counter mode, https://csrc.nist.gov/pubs/sp/800/108/r1/upd1/final); FIPS 186-4 appendix B.4.2 (a private
key by testing candidates, https://csrc.nist.gov/pubs/fips/186-4/final).
"""

from __future__ import annotations

from hmac import digest

from .errors import SigningError
from .kept import keep
from .scope import ALGORITHM_V4A, same_secret

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    _ECDSA = ec.ECDSA(SHA256())
    AVAILABLE = True
except ImportError:
    AVAILABLE = False

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .credentials import Credentials

SIGNATURE_DIGITS_MAX = 144  # hex digits: two integers of 33 bytes, and 6 bytes of DER around them

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (FIPS 186-4, D.1.2.3)
_KEY_BITS = 256


def require() -> None:
    """Raises SigningError, with the line that installs it, where `cryptography` is missing."""
    if not AVAILABLE:
        raise SigningError("SigV4A needs the package cryptography: pip install 'sigv4kit[sigv4a]'")


class KeyPair:
    """The keys of one access key: ECDSA with SHA-256 on P-256."""

    __slots__ = ("_private_key", "_public_key")

    def __init__(self, private_key: int) -> None:
        self._private_key = ec.derive_private_key(private_key, ec.SECP256R1())
        self._public_key = self._private_key.public_key()

    def sign(self, string_to_sign: str) -> str:
        """DER in lower-case hex, another one each time."""
        return self._private_key.sign(string_to_sign.encode(), _ECDSA).hex()

    @property
    def coordinates(self) -> tuple[bytes, bytes]:
        """The public key's point: x and y, 32 bytes each."""
        numbers = self._public_key.public_numbers()
        return numbers.x.to_bytes(32), numbers.y.to_bytes(32)

    def verify(self, string_to_sign: str, provided: str) -> bool:
        """Whether `provided` was made over `string_to_sign` with the private key."""
        if not is_signature(provided):
            return False
        try:
            self._public_key.verify(bytes.fromhex(provided), string_to_sign.encode(), _ECDSA)
        except InvalidSignature:
            return False
        return True


def is_signature(text: str) -> bool:
    """Whether `text` has the form of a signature: whole bytes in lower-case hex, no longer than DER can be."""
    return 0 < len(text) <= SIGNATURE_DIGITS_MAX and len(text) % 2 == 0 and not text.strip("0123456789abcdef")


def derive_private_key(access_key_id: str, secret_access_key: str) -> int:
    """The private key that belongs to an access key: a number from 1 to the order of P-256 less one.

    A candidate beyond that range, one in some four thousand million, is passed over and the counter moves on.
    Raises SigningError when all 254 candidates are, which no one will see.
    """
    key = b"AWS4A" + secret_access_key.encode()
    label = (1).to_bytes(4, "big") + ALGORITHM_V4A.encode() + b"\0" + access_key_id.encode()
    for counter in range(1, 255):
        candidate = int.from_bytes(
            digest(key, label + bytes((counter,)) + _KEY_BITS.to_bytes(4, "big"), "sha256"), "big"
        )
        if candidate <= _ORDER - 2:
            return candidate + 1
    raise SigningError("no SigV4A key can be derived from these credentials; make another access key")


_key_pairs: dict[str, tuple[Credentials, KeyPair]] = {}


def key_pair(credentials: Credentials) -> KeyPair:
    """The key pair of these credentials, derived once and kept.

    Safe with any number of threads, as `scope.signing_key` is and for the same reason. Raises SigningError where
    `cryptography` is missing.
    """
    require()
    kept = _key_pairs.get(credentials.access_key_id)
    if kept is not None and (kept[0] is credentials or same_secret(kept[0], credentials)):
        return kept[1]
    made = KeyPair(derive_private_key(credentials.access_key_id, credentials.secret_access_key))
    keep(_key_pairs, credentials.access_key_id, (credentials, made))
    return made
