"""Credentials, and what may stand in their place.

Rules:
- A Credentials object never changes: a new secret is a new object. Caches rely on it.
- Its repr shows the access key id and nothing else; no method shows the rest.
- Wherever credentials are asked for, a callable that returns them (a provider) may be given. It is called at each
  signing, so that it can hand out fresh ones.
"""

from __future__ import annotations

from .errors import CredentialsError, SigningError
from .frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import TypeAlias

    CredentialProvider: TypeAlias = Callable[[], "Credentials"]


class Credentials(Frozen):
    """An access key, its secret, and for temporary ones the session token and when it ends.

    `expires_at` is an aware datetime or None. Raises SigningError for an empty part, white space at an edge (a copied
    newline is the usual cause), control characters, and a naive `expires_at`.
    """

    __slots__ = ("access_key_id", "expires_at", "secret_access_key", "session_token")

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    expires_at: datetime | None

    def __init__(
        self,
        access_key_id: str,
        secret_access_key: str,
        session_token: str | None = None,
        expires_at: datetime | None = None,
    ) -> None:
        _check("access_key_id", access_key_id, forbidden="/,=; ")
        _check("secret_access_key", secret_access_key)
        if session_token is not None:
            _check("session_token", session_token, forbidden=" ")
        if expires_at is not None and expires_at.utcoffset() is None:
            raise SigningError("expires_at has no time zone; give an aware datetime, such as one with tzinfo=UTC")
        put = object.__setattr__
        put(self, "access_key_id", access_key_id)
        put(self, "secret_access_key", secret_access_key)
        put(self, "session_token", session_token)
        put(self, "expires_at", expires_at)

    def __repr__(self) -> str:
        # A traceback may show one whose making was refused halfway.
        return f"Credentials(access_key_id={getattr(self, 'access_key_id', None)!r}, ...)"


def resolve(credentials: Credentials | CredentialProvider) -> Credentials:
    """The credentials to sign with now.

    Raises CredentialsError when a provider returns something else; what the provider raises passes through.
    """
    if isinstance(credentials, Credentials):
        return credentials
    if not callable(credentials):
        raise CredentialsError(f"credentials must be Credentials or a callable, not {type(credentials).__name__}")
    provided = credentials()
    if not isinstance(provided, Credentials):
        raise CredentialsError(f"the credential provider returned {type(provided).__name__}, not Credentials")
    return provided


def _check(name: str, value: str, forbidden: str = "") -> None:
    """The value itself is never shown: it may be the secret, pasted into the wrong place."""
    if not isinstance(value, str):
        raise SigningError(f"{name} must be text, not {type(value).__name__}")
    if not value:
        raise SigningError(f"{name} is empty")
    if value != value.strip():
        raise SigningError(f"{name} has white space at an edge; strip it (a newline from a file is the usual cause)")
    if not value.isascii() or not value.isprintable():
        raise SigningError(f"{name} holds a control or non-ASCII character; copy it again from its source")
    for character in forbidden:
        if character in value:
            raise SigningError(f"{name} holds {character!r}, which no {name} has; copy it again from its source")
