"""Credentials that stand in the shared files: keys, and for temporary ones the session token.

Half a set of keys is a mistake, never a reason to look elsewhere.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-credentials.html
"""

from __future__ import annotations

from ..credentials import Credentials
from ..errors import CredentialsError, NoCredentialsFound, SigningError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .shared_config import Section

KEYS = ("aws_access_key_id", "aws_secret_access_key")


class KeysProvider:
    """The keys that a section of the shared files holds. `file` names it in errors."""

    def __init__(self, section: Section, file: str) -> None:
        self.name = f"keys in the {file}"
        self._section = section

    def __call__(self) -> Credentials:
        """Raises NoCredentialsFound for a section without keys, CredentialsError for half of them."""
        given = {name: self._section.get(name) for name in (*KEYS, "aws_session_token")}
        if not any(given[name] for name in KEYS):
            raise NoCredentialsFound(f"there is no {KEYS[0]}")
        for name in KEYS:
            if not isinstance(given[name], str) or not given[name]:
                raise CredentialsError(f"{self.name}: {name} is missing; give both")
        key, secret, token = [text if isinstance(text, str) else "" for text in given.values()]
        try:
            return Credentials(key, secret, token or None)
        except SigningError as error:  # its message shows no value
            raise CredentialsError(f"{self.name}: {error}") from None
