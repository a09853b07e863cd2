"""Credentials from environment variables, under AWS's names.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
"""

from __future__ import annotations

from ..credentials import Credentials
from ..errors import CredentialsError, NoCredentialsFound
from .world import World, read_moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 the variable's name
SESSION_TOKEN = "AWS_SESSION_TOKEN"  # noqa: S105 the variable's name
EXPIRATION = "AWS_CREDENTIAL_EXPIRATION"


def from_environment(environ: Mapping[str, str] | None = None) -> Credentials:
    """Credentials from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary ones, AWS_SESSION_TOKEN and
    AWS_CREDENTIAL_EXPIRATION (ISO 8601).

    `environ` stands in for os.environ. An empty variable counts as unset.
    Raises NoCredentialsFound when neither key is set, CredentialsError when only one is, and SigningError for values
    that no credentials have.
    """
    get = World(environ).get
    access_key_id, secret = get(ACCESS_KEY_ID), get(SECRET_ACCESS_KEY)
    if not access_key_id and not secret:
        raise NoCredentialsFound(f"no credentials in the environment: set {ACCESS_KEY_ID} and {SECRET_ACCESS_KEY}")
    if not access_key_id or not secret:
        missing, present = (SECRET_ACCESS_KEY, ACCESS_KEY_ID) if access_key_id else (ACCESS_KEY_ID, SECRET_ACCESS_KEY)
        raise CredentialsError(f"{present} is set but {missing} is not; set both")
    end = get(EXPIRATION)
    expires_at = None if end is None else read_moment(EXPIRATION, end)
    return Credentials(access_key_id, secret, get(SESSION_TOKEN), expires_at)


class EnvironmentProvider:
    """`from_environment` as a provider."""

    name = "environment"

    def __init__(self, world: World | None = None) -> None:
        self._world = world or World()

    def __call__(self) -> Credentials:
        """Raises as `from_environment` does, but for SigningError, which becomes CredentialsError."""
        try:
            return from_environment(self._world.environ)
        except ValueError as error:
            raise CredentialsError(f"environment: {error}") from None
