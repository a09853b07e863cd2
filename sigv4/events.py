"""Event streams whose events are signed: Transcribe, Bedrock's bidirectional calls, Lex, Polly.

    x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-EVENTS         the request, signed in its headers: the seed
    [ :date  :chunk-signature | [ headers | payload ] ]             an event: a message that is signed, in another
    [ :date  :chunk-signature | ]                                   the last: nothing, signed

A message is `total length, headers length, CRC-32 of the two, headers, payload, CRC-32 of all before`; numbers are
big-endian, and a header is `length of the name, name, type, value`.

Rules:
- Each event is signed over the signature before; the first over the request's. So none can be left out, put elsewhere
  or added, and without the last, empty one the stream is cut short.
- An event is signed when it is sent, with the date it then has: an old one is refused.
- What is read is bounded: a message has at most 24 MiB, its headers at most 128 KiB.
Sources: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-http2.html;
https://smithy.io/2.0/aws/amazon-eventstream.html.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest, digest
from struct import error as StructError
from struct import pack, unpack_from
from time import time
from zlib import crc32

from .errors import (
    AccessDenied,
    IncompleteBody,
    InvalidRequest,
    RequestTimeTooSkewed,
    SignatureDoesNotMatch,
    SigningError,
)
from .scope import CredentialScope, amz_date, parse_amz_date, signing_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import TypeAlias

    from .chunked import Readable
    from .credentials import Credentials

    Value: TypeAlias = bool | int | str | bytes | datetime

MAX_MESSAGE = 24 << 20  # bytes, and of its headers
MAX_HEADERS = 128 << 10
MAX_SKEW = 900  # seconds

_ALGORITHM = "AWS4-HMAC-SHA256-PAYLOAD"
_DATE, _SIGNATURE = ":date", ":chunk-signature"
_FRAME = 16  # bytes of a message beside headers and payload: the prelude of 12, and the checksum at its end
_TRUE, _FALSE, _BYTE, _SHORT, _INT, _LONG, _BYTES, _TEXT, _TIME, _UUID = range(10)
_NUMBERS = {_BYTE: (">b", 1), _SHORT: (">h", 2), _INT: (">i", 4), _LONG: (">q", 8), _TIME: (">q", 8)}


class Message:
    """A message of an event stream: `headers` by name, and the `payload`.

    A header's value is a bool, an int, text, bytes, or an aware datetime, which is sent in milliseconds. Numbers are
    read from any size, and sent in 4 bytes where they fit, else in 8.
    """

    __slots__ = ("headers", "payload")

    def __init__(self, headers: Mapping[str, Value], payload: bytes = b"") -> None:
        self.headers = dict(headers)
        self.payload = payload

    def __repr__(self) -> str:
        return f"<Message {', '.join(self.headers)}: {len(self.payload)} bytes>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.headers == other.headers and self.payload == other.payload

    __hash__ = None  # type: ignore[assignment]  # its headers may change

    def encode(self) -> bytes:
        """The message as it is sent. Raises SigningError, naming the header, for what no message holds."""
        headers = _encode_headers(self.headers)
        total = len(headers) + len(self.payload) + _FRAME
        if len(headers) > MAX_HEADERS or total > MAX_MESSAGE:
            raise SigningError(
                f"the message has {total} bytes, {len(headers)} of them headers; that is too much for one"
            )
        prelude = pack(">II", total, len(headers))
        data = b"".join((prelude, pack(">I", crc32(prelude)), headers, self.payload))
        return data + pack(">I", crc32(data))


def read_messages(stream: Readable) -> Iterator[Message]:
    """The messages of a stream, to its end.

    Raises IncompleteBody for one that is cut off, InvalidRequest for one that is damaged or too large.
    """
    while prelude := _exactly(stream, 12, at_end=True):
        total, size, checksum = unpack_from(">III", prelude)
        if crc32(prelude[:8]) != checksum:
            raise InvalidRequest("A message of the event stream is damaged: the checksum of its prelude is wrong.")
        if total > MAX_MESSAGE or size > MAX_HEADERS or size > total - _FRAME:
            raise InvalidRequest(
                f"A message of the event stream says that it has {total} bytes, {size} of them headers."
            )
        rest = _exactly(stream, total - 12)
        if crc32(rest[:-4], crc32(prelude)) != unpack_from(">I", rest, len(rest) - 4)[0]:
            raise InvalidRequest("A message of the event stream is damaged: its checksum is wrong.")
        yield Message(_decode_headers(rest[:size]), rest[size:-4])


class EventChain:
    """The signatures of one stream of events, each over the one before. `seed`: the request's signature, in hex."""

    __slots__ = ("_credentials", "_last", "_region", "_service")

    def __init__(self, credentials: Credentials, region: str, service: str, seed: str) -> None:
        self._credentials = credentials
        self._region = region
        self._service = service
        self._last = seed

    def sign(self, payload: bytes, signed_at: datetime | None = None) -> Message:
        """The message that carries this one, encoded, or nothing at the end. `signed_at`: aware, by default now."""
        stamp = amz_date(signed_at)
        moment = parse_amz_date(stamp)
        made = self._signature(stamp, moment, payload)
        self._last = made.hex()
        return Message({_DATE: moment, _SIGNATURE: made}, payload)

    def verify(self, message: Message, now: float) -> bytes:
        """The payload of a signed message: another one, encoded, or nothing.

        Raises what S3 would call it: AccessDenied for a message that is not signed, RequestTimeTooSkewed,
        SignatureDoesNotMatch. After that, no other message of the chain is right.
        """
        from datetime import datetime

        moment, provided = message.headers.get(_DATE), message.headers.get(_SIGNATURE)
        if not isinstance(moment, datetime) or not isinstance(provided, bytes) or len(message.headers) != 2:
            raise AccessDenied("An event must have the headers :date and :chunk-signature, and no others.")
        made = self._signature(amz_date(moment), moment, message.payload)
        if not compare_digest(made, provided):
            raise SignatureDoesNotMatch(
                self._credentials.access_key_id,
                None,
                self._to_sign(amz_date(moment), moment, message.payload),
                provided.hex(),
            )
        if abs(moment.timestamp() - now) > MAX_SKEW:
            raise RequestTimeTooSkewed
        self._last = made.hex()
        return message.payload

    def _signature(self, stamp: str, moment: datetime, payload: bytes) -> bytes:
        key = signing_key(self._credentials, self._scope(stamp))
        return digest(key, self._to_sign(stamp, moment, payload).encode(), "sha256")

    def _to_sign(self, stamp: str, moment: datetime, payload: bytes) -> str:
        """Six lines; the fifth is over the headers that are signed, which is the date, as they are sent."""
        hashes = sha256(_encode_headers({_DATE: moment})).hexdigest(), sha256(payload).hexdigest()
        return "\n".join((_ALGORITHM, stamp, self._scope(stamp).text, self._last, *hashes))

    def _scope(self, stamp: str) -> CredentialScope:
        return CredentialScope(stamp[:8], self._region, self._service)


class EventBody:
    """A body of signed events, made while it is iterated over, by `for` or by `async for`, once.

    Each is signed with the date at which it is asked for; the empty one at the end comes by itself.
    """

    __slots__ = ("_chain", "_events", "_now")

    def __init__(
        self,
        events: Iterable[Message | bytes] | AsyncIterable[Message | bytes],
        chain: EventChain,
        now: Callable[[], datetime] | None,
    ) -> None:
        self._events = events
        self._chain = chain
        self._now = now

    def __iter__(self) -> Iterator[bytes]:
        if not hasattr(self._events, "__iter__"):
            raise SigningError("the events come asynchronously; iterate over the body by `async for`")
        for event in self._events:
            yield self._signed(event)
        yield self._signed(b"")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if hasattr(self._events, "__aiter__"):
            async for event in self._events:
                yield self._signed(event)
        else:
            for event in self._events:
                yield self._signed(event)
        yield self._signed(b"")

    def _signed(self, event: Message | bytes) -> bytes:
        payload = event.encode() if isinstance(event, Message) else event
        return self._chain.sign(payload, self._now() if self._now is not None else None).encode()


def verified_events(stream: Readable, chain: EventChain, now: Callable[[], float] = time) -> Iterator[Message]:
    """The messages that signed ones carry. Reading has to go to the end: only there is it known that none is missing.

    Raises what `read_messages` and `EventChain.verify` raise; IncompleteBody where the last, empty event is missing.
    """
    ended = False
    for message in read_messages(stream):
        if ended:
            raise InvalidRequest("The event stream goes on after its last event.")
        payload = chain.verify(message, now())
        if not payload:
            ended = True
            continue
        yield from read_messages(_Bytes(payload))
    if not ended:
        raise IncompleteBody


class _Bytes:
    """As much of a file as is read here."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int, /) -> bytes:
        piece, self._data = self._data[:size], self._data[size:]
        return piece


def _exactly(stream: Readable, size: int, at_end: bool = False) -> bytes:
    """That many bytes; nothing where the stream ends before the first of them and may."""
    pieces: list[bytes] = []
    left = size
    while left:
        piece = stream.read(left)
        if not piece:
            if at_end and not pieces:
                return b""
            raise IncompleteBody
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _encode_headers(headers: Mapping[str, Value]) -> bytes:
    return b"".join([_encode_header(name, value) for name, value in headers.items()])


def _encode_header(name: str, value: Value) -> bytes:
    encoded = name.encode()
    if not 0 < len(encoded) < 256:
        raise SigningError(f"header {name[:40]!r}: a name has 1 to 255 bytes")
    return bytes((len(encoded),)) + encoded + _encode_value(name, value)


def _encode_value(name: str, value: Value) -> bytes:
    if isinstance(value, bool):
        return bytes((_TRUE if value else _FALSE,))
    if isinstance(value, int):
        for kind in (_INT, _LONG):
            try:
                return bytes((kind,)) + pack(_NUMBERS[kind][0], value)
            except StructError:
                continue
        raise SigningError(f"header {name}: {value} does not fit into 8 bytes")
    if isinstance(value, (str, bytes)):
        data = value.encode() if isinstance(value, str) else value
        if len(data) > 0x7FFF:
            raise SigningError(f"header {name}: the value has {len(data)} bytes; 32767 fit in")
        return bytes((_TEXT if isinstance(value, str) else _BYTES,)) + pack(">H", len(data)) + data
    if hasattr(value, "timestamp") and value.utcoffset() is not None:
        return bytes((_TIME,)) + pack(">q", round(value.timestamp() * 1000))
    raise SigningError(f"header {name}: a value is a bool, an int, text, bytes or an aware datetime")


def _decode_headers(data: bytes) -> dict[str, Value]:
    """Raises InvalidRequest for headers that are damaged, or stand twice."""
    headers: dict[str, Value] = {}
    at = 0
    try:
        while at < len(data):
            name = data[at + 1 : at + 1 + data[at]].decode()
            at += 1 + data[at]
            kind = data[at]
            value, at = _decode_value(kind, data, at + 1)
            if not name or name in headers or at > len(data):
                raise ValueError
            headers[name] = value
    except (ValueError, IndexError, StructError, OverflowError):
        raise InvalidRequest("A message of the event stream is damaged: its headers cannot be read.") from None
    return headers


def _decode_value(kind: int, data: bytes, at: int) -> tuple[Value, int]:
    """The value that begins there, and where it ends."""
    if kind in (_TRUE, _FALSE):
        return kind == _TRUE, at
    if kind in _NUMBERS:
        form, size = _NUMBERS[kind]
        number = unpack_from(form, data, at)[0]
        return (_moment(number) if kind == _TIME else number), at + size
    if kind == _UUID:
        return data[at : at + 16], at + 16
    if kind not in (_BYTES, _TEXT):
        raise ValueError
    end = at + 2 + unpack_from(">H", data, at)[0]
    piece = data[at + 2 : end]
    return (piece.decode() if kind == _TEXT else piece), end


def _moment(milliseconds: int) -> datetime:
    from datetime import UTC, datetime, timedelta

    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
