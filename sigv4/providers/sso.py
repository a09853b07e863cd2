"""Credentials of a role in IAM Identity Center (SSO), by the token that `aws sso login` left behind.

    [profile work]                            the older form has sso_start_url and sso_region in the profile itself
    sso_session = company                     and its tokens are not refreshed
    sso_account_id = 111122223333
    sso_role_name = Developer
    [sso-session company]
    sso_start_url = https://company.awsapps.com/start
    sso_region = eu-central-1

Rules:
- The token stands in ~/.aws/sso/cache, in a file named after the SHA-1 of the session's name or the start URL.
- A token that ends within five minutes is refreshed, where it can be, and the file replaced for its owner's eyes alone;
  that fails where another program was faster, so the file is then read again.
- Only a person can log in: errors say the command.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html
"""

from __future__ import annotations

from ..encoding import encode_query
from ..errors import CredentialsError, NoCredentialsFound
from .issued import issued
from .profile import Profile
from .world import Unreachable, read_json, read_moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..credentials import Credentials

ATTEMPTS, TIMEOUT = 3, 5.0
_REFRESH_WITHIN = 300  # seconds before the token's end
_OF_PROFILE = ("sso_account_id", "sso_role_name")
_OF_SESSION = ("sso_start_url", "sso_region")


class SSOProvider:
    """The role that a profile names."""

    name = "SSO"

    def __init__(self, profile: Profile | None = None) -> None:
        self._profile = profile or Profile()

    def __call__(self) -> Credentials:
        """Raises NoCredentialsFound for a profile without SSO, CredentialsError where logging in is due or it fails."""
        profile = self._profile
        if not any(map(profile.text, _OF_PROFILE)):
            raise NoCredentialsFound(f"{profile.place} has no sso_role_name")
        configured = self._configured()
        token = self._token(configured)
        query = encode_query([("role_name", configured["sso_role_name"]), ("account_id", configured["sso_account_id"])])
        url = profile.url_of("sso", "portal.sso", configured["sso_region"])
        status, body = profile.world.ask(
            self.name,
            "GET",
            f"{url}/federation/credentials?{query}",
            {"x-amz-sso_bearer_token": token},
            timeout=TIMEOUT,
            attempts=ATTEMPTS,
        )
        if status in (401, 403):
            raise CredentialsError(f"SSO: the token is not taken, or not for this role; {self._log_in()}")
        if status != 200:
            raise CredentialsError(f"SSO: the portal responds {status}; look at {', '.join(_OF_PROFILE)}")
        found = read_json("SSO: the portal's response", body).get("roleCredentials")
        return issued(self.name, _renamed(found if isinstance(found, dict) else {}))

    def _configured(self) -> dict[str, str]:
        """The four profile. Raises CredentialsError for one that is missing, or differs in profile and session."""
        profile, session = self._profile, self._profile.text("sso_session")
        section: Mapping[str, object] = profile.section
        if session is not None:
            if session not in profile.shared.sso_sessions:
                raise CredentialsError(f"{profile.place}: there is no [sso-session {session}] in the config file")
            section = profile.shared.sso_sessions[session]
        configured: dict[str, str] = {}
        for name in (*_OF_PROFILE, *_OF_SESSION):
            own, shared = profile.text(name), section.get(name)
            value = shared if name in _OF_SESSION else own
            if own and shared and own != shared:
                raise CredentialsError(f"{profile.place}: {name} is not that of its [sso-session {session}]")
            if not isinstance(value, str) or not value:
                raise CredentialsError(f"{profile.place}: {name} is missing")
            configured[name] = value
        return configured

    def _token(self, configured: Mapping[str, str]) -> str:
        from hashlib import sha1

        world, session = self._profile.world, self._profile.text("sso_session")
        name = sha1((session or configured["sso_start_url"]).encode(), usedforsecurity=False).hexdigest()
        path = world.path(f"~/.aws/sso/cache/{name}.json")
        cached = self._read(path)
        if session is not None and self._left(cached) < _REFRESH_WITHIN:
            refreshed = self._refreshed(cached, configured)
            if refreshed is None:
                cached = self._read(path)
            else:
                cached = refreshed
                from json import dumps

                world.write(path, dumps(cached))
        if self._left(cached) <= 0:
            raise CredentialsError(f"SSO: the token has ended; {self._log_in()}")
        return str(cached["accessToken"])

    def _read(self, path: str) -> dict[str, Any]:
        text = self._profile.world.read(path, "the SSO token file")
        if text is None:
            raise CredentialsError(f"SSO: not logged in; {self._log_in()}")
        cached = read_json(f"the SSO token file {path}", text)
        token = cached.get("accessToken")
        if not isinstance(token, str) or not (token.isascii() and token.isprintable()) or "expiresAt" not in cached:
            raise CredentialsError(f"the SSO token file {path} holds no token; {self._log_in()}")
        return cached

    def _left(self, cached: Mapping[str, Any]) -> float:
        return (
            read_moment("expiresAt of the SSO token file", cached["expiresAt"]).timestamp() - self._profile.world.now()
        )

    def _refreshed(self, cached: Mapping[str, Any], configured: Mapping[str, str]) -> dict[str, Any] | None:
        """The token file's new content; None where the token cannot be refreshed.

        Source: https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/API_CreateToken.html
        """
        from datetime import UTC, datetime
        from json import dumps

        asked = {name: cached.get(name) for name in ("clientId", "clientSecret", "refreshToken")}
        world, until = self._profile.world, cached.get("registrationExpiresAt")
        if not all(asked.values()) or until is None:
            return None
        if read_moment("registrationExpiresAt of the SSO token file", until).timestamp() <= world.now():
            return None
        body = dumps({"grantType": "refresh_token", **asked}).encode()
        url = self._profile.url_of("sso_oidc", "oidc", configured["sso_region"])
        try:
            status, response = world.ask(
                "SSO: refreshing the token",
                "POST",
                f"{url}/token",
                {"Content-Type": "application/json"},
                body,
                timeout=TIMEOUT,
                attempts=ATTEMPTS,
            )
        except Unreachable:
            return None
        if status != 200:
            return None
        found = read_json("SSO: the refreshed token", response)
        token, life = found.get("accessToken"), found.get("expiresIn")
        if not isinstance(token, str) or not isinstance(life, int):
            raise CredentialsError("SSO: the refreshed token has no accessToken, or no expiresIn")
        end = datetime.fromtimestamp(world.now() + life, UTC)
        return {
            **cached,
            "accessToken": token,
            "expiresAt": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "refreshToken": found.get("refreshToken") or asked["refreshToken"],
        }

    def _log_in(self) -> str:
        return f"run: aws sso login --profile {self._profile.name}"


def _renamed(found: Mapping[str, object]) -> dict[str, object]:
    """The portal's names, and its milliseconds, as those of other services."""
    from datetime import UTC, datetime

    end = found.get("expiration")
    renamed = {name[0].upper() + name[1:]: value for name, value in found.items()}
    if isinstance(end, int) and 0 < end < 1 << 45:
        renamed["Expiration"] = datetime.fromtimestamp(end / 1000, UTC).isoformat()
    return renamed
