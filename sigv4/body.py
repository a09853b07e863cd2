"""What a request says of its body, and the reader that holds the body to it.

Rules:
- Said of a body: its SHA-256 (x-amz-content-sha256), its lengths (Content-Length, x-amz-decoded-content-length), its
  Content-MD5, one checksum (x-amz-checksum-*), or the trailer in which that will come (x-amz-trailer).
- Everything said is checked, while the bytes pass; nothing is kept but one piece. The last piece is handed on only when
  every check has passed. What came before it must not be kept when reading ends with an error.
- Checksums and Content-MD5 are of the data, the lengths are of what each names.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html;
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html;
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import md5, sha256
from hmac import compare_digest
from sys import maxsize

from .checksums import ALGORITHM_OF, ALGORITHMS, Checksum, is_base64, is_value
from .chunked import KINDS, PIECE, Decoder
from .encoding import is_number
from .errors import (
    BadDigest,
    IncompleteBody,
    InvalidDigest,
    InvalidRequest,
    MalformedTrailerError,
    MissingContentLength,
    XAmzContentSHA256Mismatch,
)
from .signature import UNSIGNED_PAYLOAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .chunked import Readable, SignatureChain

_MAX_LENGTH_DIGITS = 19  # an 8-byte number; more would only cost time


class BodyClaim:
    """What the headers say of the body, checked for form. `fields`: the values by lower-case name.

    `payload_hash`: a SHA-256 in hex, UNSIGNED-PAYLOAD, or one of chunked.KINDS. `checksums=False` passes over
    x-amz-checksum-*, for the one request where they are not the body's: CompleteMultipartUpload.

    Raises InvalidRequest, InvalidDigest, MissingContentLength, in S3's words.
    """

    __slots__ = ("checksum", "content_length", "content_md5", "decoded_length", "kind", "payload_hash", "trailers")

    def __init__(self, payload_hash: str, fields: Mapping[str, str], checksums: bool = True) -> None:
        self.payload_hash = payload_hash
        self.kind = KINDS.get(payload_hash)
        self.content_length = _length("content-length", fields)
        self.content_md5 = fields.get("content-md5")
        if self.content_md5 is not None and not is_base64(self.content_md5, 16):
            raise InvalidDigest(extra=[("Content-MD5", self.content_md5)])
        promised = fields["x-amz-trailer"].lower().split(",") if "x-amz-trailer" in fields else ()
        self.trailers = tuple(filter(None, [name.strip(" \t") for name in promised]))
        self.checksum = _checksum(fields, self.trailers) if checksums else None
        self.decoded_length = None
        if self.kind is not None:
            self.decoded_length = _length("x-amz-decoded-content-length", fields)
            if self.decoded_length is None:
                raise MissingContentLength
        if self.trailers and (self.kind is None or not self.kind.trailer):
            raise MalformedTrailerError


class BodyReader:
    """The body's data, checked. `read` works as a file's does; the end, b"", is reached only by a body that passed.

    At the end, `trailers` has the trailers as (name, value) pairs, and `checksums` every checksum that came and was
    found right, by algorithm: {"CRC32C": "sOO8/Q=="}.
    """

    __slots__ = ("_blocks", "_error", "_held", "_ready", "_waiting", "checksums", "trailers")

    def __init__(self, stream: Readable, claim: BodyClaim, chain: SignatureChain | None) -> None:
        """`stream` must end where the body does, unless the claim has a content length. `chain`: for signed chunks."""
        self.trailers: list[tuple[str, str]] = []
        self.checksums: dict[str, str] = {}
        self._blocks = self._checked(stream, claim, chain)
        self._held = (
            b""  # the last piece read, until it is known not to be the last of all, or all is known to be right
        )
        self._ready = b""
        self._waiting = False
        self._error: Exception | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        """Return `size` bytes, fewer only at the end; all for None or less than 0.

        Raises the VerificationError that S3 would respond with, and what reading the stream raises; then the same at
        each call. Where the stream's `read` returns None, since it does not wait and has nothing yet, what there is is
        returned, and if that is nothing, BlockingIOError is raised: call again when the stream has more.
        """
        pieces: list[bytes] = []
        wanted = maxsize if size is None or size < 0 else size
        while wanted:
            piece = self._ready or self._advance()
            self._ready = b""
            if len(piece) == wanted and not pieces:
                return piece  # the common case: PIECE bytes are asked for, and there they are
            if not piece:
                if self._waiting and not pieces:
                    raise BlockingIOError("the stream has nothing yet")
                break
            if len(piece) > wanted:
                piece, self._ready = piece[:wanted], piece[wanted:]
            wanted -= len(piece)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _advance(self) -> bytes:
        """The next piece to hand on; empty at the end, or while the stream has none."""
        if self._error is not None:
            raise self._error
        self._waiting = False
        try:
            for block in self._blocks:
                if not block:
                    self._waiting = True
                    return b""
                piece, self._held = self._held, block
                if piece:
                    return piece
        except Exception as error:
            self._held = b""
            self._error = error
            raise
        piece, self._held = self._held, b""
        return piece

    def _checked(self, stream: Readable, claim: BodyClaim, chain: SignatureChain | None) -> Iterator[bytes]:
        updates: list[Callable[[bytes], object]] = []
        checks: list[Callable[[], None]] = []
        blocks: Iterable[bytes]
        if claim.kind is None:
            blocks = _pieces(stream, claim.content_length)
        else:
            promised = claim.trailers if claim.kind.trailer else None
            blocks = decoder = Decoder(stream, claim.content_length, claim.decoded_length or 0, chain, promised)
            checks.append(lambda: self.trailers.extend(decoder.trailers))
        if claim.kind is None and claim.payload_hash != UNSIGNED_PAYLOAD:
            digest = sha256()
            updates.append(digest.update)
            checks.append(lambda: compare_hash(claim.payload_hash, digest.hexdigest()))
        if claim.content_md5 is not None:
            self._check_md5(claim.content_md5, updates, checks)
        if claim.checksum is not None:
            self._check_checksum(*claim.checksum, updates, checks)
        yield from _passed_to(updates, blocks) if updates else blocks
        for check in checks:
            check()

    def _check_md5(
        self, expected: str, updates: list[Callable[[bytes], object]], checks: list[Callable[[], None]]
    ) -> None:
        running = md5(usedforsecurity=False)

        def check() -> None:
            calculated = b64encode(running.digest()).decode()
            if not compare_digest(calculated, expected):
                digests = [("ExpectedDigest", b64decode(expected).hex()), ("CalculatedDigest", calculated)]
                raise BadDigest(extra=digests)

        updates.append(running.update)
        checks.append(check)

    def _check_checksum(
        self,
        algorithm: str,
        in_header: str | None,
        updates: list[Callable[[bytes], object]],
        checks: list[Callable[[], None]],
    ) -> None:
        """The expected value is in the header, or else comes with the trailers."""
        try:
            running = Checksum(algorithm)
        except ImportError:
            raise InvalidRequest(f"The checksum algorithm {algorithm} is not supported here.") from None

        def check() -> None:
            expected = in_header
            if expected is None:
                expected = dict(self.trailers)[ALGORITHMS[algorithm].header]
                if not is_value(algorithm, expected):
                    raise InvalidRequest(f"Value for {ALGORITHMS[algorithm].header} trailing header is invalid.")
            if not compare_digest(running.value(), expected):
                raise BadDigest(f"The {algorithm} you specified did not match the calculated checksum.")
            self.checksums[algorithm] = expected

        updates.append(running.update)
        checks.append(check)


def compare_hash(signed: str, computed: str) -> None:
    """Raises XAmzContentSHA256Mismatch unless the payload hash that was signed is the body's."""
    if not compare_digest(signed.encode(), computed.encode()):
        raise XAmzContentSHA256Mismatch(
            extra=[("ClientComputedContentSHA256", signed), ("S3ComputedContentSHA256", computed)]
        )


def _pieces(stream: Readable, length: int | None) -> Iterator[bytes]:
    """The stream up to `length`, where that is known; an empty piece whenever it has nothing yet.

    Raises IncompleteBody where the stream ends before.
    """
    left = length
    while left != 0:
        data = stream.read(PIECE if left is None else min(PIECE, left))
        if data == b"":
            if left is None:
                return
            raise IncompleteBody
        if left is not None and data is not None:
            left -= len(data)
        yield data or b""


def _passed_to(updates: Iterable[Callable[[bytes], object]], blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The blocks, each handed to every update before it goes on."""
    for block in blocks:
        for update in updates:
            update(block)
        yield block


def _length(name: str, given: Mapping[str, str]) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not is_number(text, _MAX_LENGTH_DIGITS):
        raise InvalidRequest(f"Value for {name} header is invalid.")
    return int(text)


def _checksum(given: Mapping[str, str], trailers: tuple[str, ...]) -> tuple[str, str | None] | None:
    """The one checksum: its algorithm, and its value unless that comes as a trailer."""
    in_header = [name for name in given if name in ALGORITHM_OF]
    for name in trailers:
        if name not in ALGORITHM_OF:
            raise InvalidRequest("The value specified in the x-amz-trailer header is not supported")
    if len(in_header) + len(trailers) > 1:
        raise InvalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    if trailers:
        return ALGORITHM_OF[trailers[0]], None
    if not in_header:
        return None
    [name] = in_header
    if not is_value(ALGORITHM_OF[name], given[name]):
        raise InvalidRequest(f"Value for {name} header is invalid.")
    return ALGORITHM_OF[name], given[name]
