"""The routes: pure functions from a `Request` to a `Response`, for any HTTP server to carry.

    GET  /presign                    {bucket, endpoint, embedded, max_size, allowed_types, expires_in}
    POST /presign                    a presigned URL for an upload or a download (presign.py)
    POST /api/generatePresignedUrl   the tutorial's endpoint (tutorial.py)

Errors are {"error": text, "field": name or null} with a 4xx status. Other sites are kept out by gate.py.
"""

from __future__ import annotations

from ..errors import CredentialsError
from .gate import Gate, preflight
from .messages import Refused, Request, Response, error_response
from .presign import Presign
from .tutorial import Tutorial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .authentication import BearerToken
    from .policy import Policy
    from .store import Store


class Uploads:
    """The routes of one server. Called with a `Request` it gives the `Response`; no request makes it raise.

    `hosts`, `origins`: see Gate. `public`: responses to GET for whoever asks, by path: a page, say. `expires_in`: how
    long a URL lives, in seconds. `tutorial_expires_in`: the same of the tutorial's, None where that route is not to be
    there; `upload_acl`: a canned ACL for its uploads.
    """

    def __init__(
        self,
        store: Store,
        policy: Policy,
        *,
        token: BearerToken | None = None,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        public: Mapping[str, Response] = {},
        expires_in: int = 900,
        tutorial_expires_in: int | None = None,
        upload_acl: str | None = None,
    ) -> None:
        self._token = token
        self._gate = Gate(hosts, origins)
        self._public = public
        self._routes: dict[str, dict[str, Callable[[Request], Response]]] = {
            **Presign(store, policy, expires_in).routes(),
        }
        if tutorial_expires_in is not None:
            self._routes |= Tutorial(store, policy, tutorial_expires_in, upload_acl).routes()

    def __call__(self, request: Request) -> Response:
        try:
            response = self._respond(request)
        except Refused as refused:
            response = error_response(refused.status, str(refused), refused.field)
        except CredentialsError:  # its message may tell strangers about this machine
            response = error_response(503, "this server has no credentials that work just now; try again in a minute")
        return self.readable(request, response)

    def readable(self, request: Request, response: Response) -> Response:
        """The response as it goes out: with what lets the page of an allowed origin read it."""
        cors = self._gate.cors(request)
        return response.with_headers(*cors) if cors else response

    def _respond(self, request: Request) -> Response:
        self._gate.check_host(request)
        if (shown := self._public.get(request.path)) is not None:
            return shown if request.method in ("GET", "HEAD") else _method_not_allowed(("GET", "HEAD"))
        methods = self._routes.get(request.path)
        if methods is None:  # a browser asks before it gets to see the 404
            return preflight(("GET", "POST")) if request.method == "OPTIONS" else _nothing_here()
        return self._guarded(request, methods)

    def _guarded(self, request: Request, methods: dict[str, Callable[[Request], Response]]) -> Response:
        """A route that gives out URLs: own or allowed origins alone, and the bearer token where one is set."""
        self._gate.check_origin(request)
        if request.method == "OPTIONS":
            return preflight(methods)
        handler = methods.get(request.method)
        if handler is None:
            return _method_not_allowed((*methods, "OPTIONS"))
        if self._token and not self._token.matches(request.headers.get("authorization")):
            response = error_response(401, "send this server's token as Authorization: Bearer TOKEN", "Authorization")
            return response.with_headers(("WWW-Authenticate", "Bearer"))
        return handler(request)


def _nothing_here() -> Response:
    return error_response(404, "there is nothing here; the page is at /")


def _method_not_allowed(methods: Iterable[str]) -> Response:
    allowed = ", ".join(methods)
    return error_response(405, f"this takes {allowed}", headers=(("Allow", allowed),))
