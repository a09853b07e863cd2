"""Credentials from environment variables, under AWS's names.

Source: https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
"""

from __future__ import annotations

import os

from ..credentials import Credentials
from ..errors import CredentialsError, NoCredentialsFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 the variable's name
SESSION_TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105 the variable's name


def from_environment(environ: Mapping[str, str] | None = None) -> Credentials:
    """Credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN.

    `environ` stands in for os.environ. An empty variable counts as unset.
    Raises NoCredentialsFound when neither key is set, CredentialsError when only one is, and SigningError for values
    that no credentials have.
    """
    environ = os.environ if environ is None else environ
    access_key_id, secret = environ.get(ACCESS_KEY_ID), environ.get(SECRET_ACCESS_KEY)
    if not access_key_id and not secret:
        raise NoCredentialsFound(f"no credentials in the environment: set {ACCESS_KEY_ID} and {SECRET_ACCESS_KEY}")
    if not access_key_id or not secret:
        missing, present = (SECRET_ACCESS_KEY, ACCESS_KEY_ID) if access_key_id else (ACCESS_KEY_ID, SECRET_ACCESS_KEY)
        raise CredentialsError(f"{present} is set but {missing} is not; set both")
    return Credentials(access_key_id, secret, environ.get(SESSION_TOKEN) or None)
