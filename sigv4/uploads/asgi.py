"""Uploads as an ASGI application, alone or before another one.

    application = ASGIUploads(uploads)                                                # uvicorn module:application
    application = ASGIUploads(uploads, prefix="/uploads", otherwise=application)      # or app.mount("/uploads", ...)

What asks the bucket, or may have to renew credentials, runs in a thread; what only signs runs at once. The host
application can say who asks: `Request.context` is the ASGI scope.

Source: https://asgi.readthedocs.io/en/stable/specs/www.html
"""

from __future__ import annotations

from asyncio import to_thread

from ..credentials import Credentials
from .faults import guarded
from .messages import LARGEST_BODY, Request, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Any

    from .messages import Response
    from .routes import Uploads

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class ASGIUploads:
    """`prefix`: where the routes begin, such as "/uploads", taken off their paths. `otherwise`: who serves the rest."""

    def __init__(self, uploads: Uploads, prefix: str = "", otherwise: Application | None = None) -> None:
        self._uploads = uploads
        self._prefix = prefix.rstrip("/")
        self._otherwise = otherwise
        self._quick = isinstance(uploads.store.presigner.credentials, Credentials)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = _path(scope)
        inside = scope["type"] == "http" and path.startswith(f"{self._prefix}/")
        if not inside and self._otherwise is not None:
            await self._otherwise(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, path.removeprefix(self._prefix) if inside else path, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _serve(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return  # the peer has gone
        query = scope.get("query_string", b"").decode("latin-1")
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        request = Request(scope["method"], path, joined(fields), body, query)
        request.context = scope
        if self._quick and not self._uploads.may_wait(request):
            response = guarded(self._uploads, request)
        else:
            response = await to_thread(guarded, self._uploads, request)
        await _send(response, request.method, send)


async def _send(response: Response, method: str, send: Send) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.status != 204:
        headers.append((b"content-length", b"%d" % len(response.body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else response.body})


def _path(scope: Scope) -> str:
    """Behind the place where the application is mounted: `path` holds that place too, since ASGI 2.4 (Starlette)."""
    path, root = str(scope.get("path", "")), str(scope.get("root_path", "")).rstrip("/")
    return path.removeprefix(root) if root and path.startswith(f"{root}/") else path


async def _body(receive: Receive) -> bytes | None:
    """The first LARGEST_BODY + 1 bytes; None where the peer went away."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += bytes(message.get("body", b""))
        if not message.get("more_body") or len(body) > LARGEST_BODY:
            return body[: LARGEST_BODY + 1]


async def _live(receive: Receive, send: Send) -> None:
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
