"""Credentials from the agent of a container: Amazon ECS and EKS Pod Identity.

Rules:
- AWS_CONTAINER_CREDENTIALS_RELATIVE_URI counts before AWS_CONTAINER_CREDENTIALS_FULL_URI.
- A full URI over plain http must lead to this machine or to one of the agents' addresses: the credentials would pass
  everyone else's eyes.
- The authorization token is read anew each time from AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, which is rotated; that
  counts before AWS_CONTAINER_AUTHORIZATION_TOKEN.
- At most three attempts of two seconds.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

from ..errors import CredentialsError, NoCredentialsFound, SigningError
from ..hosts import is_ip, parse_authority
from .issued import issued
from .world import World, read_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..credentials import Credentials

RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 the variable's name
TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"  # noqa: S105 the variable's name
ATTEMPTS, TIMEOUT = 3, 2.0
_AGENT = "http://169.254.170.2"
_AGENTS = ("169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost", "[::1]")


class ContainerProvider:
    """Asks the agent that the environment names."""

    name = "container"

    def __init__(self, world: World | None = None) -> None:
        self._world = world or World()

    def __call__(self) -> Credentials:
        """Raises NoCredentialsFound where the environment names no agent, CredentialsError where the agent fails."""
        relative, full = self._world.get(RELATIVE_URI), self._world.get(FULL_URI)
        if relative is None and full is None:
            raise NoCredentialsFound(f"neither {RELATIVE_URI} nor {FULL_URI} is set, as ECS and EKS set it")
        url = full or ""
        if relative is not None:
            url = f"{_AGENT}/{relative.removeprefix('/')}"
        elif not _is_allowed(url):
            raise CredentialsError(f"{FULL_URI} must be https, or lead to this machine or to {', '.join(_AGENTS)}")
        headers = {"Accept": "application/json"}
        if (token := self._token()) is not None:
            headers["Authorization"] = token
        local = not url.startswith("https:")
        status, body = self._world.ask(self.name, "GET", url, headers, timeout=TIMEOUT, attempts=ATTEMPTS, local=local)
        if status != 200:
            raise CredentialsError(f"container: the agent responds {status}")
        return issued(self.name, read_json("container: the agent's response", body), token_name="Token")  # noqa: S106

    def _token(self) -> str | None:
        file = self._world.get(TOKEN_FILE)
        if file is None:
            return self._world.get(TOKEN)
        text = self._world.read(file, TOKEN_FILE)
        if text is None:
            raise CredentialsError(f"{TOKEN_FILE} {file} does not exist")
        text = text.strip()
        if not text or not text.isprintable() or not text.isascii():
            raise CredentialsError(f"{TOKEN_FILE} {file} holds no token")
        return text


def _is_allowed(url: str) -> bool:
    scheme, _, rest = url.partition("://")
    if scheme.lower() == "https":
        return True
    try:
        host, _ = parse_authority(rest.partition("/")[0].partition("?")[0], FULL_URI)
    except SigningError:
        return False
    return scheme.lower() == "http" and (host in _AGENTS or (is_ip(host) and host.startswith("127.")))
