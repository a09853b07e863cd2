"""ASGI middleware that lets only requests through that are signed with SigV4.

    verifier = Verifier({"AKIDEXAMPLE": Credentials("AKIDEXAMPLE", "secret")}, region="us-east-1", service="my-api")
    app = SigV4Middleware(app, verifier)

Rules:
- The application finds who signed in `scope["state"]["sigv4_verified"]` (Starlette: `request.state.sigv4_verified`),
  and receives the body as ever. The body is checked while it is received: what came may be used only when a message
  without `more_body` has come.
- A request with x-amz-content-sha256 streams. Without that header the body's hash is part of what was signed, so the
  body is received first, up to `max_buffered_bytes`.
- A signature is over the target as it was sent, so the server must give `raw_path` (uvicorn, hypercorn and daphne do);
  without it, or where `path` is not its path, so that the application would serve another than was signed, nothing
  passes; nor does a path that is signed as another (`/a/../b`, `//b`). A websocket's opening request is
  verified alike.
- aws-chunked bodies are decoded; the headers say what the application gets. A signed header that came in several lines
  is one, as it was signed: an application that looks at the first line would see another value.
- Credentials are looked up in the event loop: a lookup must not wait for anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..errors import EntityTooLarge, InvalidURI, VerificationError
from ..received import Received
from ._responses import check_path, error_response, without_aws_chunked

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Any, TypeAlias

    from ..verifier import Verified, Verifier

    Scope: TypeAlias = MutableMapping[str, Any]
    Message: TypeAlias = MutableMapping[str, Any]
    Receive: TypeAlias = Callable[[], Awaitable[Message]]
    Send: TypeAlias = Callable[[Message], Awaitable[None]]
    Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BUFFERED_BYTES = 10 << 20
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
        started = False

        async def send_on(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            body = _Body(receive)
            verified = await self._verify(scope, body)
            await self._application(_rewritten(scope, verified), body.checked_by(verified), send_on)
        except VerificationError as error:
            if started:
                raise  # the response has begun; the server cuts it off
            await _refuse(error, scope["method"], send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            verified = self._verifier.verify_received(self._read(scope, "GET"), b"")
        except VerificationError:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._application(_rewritten(scope, verified), receive, send)

    async def _verify(self, scope: Scope, body: _Body) -> Verified:
        received = self._read(scope, scope["method"])
        if "x-amz-content-sha256" in received.fields:
            return self._verifier.verify_received(received)
        return self._verifier.verify_received(received, await body.whole(self._max_buffered_bytes))

    def _read(self, scope: Scope, method: str) -> Received:
        received = Received(method, _target(scope), _headers(scope))
        check_path(received, self._verifier.rules)
        return received


class _Body:
    """The body as the server's messages bring it; a stream that does not wait, for the checks to read from."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._arrived = bytearray()
        self._ended = False

    def read(self, size: int, /) -> bytes | None:
        if not self._arrived:
            return b"" if self._ended else None
        data = bytes(self._arrived[:size])
        del self._arrived[:size]
        return data

    async def whole(self, limit: int) -> bytes:
        """All of it, and it stays to be read."""
        while not self._ended:
            await self._take(await self._receive())
            if len(self._arrived) > limit:
                raise EntityTooLarge
        return bytes(self._arrived)

    def checked_by(self, verified: Verified) -> Receive:
        """A `receive` for the application that brings the body's data as it is found right."""
        reader, done = verified.open(self), False

        async def receive() -> Message:
            nonlocal done
            while not done:
                try:
                    data = reader.read(PIECE)
                except BlockingIOError:
                    message = await self._receive()
                    if message["type"] != "http.request":
                        return message
                    await self._take(message)
                else:
                    done = not data
                    return {"type": "http.request", "body": data, "more_body": not done}
            return await self._receive()

        return receive

    async def _take(self, message: Message) -> None:
        self._arrived += message.get("body", b"")
        self._ended = not message.get("more_body", False)


async def _refuse(error: VerificationError, method: str, send: Send) -> None:
    status, headers, body = error_response(error, method)
    pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": int(status[:3]), "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def _target(scope: Scope) -> str:
    """The request target as it was sent, which must be what the application is going to serve."""
    raw_path = scope.get("raw_path")
    if not raw_path:
        raise RuntimeError(
            "this ASGI server gives no raw_path, so no signature can be verified; use uvicorn, hypercorn or daphne"
        )
    path, query = raw_path.decode("latin-1").partition("?")[0], scope["query_string"].decode("latin-1")
    if not path.startswith("/") or unquote(path) != scope["path"]:
        raise InvalidURI
    return f"{path}?{query}" if query else path


def _headers(scope: Scope) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]


def _rewritten(scope: Scope, verified: Verified) -> Scope:
    """The scope with who signed, and with headers that say what the application gets."""
    headers: list[tuple[bytes, bytes]] = []
    signed: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        name = name.lower()
        if name == b"content-encoding":
            value = without_aws_chunked(value.decode("latin-1")).encode("latin-1")
        if name == b"content-length" and verified.content_length is not None:
            value = b"%d" % verified.content_length
        if name.decode("latin-1") in verified.signed_headers:
            signed[name] = signed[name] + b"," + value if name in signed else value
        else:
            headers.append((name, value))
    headers.extend(signed.items())
    return {**scope, "headers": headers, "state": {**scope.get("state", {}), "sigv4_verified": verified}}
