"""Credentials that nobody gave: for a server that starts without any, and for those that STS hands out."""

from __future__ import annotations

import os

from ..credentials import Credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime


def made_up_credentials(prefix: str, expires_at: datetime | None = None) -> Credentials:
    """New ones, which cannot be guessed. The access key id begins with `prefix`; those that expire have a token."""
    token = None if expires_at is None else os.urandom(48).hex()
    return Credentials(prefix + os.urandom(8).hex().upper(), os.urandom(20).hex(), token, expires_at)
