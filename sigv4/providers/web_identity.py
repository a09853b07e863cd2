"""Credentials of a role for a web identity: an OpenID Connect token in a file, as EKS mounts it (IRSA).

Rules:
- AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME count each before the profile's
  web_identity_token_file, role_arn and role_session_name; not for a profile that the program names.
- The file is read anew each time, since it is rotated.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
"""

from __future__ import annotations

from ..errors import CredentialsError, NoCredentialsFound
from .profile import Profile
from .sts import SecurityTokenService

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..credentials import Credentials

TOKEN_FILE = "AWS_WEB_IDENTITY_TOKEN_FILE"  # noqa: S105 the variable's name


class WebIdentityProvider:
    """The environment's web identity, or the profile's. `environment=False`: the profile's alone."""

    name = "web identity"

    def __init__(self, profile: Profile | None = None, *, environment: bool = True) -> None:
        self._profile = profile or Profile()
        self._environment = environment

    def __call__(self) -> Credentials:
        """Raises NoCredentialsFound where no token file is named, CredentialsError where one fails."""
        file = self._setting(TOKEN_FILE, "web_identity_token_file")
        if file is None:
            raise NoCredentialsFound(f"no {TOKEN_FILE}, and no web_identity_token_file in {self._profile.place}")
        role_arn = self._setting("AWS_ROLE_ARN", "role_arn")
        if role_arn is None:
            raise CredentialsError(
                f"{self.name}: a token file without a role; set AWS_ROLE_ARN, or the profile's role_arn"
            )
        world = self._profile.world
        token = (world.read(world.path(file), "the web identity's token file") or "").strip()
        if not token:
            raise CredentialsError(f"{self.name}: the token file {file} does not exist, or is empty")
        session_name = self._setting("AWS_ROLE_SESSION_NAME", "role_session_name")
        return SecurityTokenService(self._profile).assume_role_with_web_identity(role_arn, token, session_name)

    def _setting(self, variable: str, name: str) -> str | None:
        return (self._profile.world.get(variable) if self._environment else None) or self._profile.text(name)
