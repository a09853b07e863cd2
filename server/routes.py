"""The server's routes: pure functions from a `Request` to a `Response`, for any HTTP server to carry.

    GET  /                           the page, and its /page.css and /page.js
    GET  /healthz                    {"status": "ok"}
    GET  /presign                    {bucket, endpoint, embedded, max_size, allowed_types, expires_in}
    POST /presign                    a presigned URL for an upload or a download
    POST /api/generatePresignedUrl   the tutorial's endpoint

POST /presign takes a JSON object:

    {"action": "upload", "name": "a.png", "type": "image/png", "size": 1234}
      -> {"key", "method", "url", "headers", "expires_at", "expires_in"}
    {"action": "download", "key": "uploads/.../a.png", "file_name": "a.png"}
      -> {"key", "method", "url", "headers", "expires_at", "expires_in"}

The server makes the key. `headers` is what the user of the URL must send; Host and Content-Length are not in it,
because clients send those themselves. `size` is signed as Content-Length, so S3 accepts a file of exactly that size;
`type` is signed as Content-Type, unless it is "" or left out. `expires_at` is an ISO 8601 time in UTC and
`expires_in` the seconds until then. A download is saved under `file_name`, or the key's last part.

POST /api/generatePresignedUrl takes {"fileName", "fileType"} and returns {"url"} and the fields above. The key is
`fileName` as it is, and never one under SERVER_KEY_PREFIX; the URL lives an hour, or as long as SERVER_EXPIRES_IN says
where that is less. Where SERVER_MAX_SIZE is set, it wants `fileSize` too; without it S3 could not hold the upload to
it. With SERVER_TUTORIAL=0 it is not there.

Errors are {"error": text, "field": name or null} with a 4xx status. What keeps other sites out: Host must be a name
of this server (DNS rebinding), Origin this server's own or an allowed one, and POST bodies must be application/json,
which no form can send.
"""

from __future__ import annotations

import json
import os
from time import time

from server.config import LARGEST_PUT, Config, Store
from server.policy import MAX_KEY_BYTES, Refused, checked_key, checked_name
from sigv4 import CredentialsError, SigningError
from sigv4.hosts import is_ip, parse_authority
from sigv4.s3 import content_disposition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from sigv4 import Presigned

MAX_BODY = 64 * 1024  # bytes; a request for a URL is about a hundred
TUTORIAL = "/api/generatePresignedUrl"
PAGE_DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")
PAGE_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page.js": ("page.js", "text/javascript; charset=utf-8"),
}
ALWAYS = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"))


class Request:
    """An HTTP request: header names in lower case, no query, and of a body the first MAX_BODY + 1 bytes at most."""

    __slots__ = ("body", "headers", "method", "path")

    def __init__(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body


class Response:
    """An HTTP response, whole."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def with_headers(self, *more: tuple[str, str]) -> Response:
        """The same response with these headers too."""
        return Response(self.status, self.headers + more, self.body)


class Routes:
    """The routes of one server. Called with a `Request` it gives the `Response`; no request makes it raise."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config = config
        self._store = store
        self._page = _page(store)
        self._table: dict[str, dict[str, Callable[[Request], Response]]] = {
            **{path: {"GET": self._show_page} for path in PAGE_FILES},
            "/healthz": {"GET": lambda _: _json(200, {"status": "ok"})},
            "/presign": {"GET": self._describe, "POST": self._presign},
        }
        if config.tutorial_expires_in is not None:
            self._table[TUTORIAL] = {"POST": self._tutorial}

    def __call__(self, request: Request) -> Response:
        try:
            self._check_host(request)
            methods = self._table.get(request.path)
            if methods is None:
                return _error(404, "there is nothing here; the page is at /")
            is_open = request.path in PAGE_FILES or request.path == "/healthz"
            return self._public(request, methods) if is_open else self._guarded(request, methods)
        except Refused as refused:
            return _error(refused.status, str(refused), refused.field)

    def _public(self, request: Request, methods: dict[str, Callable[[Request], Response]]) -> Response:
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        return handler(request) if handler else _method_not_allowed(("GET", "HEAD"))

    def _guarded(self, request: Request, methods: dict[str, Callable[[Request], Response]]) -> Response:
        """A route that gives out URLs: own or allowed origins alone, and the bearer token where one is set."""
        cors = self._check_origin(request)
        if request.method == "OPTIONS":
            return _preflight(cors, methods)
        try:
            handler = methods.get(request.method)
            if handler is None:
                response = _method_not_allowed((*methods, "OPTIONS"))
            elif self._config.token and not self._config.token.matches(request.headers.get("authorization")):
                response = _error(401, "send this server's token as Authorization: Bearer TOKEN", "Authorization")
                response = response.with_headers(("WWW-Authenticate", "Bearer"))
            else:
                response = handler(request)
        except Refused as refused:
            response = _error(refused.status, str(refused), refused.field)
        except CredentialsError:  # its message may tell strangers about this machine
            response = _error(503, "this server has no credentials that work just now; try again in a minute")
        return response.with_headers(*cors) if cors else response

    def _check_host(self, request: Request) -> None:
        """Refuse names that are not this server's. Addresses pass: only a name can be made to point elsewhere."""
        name = _host_name(request.headers.get("host", ""))
        own = name == self._config.host.lower() or name in self._config.allowed_hosts
        if not (own or name == "localhost" or name.endswith(".localhost") or is_ip(name)):
            raise Refused("Host", "is not a name of this server; SERVER_ALLOWED_HOSTS lists its names", 421)

    def _check_origin(self, request: Request) -> tuple[tuple[str, str], ...]:
        """Refuse pages of other sites; the CORS headers for an allowed one. Programs send no Origin and are let in."""
        origin = request.headers.get("origin")
        if origin is None:
            if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
                raise Refused("Origin", "is missing on a request from another site's page", 403)
            return ()
        if origin in self._config.allowed_origins:
            return (("Access-Control-Allow-Origin", origin), ("Vary", "Origin"))
        scheme, _, authority = origin.partition("://")
        if scheme not in ("http", "https") or authority != request.headers.get("host", "").lower():
            raise Refused(
                "Origin", "is another site's; SERVER_ALLOWED_ORIGINS lists those whose pages may ask for URLs", 403
            )
        return ()

    def _show_page(self, request: Request) -> Response:
        return self._page[request.path]

    def _describe(self, _: Request) -> Response:
        policy = self._config.policy
        what = {
            "bucket": self._store.bucket,
            "endpoint": self._store.endpoint_url,
            "embedded": self._store.embedded,
            "max_size": policy.max_size,
            "allowed_types": policy.allowed_types,
            "expires_in": self._config.expires_in,
        }
        return _json(200, what)

    def _presign(self, request: Request) -> Response:
        body = _json_object(request)
        action = _text(body, "action")
        if action == "upload":
            return self._upload(body)
        if action == "download":
            return self._download(body)
        raise Refused("action", 'must be "upload" or "download"')

    def _upload(self, body: dict[str, Any]) -> Response:
        _check_fields(body, ("action", "name", "type", "size"))
        policy = self._config.policy
        name = checked_name("name", _text(body, "name"))
        content_type = _text(body, "type", "")
        policy.check_type("type", content_type)
        size = policy.check_size("size", body.get("size"))
        return self._put(policy.new_key(name), "name", content_type, size, self._config.expires_in)

    def _download(self, body: dict[str, Any]) -> Response:
        _check_fields(body, ("action", "key", "file_name"))
        key = checked_key(_text(body, "key"), "key")
        self._config.policy.check_downloadable("key", key)
        name = checked_name("file_name", _text(body, "file_name", key.rpartition("/")[2]))
        expires_in = self._config.expires_in
        now = int(time())
        try:
            presigned = self._store.presigner.get_object(
                self._store.bucket, key, expires_in, ResponseContentDisposition=content_disposition(name)
            )
        except SigningError as error:
            raise Refused("key", str(error)) from None
        return _presigned(key, presigned, expires_in, now)

    def _tutorial(self, request: Request) -> Response:
        body = _json_object(request)
        policy = self._config.policy
        key = checked_name("fileName", _text(body, "fileName"), MAX_KEY_BYTES)
        checked_key(key, "fileName")
        if policy.is_ours(key):
            raise Refused(
                "fileName", f"must not start with {policy.key_prefix!r}: those keys are made by /presign", 403
            )
        content_type = _text(body, "fileType", "")
        policy.check_type("fileType", content_type)
        size = body.get("fileSize")
        if size is not None or policy.max_size < LARGEST_PUT:
            size = policy.check_size("fileSize", size)
        expires_in = self._config.tutorial_expires_in or 0
        return self._put(key, "fileName", content_type, size, expires_in, self._config.upload_acl)

    def _put(
        self, key: str, field: str, content_type: str, size: int | None, expires_in: int, acl: str | None = None
    ) -> Response:
        """A presigned PUT. The content type and the size become signed headers; the ACL goes into the query."""
        parameters: dict[str, Any] = {}
        if content_type:
            parameters["ContentType"] = content_type
        if size is not None:
            parameters["ContentLength"] = size
        if acl:
            parameters["ACL"] = acl
            parameters["hoist"] = True
        now = int(time())
        try:
            presigned = self._store.presigner.put_object(self._store.bucket, key, expires_in, **parameters)
        except SigningError as error:
            raise Refused(field, str(error)) from None
        return _presigned(key, presigned, expires_in, now)


def _presigned(key: str, presigned: Presigned, expires_in: int, now: int) -> Response:
    """`expires_in`: what was asked for; the credentials may end before. `now`: the time before it was signed."""
    expires_at = presigned.expires_at
    unsent = ("host", "content-length")  # clients send these themselves, and browsers let nobody set them
    what = {
        "key": key,
        "method": presigned.method,
        "url": str(presigned),
        "headers": {name: value for name, value in presigned.headers.items() if name.lower() not in unsent},
        "expires_at": expires_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "expires_in": min(expires_in, int(expires_at.timestamp() - now)),
    }
    return _json(200, what)


def _json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; raises Refused for everything that is not exactly one."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused("Content-Type", "must be application/json", 415)
    if len(request.body) > MAX_BODY:
        raise Refused("body", f"must be at most {MAX_BODY} bytes", 413)
    try:
        value = _DECODER.decode(request.body.decode())
    except UnicodeDecodeError as error:
        raise Refused("body", f"is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Refused("body", f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise Refused("body", "is JSON nested too deep, or with a number too long") from None
    if not isinstance(value, dict):
        raise Refused("body", "must be a JSON object")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused("body", "names a member twice")
    return members


def _no_constant(name: str) -> None:
    raise Refused("body", f"holds {name}, which is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _text(body: dict[str, Any], field: str, default: str | None = None) -> str:
    value = body.get(field, default)
    if value is None:
        raise Refused(field, "is missing" if field not in body else "must be text, not null")
    if not isinstance(value, str):
        raise Refused(field, "must be text")
    return value


def _check_fields(body: dict[str, Any], known: tuple[str, ...]) -> None:
    """A misspelt field would be ignored in silence, and a limit with it."""
    for field in body:
        if field not in known:
            raise Refused("body", f"has an unknown field {json.dumps(field[:40])}; known are {', '.join(known)}")


def _json(status: int, value: object, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    own = (("Content-Type", "application/json"), ("Cache-Control", "no-store"), *ALWAYS)
    return Response(status, own + headers, _ENCODER.encode(value).encode())


def _error(status: int, text: str, field: str | None = None, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    return _json(status, {"error": text, "field": field}, headers)


FAULT = _error(500, "this server made a mistake; its log names the place")


def _method_not_allowed(methods: Iterable[str]) -> Response:
    allowed = ", ".join(methods)
    return _error(405, f"this takes {allowed}", headers=(("Allow", allowed),))


def _preflight(cors: tuple[tuple[str, str], ...], methods: Iterable[str]) -> Response:
    """The response to a browser that asks whether another site's page may call.

    Source: https://fetch.spec.whatwg.org/#cors-preflight-fetch
    """
    if cors:
        cors += (
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


def _page(store: Store) -> dict[str, Response]:
    """The page's files. The policy lets it load its own script and style, and talk to this server and its S3 alone."""
    scheme, _, rest = store.presigner.put_object(store.bucket, "key").url.partition("://")
    host = rest.partition("/")[0]
    if host.startswith("["):
        # A policy cannot name an IPv6 address (https://www.w3.org/TR/CSP3/#grammardef-host-source): any host, its port.
        host = "*" + host.partition("]")[2]
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {scheme}://{host}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    headers = (("Cache-Control", "no-cache"), ("Content-Security-Policy", policy), *ALWAYS)
    pages = {}
    for path, (name, content_type) in PAGE_FILES.items():
        with open(os.path.join(PAGE_DIRECTORY, name), "rb") as file:
            pages[path] = Response(200, (("Content-Type", content_type), *headers), file.read())
    return pages
