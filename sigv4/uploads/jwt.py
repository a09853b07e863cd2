"""Who asks, by a JSON Web Token in the Authorization header; through PyJWT, the extra `jwt`.

- The algorithms are those that the key is for: a token cannot choose another one (RFC 8725, section 3.1). HS256 takes
  a secret alone, RS256 and ES256 take public keys alone.
- `exp` and the claim that names the principal must be there; `aud` and `iss` must be what is expected of them.
"""

from __future__ import annotations

import jwt

from .authentication import MAX_NAME
from .messages import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .messages import Request

LEEWAY = 30  # seconds by which two clocks may differ
MAX_TOKEN = 8192  # characters


class JSONWebTokens:
    """Authentication by tokens of one issuer.

    key        32 bytes or more, a secret (HS256); or text, a public key in PEM or a JWKS document (RS256, ES256)
    audience   what `aud` must hold; None: the tokens have none
    issuer     what `iss` must be; None: any
    claim      the one that names the principal

    Raises ValueError for a key that is none of these.
    """

    scheme = "bearer"

    def __init__(
        self, key: bytes | str, *, audience: str | None = None, issuer: str | None = None, claim: str = "sub"
    ) -> None:
        self._audience = audience
        self._issuer = issuer
        self._claim = claim
        self._keys: dict[str | None, tuple[Any, str]] = {}
        if isinstance(key, bytes):
            if len(key) < 32:
                raise ValueError("the secret must be at least 32 bytes long (RFC 7518, section 3.2)")
            self._keys[None] = key, "HS256"
        elif key.lstrip().startswith("{"):
            self._keys = dict(_of_jwks(key))
        else:
            self._keys[None] = _public(_of_pem(key))

    def __repr__(self) -> str:
        return "JSONWebTokens(...)"

    def __call__(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or len(token) > MAX_TOKEN:
            raise _refused()
        try:
            key, algorithm = self._key(jwt.get_unverified_header(token))
            claims = jwt.decode(
                token, key, algorithms=[algorithm], audience=self._audience, issuer=self._issuer,
                leeway=LEEWAY, options={"require": ["exp", self._claim]},
            )  # fmt: skip
        except jwt.ExpiredSignatureError:
            raise Refused("Authorization", "the token has expired", 401) from None
        except jwt.PyJWTError:
            raise _refused() from None
        name = claims[self._claim]
        if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
            raise _refused()
        return name

    def _key(self, header: dict[str, Any]) -> tuple[Any, str]:
        found = self._keys.get(header.get("kid")) or self._keys.get(None)
        if found is None:
            raise jwt.InvalidKeyError
        return found


def _of_jwks(text: str) -> Iterable[tuple[str | None, tuple[Any, str]]]:
    try:
        keys = jwt.PyJWKSet.from_json(text).keys
    except (jwt.PyJWTError, ValueError, KeyError, AttributeError):
        raise ValueError("the JWKS document holds no key that can be used") from None
    for each in keys:
        yield each.key_id, _public(each.key)


def _of_pem(text: str) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return load_pem_public_key(text.encode())
    except ValueError:
        raise ValueError("the key is no public key in PEM") from None


def _public(key: Any) -> tuple[Any, str]:
    """A public key and the one algorithm that it is for."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
        return key, "RS256"
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key, "ES256"
    raise ValueError("a key must be a public one of RSA, 2048 bits or more (RS256), or of P-256 (ES256)")


def _refused() -> Refused:
    return Refused("Authorization", "send a valid token as Authorization: Bearer TOKEN", 401)
