"""Operations on objects."""

from __future__ import annotations

import os

from ..._http.messages import Response
from ...checksums import ALGORITHMS, FULL_OBJECT, MULTIPART
from ...dates import http_date
from ...encoding import is_token
from ...presigned_query import HOISTED_PREFIX
from . import metadata
from .access import access_attributes, check_access
from .archive import check_readable, check_storage_class, restore_headers
from .call import check_key, empty, operation, reads_body, xml
from .conditions import check_read, parse_range, range_applies, write_check, write_conditions
from .encryption import (
    check_customer_key,
    encryption_headers,
    encryption_of,
    has_md5_etag,
)
from .errors import S3Error
from .faults import POST_OBJECT
from .lock import BYPASSING, bypasses, check_deletable, lock_attributes, lock_headers
from .rows import place_of
from .storage import Vanished
from .tagging import parse_tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .bodies import Body
    from .call import Call
    from .documents import Content
    from .records import Version

MAX_METADATA_BYTES = 2048  # S3 user guide, Working with object metadata
MAX_DELETES = 1000

# Headers that are kept with the object and come back with it. The second kind a copy takes from its own request alone.
_CONTENT_HEADERS = (
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires",
)  # fmt: skip
OWN_HEADERS = ("x-amz-storage-class", "x-amz-website-redirect-location")


@operation
@reads_body
def put_object(call: Call) -> Response:
    attributes = object_attributes(call)
    check = write_conditions(call)
    with call.receive() as (body, checksum):
        version = store(call, body, checksum, attributes, check)
    return empty(headers=stored_headers(call, version))


def _latin_1(value: str) -> str:
    """A form's field as a header: what Latin-1 cannot hold is a space, as S3 has it."""
    return "".join(c if c <= "\xff" else " " for c in value.encode("latin-1").decode())


def _metadata(call: Call) -> dict[str, str]:
    """The x-amz-meta-*, by the rest of the name."""
    sent = call.headers(HOISTED_PREFIX)
    if sum(len(name) + len(value) for name, value in sent.items()) > MAX_METADATA_BYTES:
        raise S3Error("MetadataTooLarge", MaxSizeAllowed=str(MAX_METADATA_BYTES))
    for name, value in sent.items():
        if name and not is_token(name):
            raise S3Error("InvalidArgument", ArgumentName=name, ArgumentValue=value)
    words = call.operation != POST_OBJECT  # a form's fields are no headers
    return {name: metadata.decoded(value, words) for name, value in sent.items()}


def store(
    call: Call,
    body: Body,
    checksum: dict[str, str] | None,
    attributes: dict[str, Any],
    check: Callable[[Version | None], None],
) -> Version:
    """Make the body the object that the call is for; without a checksum that came with it, its own counts."""
    attributes["checksum"] = checksum or {"type": FULL_OBJECT, **(body.checksum or {})}
    return call.storage.put_object(call.bucket, call.key, body, attributes, check, new_etag(attributes))


def stored_headers(call: Call, version: Version) -> list[tuple[str, str]]:
    """What is answered to one who has sent an object."""
    return [
        ("ETag", f'"{version.etag}"'),
        *version_headers(version),
        *checksum_headers(version),
        *encryption_headers(version.attributes),
        *expiration_of(call, version),
    ]


def expiration_of(call: Call, version: Version) -> list[tuple[str, str]]:
    """What the bucket's lifecycle rules have in store for the current version."""
    settings = call.settings()
    if "lifecycle" not in settings:
        return []
    from .lifecycle import expiration_headers

    return expiration_headers(version, settings)


def new_etag(attributes: dict[str, Any]) -> str | None:
    """An ETag that says nothing of the bytes, for what is encrypted with a key; None where it is their MD5."""
    return None if has_md5_etag(attributes) else os.urandom(16).hex()


def object_attributes(call: Call) -> dict[str, Any]:
    """What the request says of the object besides its bytes. Raises for what S3 refuses and what is not done."""
    check_key(call.key)
    check_storage_class(call.header("x-amz-storage-class"))
    headers = {name: value for name in (*_CONTENT_HEADERS, *OWN_HEADERS) if (value := call.header(name))}
    if "content-encoding" in headers:
        codings = headers["content-encoding"].split(",")
        kept = [coding for coding in codings if coding.strip().lower() != "aws-chunked"]
        headers["content-encoding"] = ",".join(kept).strip()
    if call.operation == POST_OBJECT:
        headers = {name: _latin_1(value) for name, value in headers.items()}
    for name, value in headers.items():
        # A form's field may hold what no header can, and it would have to be one in every answer.
        if any((c < " " and c != "\t") or c == "\x7f" for c in value):
            raise S3Error("InvalidArgument", ArgumentName=name, ArgumentValue=value)
    settings = call.settings()
    attributes = {
        "headers": {name: value for name, value in headers.items() if value},
        "metadata": _metadata(call),
        "tags": parse_tags(call.header("x-amz-tagging")),
        "encryption": encryption_of(call, settings),
        **lock_attributes(call, settings),
        **access_attributes(call, settings),
    }
    return {name: value for name, value in attributes.items() if value}


def version_headers(version: Version, versioned: bool = False) -> list[tuple[str, str]]:
    """`versioned`: S3 gives the null version's id, too, as it does of a bucket that has or had versioning, but not to
    one who puts an object.
    """
    headers = []
    if version.version_id != "null" or version.delete_marker or versioned:
        headers.append(("x-amz-version-id", version.version_id))
    if version.delete_marker:
        headers.append(("x-amz-delete-marker", "true"))
    return headers


def checksum_headers(version: Version) -> list[tuple[str, str]]:
    checksum = version.attributes.get("checksum")
    if not checksum:
        return []
    return [(ALGORITHMS[checksum["algorithm"]].header, checksum["value"]), ("x-amz-checksum-type", checksum["type"])]


def checksum_elements(checksum: dict[str, Any] | None) -> list[tuple[str, str | None]]:
    """A checksum as S3's XML has it."""
    if not checksum:
        return []
    return [(f"Checksum{checksum['algorithm']}", checksum["value"]), ("ChecksumType", checksum.get("type"))]


def unknown_algorithm() -> S3Error:
    """Of an x-amz-checksum-algorithm."""
    valid = f"[{', '.join(MULTIPART)}]"
    return S3Error(
        "InvalidRequest",
        f"Checksum algorithm provided is unsupported. Please try again with any of the valid types: {valid}",
    )


# Reading


@operation
def get_object(call: Call) -> Response:
    while True:
        version = find_version(call)
        check_readable(version, call.storage.now())
        response, span = _describe(call, version)
        try:
            response.body = call.storage.open_body(version, *span)
        except Vanished:  # overwritten or deleted between the two steps
            continue
        response.length = span[1]
        return response


@operation
def head_object(call: Call) -> Response:
    response, span = _describe(call, find_version(call))
    response.length = span[1]
    return response


def find_version(call: Call) -> Version:
    """The version that the request names; a delete marker is refused as S3 does."""
    version_id = version_asked(call)
    version = call.storage.version(call.bucket, call.key, version_id)
    if version.delete_marker:
        if version_id is None:
            raise S3Error("NoSuchKey", headers=version_headers(version), Key=call.key)
        raise marker_not_allowed(call, version)
    return version


def version_asked(call: Call) -> str | None:
    """The version id of the request. Raises S3Error InvalidArgument for one that no S3 has made."""
    version_id = call.parameter("versionId")
    if version_id is None or is_version_id(version_id):
        return version_id
    if not version_id:
        raise S3Error(
            "InvalidArgument", "Version id cannot be the empty string", ArgumentName="versionId", ArgumentValue=""
        )
    raise S3Error("InvalidArgument", "Invalid version id specified", ArgumentName="versionId", ArgumentValue=version_id)


def is_version_id(text: str) -> bool:
    return text == "null" or place_of(text) is not None


def marker_not_allowed(call: Call, marker: Version) -> S3Error:
    """Of a request for a delete marker."""
    headers = [*version_headers(marker), ("Allow", "DELETE"), ("Last-Modified", http_date(marker.modified))]
    return S3Error("MethodNotAllowed", headers=headers, Method=call.request.method, ResourceType="DeleteMarker")


def _describe(call: Call, version: Version) -> tuple[Response, tuple[int, int]]:
    """The answer to GET and HEAD without its body, and the span of the body that it is about."""
    attributes = version.attributes
    check_customer_key(call, attributes)
    check_read(version, call.header, call.storage.now())
    headers = {"content-type": "binary/octet-stream", **attributes.get("headers", {}), **_overrides(call)}
    if headers.get("x-amz-storage-class") == "STANDARD":
        del headers["x-amz-storage-class"]
    answer = [
        ("Last-Modified", http_date(version.modified)),
        ("ETag", f'"{version.etag}"'),
        ("Accept-Ranges", "bytes"),
        *((name if name.startswith("x-") else name.title(), value) for name, value in headers.items()),
        *((f"x-amz-meta-{name}", metadata.encoded(text)) for name, text in attributes.get("metadata", {}).items()),
        *version_headers(version, versioned="versioning" in call.settings()),
        *encryption_headers(attributes),
        *lock_headers(attributes),
        *restore_headers(version, call.storage.now()),
        *(expiration_of(call, version) if call.parameter("versionId") is None else []),
    ]
    if attributes.get("tags"):
        answer.append(("x-amz-tagging-count", str(len(attributes["tags"]))))
    span = _part_span(call, version, answer)
    if span is None and range_applies(version, call.header("if-range")):
        span = parse_range(call.header("range"), version.size)
    if (call.header("x-amz-checksum-mode") or "").upper() == "ENABLED":
        answer += _checksum_of_span(call, version, span)
    if span is None:
        return Response(200, answer), (0, version.size)
    start, length = span
    answer.append(("Content-Range", f"bytes {start}-{start + length - 1}/{version.size}"))
    return Response(206, answer), span


def _part_span(call: Call, version: Version, answer: list[tuple[str, str]]) -> tuple[int, int] | None:
    """The span of the part that `partNumber` asks for. An object that was put whole is its own first part."""
    if call.parameter("partNumber") is None:
        return None
    if call.header("range") is not None:
        raise S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
    number = call.number("partNumber", 1, 1, 10_000)
    sizes = [part["size"] for part in version.attributes.get("parts", [])]
    if sizes:
        answer.append(("x-amz-mp-parts-count", str(len(sizes))))
    sizes = sizes or [version.size]
    if number > len(sizes):
        raise S3Error("InvalidPartNumber", PartNumberRequested=str(number), ActualPartCount=str(len(sizes)))
    if not version.size:
        return None
    return sum(sizes[: number - 1]), sizes[number - 1]


def _checksum_of_span(call: Call, version: Version, span: tuple[int, int] | None) -> list[tuple[str, str]]:
    """The checksum of the bytes in the answer, where S3 tells it: of the whole object, and of the parts where its own
    is made of theirs.
    """
    parts, number = version.attributes.get("parts"), call.parameter("partNumber")
    if parts and number is not None:
        checksum, whole = parts[int(number) - 1].get("checksum"), version.attributes.get("checksum", {})
        if checksum is None or (whole["type"] == FULL_OBJECT and len(parts) > 1):
            return []
        header = ALGORITHMS[checksum["algorithm"]].header
        return [(header, checksum["value"]), ("x-amz-checksum-type", whole["type"])]
    return checksum_headers(version) if span in (None, (0, version.size)) else []


def _overrides(call: Call) -> dict[str, str]:
    """The response-* parameters: headers of the answer that the one who signed the request has chosen."""
    chosen = {}
    for name in _CONTENT_HEADERS:
        value = call.parameter(f"response-{name}")
        if value is None:
            continue
        if call.verified is None:
            raise S3Error(
                "InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests."
            )
        if not value.isprintable():
            raise S3Error("InvalidArgument", ArgumentName=f"response-{name}", ArgumentValue=value)
        try:
            value.encode("latin-1")  # as the header will be
        except UnicodeEncodeError:
            raise S3Error(
                "InvalidArgument",
                "Header value cannot be represented using ISO-8859-1.",
                ArgumentName=f"response-{name}",
                ArgumentValue=value,
            ) from None
        chosen[name] = value
    return chosen


# Deleting


@operation
def delete_object(call: Call) -> Response:
    check_key(call.key)
    version_id = version_asked(call)
    check = _delete_check(call, version_id, write_conditions(call, deleting=True), bypasses(call))
    version = call.storage.delete_object(call.bucket, call.key, version_id, check)
    call.deleted.append((call.key, version_id, version))
    return empty(204, [] if version is None else version_headers(version))


@operation
@reads_body
def delete_objects(call: Call) -> Response:
    if call.header("content-md5") is None and not call.has_checksum():
        raise S3Error("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
    document = call.document("Delete")
    document.only("Object", "Quiet")
    targets = document.all("Object")
    if not 0 < len(targets) <= MAX_DELETES:
        raise S3Error("MalformedXML")
    quiet = document.value("Quiet") == "true"
    bypass = bypasses(call)
    results: list[tuple[str, Content]] = []
    for target in targets:
        target.only("Key", "VersionId", "ETag")
        key, version_id = target.required("Key"), target.value("VersionId")
        try:
            check_key(key)
            check_access(call, "delete_object", call.bucket, key, version_id)
            if bypass:
                check_access(call, BYPASSING, call.bucket, key, version_id)
            if version_id is not None and not is_version_id(version_id):
                raise S3Error("NoSuchVersion")
            conditions = write_check(key, {"if-match": target.value("ETag")}.get, deleting=True)
            check = _delete_check(call, version_id, conditions, bypass)
            version = call.storage.delete_object(call.bucket, key, version_id, check)
        except S3Error as refusal:
            error = [("Key", key), ("VersionId", version_id), ("Code", refusal.code), ("Message", refusal.message)]
            results.append(("Error", error))
            continue
        call.deleted.append((key, version_id, version))
        if not quiet:
            results.append(("Deleted", _deleted(key, version_id, version)))
    return xml("DeleteResult", results)


def _delete_check(
    call: Call, version_id: str | None, conditions: Callable[[Version | None], None], bypass: bool
) -> Callable[[Version | None], None]:
    """What must hold of the version that is to be deleted. Without an id none is: there comes a delete marker."""

    def check(version: Version | None) -> None:
        conditions(version)
        if version_id is not None:
            check_deletable(version, call.storage.now(), bypass)

    return check


def _deleted(key: str, version_id: str | None, version: Version | None) -> list[tuple[str, str | bool | None]]:
    elements: list[tuple[str, str | bool | None]] = [("Key", key), ("VersionId", version_id)]
    if version is not None and version.delete_marker:
        elements += [("DeleteMarker", True), ("DeleteMarkerVersionId", version.version_id)]
    return elements
