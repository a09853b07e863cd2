"""aws-chunked bodies: chunks that carry their own signatures, and trailers after them.

    10000;chunk-signature=<64 hex digits>\\r\\n        <- without `;chunk-signature=` where the payload is unsigned
    <65536 bytes>\\r\\n
    ...
    0;chunk-signature=<64 hex digits>\\r\\n
    x-amz-checksum-crc32c:sOO8/Q==\\r\\n              <- the trailers that `x-amz-trailer` promised
    x-amz-trailer-signature:<64 hex digits>\\r\\n     <- after signed chunks
    \\r\\n

Rules:
- `x-amz-content-sha256` names the kind (KINDS). The request's own signature is the seed: each chunk's signature is made
  over the one before it, so that chunks can be neither dropped nor moved.
- Every chunk but the last has at least 8192 bytes.
- What a peer may make the decoder keep is bounded: one piece of data, one line of a chunk's head, and as many trailers
  as were promised. A chunk may be as large as the body.
- AWS's documentation writes an LF before a trailer's CRLF; that spelling is read too, and means the same.
Source: "Transferring payload in multiple chunks (chunked upload)" and "Signature calculations for trailing headers"
(S3 API Reference).
"""

from __future__ import annotations

from hashlib import sha256

from .canonical import canonical_headers
from .errors import IncompleteBody, InvalidChunkSizeError, InvalidRequest, MalformedTrailerError, SignatureDoesNotMatch
from .request import TOKEN
from .signature import ALGORITHM, EMPTY_SHA256, same_signature, signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Protocol

    from .scope import CredentialScope

    class Readable(Protocol):
        def read(self, size: int = -1, /) -> bytes: ...


class Kind:
    """One kind of aws-chunked body: whether its chunks are signed, and whether trailers follow."""

    __slots__ = ("signed", "trailer")

    def __init__(self, signed: bool, trailer: bool) -> None:
        self.signed = signed
        self.trailer = trailer


KINDS = {
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": Kind(signed=True, trailer=False),
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": Kind(signed=True, trailer=True),
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER": Kind(signed=False, trailer=True),
}

MIN_CHUNK = 8192  # bytes: S3 refuses smaller chunks, but for the last
PIECE = 64 * 1024  # bytes read at a time
CHUNK_LINE = 256  # bytes: 16 hex digits, `;chunk-signature=` and the longest signature, 144, fit
TRAILER_LINE = 1024  # bytes: a checksum or a signature fits many times over

CHUNK_SIGNATURE = ";chunk-signature="
TRAILER_SIGNATURE = "x-amz-trailer-signature"


class SignatureChain:
    """Signatures of chunks and trailers, each over the one before it; the seed is the request's."""

    __slots__ = ("_access_key_id", "_chunk", "_key", "_trailer", "previous")

    def __init__(
        self, access_key_id: str, signing_key: bytes, amz_date: str, scope: CredentialScope, seed: str
    ) -> None:
        self._access_key_id = access_key_id
        self._key = signing_key
        self._chunk = f"{ALGORITHM}-PAYLOAD\n{amz_date}\n{scope}\n"
        self._trailer = f"{ALGORITHM}-TRAILER\n{amz_date}\n{scope}\n"
        self.previous = seed

    def sign_chunk(self, data_sha256: str) -> str:
        """The signature of the next chunk, whose data has this SHA-256 in hex."""
        self.previous = signature(self._key, self.chunk_string_to_sign(data_sha256))
        return self.previous

    def sign_trailer(self, trailers: Sequence[tuple[str, str]]) -> str:
        """The signature of the trailers, after the last chunk's."""
        self.previous = signature(self._key, self.trailer_string_to_sign(trailers))
        return self.previous

    def check_chunk(self, data_sha256: str, provided: str) -> None:
        """Raises SignatureDoesNotMatch unless `provided` is the next chunk's signature."""
        to_sign = self.chunk_string_to_sign(data_sha256)
        self._check(to_sign, provided)

    def check_trailer(self, trailers: Sequence[tuple[str, str]], provided: str) -> None:
        """Raises SignatureDoesNotMatch unless `provided` is the trailers' signature."""
        self._check(self.trailer_string_to_sign(trailers), provided)

    def chunk_string_to_sign(self, data_sha256: str) -> str:
        return f"{self._chunk}{self.previous}\n{EMPTY_SHA256}\n{data_sha256}"

    def trailer_string_to_sign(self, trailers: Sequence[tuple[str, str]]) -> str:
        return f"{self._trailer}{self.previous}\n{sha256(canonical_trailers(trailers)).hexdigest()}"

    def _check(self, to_sign: str, provided: str) -> None:
        expected = signature(self._key, to_sign)
        if not same_signature(expected, provided):
            raise SignatureDoesNotMatch(self._access_key_id, None, to_sign, provided)
        self.previous = expected


def canonical_trailers(trailers: Sequence[tuple[str, str]]) -> bytes:
    """Trailers as they are signed: canonical headers, each with an LF after it."""
    return "".join([f"{name}:{value}\n" for name, value in canonical_headers(trailers)]).encode("latin-1")


class Decoder:
    """Iterates over the data in an aws-chunked body; at its end, everything has been checked and `trailers` are there.

    `length`: the data's bytes, as x-amz-decoded-content-length says. `chain` is None for unsigned chunks. `promised`:
    the trailers' names in lower case; None where the kind has no trailers. A piece is yielded before its chunk's
    signature is checked: only the end proves what came before it.

    Raises SignatureDoesNotMatch, IncompleteBody, InvalidRequest for broken framing, InvalidChunkSizeError and
    MalformedTrailerError.
    """

    __slots__ = ("_chain", "_length", "_promised", "_source", "trailers")

    def __init__(
        self, stream: Readable, length: int, chain: SignatureChain | None, promised: Sequence[str] | None
    ) -> None:
        self._source = _Source(stream)
        self._length = length
        self._chain = chain
        self._promised = promised
        self.trailers: list[tuple[str, str]] = []

    def __iter__(self) -> Iterator[bytes]:
        source, chain = self._source, self._chain
        left = self._length
        number, previous = 1, MIN_CHUNK
        while True:
            size, provided = self._head(source.line(CHUNK_LINE))
            if size > left:
                raise InvalidRequest("The body has more bytes than x-amz-decoded-content-length says.")
            if size and previous < MIN_CHUNK:
                raise InvalidChunkSizeError(extra=[("Chunk", str(number)), ("BadChunkSize", str(previous))])
            yield from source.data(size) if chain is None else _checked(source.data(size), chain, provided)
            if not size:
                break
            source.line_end()
            left -= size
            number, previous = number + 1, size
        if left:
            raise IncompleteBody
        if self._promised is None:
            source.line_end()
        else:
            self._read_trailers(self._promised)
        source.end()

    def _head(self, line: bytes) -> tuple[int, str]:
        """A chunk's size and signature."""
        digits, separator, provided = line.decode("latin-1").partition(CHUNK_SIGNATURE)
        if not digits or len(digits) > 16 or digits.strip("0123456789abcdefABCDEF"):
            raise InvalidRequest("A chunk of the body does not begin with its size in hexadecimal digits.")
        if bool(separator) != (self._chain is not None):
            raise InvalidRequest("A chunk of the body must have a chunk-signature just if the payload is signed.")
        return int(digits, 16), provided

    def _read_trailers(self, promised: Sequence[str]) -> None:
        source, chain = self._source, self._chain
        while line := source.line(TRAILER_LINE):
            name, value = _trailer(line)
            if chain is not None and name == TRAILER_SIGNATURE:
                chain.check_trailer(self.trailers, value)
                chain = None
                source.line_end()
                break
            if name not in promised or any(name == other for other, _ in self.trailers):
                raise MalformedTrailerError
            self.trailers.append((name, value))
        if chain is not None or len(self.trailers) != len(promised):
            raise MalformedTrailerError


def _checked(pieces: Iterator[bytes], chain: SignatureChain, provided: str) -> Iterator[bytes]:
    digest = sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    chain.check_chunk(digest.hexdigest(), provided)


def _trailer(line: bytes) -> tuple[str, str]:
    name, colon, value = line.removesuffix(b"\n").decode("latin-1").partition(":")
    if not colon or not name or not TOKEN.issuperset(name) or not value.isprintable():
        raise MalformedTrailerError
    return name.lower(), value.strip(" \t")


class _Source:
    """Reads lines and data from the stream, by exact sizes where it can, so that data passes through uncopied."""

    __slots__ = ("_buffer", "_guess", "_stream")

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._buffer = b""
        self._guess = 88  # bytes to read for a line: as many as the last one had

    def line(self, limit: int) -> bytes:
        """The next line, without its CRLF."""
        buffer = self._buffer
        while (end := buffer.find(b"\r\n")) < 0:
            if len(buffer) > limit:
                raise InvalidRequest(f"A line between the chunks of the body is longer than {limit} bytes.")
            more = self._stream.read(self._guess)
            if not more:
                raise IncompleteBody
            buffer += more
        if end > limit:
            raise InvalidRequest(f"A line between the chunks of the body is longer than {limit} bytes.")
        self._buffer = buffer[end + 2 :]
        self._guess = end + 4 if end > 2 else self._guess
        return buffer[:end]

    def line_end(self) -> None:
        """The CRLF that must come here."""
        while len(self._buffer) < 2:
            more = self._stream.read(self._guess)
            if not more:
                raise IncompleteBody
            self._buffer += more
        if not self._buffer.startswith(b"\r\n"):
            raise InvalidRequest("A chunk of the body does not end where its size says.")
        self._buffer = self._buffer[2:]

    def data(self, size: int) -> Iterator[bytes]:
        """The next `size` bytes, in pieces."""
        if self._buffer and size:
            piece, self._buffer = self._buffer[:size], self._buffer[size:]
            size -= len(piece)
            yield piece
        while size:
            piece = self._stream.read(min(size, PIECE))
            if not piece:
                raise IncompleteBody
            size -= len(piece)
            yield piece

    def end(self) -> None:
        """The body must end here."""
        if self._buffer or self._stream.read(1):
            raise InvalidRequest("The body goes on after its last chunk.")
