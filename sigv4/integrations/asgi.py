"""ASGI middleware that lets only requests through that are signed with SigV4.

    verifier = Verifier({"AKIDEXAMPLE": Credentials("AKIDEXAMPLE", "secret")}, region="us-east-1", service="my-api")
    app = SigV4Middleware(app, verifier)

Rules:
- The application finds who signed in `scope["state"]["sigv4_verified"]` (Starlette: `request.state.sigv4_verified`),
  and receives the body as ever. The body is checked while it is received: what came may be used only when a message
  without `more_body` has come.
- A body that turns out not to be the one that was signed makes the response S3's refusal, whatever the application made
  of it: the response is held until its first bytes are there. After these, the connection ends.
- Nothing of a body is kept before all is judged that can be: claim, time, access key, coverage and length. A request
  that states its payload hash (x-amz-content-sha256, or a URL presigned for S3) and its length streams. Other bodies
  are received first, up to `max_buffered_bytes`, beyond 64 KiB into a temporary file: their hash is part of what was
  signed, and adapters to WSGI read no further than Content-Length says, so that one in chunks would pass for empty.
- A signature is over the target as it was sent, so the server must give `raw_path` (uvicorn, gunicorn, hypercorn,
  daphne and granian do); without it, or where `path` is not its path, so that the application would serve another than
  was signed, nothing passes; nor does a path that is signed as another (`/a/../b`, `//b`). A websocket's opening
  request is verified alike.
- Headers with `_` in their names are dropped, as gunicorn, waitress and nginx drop them: an application that is written
  for CGI's names (Flask behind asgiref's WsgiToAsgi) would take `x_role` for the signed `x-role`.
- aws-chunked bodies are decoded; the headers say what the application gets. A signed header that came in several lines
  is one, as it was signed: an application that looks at the first line would see another value.
- Credentials are looked up in the event loop: a lookup must not wait for anything.
- daphne reads all of a body, into a temporary file, before any application is asked: strangers can fill it. A response
  that fails in the middle it leaves open, where others end the connection.
- What no server can tell is what a signature leaves open: header fields that are neither `x-amz-*` nor signed (look at
  `Verified.signed_headers`), and the order of query parameters, of which AWS signs the sorted ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..errors import IncompleteBody, InvalidRequest, InvalidURI, VerificationError
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
    from collections.abc import Awaitable, Callable, MutableMapping
    from tempfile import SpooledTemporaryFile
    from typing import Any, TypeAlias

    from ..chunked import Readable
    from ..verifier import Verified, Verifier

    Scope: TypeAlias = MutableMapping[str, Any]
    Message: TypeAlias = MutableMapping[str, Any]
    Receive: TypeAlias = Callable[[], Awaitable[Message]]
    Send: TypeAlias = Callable[[Message], Awaitable[None]]
    Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

PIECE = 1 << 16


class SigV4Middleware:
    """Calls `application` for requests that `verifier` accepts, and responds to the others itself."""

    def __init__(
        self, application: Application, verifier: Verifier, *, max_buffered_bytes: int = MAX_BUFFERED_BYTES
    ) -> None:
        self._application = application
        self._verifier = verifier
        self._max_buffered_bytes = max_buffered_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        arriving = _Arriving(receive)
        try:
            verified, stream, length = await self._verify(scope, arriving)
        except VerificationError as error:
            await _refuse(error, scope["method"], send)
            return
        try:
            body = _Body(verified, stream, arriving)
            rewritten = _rewritten(scope, verified, length)
            await _Response(body, send, scope["method"]).made_by(self._application, rewritten)
        finally:
            if not isinstance(stream, _Arriving):
                stream.close()  # a temporary file

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            verified = self._verifier.verify_received(self._read(scope, "GET"), b"")
        except VerificationError:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._application(_rewritten(scope, verified), receive, send)

    async def _verify(
        self, scope: Scope, arriving: _Arriving
    ) -> tuple[Verified, _Arriving | SpooledTemporaryFile[bytes], int]:
        """Who signed, the stream that holds the body as it arrives, or has arrived, and how long the body is."""
        received = self._read(scope, scope["method"])
        check_framing(received)
        verified = None if self._verifier.admit(received) is None else self._verifier.verify_received(received)
        if verified is not None and verified.content_length is not None:
            return verified, arriving, verified.content_length
        spool = Spool(received, self._max_buffered_bytes)
        try:
            while (piece := arriving.read(PIECE)) != b"":
                if piece is not None:
                    spool.add(piece)
                elif await arriving.take() is not None:
                    raise IncompleteBody  # the peer has gone
            body_sha256 = spool.end()
            verified = verified or self._verifier.verify_received(received, body_sha256=body_sha256)
            return verified, spool.file, spool.length
        except BaseException:
            spool.file.close()
            raise

    def _read(self, scope: Scope, method: str) -> Received:
        received = Received(method, _target(scope), _headers(scope))
        check_path(received, self._verifier.rules)
        return received


class _Arriving:
    """The body as the server's messages bring it: a stream that does not wait, for the checks to read from."""

    def __init__(self, receive: Receive) -> None:
        self.receive = receive
        self._arrived = bytearray()
        self._ended = False

    def read(self, size: int = -1, /) -> bytes | None:
        """Some bytes; None where nothing is there yet, b"" at the end."""
        if not self._arrived:
            return b"" if self._ended else None
        data = bytes(self._arrived if size < 0 else self._arrived[:size])
        del self._arrived[: len(data)]
        return data

    async def take(self) -> Message | None:
        """Wait for the next message; one that brings nothing of the body is returned."""
        message = await self.receive()
        if message["type"] != "http.request":
            return message
        self._arrived += message.get("body", b"")
        self._ended = not message.get("more_body", False)
        return None


class _Body:
    """The checked body, for the application to receive; `error` is why it is refused."""

    def __init__(self, verified: Verified, stream: Readable, arriving: _Arriving) -> None:
        self.error: VerificationError | None = None
        self._reader = verified.open(stream)
        self._arriving = arriving
        self._done = False

    async def receive(self) -> Message:
        while not self._done:
            try:
                data = self._reader.read(PIECE)
            except BlockingIOError:
                message = await self._arriving.take()
                if message is not None:
                    return message
            except VerificationError as error:
                self.error = error
                raise
            else:
                self._done = not data
                return {"type": "http.request", "body": data, "more_body": not self._done}
        while (message := await self._arriving.take()) is None:
            pass  # the server's own end of the body: the application has been told already
        return message


class _Response:
    """The application's response, held until its first bytes: until then, a body found bad makes it a refusal."""

    def __init__(self, body: _Body, send: Send, method: str) -> None:
        self._body = body
        self._send = send
        self._method = method
        self._head: Message | None = None
        self._begun = False

    async def made_by(self, application: Application, scope: Scope) -> None:
        try:
            await application(scope, self._body.receive, self._send_on)
        except Exception:
            if self._body.error is None or self._begun:
                raise  # the server cuts the response off
        if self._body.error is None:
            if self._head is not None:  # the application ended without a body; what to do is the server's to say
                await self._send(self._head)
        elif self._begun:
            raise self._body.error
        else:
            await _refuse(self._body.error, self._method, self._send)

    async def _send_on(self, message: Message) -> None:
        if self._body.error is not None:
            if self._begun:
                raise self._body.error
            return  # what the application made of a body that is refused
        if message["type"] == "http.response.start":
            self._head = message
            return
        if self._head is not None:
            head, self._head, self._begun = self._head, None, True
            await self._send(head)
        await self._send(message)


async def _refuse(error: VerificationError, method: str, send: Send) -> None:
    status, headers, body = error_response(error, method)
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": int(status[:3]), "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def _target(scope: Scope) -> str:
    """The request target as it was sent, which must be what the application is going to serve."""
    raw_path = scope.get("raw_path")
    if not raw_path:
        complain_once(
            "this ASGI server gives no raw_path, so no signature can be verified and every request is refused; "
            "use uvicorn, gunicorn, hypercorn, daphne or granian"
        )
        raise InvalidRequest("This server does not hand on the request target, so no signature can be verified.")
    path, query = raw_path.decode("latin-1").partition("?")[0], scope["query_string"].decode("latin-1")
    if not path.startswith("/") or unquote(path) != scope["path"]:
        raise InvalidURI
    return f"{path}?{query}" if query else path


def _headers(scope: Scope) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"] if b"_" not in name]


def _rewritten(scope: Scope, verified: Verified, length: int = 0) -> Scope:
    """The scope with who signed, and with headers that say what the application gets."""
    headers: list[tuple[bytes, bytes]] = []
    signed: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        name = name.lower()
        if b"_" in name or name in (b"content-length", b"transfer-encoding"):
            continue
        if name == b"content-encoding":
            value = without_aws_chunked(value.decode("latin-1")).encode("latin-1")
        if name.decode("latin-1") in verified.signed_headers:
            signed[name] = signed[name] + b"," + value if name in signed else value
        else:
            headers.append((name, value))
    headers.extend(signed.items())
    if length or any(name.lower() == b"content-length" for name, _ in scope["headers"]):
        headers.append((b"content-length", b"%d" % length))
    return {**scope, "headers": headers, "state": {**scope.get("state", {}), "sigv4_verified": verified}}
