"""What the adapters for HTTP clients have in common: which of a request's headers are signed, and how its body is.

Rules:
- All that the client is about to send is signed, but for what it, or a hop on the way, may still change.
- A body in memory is signed by its hash. One that streams is signed in chunks as it goes out, where the service reads
  that (S3) and the length is known; elsewhere it is read first, up to MAX_HELD, for its hash comes before it.
- Signing adds headers and never takes one away.
"""

from __future__ import annotations

from ..errors import SigningError
from ..kept import keep
from ..request import split_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Iterable
    from typing import Literal

    from ..chunked import EncodedBody, Source
    from ..signer import Body, Signed, SignedStream, Signer

    Pair = tuple[str | bytes, str | bytes]

MAX_HELD = 64 << 20  # bytes of a streaming body that has to be read first

# What clients add, and proxies rewrite.
_LEFT_OUT = frozenset({"accept", "accept-encoding", "connection", "content-length", "transfer-encoding", "user-agent"})
_HASH = "x-amz-content-sha256"
# What signing adds: to be taken from a request that is sent on elsewhere, or signed anew; and for a body in chunks.
CHUNKED = frozenset({"content-encoding", "x-amz-decoded-content-length", "x-amz-trailer"})
ADDED = frozenset({"authorization", "x-amz-date", "x-amz-region-set", _HASH})


class Outgoing:
    """How requests are signed: by whom, and how much of them.

    `unsigned_payload`: bodies go unsigned, which S3 takes over HTTPS. `also_sign`: names of headers to sign although
    hops may change them.
    """

    __slots__ = ("_added", "_left_out", "_names", "_unsigned", "signer")

    def __init__(self, signer: Signer, unsigned_payload: bool, also_sign: Iterable[str]) -> None:
        if unsigned_payload and not signer.rules.unsigned_payload:
            raise SigningError(f"unsigned_payload: service {signer.service!r} wants bodies signed; leave it out")
        if isinstance(also_sign, str):
            raise SigningError(f"also_sign must be several names, not the text {also_sign!r}; write [{also_sign!r}]")
        self.signer = signer
        self._unsigned = unsigned_payload
        added = ADDED | CHUNKED | {"content-length", signer.rules.session_token_name.lower()}
        self._added = added | {name.title() for name in added} | {signer.rules.session_token_name}
        self._left_out = _LEFT_OUT.difference([name.lower() for name in also_sign])
        self._names: dict[str | bytes, str | Literal[False]] = {}  # as given -> in lower case; False: is left out

    def sign(self, method: str, url: str, headers: Iterable[Pair], body: Body | None) -> Signed:
        """The request signed; its `headers` are those to set. A hash among the headers counts for the body.

        `headers` may be bytes, too, as clients keep them; their names come back in lower case.
        """
        kept = self._kept(headers)
        if self._unsigned and not _states_hash(kept):
            kept.append(("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"))
        return self.signer.sign(method, url, kept, body)

    def streams(self, length: int | None, headers: Iterable[tuple[str, str]]) -> bool:
        """Whether a body of that length, None for an unknown one, is to be sent as it comes: in chunks, or unsigned."""
        if self._unsigned or _states_hash(headers):
            return True
        return self.signer.rules.aws_chunked and length is not None

    def sign_stream(
        self, method: str, url: str, headers: Iterable[tuple[str, str]], body: Source, length: int | None
    ) -> tuple[Signed, EncodedBody | None]:
        """The request signed, and the body to send in the place of its own; None: that one, as it is."""
        headers = [*headers]
        if self._unsigned or _states_hash(headers):
            return self.sign(method, url, headers, None), None
        kept = [(name, value) for name, value in self._kept(headers) if name.lower() != "content-length"]
        signed: SignedStream = self.signer.sign_stream(method, url, kept, body, content_length=length)
        return signed, signed.body

    def added(self, signed: Signed) -> list[tuple[str, str]]:
        """What signing has put among the headers, or changed of them."""
        return [(name, value) for name, value in signed.headers.items() if name in self._added]

    def _kept(self, headers: Iterable[Pair]) -> list[tuple[str, str]]:
        kept = []
        for given, value in headers:
            name = self._names.get(given)
            if name is None:
                name = self._look_at(given)
            if name is not False:
                kept.append((name, value.decode("latin-1") if isinstance(value, bytes) else value))
        return kept

    def _look_at(self, name: str | bytes) -> str | Literal[False]:
        lowered = text(name).lower()
        return keep(self._names, name, False if lowered in self._left_out else lowered)


def text(value: str | bytes) -> str:
    """A name or a value of a header; what is not ASCII stays that, and is refused by signing."""
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _states_hash(headers: Iterable[tuple[str, str]]) -> bool:
    return any(name.lower() == _HASH for name, _ in headers)


def held(pieces: Iterable[bytes]) -> bytes:
    """A streaming body, whole. Raises SigningError where it is larger than MAX_HELD."""
    data = bytearray()
    for piece in pieces:
        _add(data, piece)
    return bytes(data)


async def held_async(pieces: AsyncIterable[bytes]) -> bytes:
    """The same of an asynchronous one."""
    data = bytearray()
    async for piece in pieces:
        _add(data, piece)
    return bytes(data)


def _add(data: bytearray, piece: bytes | str) -> None:
    data += piece.encode() if isinstance(piece, str) else piece
    if len(data) > MAX_HELD:
        raise SigningError(
            f"the body streams and is larger than {MAX_HELD} bytes, and its hash must be signed before it is sent; "
            "give the header X-Amz-Content-Sha256, or for S3 a Content-Length"
        )


class Fed:
    """A source that an encoder reads synchronously, and that is filled from an asynchronous iterable beforehand."""

    def __init__(self, pieces: AsyncIterable[bytes]) -> None:
        self._pieces = aiter(pieces)
        self._buffer = bytearray()
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def seekable(self) -> bool:
        return False

    async def fill(self, size: int) -> None:
        while len(self._buffer) < size and not self._ended:
            piece = await anext(self._pieces, None)
            if piece is None:
                self._ended = True
            else:
                self._buffer += piece


async def fed(encoded: EncodedBody, source: Fed, chunk_size: int = 65536) -> AsyncIterator[bytes]:
    """The encoded body, piece by piece, with its source filled before each."""
    pieces = iter(encoded)
    while True:
        await source.fill(chunk_size + 1)  # one more tells that the data has not ended
        piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def same_host(a: str, b: str) -> bool:
    """Whether two absolute URLs are of one host and port; from http to https on the usual ports is one host, too."""
    (scheme_a, host_a), (scheme_b, host_b) = _split(a), _split(b)
    if host_a != host_b:
        return False
    return scheme_a == scheme_b or (scheme_a, scheme_b) == ("http", "https")


def _split(url: str) -> tuple[str, str]:
    try:
        origin, host, *_ = split_url(url.partition("#")[0])
    except SigningError:
        return "", url  # is the host of nothing
    return origin.partition("://")[0], host
