"""Operations on objects."""

from __future__ import annotations

from ..._http.messages import Response
from ...checksums import ALGORITHMS, FULL_OBJECT, MULTIPART, Checksum
from ...dates import http_date
from ...encoding import decode, is_token
from ...errors import SigningError
from ...presigned_query import HOISTED_PREFIX
from .acl import acl_document, canned_acl
from .call import CHUNK, MAX_PUT_BYTES, as_header, check_key, empty, md5_hash, operation, reads_body, xml
from .conditions import check_read, iso_date, parse_range, range_applies, write_check, write_conditions
from .errors import S3Error
from .records import Slice
from .storage import Vanished
from .tagging import MAX_OBJECT_TAGS, parse_tags, read_tags, tags_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .call import Call
    from .documents import Content
    from .records import Version

MAX_METADATA_BYTES = 2048  # S3 user guide, Working with object metadata
MAX_DELETES = 1000

# Headers that are kept with the object and come back with it. The second kind a copy takes from its own request alone.
_CONTENT_HEADERS = (
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires",
)  # fmt: skip
_OWN_HEADERS = (
    "x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
)  # fmt: skip
_NOT_DONE = ("x-amz-server-side-encryption-customer-", "x-amz-copy-source-server-side-", "x-amz-object-lock-")


@operation
@reads_body
def put_object(call: Call) -> Response:
    attributes = object_attributes(call)
    check = write_conditions(call)
    with call.receive() as (body, checksum):
        if checksum is not None:
            attributes["checksum"] = checksum
        version = call.storage.put_object(call.bucket, call.key, body, attributes, check)
    return empty(headers=[("ETag", f'"{version.etag}"'), *version_headers(version), *checksum_headers(version)])


def object_attributes(call: Call) -> dict[str, Any]:
    """What the request says of the object besides its bytes. Raises for what S3 refuses and what is not done."""
    check_key(call.key)
    for prefix in _NOT_DONE:
        if call.headers(prefix):
            raise S3Error("NotImplemented", Header=prefix + "*")
    headers = {name: value for name in (*_CONTENT_HEADERS, *_OWN_HEADERS) if (value := call.header(name))}
    if "content-encoding" in headers:
        codings = [coding.strip() for coding in headers["content-encoding"].split(",")]
        headers["content-encoding"] = ",".join(coding for coding in codings if coding.lower() != "aws-chunked")
    metadata = call.headers(HOISTED_PREFIX)
    if sum(len(name) + len(value) for name, value in metadata.items()) > MAX_METADATA_BYTES:
        raise S3Error("MetadataTooLarge", MaxSizeAllowed=str(MAX_METADATA_BYTES))
    for name, value in (*headers.items(), *metadata.items()):
        # A form's field may hold what no header can, and it would have to be one in every answer.
        if (name and not is_token(name)) or any((c < " " and c != "\t") or c == "\x7f" for c in value):
            raise S3Error("InvalidArgument", ArgumentName=name, ArgumentValue=value)
    attributes = {
        "headers": {name: value for name, value in headers.items() if value},
        "metadata": metadata,
        "acl": canned_acl(call),
        "tags": parse_tags(call.header("x-amz-tagging")),
    }
    return {name: value for name, value in attributes.items() if value}


def version_headers(version: Version) -> list[tuple[str, str]]:
    headers = []
    if version.version_id != "null" or version.delete_marker:
        headers.append(("x-amz-version-id", version.version_id))
    if version.delete_marker:
        headers.append(("x-amz-delete-marker", "true"))
    return headers


def checksum_headers(version: Version) -> list[tuple[str, str]]:
    checksum = version.attributes.get("checksum")
    if checksum is None:
        return []
    return [(ALGORITHMS[checksum["algorithm"]].header, checksum["value"]), ("x-amz-checksum-type", checksum["type"])]


def checksum_elements(checksum: dict[str, Any] | None) -> list[tuple[str, str | None]]:
    """A checksum as S3's XML has it."""
    if checksum is None:
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
    version_id = call.parameter("versionId")
    version = call.storage.version(call.bucket, call.key, version_id)
    if version.delete_marker:
        headers = version_headers(version)
        if version_id is None:
            raise S3Error("NoSuchKey", headers=headers, Key=call.key)
        headers.append(("Allow", "DELETE"))
        raise S3Error("MethodNotAllowed", headers=headers, Method=call.request.method, ResourceType="DeleteMarker")
    return version


def _describe(call: Call, version: Version) -> tuple[Response, tuple[int, int]]:
    """The answer to GET and HEAD without its body, and the span of the body that it is about."""
    check_read(version, call.header)
    attributes = version.attributes
    headers = {"content-type": "binary/octet-stream", **attributes.get("headers", {}), **_overrides(call)}
    if headers.get("x-amz-storage-class") == "STANDARD":
        del headers["x-amz-storage-class"]
    answer = [
        ("Last-Modified", http_date(version.modified)),
        ("ETag", f'"{version.etag}"'),
        ("Accept-Ranges", "bytes"),
        *((name if name.startswith("x-") else name.title(), value) for name, value in headers.items()),
        *((f"x-amz-meta-{name}", value) for name, value in attributes.get("metadata", {}).items()),
        *version_headers(version),
    ]
    if attributes.get("tags"):
        answer.append(("x-amz-tagging-count", str(len(attributes["tags"]))))
    span = _part_span(call, version, answer)
    if span is None and range_applies(version, call.header("if-range")):
        span = parse_range(call.header("range"), version.size)
    if span is None:
        if (call.header("x-amz-checksum-mode") or "").upper() == "ENABLED":
            answer += checksum_headers(version)
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
        chosen[name] = as_header(value)
    return chosen


# Deleting


@operation
def delete_object(call: Call) -> Response:
    check_key(call.key)
    check = write_conditions(call)
    version = call.storage.delete_object(call.bucket, call.key, call.parameter("versionId"), check)
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
    call.storage.bucket(call.bucket)
    results: list[tuple[str, Content]] = []
    for target in targets:
        target.only("Key", "VersionId", "ETag")
        key, version_id = target.required("Key"), target.value("VersionId")
        try:
            check_key(key)
            check = write_check(key, {"if-match": target.value("ETag")}.get)
            version = call.storage.delete_object(call.bucket, key, version_id, check)
        except S3Error as refusal:
            error = [("Key", key), ("VersionId", version_id), ("Code", refusal.code), ("Message", refusal.message)]
            results.append(("Error", error))
            continue
        if not quiet:
            results.append(("Deleted", _deleted(key, version_id, version)))
    return xml("DeleteResult", results)


def _deleted(key: str, version_id: str | None, version: Version | None) -> list[tuple[str, str | bool | None]]:
    elements: list[tuple[str, str | bool | None]] = [("Key", key), ("VersionId", version_id)]
    if version is not None and version.delete_marker:
        elements += [("DeleteMarker", True), ("DeleteMarkerVersionId", version.version_id)]
    return elements


# Copying


@operation
def copy_object(call: Call) -> Response:
    source = copy_source(call)
    if source.size > MAX_PUT_BYTES:
        raise S3Error(
            "InvalidRequest",
            f"The specified copy source is larger than the maximum allowable size for a copy source: {MAX_PUT_BYTES}",
        )
    attributes = _copied_attributes(call, source)
    etag, checksum = _digests(call, source, call.header("x-amz-checksum-algorithm"))
    if checksum is not None:
        attributes["checksum"] = checksum
    check = write_conditions(call)
    body = Slice(source, 0, source.size, etag)
    version = call.storage.put_object(call.bucket, call.key, body, attributes, check)
    headers = version_headers(version)
    if source.version_id != "null":
        headers.append(("x-amz-copy-source-version-id", source.version_id))
    result = [("LastModified", iso_date(version.modified)), ("ETag", f'"{version.etag}"'), *checksum_elements(checksum)]
    return xml("CopyObjectResult", result, headers=headers)


def copy_source(call: Call) -> Version:
    """The version that x-amz-copy-source names, its conditions met."""
    path, _, version_id = (call.header("x-amz-copy-source") or "").partition("?versionId=")
    try:
        bucket, _, key = decode(path.encode("latin-1")).decode().removeprefix("/").partition("/")
    except (SigningError, UnicodeDecodeError):
        bucket = key = ""
    if not bucket or not key:
        raise S3Error(
            "InvalidArgument",
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            ArgumentName="x-amz-copy-source",
            ArgumentValue=call.header("x-amz-copy-source") or "",
        )
    source = call.storage.version(bucket, key, version_id or None)
    if source.delete_marker:
        if version_id:
            raise S3Error(
                "InvalidRequest",
                "The source of a copy request may not specifically refer to a delete marker by version id.",
            )
        raise S3Error("NoSuchKey", Key=key)
    check_read(source, call.header, "x-amz-copy-source-")
    return source


def _copied_attributes(call: Call, source: Version) -> dict[str, Any]:
    """The source's headers and metadata, or the request's where it says REPLACE; tags likewise; the ACL is never
    copied.
    """
    given = object_attributes(call)
    replace = _directive(call, "x-amz-metadata-directive")
    replace_tags = _directive(call, "x-amz-tagging-directive")
    onto_itself = (source.bucket, source.key, source.latest) == (call.bucket, call.key, True)
    if onto_itself and not replace and not any(call.header(name) for name in _OWN_HEADERS):
        raise S3Error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes.",
        )
    metadata = given if replace else source.attributes
    tags = given if replace_tags else source.attributes
    headers = {name: value for name, value in metadata.get("headers", {}).items() if name not in _OWN_HEADERS}
    headers |= {name: value for name, value in given.get("headers", {}).items() if name in _OWN_HEADERS}
    attributes = {
        "headers": headers,
        "metadata": metadata.get("metadata"),
        "tags": tags.get("tags"),
        "acl": given.get("acl"),
    }
    return {name: value for name, value in attributes.items() if value}


def _directive(call: Call, name: str) -> bool:
    """Whether the directive says REPLACE."""
    directive = call.header(name) or "COPY"
    if directive not in ("COPY", "REPLACE"):
        raise S3Error("InvalidArgument", f"Unknown {name}.", ArgumentName=name, ArgumentValue=directive)
    return directive == "REPLACE"


def _digests(call: Call, source: Version, algorithm: str | None) -> tuple[str, dict[str, Any] | None]:
    """The ETag and the checksum of a copy. It is one object, not parts: those of a multipart source are made anew."""
    checksum = source.attributes.get("checksum")
    if algorithm is not None and algorithm not in MULTIPART:
        raise unknown_algorithm()
    if algorithm is None and checksum is not None:
        algorithm = checksum["algorithm"]
    known = algorithm is None or (
        checksum is not None and (checksum["algorithm"], checksum["type"]) == (algorithm, FULL_OBJECT)
    )
    if known and "-" not in source.etag:
        return source.etag, checksum
    md5, running = md5_hash(), None if algorithm is None else Checksum(algorithm)
    for data in read_span(call, source, 0, source.size):
        md5.update(data)
        if running is not None:
            running.update(data)
    if running is None:
        return md5.hexdigest(), None
    return md5.hexdigest(), {"algorithm": running.algorithm, "type": FULL_OBJECT, "value": running.value()}


def read_span(call: Call, version: Version, start: int, size: int) -> Any:
    """The bytes of a span, a chunk at a time."""
    try:
        body = call.storage.open_body(version, start, size)
    except Vanished:
        raise S3Error("NoSuchKey", Key=version.key) from None
    if isinstance(body, bytes):
        yield body
        return
    try:
        while size and (data := body.read(min(CHUNK, size))):
            size -= len(data)
            yield data
    finally:
        body.close()


# What stands beside an object


@operation
def get_object_tagging(call: Call) -> Response:
    version = find_version(call)
    response = tags_document(version.attributes.get("tags", {}))
    response.headers = [*response.headers, *version_headers(version)]
    return response


@operation
@reads_body
def put_object_tagging(call: Call) -> Response:
    return _set(call, "tags", read_tags(call.document("Tagging"), MAX_OBJECT_TAGS) or None)


@operation
def delete_object_tagging(call: Call) -> Response:
    return _set(call, "tags", None, 204)


@operation
def get_object_acl(call: Call) -> Response:
    return acl_document(find_version(call).attributes.get("acl"))


@operation
def put_object_acl(call: Call) -> Response:
    return _set(call, "acl", canned_acl(call, from_body=True))


def _set(call: Call, name: str, value: Any, status: int = 200) -> Response:
    version = find_version(call)
    call.storage.set_attribute(version, name, value)
    return empty(status, version_headers(version))


@operation
def get_object_attributes(call: Call) -> Response:
    asked = {name.strip() for name in (call.header("x-amz-object-attributes") or "").split(",")}
    if not asked <= {"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}:
        raise S3Error("InvalidArgument", "Invalid attribute name specified.", ArgumentName="x-amz-object-attributes")
    version = find_version(call)
    attributes = version.attributes
    elements = {
        "ETag": version.etag,
        "Checksum": checksum_elements(attributes.get("checksum")) or None,
        "ObjectParts": _object_parts(call, attributes.get("parts")),
        "StorageClass": attributes.get("headers", {}).get("x-amz-storage-class", "STANDARD"),
        "ObjectSize": version.size,
    }
    headers = [("Last-Modified", http_date(version.modified)), *version_headers(version)]
    content = [(name, content) for name, content in elements.items() if name in asked]
    return xml("GetObjectAttributesResponse", content, headers=headers)


def _object_parts(call: Call, parts: list[dict[str, Any]] | None) -> Any:
    """The parts by number; each with its size and checksum where the upload had checksums, as S3 has it."""
    if parts is None:
        return None
    numbered = list(enumerate(parts, 1))
    if not any("checksum" in part for part in parts):
        return [("PartsCount", len(parts))]
    after = _header_number(call, "x-amz-part-number-marker", 0)
    limit = _header_number(call, "x-amz-max-parts", 1000)
    page = [(number, part) for number, part in numbered if number > after][:limit]
    last = page[-1][0] if page else after
    return [
        ("PartsCount", len(parts)),
        ("PartNumberMarker", after),
        ("NextPartNumberMarker", last),
        ("MaxParts", limit),
        ("IsTruncated", last < len(parts)),
        *(
            ("Part", [("PartNumber", number), ("Size", part["size"]), *checksum_elements(part.get("checksum"))])
            for number, part in page
        ),
    ]


def _header_number(call: Call, name: str, default: int) -> int:
    text = call.header(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise S3Error("InvalidArgument", ArgumentName=name, ArgumentValue=text)
    return min(int(text), 10_000)
