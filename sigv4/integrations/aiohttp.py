"""Signing for `aiohttp`'s client: a middleware, which sees each request as it goes out.

    auth = SigV4Auth(Signer(credentials, region="us-east-1", service="execute-api"))
    async with aiohttp.ClientSession(middlewares=[auth]) as session:
        await session.post("https://api.example.com/things", json={"name": "a"})

Rules:
- What aiohttp is about to send is signed: URL, headers and body, the session's included. Not signed is what hops may
  change (Accept, Accept-Encoding, Connection, Content-Length, User-Agent).
- A body of a known size that is not in memory, such as a file, streams to S3 in signed chunks; else it is read first.
- An asynchronous provider's `get` does not block the event loop.
- A redirect within the host is signed anew. One to another host goes without any of what signing adds: the request that
  the same task then makes for the place that the redirect named is not signed, once.
Source: https://docs.aiohttp.org/en/stable/client_advanced.html#client-middleware
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import Payload
from aiohttp.payload import BytesPayload
from yarl import URL

from ..credentials import Credentials
from ._outgoing import Fed, Outgoing, fed, held_async, same_host

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from typing import Any

    from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
    from aiohttp.abc import AbstractStreamWriter

    from ..chunked import EncodedBody
    from ..signer import Signer

_REDIRECTS = (301, 302, 303, 307, 308)
_KEPT = 1000  # redirects to other hosts that are not followed yet


class SigV4Auth:
    """A middleware for ClientSession, or for one request.

    `unsigned_payload`: bodies go unsigned, which S3 takes over HTTPS. `also_sign`: names of headers to sign although
    hops may change them, such as Content-Length.

    Raises SigningError for options that the service does not allow; when a request is sent, for what cannot be signed,
    and what the credential provider raises.
    """

    def __init__(self, signer: Signer, *, unsigned_payload: bool = False, also_sign: Iterable[str] = ()) -> None:
        self._outgoing = Outgoing(signer, unsigned_payload, also_sign)
        self._elsewhere: dict[tuple[int, str], None] = {}  # by task: where redirects to other hosts led

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        task = id(asyncio.current_task())
        if self._elsewhere.pop((task, str(request.url)), ...) is ...:
            await self._sign(request)
            response = await handler(request)
            location = response.headers.get("Location") or response.headers.get("URI")
            if response.status in _REDIRECTS and location is not None:
                self._remember(task, request.url, location)
            return response
        return await handler(request)

    def _remember(self, task: int, url: URL, location: str) -> None:
        target = str(url.join(URL(location, encoded=True)).with_fragment(None))
        if not same_host(str(url), target):
            if len(self._elsewhere) >= _KEPT:
                self._elsewhere.clear()
            self._elsewhere[task, str(URL(target))] = None

    async def _sign(self, request: ClientRequest) -> None:
        get = getattr(self._outgoing.signer.credentials, "get", None)
        if get is not None and not isinstance(self._outgoing.signer.credentials, Credentials):
            await get()
        headers = [(str(name), value) for name, value in request.headers.items()]
        method, url, body = request.method, str(request.url), request.body
        if not isinstance(body, Payload):
            return self._set(request, self._outgoing.sign(method, url, headers, bytes(body)))
        if isinstance(body, BytesPayload):  # of text, forms and JSON, too
            return self._set(request, self._outgoing.sign(method, url, headers, await body.as_bytes()))
        if self._outgoing.streams(body.size, headers):
            source = Fed(_written(body))
            signed, encoded = self._outgoing.sign_stream(method, url, headers, source, body.size)  # type: ignore[arg-type]
            if encoded is not None:
                request._body = None  # closed with the one that takes its place, which reads it
                await self._put(request, _Encoded(encoded, source, body))
            return self._set(request, signed)
        data = await held_async(_written(body))
        await self._put(request, data)
        headers = [(str(name), value) for name, value in request.headers.items()]
        return self._set(request, self._outgoing.sign(method, url, headers, data))

    async def _put(self, request: ClientRequest, body: Payload | bytes) -> None:
        """Replace the body by one whose length is known."""
        request.headers.pop("Transfer-Encoding", None)
        request.chunked = None
        await request.update_body(body)

    def _set(self, request: ClientRequest, signed: Any) -> None:
        request.url = URL(signed.url, encoded=True)
        request.headers.update(self._outgoing.added(signed))


class _Encoded(Payload):
    """An aws-chunked body, made of another while it is sent."""

    def __init__(self, encoded: EncodedBody, source: Fed, of: Payload) -> None:
        super().__init__(encoded)
        self._size = len(encoded)
        self._source = source
        self._of = of

    async def close(self) -> None:
        await self._of.close()
        await super().close()

    async def write(self, writer: AbstractStreamWriter) -> None:
        async for piece in fed(self._value, self._source):
            await writer.write(piece)

    async def write_with_length(self, writer: AbstractStreamWriter, content_length: int | None) -> None:
        await self.write(writer)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        raise TypeError("the body is signed while it is sent")


class _Pipe:
    """As much of aiohttp's writer as a payload writes to; what it writes is handed on piece by piece."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(1)

    async def write(self, piece: bytes) -> None:
        await self.queue.put(bytes(piece))

    async def write_eof(self, piece: bytes = b"") -> None:
        if piece:
            await self.write(piece)


async def _written(payload: Payload) -> AsyncIterator[bytes]:
    """What a payload writes, as an iterable."""
    pipe = _Pipe()

    async def run() -> None:
        try:
            await payload.write(pipe)  # type: ignore[arg-type]
        finally:
            await pipe.queue.put(None)

    task = asyncio.ensure_future(run())
    try:
        while (piece := await pipe.queue.get()) is not None:
            yield piece
        await task
    finally:
        task.cancel()
