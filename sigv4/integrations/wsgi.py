"""WSGI middleware that lets only requests through that are signed with SigV4.

    verifier = Verifier({"AKIDEXAMPLE": Credentials("AKIDEXAMPLE", "secret")}, region="us-east-1", service="my-api")
    application = SigV4Middleware(application, verifier)

Rules:
- The application finds who signed in `environ["sigv4.verified"]`, and reads the body as ever. The body is checked while
  it is read: what was read may be used only after its end was reached, or `read()` gave all of it.
- A body that turns out not to be the one that was signed makes the response S3's refusal, whatever the application made
  of it: the response is held until its first bytes are there. After these, the connection ends.
- Nothing of a body is kept before all is judged that can be: claim, time, access key, coverage and length. A request
  that states its payload hash (x-amz-content-sha256, or a URL presigned for S3) and its length streams. Other bodies
  are read first, up to `max_buffered_bytes`, beyond 64 KiB into a temporary file: their hash is part of what was
  signed, and frameworks read no further than CONTENT_LENGTH says, so that one in chunks would pass for empty.
- What the application routes by is what was signed: a signature is over the target as it was sent, and WSGI's PATH_INFO
  is decoded. The server must give the raw target as RAW_URI (gunicorn, Werkzeug) or REQUEST_URI (uWSGI, waitress,
  mod_wsgi). Where SCRIPT_NAME and PATH_INFO are not its path, nothing passes; nor does a path that is signed as another
  (`/a/../b`, `//b`). The host is the one in HTTP_HOST.
- The application may be mounted under a prefix. gunicorn takes that prefix from a header SCRIPT_NAME, whoever sends it,
  so a request with one is refused, unless `script_name` says what SCRIPT_NAME always is (behind a proxy that sets it).
- aws-chunked bodies are decoded; CONTENT_LENGTH and HTTP_CONTENT_ENCODING say what the application gets.

What servers make impossible:
- granian gives WSGI applications no raw target: every request is refused, and the log says so once. Use its ASGI.
- uWSGI gives no body that comes in chunks (Transfer-Encoding), unless it is told `wsgi-manage-chunked-input`: refused
  with 411. It joins names as `X_Role` and `X-Role`, and of several lines gives the last; what it gives is what is
  verified. It ends a response that fails in the middle as if it were whole, where that has no Content-Length.
- waitress gives `//key` as `/key`: such keys of S3 are refused.
- No server can tell what a signature leaves open: header fields that are neither `x-amz-*` nor signed (look at
  `Verified.signed_headers`), and the order of query parameters, of which AWS signs the sorted ones.
"""

from __future__ import annotations

from io import BufferedReader, BytesIO, RawIOBase
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ..errors import InvalidRequest, InvalidURI, MissingContentLength, VerificationError
from ..received import Received
from ._responses import (
    MAX_BUFFERED_BYTES,
    Spool,
    check_framing,
    check_path,
    complain_once,
    error_response,
    without_aws_chunked,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Any, TypeAlias
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from ..body import BodyReader
    from ..chunked import Readable
    from ..verifier import Verified, Verifier

    ExcInfo: TypeAlias = (
        tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | None
    )

PIECE = 1 << 16


class SigV4Middleware:
    """Calls `application` for requests that `verifier` accepts, and responds to the others itself.

    `script_name`: the only SCRIPT_NAME that passes; unless told, any that no header of the request has set.
    """

    def __init__(
        self,
        application: WSGIApplication,
        verifier: Verifier,
        *,
        max_buffered_bytes: int = MAX_BUFFERED_BYTES,
        script_name: str | None = None,
    ) -> None:
        self._application = application
        self._verifier = verifier
        self._max_buffered_bytes = max_buffered_bytes
        self._script_name = script_name

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            verified, stream, length = self._verify(environ)
        except VerificationError as error:
            return _refuse(error, environ, start_response)
        body = _Body(verified.open(stream))
        made_over = _made_over(environ, verified, body, length)
        return _Response(body, stream, environ, start_response).made_by(self._application, made_over)

    def _verify(self, environ: WSGIEnvironment) -> tuple[Verified, Readable, int]:
        """Who signed, the stream that holds the body as it arrived, and how long the body is."""
        _check_script_name(environ, self._script_name)
        received = Received(environ["REQUEST_METHOD"], _target(environ), _headers(environ))
        check_path(received, self._verifier.rules)
        check_framing(received)
        verified = None if self._verifier.admit(received) is None else self._verifier.verify_received(received)
        if verified is not None and verified.content_length is not None:
            return verified, _stream(environ), verified.content_length
        spool = Spool(received, self._max_buffered_bytes)
        try:
            for piece in _pieces(_stream(environ), received.fields.get("content-length")):
                spool.add(piece)
            body_sha256 = spool.end()
            verified = verified or self._verifier.verify_received(received, body_sha256=body_sha256)
            return verified, spool.file, spool.length
        except BaseException:
            spool.file.close()
            raise


class _Response:
    """The application's response, held until its first bytes: until then, a body found bad makes it a refusal."""

    def __init__(self, body: _Body, stream: Readable, environ: WSGIEnvironment, start_response: StartResponse) -> None:
        self._body = body
        self._stream = stream
        self._environ = environ
        self._start_response = start_response
        self._head: tuple[str, list[tuple[str, str]]] | None = None
        self._write: Callable[[bytes], Any] | None = None
        self._parts: Iterable[bytes] = ()
        self._pieces: Iterator[bytes] = iter(())
        self._first = b""

    def made_by(self, application: WSGIApplication, environ: WSGIEnvironment) -> Iterable[bytes]:
        """The response, begun; or the refusal, if the body turned out bad before it began."""
        try:
            self._parts = application(environ, self._start)
            self._pieces = filter(None, self._parts)
            self._first = next(self._pieces, b"")
            self._begin()
        except BaseException as raised:
            self.close()
            if self._body.error is None or self._write is not None or not isinstance(raised, Exception):
                raise
            return _refuse(self._body.error, self._environ, self._start_response)
        return self

    def __iter__(self) -> Iterator[bytes]:
        if self._first:
            yield self._first
        for piece in self._pieces:
            self._body.check()
            yield piece
        self._body.check()

    def close(self) -> None:
        try:
            if hasattr(self._parts, "close"):
                self._parts.close()
        finally:
            if self._stream is not self._environ["wsgi.input"] and hasattr(self._stream, "close"):
                self._stream.close()  # a temporary file

    def _start(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo = None, /
    ) -> Callable[[bytes], object]:
        """The application's `start_response`. The server's is called once, when the response begins."""
        if exc_info is not None and exc_info[1] is not None and self._write is not None:
            raise exc_info[1].with_traceback(exc_info[2])
        if exc_info is None and self._head is not None:
            raise RuntimeError("the application called start_response twice")
        self._head = status, headers
        return self._written

    def _begin(self) -> Callable[[bytes], object]:
        self._body.check()
        if self._write is None:
            if self._head is None:
                raise RuntimeError("the application did not call start_response")
            self._write = self._start_response(*self._head)
        return self._write

    def _written(self, data: bytes, /) -> None:
        if data:
            self._begin()(data)


class _Body(RawIOBase):
    """The checked body as a file, for `io.BufferedReader` to make the rest of one; `error` is why it is refused."""

    error: VerificationError | None = None

    def __init__(self, reader: BodyReader) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        try:
            data = self._reader.read(len(buffer))
        except VerificationError as error:
            self.error = error
            raise
        buffer[: len(data)] = data
        return len(data)

    def check(self) -> None:
        if self.error is not None:
            raise self.error


def _refuse(error: VerificationError, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
    status, headers, body = error_response(error, environ["REQUEST_METHOD"])
    start_response(status, headers)
    return [body]


def _check_script_name(environ: WSGIEnvironment, script_name: str | None) -> None:
    """What splits the path must not come from whoever sends the request."""
    if script_name is None:
        if "HTTP_SCRIPT_NAME" in environ:
            raise InvalidURI
    elif environ.get("SCRIPT_NAME", "") != script_name:
        raise InvalidURI


def _target(environ: WSGIEnvironment) -> str:
    """The request target as it was sent, which must be what the application is going to serve."""
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not target:
        complain_once(
            "this WSGI server gives neither RAW_URI nor REQUEST_URI, so no signature can be verified and every request "
            "is refused; use gunicorn, waitress, uWSGI or mod_wsgi, or the ASGI middleware"
        )
        raise InvalidRequest("This server does not hand on the request target, so no signature can be verified.")
    path, _, query = target.partition("?")
    if not path.startswith("/"):  # the absolute form (RFC 9112 section 3.2.2)
        path = "/" + path.partition("://")[2].partition("/")[2]
    served = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1")
    if unquote_to_bytes(path.encode("latin-1")) != served or query != environ.get("QUERY_STRING", ""):
        raise InvalidURI
    return f"{path}?{query}" if query else path


def _headers(environ: WSGIEnvironment) -> list[tuple[str, str]]:
    """The headers by their names on the wire. WSGI keeps two of them outside HTTP_*, and may give them empty."""
    own = ("CONTENT_TYPE", "CONTENT_LENGTH")
    headers = [(name[5:], value) for name, value in environ.items() if name.startswith("HTTP_") and name[5:] not in own]
    headers += [(name, environ[name]) for name in own if environ.get(name)]
    return [(name.replace("_", "-").lower(), value) for name, value in headers]


def _stream(environ: WSGIEnvironment) -> Readable:
    """What ends where the body does, or goes on but has a length. Raises MissingContentLength where it has neither."""
    if environ.get("CONTENT_LENGTH") or environ.get("wsgi.input_terminated"):
        stream: Readable = environ["wsgi.input"]
        return stream
    if "HTTP_TRANSFER_ENCODING" in environ:
        raise MissingContentLength
    return BytesIO()  # the stream may go on into the next request


def _pieces(stream: Readable, content_length: str | None) -> Iterator[bytes]:
    left = None if content_length is None else int(content_length)
    while left != 0 and (piece := stream.read(PIECE if left is None else min(PIECE, left))):
        if left is not None:
            left -= len(piece)
        yield piece


def _made_over(environ: WSGIEnvironment, verified: Verified, body: _Body, length: int) -> WSGIEnvironment:
    """The environ with who signed, and with headers that say what the application gets."""
    made = {**environ, "sigv4.verified": verified, "wsgi.input": BufferedReader(body, PIECE)}
    made["wsgi.input_terminated"] = True
    made["CONTENT_LENGTH"] = str(length)
    made.pop("HTTP_TRANSFER_ENCODING", None)
    made.pop("wsgi.file_wrapper", None)  # the server would look for what this returns, not for our response
    if "HTTP_CONTENT_ENCODING" in made:
        made["HTTP_CONTENT_ENCODING"] = without_aws_chunked(environ["HTTP_CONTENT_ENCODING"])
    return made
