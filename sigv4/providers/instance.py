"""Credentials of an EC2 instance's role, from its metadata service, version 2 (IMDSv2).

    PUT /latest/api/token -> a session token      GET .../security-credentials/ -> the role's name, then its credentials

Rules:
- Version 1, which needs no token and so can be reached through a server that fetches URLs for others, is used only
  where AWS_EC2_METADATA_V1_DISABLED, or ec2_metadata_v1_disabled, says "false".
- AWS_EC2_METADATA_DISABLED=true switches it all off. AWS_EC2_METADATA_SERVICE_ENDPOINT counts before
  AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE (IPv4 or IPv6); the profile has the same settings, in lower case.
- One attempt of one second each, unless AWS_METADATA_SERVICE_NUM_ATTEMPTS and AWS_METADATA_SERVICE_TIMEOUT say
  otherwise: elsewhere than on EC2 nobody is there to respond.
- Where the service hands out credentials that have ended, it cannot renew them just then. AWS asks to go on with them
  and to ask again some minutes later, so they get a new end there.
Sources: https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html;
https://docs.aws.amazon.com/sdkref/latest/guide/feature-static-stability.html.
"""

from __future__ import annotations

from ..credentials import Credentials
from ..encoding import is_number
from ..errors import CredentialsError, NoCredentialsFound
from .issued import issued
from .world import Unreachable, World, between, read_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .profile import Profile

_ENDPOINTS = {"ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"}
_ROLES = "/latest/meta-data/iam/security-credentials/"
_TOKEN_LIFE = "21600"  # noqa: S105 seconds, the most that there is
_EXTENSION = 600, 900  # seconds: at least and at most, so that not all come back at once


class InstanceProvider:
    """Asks the metadata service. `profile`: the one that may configure it."""

    name = "instance metadata"

    def __init__(self, profile: Profile | None = None, *, world: World | None = None) -> None:
        self._profile = profile
        self._world = world or (profile.world if profile else World())

    def __call__(self) -> Credentials:
        """Raises NoCredentialsFound where this is no EC2 instance with a role; CredentialsError for a bad setting."""
        if (self._world.get("AWS_EC2_METADATA_DISABLED") or "").lower() == "true":
            raise NoCredentialsFound("AWS_EC2_METADATA_DISABLED is set")
        endpoint = self._endpoint()
        try:
            headers = self._session(endpoint)
            roles = self._get(endpoint + _ROLES, headers).decode("utf-8", "replace").split()
            if not roles:
                raise NoCredentialsFound("the instance has no role")
            found = read_json("the role's credentials", self._get(f"{endpoint}{_ROLES}{roles[0]}", headers))
        except Unreachable as error:
            raise NoCredentialsFound(str(error)) from None
        if found.get("Code", "Success") != "Success":
            raise NoCredentialsFound(f"the metadata service has no credentials for its role: {str(found['Code'])[:80]}")
        return self._extended(issued(self.name, found, token_name="Token"))  # noqa: S106 a field's name

    def _session(self, endpoint: str) -> dict[str, str]:
        """What every further request carries."""
        asked = {"x-aws-ec2-metadata-token-ttl-seconds": _TOKEN_LIFE}
        problem = ""
        try:
            status, body = self._ask("PUT", f"{endpoint}/latest/api/token", asked)
            token = body.decode("ascii", "replace").strip()
            if status == 200 and token.isprintable() and token.isascii() and token:
                return {"x-aws-ec2-metadata-token": token}
            problem = f"{self.name}: no session token: it responds {status}"
        except Unreachable as error:
            problem = str(error)
        if (self._setting("AWS_EC2_METADATA_V1_DISABLED") or "true").lower() != "false":
            raise NoCredentialsFound(problem)
        return {}

    def _get(self, url: str, headers: dict[str, str]) -> bytes:
        status, body = self._ask("GET", url, headers)
        if status != 200:
            why = "the instance has no role" if status == 404 else f"it responds {status}"
            raise NoCredentialsFound(f"{self.name}: {why}")
        return body

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> tuple[int, bytes]:
        timeout = self._number("AWS_METADATA_SERVICE_TIMEOUT")
        attempts = self._number("AWS_METADATA_SERVICE_NUM_ATTEMPTS")
        return self._world.ask(self.name, method, url, headers, timeout=timeout, attempts=attempts, local=True)

    def _endpoint(self) -> str:
        endpoint = self._setting("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        if endpoint is not None:
            return endpoint.rstrip("/")
        mode = self._setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") or "ipv4"
        if mode.lower() not in _ENDPOINTS:
            raise CredentialsError(f"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE {mode[:20]!r} must be IPv4 or IPv6")
        return _ENDPOINTS[mode.lower()]

    def _number(self, variable: str) -> int:
        text = self._setting(variable) or "1"
        if not is_number(text, 3) or not int(text):
            raise CredentialsError(f"{variable} must be a whole number from 1 to 999")
        return int(text)

    def _setting(self, variable: str) -> str | None:
        """The variable, or the profile's property of that name."""
        own = self._profile.text(variable.removeprefix("AWS_").lower()) if self._profile else None
        return self._world.get(variable) or own

    def _extended(self, credentials: Credentials) -> Credentials:
        from datetime import UTC, datetime

        now = self._world.now()
        if credentials.expires_at is None or credentials.expires_at.timestamp() > now:
            return credentials
        return Credentials(
            credentials.access_key_id,
            credentials.secret_access_key,
            credentials.session_token,
            datetime.fromtimestamp(now + between(*_EXTENSION), UTC),
        )
