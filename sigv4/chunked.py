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
- SigV4A's signatures vary in length: here they are padded to 144 characters with `*`, so that the length of the body
  can be known before. The padding is not part of what the next one is made over.
- Every chunk but the last has at least 8192 bytes.
- What a peer may make the decoder keep is bounded: one piece of data, one line of a chunk's head, and as many trailers
  as were promised. A chunk may be as large as the body.
- AWS's documentation writes an LF before a trailer's CRLF; that spelling is read too, and means the same.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html (chunked upload) and
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html (trailing headers).
"""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO

from .canonical import canonical_headers, header_lines
from .checksums import ALGORITHM_OF, ALGORITHMS, Checksum
from .encoding import is_token
from .errors import (
    IncompleteBody,
    InvalidChunkSizeError,
    InvalidRequest,
    MalformedTrailerError,
    SignatureDoesNotMatch,
    SigningError,
)
from .scope import ALGORITHM, ALGORITHM_V4A
from .signature import EMPTY_SHA256, prepared_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO, Protocol, TypeAlias, TypeGuard

    from .credentials import Credentials
    from .scope import CredentialScope

    # What can be sent: bytes, a file from where it stands, or pieces of bytes.
    Source: TypeAlias = bytes | bytearray | memoryview | BinaryIO | Iterable[bytes]

    class Readable(Protocol):
        """A binary file, as far as it is needed here. None says, as of a raw file, that nothing is there yet."""

        def read(self, size: int, /) -> bytes | None: ...


class Kind:
    """One kind of aws-chunked body: what its chunks are signed by, None for unsigned, and whether trailers follow."""

    __slots__ = ("algorithm", "trailer")

    def __init__(self, algorithm: str | None, trailer: bool) -> None:
        self.algorithm = algorithm
        self.trailer = trailer


KINDS = {
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": Kind(ALGORITHM, trailer=False),
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": Kind(ALGORITHM, trailer=True),
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD": Kind(ALGORITHM_V4A, trailer=False),
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER": Kind(ALGORITHM_V4A, trailer=True),
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER": Kind(None, trailer=True),
}
SIGNATURE_LENGTHS = {ALGORITHM: 64, ALGORITHM_V4A: 144}  # characters, in a body

MIN_CHUNK = 8192  # bytes: S3 refuses smaller chunks, but for the last
PIECE = 64 * 1024  # bytes read at a time
CHUNK_LINE = 256  # bytes: 16 hex digits, `;chunk-signature=` and the longest signature fit
TRAILER_LINE = 1024  # bytes: a checksum or a signature fits many times over

# What an encoded body says of itself; a value left over from elsewhere must not stand beside it.
_OWN_HEADERS = frozenset({"x-amz-content-sha256", "x-amz-decoded-content-length", "x-amz-trailer"})

CHUNK_SIGNATURE = ";chunk-signature="
TRAILER_SIGNATURE = "x-amz-trailer-signature"


class SignatureChain:
    """Signatures of chunks and trailers, each over the one before it; the seed is the request's own."""

    __slots__ = ("_access_key_id", "_chunk", "_key", "_previous", "_signature_length", "_trailer")

    def __init__(self, credentials: Credentials, amz_date: str, scope: CredentialScope, seed: str) -> None:
        self._access_key_id = credentials.access_key_id
        self._key = prepared_key(credentials, scope)
        self._signature_length = SIGNATURE_LENGTHS[scope.algorithm]
        self._chunk = f"{scope.algorithm}-PAYLOAD\n{amz_date}\n{scope}\n"
        self._trailer = f"{scope.algorithm}-TRAILER\n{amz_date}\n{scope}\n"
        self._previous = seed

    def sign_chunk(self, data_sha256: str) -> str:
        """The signature of the next chunk, whose data has this SHA-256 in hex."""
        return self._sign(self._chunk_string_to_sign(data_sha256))

    def sign_trailer(self, trailers: Sequence[tuple[str, str]]) -> str:
        """The signature of the trailers, after the last chunk's."""
        return self._sign(self._trailer_string_to_sign(trailers))

    def check_chunk(self, data_sha256: str, provided: str) -> None:
        """Raises SignatureDoesNotMatch unless `provided` is the next chunk's signature."""
        self._check(self._chunk_string_to_sign(data_sha256), provided)

    def check_trailer(self, trailers: Sequence[tuple[str, str]], provided: str) -> None:
        """Raises SignatureDoesNotMatch unless `provided` is the trailers' signature."""
        self._check(self._trailer_string_to_sign(trailers), provided)

    def _chunk_string_to_sign(self, data_sha256: str) -> str:
        return f"{self._chunk}{self._previous}\n{EMPTY_SHA256}\n{data_sha256}"

    def _trailer_string_to_sign(self, trailers: Sequence[tuple[str, str]]) -> str:
        return f"{self._trailer}{self._previous}\n{sha256(canonical_trailers(trailers)).hexdigest()}"

    def _sign(self, to_sign: str) -> str:
        self._previous = self._key.sign(to_sign)
        return self._previous.ljust(self._signature_length, "*")

    def _check(self, to_sign: str, provided: str) -> None:
        unpadded = provided.rstrip("*")
        if len(provided) != self._signature_length or not self._key.verify(to_sign, unpadded):
            raise SignatureDoesNotMatch(self._access_key_id, None, to_sign, provided)
        self._previous = unpadded


def canonical_trailers(trailers: Sequence[tuple[str, str]]) -> bytes:
    """Trailers as they are signed: canonical headers, each with an LF after it."""
    return header_lines(canonical_headers(trailers)).encode("latin-1")


class Decoder:
    """Iterates over the data in an aws-chunked body; at its end, everything has been checked and `trailers` are there.

    `body_length`: the bytes to read from the stream, None for all. `length`: the data's bytes, as
    x-amz-decoded-content-length says. `chain` is None for unsigned chunks. `promised`: the trailers' names in lower
    case; None where the kind has no trailers. A chunk's first pieces are yielded before its signature is checked: only
    the end proves what came before it. An empty piece says that the stream has nothing yet.

    Raises SignatureDoesNotMatch, IncompleteBody, InvalidRequest for broken framing, InvalidChunkSizeError and
    MalformedTrailerError.
    """

    __slots__ = ("_chain", "_length", "_promised", "_source", "trailers")

    def __init__(
        self,
        stream: Readable,
        body_length: int | None,
        length: int,
        chain: SignatureChain | None,
        promised: Sequence[str] | None,
    ) -> None:
        self._source = _Source(stream, body_length)
        self._length = length
        self._chain = chain
        self._promised = promised
        self.trailers: list[tuple[str, str]] = []

    def __iter__(self) -> Iterator[bytes]:
        source, chain = self._source, self._chain
        left = self._length
        number, previous, data_end = 1, MIN_CHUNK, b""
        while True:
            while (line := source.line(CHUNK_LINE, data_end)) is None:
                yield b""
            size, provided = self._head(line)
            if size > left:
                raise InvalidRequest("The body has more bytes than x-amz-decoded-content-length says.")
            if size and previous < MIN_CHUNK:
                raise InvalidChunkSizeError(extra=[("Chunk", str(number)), ("BadChunkSize", str(previous))])
            piece = source.data(size) if size else b""
            digest = None if chain is None else sha256(piece)
            in_chunk = size
            while in_chunk := in_chunk - len(piece):
                yield piece
                piece = source.data(in_chunk)
                if digest is not None:
                    digest.update(piece)
            if chain is not None and digest is not None:
                chain.check_chunk(digest.hexdigest(), provided)
            if not size:
                break
            yield piece
            left -= size
            number, previous, data_end = number + 1, size, b"\r\n"
        if left:
            raise IncompleteBody
        if self._promised is None:
            yield from source.empty_line()
        else:
            yield from self._read_trailers(self._promised)
        while not source.at_end():
            yield b""

    def _head(self, line: bytes) -> tuple[int, str]:
        """A chunk's size and signature."""
        digits, separator, provided = line.decode("latin-1").partition(CHUNK_SIGNATURE)
        if not digits or len(digits) > 16 or digits.strip("0123456789abcdefABCDEF"):
            raise InvalidRequest("A chunk of the body does not begin with its size in hexadecimal digits.")
        if bool(separator) != (self._chain is not None):
            raise InvalidRequest("A chunk of the body must have a chunk-signature just if the payload is signed.")
        return int(digits, 16), provided

    def _read_trailers(self, promised: Sequence[str]) -> Iterator[bytes]:
        source, chain = self._source, self._chain
        awaited = set(promised)  # a peer may promise thousands
        while True:
            while (line := source.line(TRAILER_LINE)) is None:
                yield b""
            if not line:
                break
            name, value = _trailer(line)
            if chain is not None and name == TRAILER_SIGNATURE:
                chain.check_trailer(self.trailers, value)
                chain = None
                yield from source.empty_line()
                break
            if name not in awaited:
                raise MalformedTrailerError
            awaited.remove(name)
            self.trailers.append((name, value))
        if chain is not None or len(self.trailers) != len(promised):
            raise MalformedTrailerError


class EncodedBody:
    """An aws-chunked body, made while it is iterated over; `len` is its exact number of bytes, known before.

    It can be iterated over again, for a retry, where its source can: bytes, or a file that seeks.
    """

    __slots__ = ("_algorithm", "_chain", "_chunk_size", "_length", "_source", "_start", "_trailer")

    def __init__(
        self, source: Source, length: int | None, trailer: str | None, algorithm: str | None, chunk_size: int
    ) -> None:
        """`length`: the source's bytes; None where they can be counted. `trailer`: the checksum to send, or None.
        `algorithm`: what the chunks will be signed by; None leaves them unsigned.

        Raises SigningError for what cannot be sent.
        """
        if trailer is not None and trailer not in ALGORITHMS:
            raise SigningError(f"checksum {trailer!r} must be one of {', '.join(ALGORITHMS)}")
        if trailer is None and algorithm is None:
            raise SigningError("an unsigned payload needs a checksum, such as checksum='CRC64NVME'")
        if not isinstance(chunk_size, int) or chunk_size < MIN_CHUNK:
            raise SigningError(
                f"chunk_size {chunk_size!r} must be a number of bytes from {MIN_CHUNK}: S3 wants as much"
            )
        self._source = source
        self._length = _checked_length(source, length)
        self._trailer = trailer
        self._algorithm = algorithm
        self._chunk_size = chunk_size
        self._start = source.tell() if _is_seekable(source) else None
        self._chain: Callable[[], SignatureChain] | None = None

    def headers(self, given: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """The headers given, with those that an aws-chunked body needs.

        Raises SigningError for a Content-Length that is not the encoded body's, and for a second checksum.
        """
        send, encodings = [], ["aws-chunked"]
        for name, value in given:
            lowered = name.lower()
            if lowered == "content-encoding":
                encodings += [coding for coding in map(str.strip, value.split(",")) if coding != "aws-chunked"]
            elif lowered == "content-length" and value != str(len(self)):
                raise SigningError(
                    f"header {name} is {value}, but the encoded body has {len(self)} bytes; leave it out"
                )
            elif lowered in ALGORITHM_OF and self._trailer is not None:
                raise SigningError(f"header {name}: S3 takes one checksum only; leave it out, or `checksum`")
            elif lowered not in _OWN_HEADERS:
                send.append((name, value))
        send.append(("Content-Encoding", ",".join(encodings)))
        send.append(("X-Amz-Decoded-Content-Length", str(self._length)))
        if self._trailer is not None:
            send.append(("X-Amz-Trailer", ALGORITHMS[self._trailer].header))
        send.append(("X-Amz-Content-Sha256", self._kind))
        return send

    @property
    def _kind(self) -> str:
        return next(
            name
            for name, kind in KINDS.items()
            if kind.algorithm == self._algorithm and kind.trailer == (self._trailer is not None)
        )

    def sign_with(self, chain: Callable[[], SignatureChain]) -> None:
        """`chain` gives a new chain that begins at the request's own signature."""
        self._chain = chain

    def __len__(self) -> int:
        return encoded_length(self._length, self._chunk_size, self._trailer, self._algorithm)

    def __iter__(self) -> Iterator[bytes]:
        chain = self._chain() if self._chain is not None and self._algorithm is not None else None
        checksum = None if self._trailer is None else Checksum(self._trailer)
        line_end = ""
        for chunk in self._chunks():
            yield _chunk_head(line_end, chunk, chain)
            yield chunk
            if checksum is not None:
                checksum.update(chunk)
            line_end = "\r\n"
        yield _chunk_head(line_end, b"", chain)
        if checksum is None:
            yield b"\r\n"
        else:
            yield _trailer_lines([(ALGORITHMS[checksum.algorithm].header, checksum.value())], chain)

    def _chunks(self) -> Iterator[bytes]:
        """The data in chunks of the one size but for the last, and exactly as much as was said."""
        if self._start is not None and _is_seekable(self._source):
            self._source.seek(self._start)
        read = _reader(self._source)
        left = self._length
        while left:
            chunk = read(min(left, self._chunk_size))
            if not chunk:
                raise SigningError(f"the body ends {left} bytes before the {self._length} that content_length says")
            left -= len(chunk)
            yield chunk
        if read(1):
            raise SigningError(f"the body has more bytes than the {self._length} that content_length says")


def encoded_length(length: int, chunk_size: int, trailer: str | None, algorithm: str | None) -> int:
    """The bytes of an aws-chunked body: what Content-Length has to say.

    `trailer`: a checksum's algorithm or None. `algorithm`: the signatures', None for unsigned chunks.
    """
    framing = 2 if algorithm is None else len(CHUNK_SIGNATURE) + SIGNATURE_LENGTHS[algorithm] + 2
    whole, rest = divmod(length, chunk_size)
    total = whole * (len(f"{chunk_size:x}") + framing + chunk_size + 2) + 1 + framing
    if rest:
        total += len(f"{rest:x}") + framing + rest + 2
    if trailer is not None:
        total += len(ALGORITHMS[trailer].header) + 1 + (ALGORITHMS[trailer].size + 2) // 3 * 4 + 2
        if algorithm is not None:
            total += len(TRAILER_SIGNATURE) + 1 + SIGNATURE_LENGTHS[algorithm] + 2
    return total + 2


def _checked_length(source: Source, said: int | None) -> int:
    if isinstance(source, str):
        raise SigningError("body must be bytes, not str; encode text as UTF-8")
    counted = _counted_length(source)
    if said is None:
        if counted is None:
            raise SigningError("content_length is needed: S3 wants to know before how many bytes will come")
        return counted
    if isinstance(said, bool) or not isinstance(said, int) or said < 0:
        raise SigningError(f"content_length {said!r} must be a number of bytes")
    if counted is not None and counted != said:
        raise SigningError(f"content_length is {said}, but the body has {counted} bytes")
    return said


def _counted_length(source: Source) -> int | None:
    """How many bytes there are, where that can be known without reading them."""
    if isinstance(source, bytes | bytearray | memoryview):
        view = memoryview(source)
        if not view.contiguous:
            raise SigningError("body is a view with gaps; give bytes(body)")
        return view.nbytes
    if not _is_seekable(source):
        return None
    start = source.tell()
    end = source.seek(0, 2)
    source.seek(start)
    return max(0, end - start)


def _is_seekable(source: object) -> TypeGuard[BinaryIO]:
    return hasattr(source, "seekable") and source.seekable()


def _chunk_head(line_end: str, chunk: bytes, chain: SignatureChain | None) -> bytes:
    """The end of the chunk before, and the first line of this one."""
    if chain is None:
        return f"{line_end}{len(chunk):x}\r\n".encode()
    return f"{line_end}{len(chunk):x}{CHUNK_SIGNATURE}{chain.sign_chunk(sha256(chunk).hexdigest())}\r\n".encode()


def _trailer_lines(trailers: Sequence[tuple[str, str]], chain: SignatureChain | None) -> bytes:
    lines = [f"{name}:{value}\r\n" for name, value in trailers]
    if chain is not None:
        lines.append(f"{TRAILER_SIGNATURE}:{chain.sign_trailer(trailers)}\r\n")
    return "".join([*lines, "\r\n"]).encode()


def _reader(source: Source) -> Callable[[int], bytes]:
    """A function that returns just as many bytes as are asked for, fewer only at the end."""
    if isinstance(source, bytes | bytearray | memoryview):
        return BytesIO(source).read
    pieces: Iterator[bytes] = iter(lambda: source.read(PIECE), b"") if hasattr(source, "read") else iter(source)
    kept = bytearray()

    def read(size: int) -> bytes:
        while len(kept) < size:
            try:
                piece = next(pieces)
            except StopIteration:
                break
            if not isinstance(piece, bytes | bytearray | memoryview):
                raise SigningError(f"the body must be of bytes, not {type(piece).__name__}; encode text as UTF-8")
            if not kept and len(piece) == size:
                return bytes(piece)
            kept.extend(piece)
        taken = bytes(kept[:size])
        del kept[:size]
        return taken

    return read


def _trailer(line: bytes) -> tuple[str, str]:
    name, colon, value = line.removesuffix(b"\n").decode("latin-1").partition(":")
    if not colon or not is_token(name) or not value.isprintable():
        raise MalformedTrailerError
    return name.lower(), value.strip(" \t")


class _Source:
    """Reads lines and data from the stream, by exact sizes where it can, so that data passes through uncopied.

    No more than `length` bytes are read, where that is known; IncompleteBody where the stream ends before. While the
    stream has nothing yet, `line` is None, `data` is empty and `at_end` is False: ask again later.
    """

    __slots__ = ("_buffer", "_guess", "_left", "_stream")

    def __init__(self, stream: Readable, length: int | None) -> None:
        self._stream = stream
        self._left = length
        self._buffer = b""
        self._guess = 88  # bytes to read for a line: as many as the last one had

    def line(self, limit: int, data_end: bytes = b"") -> bytes | None:
        """The next line, without its CRLF. `data_end` must come before it: the CRLF after a chunk's data."""
        start = len(data_end)
        stop = start + limit + 2
        buffer = self._buffer
        while (end := buffer.find(b"\r\n", start, stop)) < 0:
            if len(buffer) >= stop:
                raise InvalidRequest(f"A line between the chunks of the body is longer than {limit} bytes.")
            more = self._read(self._guess)
            if more is None:
                return None
            self._buffer = buffer = buffer + more
        if not buffer.startswith(data_end):
            raise InvalidRequest("A chunk of the body does not end where its size says.")
        self._buffer = buffer[end + 2 :]
        self._guess = end - start + 4  # with both CRLFs
        return buffer[start:end]

    def empty_line(self) -> Iterator[bytes]:
        """Pass the line that must come here, of which there is nothing but its CRLF."""
        while (line := self.line(TRAILER_LINE)) is None:
            yield b""
        if line:
            raise InvalidRequest("The body does not end after its last chunk.")

    def data(self, size: int) -> bytes:
        """Some of the next `size` bytes."""
        if self._buffer:
            piece, self._buffer = self._buffer[:size], self._buffer[size:]
            return piece
        return self._read(size if size < PIECE else PIECE) or b""

    def at_end(self) -> bool:
        """The body must end here."""
        more = b"" if self._left == 0 else self._stream.read(1)
        if more == b"" and self._left:
            raise IncompleteBody
        if self._buffer or more:
            raise InvalidRequest("The body goes on after its last chunk.")
        return more is not None

    def _read(self, size: int) -> bytes | None:
        """Some of the next `size` bytes of the stream, in which the body has not ended yet."""
        left = self._left
        if left is not None and size > left:
            size = left
        more = self._stream.read(size) if size else b""
        if more:
            if left is not None:
                self._left = left - len(more)
        elif more is not None:
            raise IncompleteBody
        return more
