"""What `httpx` and `httpx2` have in common: the same interface under two names.

httpx follows redirects only when told so, and asks no `auth` for them. One within the host is then sent again, signed
for where it went, where no other host stood on the way. To another host it goes without Authorization, which httpx
takes away, and without the session token, which is gone from the request as soon as its head is on its way.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

from ..credentials import Credentials
from ..request import split_url
from ._outgoing import ADDED, Fed, Outgoing, fed, held, held_async, same_host

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterable, Iterator
    from typing import Any

    from ..signer import Signed, Signer

_HEAD_IS_SENT = ".send_request_headers.complete"


class SigV4Flow:
    """The methods of an Auth, for whichever of the two libraries.

    `unsigned_payload`: bodies go unsigned, which S3 takes over HTTPS. `also_sign`: names of headers to sign although
    hops may change them, such as Content-Length.

    Raises SigningError for options that the service does not allow; when a request is sent, for what cannot be signed,
    and what the credential provider raises.
    """

    def __init__(self, signer: Signer, *, unsigned_payload: bool = False, also_sign: Iterable[str] = ()) -> None:
        self._outgoing = Outgoing(signer, unsigned_payload, also_sign)

    def sync_auth_flow(self, request: Any) -> Generator[Any, Any, None]:
        self._forget_in_time(request, self._sign(request), _forgetting)
        response = yield request
        if response.history and (again := self._sign_again(request, response)) is not None:
            response.read()
            yield again

    async def async_auth_flow(self, request: Any) -> AsyncGenerator[Any, Any]:
        self._forget_in_time(request, await self._sign_async(request), _forgetting_async)
        response = yield request
        if response.history and (again := self._sign_again(request, response)) is not None:
            await response.aread()
            yield again

    def _sign(self, request: Any) -> Signed:
        body = _held_body(request)
        if body is None:
            if self._outgoing.streams(_length(request), request.headers.multi_items()):
                signed, encoded = self._sign_stream(request, request.stream)
                if encoded is not None:
                    request.stream = _streams(request)[0](encoded)
                return signed
            body = held(request.stream)
            _hold(request, body)
        return self._sign_held(request, body)

    async def _sign_async(self, request: Any) -> Signed:
        await self._ask_for_credentials()
        body = _held_body(request)
        if body is None:
            if self._outgoing.streams(_length(request), request.headers.multi_items()):
                source = Fed(request.stream)
                signed, encoded = self._sign_stream(request, source)
                if encoded is not None:
                    request.stream = _streams(request)[1](fed(encoded, source))
                return signed
            body = await held_async(request.stream)
            _hold(request, body)
        return self._sign_held(request, body)

    async def _ask_for_credentials(self) -> None:
        """Have those of a provider renewed, where that is due, without blocking the event loop."""
        get = getattr(self._outgoing.signer.credentials, "get", None)
        if get is not None and not isinstance(self._outgoing.signer.credentials, Credentials):
            await get()

    def _sign_held(self, request: Any, body: bytes) -> Signed:
        url = str(request.url)
        signed = self._outgoing.sign(request.method, url, request.headers.raw, body)
        self._set(request, url, signed)
        return signed

    def _sign_stream(self, request: Any, body: Any) -> tuple[Signed, Any]:
        url = str(request.url)
        headers = request.headers.multi_items()
        signed, encoded = self._outgoing.sign_stream(request.method, url, headers, body, _length(request))
        self._set(request, url, signed)
        return signed, encoded

    def _set(self, request: Any, url: str, signed: Signed) -> None:
        if signed.url != url:
            path = signed.url[len(split_url(signed.url)[0]) :].encode()
            if path != request.url.raw_path:
                request.url = request.url.copy_with(raw_path=path)
        for name, value in self._outgoing.added(signed):
            request.headers[name] = value

    def _forget_in_time(self, request: Any, signed: Signed, forgetting: Callable[[Any, str], Any]) -> None:
        token = self._outgoing.signer.rules.session_token_name
        if token in signed.headers:
            request.extensions = {**request.extensions, "trace": forgetting(request, token)}

    def _sign_again(self, request: Any, response: Any) -> Any | None:
        """The request that redirects within the host have led to, signed for where it went; None where that is none."""
        last = response.request
        if response.status_code not in (400, 401, 403):
            return None
        urls = [str(each.url) for each in (*response.history, last)]
        if _held_body(request) is None or not all(same_host(str(request.url), url) for url in urls):
            return None  # another host may have chosen where this one leads
        token = self._outgoing.signer.rules.session_token_name.lower()
        for name in [name for name in last.headers if name in ADDED or name == token]:
            del last.headers[name]
        self._sign_held(last, last.read())
        return last


def _forgetting(request: Any, token_name: str) -> Callable[[str, Any], None]:
    """A trace of the request, which takes the session token from it once its head has been sent.

    httpx makes a redirect's request out of it, and would hand the token on to whatever host that is.
    https://www.encode.io/httpcore/extensions/#trace
    """
    before = request.extensions.get("trace")

    def trace(event: str, info: Any) -> None:
        if event.endswith(_HEAD_IS_SENT):
            request.headers.pop(token_name, None)
        if before is not None:
            before(event, info)

    return trace


def _forgetting_async(request: Any, token_name: str) -> Callable[[str, Any], Awaitable[None]]:
    """The same for an asynchronous client."""
    before = request.extensions.get("trace")

    async def trace(event: str, info: Any) -> None:
        if event.endswith(_HEAD_IS_SENT):
            request.headers.pop(token_name, None)
        if before is not None:
            await before(event, info)

    return trace


@cache
def _stream_classes(library: str) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """A synchronous and an asynchronous stream, as the library's transports want them."""
    httpx: Any = sys.modules[library]

    class Stream(httpx.SyncByteStream):  # type: ignore[misc]
        def __init__(self, pieces: Iterable[bytes]) -> None:
            self._pieces = pieces

        def __iter__(self) -> Iterator[bytes]:
            return iter(self._pieces)

    class AsyncStream(httpx.AsyncByteStream):  # type: ignore[misc]
        def __init__(self, pieces: AsyncIterator[bytes]) -> None:
            self._pieces = pieces

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self._pieces

    return Stream, AsyncStream


def _streams(request: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    return _stream_classes(_library(request))


def _library(request: Any) -> str:
    return type(request).__module__.partition(".")[0]


def _held_body(request: Any) -> bytes | None:
    """The body, where it is in memory."""
    body: bytes | None = getattr(request, "_content", None)  # which httpx reads at once where it can
    return body


def _hold(request: Any, data: bytes) -> None:
    request.stream = sys.modules[_library(request)].ByteStream(data)
    request._content = data
    request.headers.pop("Transfer-Encoding", None)
    request.headers["Content-Length"] = str(len(data))


def _length(request: Any) -> int | None:
    text = request.headers.get("Content-Length") or ""
    return int(text) if text.isascii() and text.isdigit() else None
