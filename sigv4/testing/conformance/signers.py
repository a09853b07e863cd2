"""Who signs: the owner of the probe's bucket, a session of theirs, and those who pretend to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from ...credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Callable

    from .site import Site

    Who: TypeAlias = Callable[[Site], Credentials]


def owner(site: Site) -> Credentials:
    return site.credentials


def stranger(site: Site) -> Credentials:
    """Nobody the engine knows."""
    return Credentials("AKIANOBODYKNOWSTHIS0", site.credentials.secret_access_key)


def impostor(site: Site) -> Credentials:
    """A known name, without its secret."""
    return _other(site.credentials, secret="not-the-secret-of-that-name")  # noqa: S106


def owner_with_token(site: Site) -> Credentials:
    return _other(site.credentials, token="no-token-that-was-ever-given-out")  # noqa: S106


def session(site: Site) -> Credentials:
    """Temporary credentials; only for checks that need a session."""
    if site.session is None:
        raise LookupError("the engine gives no temporary credentials")
    return site.session


def session_without_token(site: Site) -> Credentials:
    known = session(site)
    return Credentials(known.access_key_id, known.secret_access_key)


def session_with_other_token(site: Site) -> Credentials:
    known = session(site)
    return _other(known, token=(known.session_token or "")[::-1])


def _other(known: Credentials, secret: str | None = None, token: str | None = None) -> Credentials:
    return Credentials(known.access_key_id, secret or known.secret_access_key, token or known.session_token)
