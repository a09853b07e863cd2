"""Who may ask at all: names of this server and pages of its own or allowed origins.

- Host must be a name of this server: or a page of another site reaches it under a name of its own (DNS rebinding).
- Origin must be this server's own or an allowed one. POST bodies are application/json, which no form can send.
"""

from __future__ import annotations

from ..errors import SigningError
from ..hosts import is_ip, parse_authority
from .messages import ALWAYS, Refused, Request, Response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Gate:
    """`hosts`: the names that this server is reached under, beside every address and localhost. `origins`: those, as
    browsers write them, whose pages may ask, beside this server's own.
    """

    __slots__ = ("hosts", "origins")

    def __init__(self, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        self.hosts = frozenset(hosts)
        self.origins = frozenset(origins)

    def check_host(self, request: Request) -> None:
        """Refuse names that are not this server's. Addresses pass: only a name can be made to point elsewhere."""
        name = _host_name(request.headers.get("host", ""))
        if not (name in self.hosts or name == "localhost" or name.endswith(".localhost") or is_ip(name)):
            raise Refused("Host", "is not a name of this server; SERVER_ALLOWED_HOSTS lists its names", 421)

    def check_origin(self, request: Request) -> None:
        """Refuse pages of other sites. Programs send no Origin and are let in."""
        origin = request.headers.get("origin")
        if origin is None:
            if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
                raise Refused("Origin", "is missing on a request from another site's page", 403)
            return
        scheme, _, authority = origin.partition("://")
        own = scheme in ("http", "https") and authority == request.headers.get("host", "").lower()
        if not own and origin not in self.origins:
            raise Refused(
                "Origin", "is another site's; SERVER_ALLOWED_ORIGINS lists those whose pages may ask for URLs", 403
            )

    def cors(self, request: Request) -> tuple[tuple[str, str], ...]:
        """What lets an allowed origin's page read a response, whatever it says; without it, its browser says CORS."""
        origin = request.headers.get("origin")
        if origin not in self.origins:
            return ()
        return (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"))


def preflight(methods: Iterable[str]) -> Response:
    """The response to a browser that asks whether another site's page may call.

    Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    cors = (
        ("Access-Control-Allow-Methods", ", ".join(methods)),
        ("Access-Control-Allow-Headers", "Authorization, Content-Type"),
        ("Access-Control-Max-Age", "600"),
    )
    return Response(204, (*ALWAYS, ("Allow", ", ".join((*methods, "OPTIONS"))), *cors), b"")


def _host_name(host: str) -> str:
    """The name or address in a Host header, without its port; "" where it is malformed."""
    try:
        return parse_authority(host, "Host")[0].rstrip(".")
    except SigningError:
        return ""
