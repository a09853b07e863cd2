"""Credentials as AWS's services and programs issue them: one set of names, read once."""

from __future__ import annotations

from ..credentials import Credentials
from ..errors import CredentialsError, SigningError
from .world import read_moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def issued(
    what: str,
    fields: Mapping[str, object],
    token_name: str = "SessionToken",  # noqa: S107 a field's name
    lasting: bool = False,
) -> Credentials:
    """Credentials from AccessKeyId, SecretAccessKey, the token and Expiration.

    `lasting`: without a token and an end they are good, too.
    Raises CredentialsError, which `what` opens, for a field that is missing or can be none; it shows no value.
    """
    optional = {token_name, "Expiration"} if lasting else frozenset()
    texts: dict[str, str | None] = {}
    for name in ("AccessKeyId", "SecretAccessKey", token_name, "Expiration"):
        value = fields.get(name)
        if value in (None, "") and name in optional:
            texts[name] = None
        elif isinstance(value, str) and value:
            texts[name] = value
        else:
            raise CredentialsError(f"{what}: {name} is missing, or no text")
    expires_at = None if texts["Expiration"] is None else read_moment(f"{what}: Expiration", texts["Expiration"])
    try:
        return Credentials(texts["AccessKeyId"] or "", texts["SecretAccessKey"] or "", texts[token_name], expires_at)
    except SigningError as error:  # its message shows no value
        raise CredentialsError(f"{what}: {error}") from None
