"""One request on its way through LocalS3: what arrived, read the way S3 reads it, for the operations to use.

An operation is a function from a Call to a Response, registered under AWS's name for it in snake case:

    @operation
    def delete_bucket(call: Call) -> Response: ...

One that reads the body is marked as such, by `reads_body`. For any other the service reads it before: what a request
says of its body must be true of one that nobody wants, too.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from hashlib import md5

from ..._http.messages import Response
from ...checksums import ALGORITHM_OF, ALGORITHMS
from ...encoding import encode, is_number
from ...presigned_query import HOISTED, HOISTED_PREFIX
from ...received import Received
from ...signature import EMPTY_SHA256, UNSIGNED_PAYLOAD
from . import documents
from .errors import S3Error
from .storage import MAX_KEY_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import Any, Protocol, TypeAlias

    from ..._http.messages import Request
    from ...credentials import Credentials
    from ...post import VerifiedPost
    from .bodies import Body
    from .documents import Content, Element
    from .listeners import Listeners
    from .principals import Principal, Principals
    from .records import Version
    from .storage import Storage

    Handler: TypeAlias = "Callable[[Call], Response]"

    class Readable(Protocol):
        def read(self, size: int = -1, /) -> bytes: ...

    class Signed(Protocol):
        """A request that somebody signed, by whatever version."""

        credentials: Credentials
        signed_at: datetime
        payload_hash: str

        def open(self, stream: Readable) -> Readable: ...


CHUNK = 64 * 1024  # bytes read at once; the core's reader hands on pieces of this size without copying
MAX_UNUSED_BYTES = 64 * 1024  # of a body that the operation has no use for
MAX_PUT_BYTES = 5 << 30  # of one request: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html
ACCOUNT_ID = "123456789012"
OWNER = [("ID", "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a")]
INITIATOR = [*OWNER, ("DisplayName", "local")]  # of an upload; S3 names nobody else any more
DEFAULT_CHECKSUM = "CRC64NVME"  # what S3 computes of what comes without one

# What else is said of a body, besides its hash and its length.
_OF_BODIES = frozenset(("content-md5", "x-amz-trailer", *ALGORITHM_OF))

# Headers that S3 acts on and LocalS3 does not: they are refused by name. A test holds this to S3's service model.
NOT_DONE = frozenset((
    "x-amz-bucket-namespace", "x-amz-bucket-object-lock-token", "x-amz-create-session-mode",
    "x-amz-if-match-initiated-time", "x-amz-if-match-last-modified-time", "x-amz-if-match-size",
    "x-amz-object-annotation-directive", "x-amz-object-if-match", "x-amz-object-lock-event-hold",
    "x-amz-object-lock-event-hold-duration-days", "x-amz-object-lock-event-hold-duration-years",
    "x-amz-optional-object-attributes", "x-amz-rename-source", "x-amz-rename-source-if-match",
    "x-amz-rename-source-if-modified-since", "x-amz-rename-source-if-none-match",
    "x-amz-rename-source-if-unmodified-since", "x-amz-source-expected-bucket-owner", "x-amz-write-offset-bytes",
))  # fmt: skip

HANDLERS: dict[str, Handler] = {}
BODY_READERS: set[str] = set()

md5_hash = partial(md5, usedforsecurity=False)  # what S3 takes for ETags

# Headers that S3 also takes from the query, where JavaScript's SDKs put them: see sigv4/presigned_query.py.
_FROM_QUERY = HOISTED | {"x-amz-website-redirect-location"}


def operation(handler: Handler) -> Handler:
    """Register an operation under its name."""
    HANDLERS[handler.__name__] = handler
    return handler


def reads_body(handler: Handler) -> Handler:
    """Mark an operation that reads the body to its end itself, before it changes anything."""
    BODY_READERS.add(handler.__name__)
    return handler


class Call:
    """A request for `operation` on `bucket` and `key` (each empty where the request has none).

    `received` is the request as it arrived, `query` its decoded pairs and `fields` its headers by lower-case name; the
    fields of a POST form take their place. `region` is that of the endpoint, `home` the server's first. `verified` is
    None for an anonymous request. `hosted`: the bucket came from the host, not from the path.
    """

    __slots__ = (
        "_settings", "bucket", "defaults", "deleted", "fields", "home", "hosted", "key", "listeners", "operation",
        "principals", "query", "received", "region", "request", "storage", "verified",
    )  # fmt: skip

    received: Received
    principals: Principals
    listeners: Listeners
    defaults: dict[str, Any]  # what new buckets begin with

    def __init__(self, request: Request, storage: Storage, region: str) -> None:
        self.request = request
        self.storage = storage
        self.region = self.home = region
        self.bucket = ""
        self.hosted = False
        self.key = ""
        self.query: list[tuple[str, str]] = []
        self.operation = ""
        self.verified: Signed | VerifiedPost | None = None
        self.fields: dict[str, str] = {}
        self.deleted: list[tuple[str, str | None, Version | None]] = []  # key, the version named, what became of it
        self._settings: dict[str, Any] | None = None

    def read(self) -> None:
        """Read what arrived. Raises InvalidURI."""
        self.received = Received(self.request.method, self.request.target, self.request.headers)
        self.fields = self.received.fields
        self.query = self.received.parameters

    # What the request says

    def header(self, name: str) -> str | None:
        """A header by its lower-case name."""
        value = self.fields.get(name)
        if value is None and name in _FROM_QUERY:
            value = self.parameter(name)
            return None if value is None else as_header(value)
        return value

    def headers(self, prefix: str) -> dict[str, str]:
        """The headers whose lower-case names begin with `prefix`, by the rest of the name."""
        found = {name[len(prefix) :]: value for name, value in self.fields.items() if name.startswith(prefix)}
        if prefix == HOISTED_PREFIX:
            for name, value in self.query:
                if name.startswith(prefix):
                    found.setdefault(name[len(prefix) :], as_header(value))
        return found

    def parameter(self, name: str) -> str | None:
        """A query parameter's first value; empty where it has none."""
        for other, value in self.query:
            if other == name:
                return value
        return None

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A query parameter that is a whole number of at least `low`; above `high` it counts as `high`."""
        text = self.parameter(name)
        if text is None or text == "":
            return default
        if not (is_number(text, 10) and low <= int(text) < 1 << 31):
            raise S3Error(
                "InvalidArgument",
                f"Provided {name} not an integer or within integer range",
                ArgumentName=name,
                ArgumentValue=text,
            )
        return min(int(text), high)

    def location(self) -> str:
        """The object's URL, in the style in which the request came."""
        resource = self.key if self.hosted else f"{self.bucket}/{self.key}"
        scheme = "https" if self.request.tls else "http"
        return f"{scheme}://{self.received.host}/{encode(resource, keep_slash=True)}"

    def settings(self) -> dict[str, Any]:
        """The bucket's, as they were when they were first asked for. Raises S3Error NoSuchBucket."""
        if self._settings is None:
            self._settings = self.storage.bucket(self.bucket).settings
        return self._settings

    def settings_of(self, bucket: str) -> dict[str, Any]:
        """Those of this bucket or of another one."""
        return self.settings() if bucket == self.bucket else self.storage.bucket(bucket).settings

    @property
    def principal(self) -> Principal | None:
        """Who signed the request; None for an anonymous one."""
        if self.verified is None:
            return None
        return self.principals.of(self.verified.credentials.access_key_id)

    # The body

    def reader(self) -> Readable:
        """The body, decoded and checked against all that was signed and said of it, as it is read."""
        if self.verified is None:
            return self._anonymous_reader()
        return self.verified.open(self.request.body)

    def _anonymous_reader(self) -> Readable:
        """Nothing was signed; what else was said counts."""
        from ...body import BodyClaim, BodyReader

        payload_hash = self.fields.get("x-amz-content-sha256", UNSIGNED_PAYLOAD)
        claim = BodyClaim(payload_hash, self.fields, self.operation != "complete_multipart_upload")
        if claim.kind is not None and claim.kind.algorithm is not None:
            raise S3Error("InvalidRequest", "A body in signed chunks needs a request that is signed.")
        return BodyReader(self.request.body, claim, None)

    def check_body(self) -> None:
        """Read a body that the operation has no use for, and hold the request to what it says of it."""
        if self.verified is None:
            return  # nothing was signed, so nothing was said
        if self.request.body.ended() and self._says_nothing_of_a_body():
            return  # as most do: this spares them a reader
        reader, size = self.reader(), 0
        while data := reader.read(CHUNK):
            size += len(data)
            if size > MAX_UNUSED_BYTES:
                raise S3Error("MaxMessageLengthExceeded", MaxMessageLengthBytes=str(MAX_UNUSED_BYTES))

    def _says_nothing_of_a_body(self) -> bool:
        payload_hash = getattr(self.verified, "payload_hash", "")
        return payload_hash in (UNSIGNED_PAYLOAD, EMPTY_SHA256) and _OF_BODIES.isdisjoint(self.fields)

    @contextmanager
    def receive(self, algorithm: str | None = None) -> Iterator[tuple[Body, dict[str, str] | None]]:
        """The whole body, checked, ready to be stored within the block; and the checksum that came with it.

        Its `checksum` is of that `algorithm`, whatever came with it; of S3's default one where that is None, unless
        there came one.
        """
        self._check_sdk_algorithm()
        computed = algorithm
        if algorithm is None and not self.has_checksum():
            computed = DEFAULT_CHECKSUM
        with self.storage.receive(computed) as body:
            yield body, self.pour(body.write, MAX_PUT_BYTES)

    def document(self, root: str) -> Element:
        """The body as an XML document, checked likewise. Raises S3Error MalformedXML."""
        return documents.parse(self.text(), root)

    def text(self) -> bytes:
        """The body, held; as long as a document may be."""
        self._check_sdk_algorithm()
        data = bytearray()
        self.pour(data.extend, documents.MAX_BYTES)
        return bytes(data)

    def pour(self, write: Callable[[bytes], object], limit: int) -> dict[str, str] | None:
        """Write the body where it belongs, and return the checksum that came with it and was found right."""
        self._check_length(limit)
        reader = self.reader()
        size = 0
        while data := reader.read(CHUNK):
            size += len(data)
            if size > limit:
                raise _too_large(size, limit)
            write(data)
        for algorithm, value in getattr(reader, "checksums", {}).items():
            return {"algorithm": algorithm, "type": "FULL_OBJECT", "value": value}
        return None

    def has_checksum(self) -> bool:
        """Whether the request brings a checksum of its body, or announces it as a trailer."""
        return not ALGORITHM_OF.keys().isdisjoint(self.fields) or self.header("x-amz-trailer") is not None

    def _check_sdk_algorithm(self) -> None:
        """What SDKs say of the checksum that comes with the body must be so."""
        algorithm = self.header("x-amz-sdk-checksum-algorithm")
        if not algorithm:
            return
        if not self.has_checksum():
            raise S3Error(
                "InvalidRequest",
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                "headers were found.",
            )
        name = f"x-amz-checksum-{algorithm.lower()}"
        trailers = [each.strip().lower() for each in (self.header("x-amz-trailer") or "").split(",")]
        if algorithm.upper() not in ALGORITHMS or not (self.header(name) or name in trailers):
            raise S3Error("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.")

    def _check_length(self, limit: int) -> None:
        length: int | None = self.request.content_length
        decoded = self.header("x-amz-decoded-content-length")
        if decoded is not None and is_number(decoded, 19):
            length = int(decoded)
        if length is None and self.request.method == "PUT":
            raise S3Error("MissingContentLength")
        if length is not None and length > limit:
            raise _too_large(length, limit)


def region_of(call: Call, settings: dict[str, Any]) -> str:
    """Where a bucket of these settings lies."""
    location: str = settings.get("location") or settings.get("region") or call.home
    return "eu-west-1" if location == "EU" else location


def as_header(text: str) -> str:
    """Text that came otherwise, as a header's value would have come: its UTF-8, each byte a character."""
    return text.encode().decode("latin-1")


def check_headers(call: Call) -> None:
    """Raises S3Error NotImplemented for a header that would be passed over silently."""
    if not NOT_DONE.isdisjoint(call.fields):
        raise S3Error("NotImplemented", Header=min(NOT_DONE & call.fields.keys()))


def check_key(key: str) -> None:
    """Raises S3Error KeyTooLongError. A key is at least one byte, or the request would be for the bucket."""
    size = len(key.encode())
    if size > MAX_KEY_BYTES:
        raise S3Error("KeyTooLongError", Size=str(size), MaxSizeAllowed=str(MAX_KEY_BYTES))


def xml(root: str, content: Content, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Response:
    """A document as the response."""
    return Response(status, [*(headers or []), ("Content-Type", "application/xml")], documents.render(root, content))


def empty(status: int = 200, headers: list[tuple[str, str]] | None = None) -> Response:
    return Response(status, headers or [])


def _too_large(size: int, limit: int) -> S3Error:
    if limit < MAX_PUT_BYTES:
        return S3Error("MalformedXML")
    return S3Error("EntityTooLarge", ProposedSize=str(size), MaxSizeAllowed=str(limit))
