"""The routes: pure functions from a `Request` to a `Response`, for any HTTP server to carry.

    GET  /presign                    {bucket, endpoint, embedded, max_size, max_put, allowed_types, expires_in, ...}
    POST /presign                    a presigned URL for an upload or a download (presign.py), uploads in parts
                                     (multipart.py), what was uploaded (objects.py)
    POST /links, GET /d/...          links that last and end (links.py)
    GET  /openapi.json               all of this for programs (openapi.py)
    POST /api/generatePresignedUrl   the tutorial's endpoint (tutorial.py)

and those of other clients' protocols, where they are named: /s3 (companion.py, sign_request.py), /api/s3-upload
(next_s3_upload.py), /api/upload (better_upload.py).

Errors are {"error": text, "field": name or null} with a 4xx status. Other sites are kept out by gate.py.
"""

from __future__ import annotations

from time import time

from ..errors import CredentialsError
from .better_upload import BetterUpload
from .bucket import Bucket
from .companion import Companion
from .gate import Gate, preflight
from .grants import Grant, PerMinute
from .links import Links
from .messages import Refused, Request, Response, error_response
from .multipart import Actions, Multipart
from .next_s3_upload import NextS3Upload
from .objects import Arrivals, Objects
from .openapi import PATH as OPENAPI
from .openapi import ROUTES, OpenAPI
from .presign import Presign
from .sign_request import SignRequest
from .tutorial import PATH as TUTORIAL
from .tutorial import Tutorial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from typing import TypeVar

    T = TypeVar("T")

    from .policy import Policy
    from .presign import Handler
    from .store import Store
    from .tokens import Seal

_WAITING = tuple(f'"{name}"'.encode() for name in ("done", "list", "delete", "create", "parts", "complete", "abort"))
PROTOCOLS = ("companion", "sign-request", "next-s3-upload", "better-upload")


class Uploads:
    """The routes of one server. Called with a `Request` it gives the `Response`; no request makes it raise.

    policy                what everybody may, or a callable from a principal's name to its Grant (Rules)
    authenticate          from a request to a principal's name; raises Refused with 401. None: nobody is asked
    seal                  what signs the tokens of uploads in parts; None: there are no such uploads
    hosts, origins        see Gate
    public                responses to GET for whoever asks, or what makes them, by path: a page, say
    on_complete           is told of each upload that has arrived: principal, key, size, ETag; once or more often
    revoked               ids of links that lead nowhere any more
    protocols             of PROTOCOLS, those that are spoken beside our own
    tutorial_expires_in   seconds that a URL of the tutorial's route lives; None: there is no such route
    upload_acl            a canned ACL for the tutorial's uploads
    bucket                through which the server itself asks; None: by sigv4's own client
    now                   the clock, in epoch seconds
    """

    def __init__(
        self,
        store: Store,
        policy: Policy | Callable[[str], Grant],
        *,
        authenticate: Callable[[Request], str] | None = None,
        seal: Seal | None = None,
        hosts: Iterable[str] = (),
        origins: Iterable[str] = (),
        public: Mapping[str, Response | Callable[[Request], Response]] = {},
        protocols: Iterable[str] = (),
        tutorial_expires_in: int | None = None,
        upload_acl: str | None = None,
        revoked: Collection[str] = (),
        on_complete: Callable[[str, str, int, str], object] | None = None,
        bucket: Bucket | None = None,
        now: Callable[[], float] = time,
    ) -> None:
        self.store = store
        self._authenticate = authenticate
        self._grant = policy if callable(policy) else (lambda name: Grant(name, policy))
        self._per_minute = PerMinute(now)
        self._gate = Gate(hosts, origins)
        bucket = bucket or Bucket(store.direct, store.bucket)
        arrivals = Arrivals(bucket, on_complete)
        multipart = None if seal is None else Multipart(store, bucket, seal, arrivals, now)
        actions = Objects(bucket, arrivals).table()
        if multipart is not None:
            actions |= Actions(multipart).table()
        presign = Presign(store, actions, reports=on_complete is not None)
        routes = presign.routes()
        if tutorial_expires_in is not None:
            policies = getattr(policy, "policies", ())  # of Rules: those of others too
            routes |= Tutorial(store, tutorial_expires_in, upload_acl, policies).routes()
        for name in protocols:
            routes |= _protocol(name, store, bucket, multipart)
        open_routes: dict[str, dict[str, Callable[[Request], Response]]] = {}
        if seal is not None:
            links = Links(store, seal, now, revoked)
            routes |= links.routes()
            open_routes = links.open_routes()
        self._public = {**self._described(routes, open_routes, public, presign.rights), **public}
        self._open = [(path.split("/"), methods) for path, methods in open_routes.items()]
        self._routes = {path: methods for path, methods in routes.items() if "{" not in path}
        self.paths = frozenset({*self._routes, *self._public})  # in which nothing varies
        self._patterns = [(path.split("/"), methods) for path, methods in routes.items() if "{" in path]

    def _described(
        self,
        guarded: Mapping[str, Iterable[str]],
        unguarded: Mapping[str, Iterable[str]],
        public: Mapping[str, object],
        actions: Mapping[str, str],
    ) -> dict[str, OpenAPI]:
        """The route that describes these, and of what is public all but files."""
        operations = {path: ("GET",) for path in (OPENAPI, *public) if path in ROUTES}
        bearer = getattr(self._authenticate, "scheme", "") == "bearer"
        return {OPENAPI: OpenAPI(guarded, {**unguarded, **operations}, actions, bearer)}

    def __call__(self, request: Request) -> Response:
        try:
            response = self._respond(request)
        except Refused as refused:
            response = _refusal(refused)
        except CredentialsError:  # its message may tell strangers about this machine
            response = error_response(503, "this server has no credentials that work just now; try again in a minute")
        return self.readable(request, response)

    def may_wait(self, request: Request) -> bool:
        """Whether this request may ask the bucket, and so take a while."""
        if request.path == "/presign":
            return any(action in request.body for action in _WAITING)
        return request.path != TUTORIAL

    def readable(self, request: Request, response: Response) -> Response:
        """The response as it goes out: with what lets the page of an allowed origin read it."""
        cors = self._gate.cors(request)
        return response.with_headers(*cors) if cors else response

    def _respond(self, request: Request) -> Response:
        self._gate.check_host(request)
        if (shown := self._public.get(request.path)) is not None:
            if request.method not in ("GET", "HEAD"):
                return _method_not_allowed(("GET", "HEAD"))
            return shown(request) if callable(shown) else shown
        methods = self._routes.get(request.path) or _matched(self._patterns, request)
        if methods is None and (open_to_all := _matched(self._open, request)) is not None:
            handler = open_to_all.get(request.method)
            return handler(request) if handler else _method_not_allowed(open_to_all)
        if methods is None:  # a browser asks before it gets to see the 404
            return preflight(("GET", "POST")) if request.method == "OPTIONS" else _nothing_here()
        return self._guarded(request, methods)

    def _guarded(self, request: Request, methods: dict[str, Handler]) -> Response:
        """A route that gives out URLs: own or allowed origins alone, and a principal where one is asked for."""
        self._gate.check_origin(request)
        if request.method == "OPTIONS":
            return preflight(methods)
        handler = methods.get(request.method)
        if handler is None:
            return _method_not_allowed((*methods, "OPTIONS"))
        grant = self._grant(self._authenticate(request) if self._authenticate else "")
        self._per_minute.check(grant)
        response = handler(request, grant)
        response.principal = grant.name
        return response


def _matched(patterns: Iterable[tuple[list[str], T]], request: Request) -> T | None:
    """What belongs to the first pattern that fits; what stands in its places goes into the request's `parts`."""
    steps = request.path.split("/")
    for pattern, value in patterns:
        if len(steps) == len(pattern):
            pairs = list(zip(pattern, steps, strict=True))
            if all(want == got or want[:1] == "{" for want, got in pairs):
                request.parts = {want[1:-1]: got for want, got in pairs if want[:1] == "{"}
                return value
    return None


def _nothing_here() -> Response:
    return error_response(404, "there is nothing here; the page is at /")


def _protocol(name: str, store: Store, bucket: Bucket, multipart: Multipart | None) -> dict[str, dict[str, Handler]]:
    if name == "companion" and multipart is not None:
        return Companion(store, multipart).routes()
    if name == "sign-request":
        return SignRequest(store).routes()
    if name == "next-s3-upload":
        return NextS3Upload(store).routes()
    if name == "better-upload":
        return BetterUpload(store, bucket).routes()
    raise ValueError(f"protocols may hold {', '.join(PROTOCOLS)}, and companion needs `seal`; not {name!r}")


def _refusal(refused: Refused) -> Response:
    response = error_response(refused.status, str(refused), refused.field)
    if refused.wait:
        return response.with_headers(("Retry-After", str(refused.wait)))
    if refused.status == 401:
        return response.with_headers(("WWW-Authenticate", "Bearer"))
    return response


def _method_not_allowed(methods: Iterable[str]) -> Response:
    allowed = ", ".join(methods)
    return error_response(405, f"this takes {allowed}", headers=(("Allow", allowed),))
