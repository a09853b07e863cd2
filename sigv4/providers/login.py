"""Credentials that `aws login` left behind: the profile's `login_session`.

Rules:
- They stand in ~/.aws/login/cache, or in AWS_LOGIN_CACHE_DIRECTORY, in a file named after the SHA-256 of the session.
- Credentials that end within five minutes are refreshed, with a proof that the key in the file is held (DPoP), which
  needs the extra `sigv4a`. The file is replaced for its owner's eyes alone.
- Only a person can log in: errors say the command.
Sources: https://docs.aws.amazon.com/sdkref/latest/guide/feature-login-credentials.html;
https://www.rfc-editor.org/rfc/rfc9449#section-4.2.
"""

from __future__ import annotations

from ..errors import CredentialsError, NoCredentialsFound
from .issued import issued
from .profile import Profile
from .world import read_json, read_moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..credentials import Credentials

ATTEMPTS, TIMEOUT = 3, 5.0
_REFRESH_WITHIN = 300  # seconds before the end
_HOSTS = {"aws": "signin.aws.amazon.com", "aws-cn": "signin.amazonaws.cn", "aws-us-gov": "signin.amazonaws-us-gov.com"}


class LoginProvider:
    """The session that a profile names."""

    name = "aws login"

    def __init__(self, profile: Profile | None = None) -> None:
        self._profile = profile or Profile()

    def __call__(self) -> Credentials:
        """Raises NoCredentialsFound for a profile without a session, CredentialsError where logging in is due."""
        session = self._profile.text("login_session")
        if session is None:
            raise NoCredentialsFound(f"{self._profile.place} has no login_session")
        path = self._path(session)
        cached = self._read(path)
        if self._left(cached) < _REFRESH_WITHIN:
            cached = self._refreshed(cached, path)
        return issued(self.name, _renamed(cached))

    def _path(self, session: str) -> str:
        from hashlib import sha256

        world = self._profile.world
        folder = world.get("AWS_LOGIN_CACHE_DIRECTORY") or "~/.aws/login/cache"
        return world.path(f"{folder}/{sha256(session.encode()).hexdigest()}.json")

    def _read(self, path: str) -> dict[str, Any]:
        text = self._profile.world.read(path, "the login's file")
        if text is None:
            raise CredentialsError(f"aws login: not logged in; {self._log_in()}")
        cached = read_json(f"the login's file {path}", text)
        token = cached.get("accessToken")
        if not isinstance(token, dict) or "expiresAt" not in token:
            raise CredentialsError(f"the login's file {path} holds no credentials; {self._log_in()}")
        return cached

    def _left(self, cached: Mapping[str, Any]) -> float:
        end = read_moment("expiresAt of the login's file", cached["accessToken"]["expiresAt"])
        return end.timestamp() - self._profile.world.now()

    def _refreshed(self, cached: dict[str, Any], path: str) -> dict[str, Any]:
        """The file's new content; the old one, where refreshing fails and that is still good."""
        from json import dumps

        try:
            refreshed = self._refresh(cached)
        except CredentialsError as error:
            cached = self._read(path)  # another program may have been faster
            if self._left(cached) > 0:
                return cached
            raise CredentialsError(f"{error}; {self._log_in()}") from None
        self._profile.world.write(path, dumps(refreshed))
        return refreshed

    def _refresh(self, cached: dict[str, Any]) -> dict[str, Any]:
        from datetime import UTC, datetime
        from json import dumps

        from ..sigv4a import AVAILABLE

        if not AVAILABLE:
            raise CredentialsError("aws login: refreshing needs the extra sigv4a (pip install 'sigv4kit[sigv4a]')")
        from .dpop import dpop_proof

        world, url = self._profile.world, f"{self._endpoint(cached)}/v1/token"
        asked = {name: cached.get(name) for name in ("clientId", "refreshToken", "dpopKey")}
        if not all(isinstance(value, str) and value for value in asked.values()):
            raise CredentialsError(f"aws login: the file lacks one of {', '.join(asked)}")
        key = str(asked.pop("dpopKey"))
        try:
            proof = dpop_proof(key, "POST", url, int(world.now()))
        except ValueError:
            raise CredentialsError("aws login: the file's dpopKey is no key on the curve P-256") from None
        headers = {"Content-Type": "application/json", "DPoP": proof}
        body = dumps({**asked, "grantType": "refresh_token"}).encode()
        status, response = world.ask(
            "aws login: refreshing", "POST", url, headers, body, timeout=TIMEOUT, attempts=ATTEMPTS
        )
        if status != 200:
            raise CredentialsError(f"aws login: refreshing is refused with {status}")
        found = read_json("aws login: the refreshed credentials", response)
        token, life = found.get("accessToken"), found.get("expiresIn")
        if not isinstance(token, dict) or not isinstance(life, int) or not isinstance(found.get("refreshToken"), str):
            raise CredentialsError("aws login: the refreshed credentials are not complete")
        end = f"{datetime.fromtimestamp(world.now() + life, UTC):%Y-%m-%dT%H:%M:%SZ}"
        return {
            **cached,
            "accessToken": {**cached["accessToken"], **token, "expiresAt": end},
            "refreshToken": found["refreshToken"],
        }

    def _endpoint(self, cached: Mapping[str, Any]) -> str:
        from ..rules import partition

        configured = self._profile.endpoint_url("signin")
        region = str(cached.get("signInRegion") or self._profile.region or "us-east-1")
        return configured or f"https://{region}.{_HOSTS.get(partition(region), _HOSTS['aws'])}"

    def _log_in(self) -> str:
        return f"run: aws login --profile {self._profile.name}"


def _renamed(cached: Mapping[str, Any]) -> dict[str, object]:
    token = cached["accessToken"]
    return {"Expiration": token["expiresAt"], **{name[:1].upper() + name[1:]: token[name] for name in token}}
