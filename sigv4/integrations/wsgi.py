"""WSGI middleware that lets only requests through that are signed with SigV4.

    verifier = Verifier({"AKIDEXAMPLE": Credentials("AKIDEXAMPLE", "secret")}, region="us-east-1", service="my-api")
    application = SigV4Middleware(application, verifier)

Rules:
- The application finds who signed in `environ["sigv4.verified"]`, and reads the body as ever. The body is checked while
  it is read: what was read may be used only after its end was reached, or `read()` gave all of it.
- A request with x-amz-content-sha256 streams. Without that header the body's hash is part of what was signed, so the
  body is read first, up to `max_buffered_bytes`.
- A signature is over the target as it was sent, and WSGI's PATH_INFO is decoded. The server must give the raw target as
  RAW_URI (gunicorn, Werkzeug) or REQUEST_URI (uWSGI, mod_wsgi); without one, or where PATH_INFO is not its path, so
  that the application would serve another than was signed, nothing passes. For the same reason the host is the one in
  HTTP_HOST, and no path passes that is signed as another (`/a/../b`, `//b`).
- aws-chunked bodies are decoded; CONTENT_LENGTH and HTTP_CONTENT_ENCODING say what the application gets.
"""

from __future__ import annotations

import sys
from io import BufferedReader, BytesIO, RawIOBase
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ..errors import EntityTooLarge, InvalidURI, VerificationError
from ..received import Received
from ._responses import check_path, error_response, without_aws_chunked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from ..body import BodyReader
    from ..verifier import Verifier

MAX_BUFFERED_BYTES = 10 << 20


class SigV4Middleware:
    """Calls `application` for requests that `verifier` accepts, and responds to the others itself."""

    def __init__(
        self, application: WSGIApplication, verifier: Verifier, *, max_buffered_bytes: int = MAX_BUFFERED_BYTES
    ) -> None:
        self._application = application
        self._verifier = verifier
        self._max_buffered_bytes = max_buffered_bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            self._verify(environ)
            return _Response(self._application(environ, start_response), environ, start_response)
        except VerificationError as error:
            return _refuse(error, environ, start_response)

    def _verify(self, environ: WSGIEnvironment) -> None:
        received = Received(environ["REQUEST_METHOD"], _target(environ), _headers(environ))
        check_path(received, self._verifier.rules)
        stream = environ["wsgi.input"]
        if not environ.get("CONTENT_LENGTH") and not environ.get("wsgi.input_terminated"):
            stream = BytesIO()  # the stream may go on into the next request
        if "x-amz-content-sha256" in received.fields:
            verified = self._verifier.verify_received(received)
        else:
            body = self._read(stream, environ.get("CONTENT_LENGTH"))
            verified = self._verifier.verify_received(received, body)
            stream = BytesIO(body)
        environ["sigv4.verified"] = verified
        environ["wsgi.input"] = BufferedReader(_File(verified.open(stream)), 1 << 16)
        environ["wsgi.input_terminated"] = True
        if verified.content_length is not None:
            environ["CONTENT_LENGTH"] = str(verified.content_length)
        if "HTTP_CONTENT_ENCODING" in environ:
            environ["HTTP_CONTENT_ENCODING"] = without_aws_chunked(environ["HTTP_CONTENT_ENCODING"])

    def _read(self, stream: BytesIO, content_length: str | None) -> bytes:
        limit = self._max_buffered_bytes
        if content_length and content_length.isascii() and content_length.isdigit():
            if len(content_length) > 18 or int(content_length) > limit:
                raise EntityTooLarge
            return stream.read(int(content_length))
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise EntityTooLarge
        return body


class _Response:
    """The application's response. A body that turns out bad while it is being made still makes it a refusal."""

    def __init__(self, parts: Iterable[bytes], environ: WSGIEnvironment, start_response: StartResponse) -> None:
        self._parts = parts
        self._environ = environ
        self._start_response = start_response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._parts
        except VerificationError as error:
            yield from _refuse(error, self._environ, self._start_response)

    def close(self) -> None:
        if hasattr(self._parts, "close"):
            self._parts.close()


class _File(RawIOBase):
    """The checked body as a file, for `io.BufferedReader` to make the rest of one."""

    def __init__(self, reader: BodyReader) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        data = self._reader.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _refuse(error: VerificationError, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    status, headers, body = error_response(error, environ["REQUEST_METHOD"])
    start_response(status, headers, sys.exc_info())
    return [body]


def _target(environ: WSGIEnvironment) -> str:
    """The request target as it was sent, which must be what the application is going to serve."""
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not target:
        raise RuntimeError(
            "this WSGI server gives neither RAW_URI nor REQUEST_URI, so no signature can be verified; "
            "use gunicorn, uWSGI or mod_wsgi, or the ASGI middleware"
        )
    path, _, query = target.partition("?")
    if not path.startswith("/"):  # the absolute form (RFC 9112 section 3.2.2)
        path = "/" + path.partition("://")[2].partition("/")[2]
    served = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1")
    if unquote_to_bytes(path.encode("latin-1")) != served or query != environ.get("QUERY_STRING", ""):
        raise InvalidURI
    return f"{path}?{query}" if query else path


def _headers(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    """The headers by their names on the wire. WSGI keeps two of them outside HTTP_*, and may give them empty."""
    headers = [(name.removeprefix("HTTP_"), value) for name, value in environ.items() if name.startswith("HTTP_")]
    headers += [(name, environ[name]) for name in ("CONTENT_TYPE", "CONTENT_LENGTH") if environ.get(name)]
    return [(name.replace("_", "-").lower(), value) for name, value in headers]
