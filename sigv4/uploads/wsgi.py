"""Uploads as a WSGI application, alone or before another one.

    application = WSGIUploads(uploads)                                                # gunicorn module:application
    application = WSGIUploads(uploads, prefix="/uploads", otherwise=application)      # mounted in Flask, Django, ...

The host application can say who asks: `Request.context` is the WSGI environment.
"""

from __future__ import annotations

from ..encoding import is_number
from .faults import guarded
from .messages import LARGEST_BODY, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from .routes import Uploads


class WSGIUploads:
    """`prefix`: where the routes begin, such as "/uploads", taken off their paths. `otherwise`: who serves the rest."""

    def __init__(self, uploads: Uploads, prefix: str = "", otherwise: WSGIApplication | None = None) -> None:
        self._uploads = uploads
        self._prefix = prefix.rstrip("/")
        self._otherwise = otherwise

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace")
        inside = path.startswith(f"{self._prefix}/")
        if not inside and self._otherwise is not None:
            return self._otherwise(environ, start_response)
        request = Request(
            environ["REQUEST_METHOD"], path.removeprefix(self._prefix) if inside else path, _headers(environ),
            _body(environ), environ.get("QUERY_STRING", ""),
        )  # fmt: skip
        request.context = environ
        response = guarded(self._uploads, request)
        body = b"" if request.method == "HEAD" else response.body
        length = [] if response.status == 204 else [("Content-Length", str(len(response.body)))]
        start_response(f"{response.status} {_REASONS.get(response.status, 'Response')}", [*response.headers, *length])
        return [body]


_REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """Names in lower case. A `_` that a server let in stands as `-` here, so no rule may rest on such a name alone."""
    found = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        found["content-type"] = environ["CONTENT_TYPE"]
    return found


def _body(environ: WSGIEnvironment) -> bytes:
    """Of a length that is stated; one of unstated length is none here."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not is_number(length, 19):
        return b""
    data: bytes = environ["wsgi.input"].read(min(int(length), LARGEST_BODY + 1))
    return data
