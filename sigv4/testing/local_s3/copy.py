"""Copying objects: from one key to another on the server, without a byte sent."""

from __future__ import annotations

from ...checksums import FULL_OBJECT, MULTIPART, Checksum
from ...encoding import decode
from ...errors import SigningError
from .access import check_access
from .archive import check_readable
from .call import CHUNK, DEFAULT_CHECKSUM, MAX_PUT_BYTES, md5_hash, operation, xml
from .conditions import check_read, iso_date, write_conditions
from .encryption import PREFIX, SOURCE_CUSTOMER, check_customer_key, encryption_headers, has_md5_etag
from .errors import S3Error
from .objects import (
    OWN_HEADERS,
    checksum_elements,
    expiration_of,
    is_version_id,
    new_etag,
    object_attributes,
    unknown_algorithm,
    version_headers,
)
from .records import Slice
from .storage import Vanished

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .records import Version


@operation
def copy_object(call: Call) -> Response:
    source = copy_source(call)
    if source.size > MAX_PUT_BYTES:
        raise S3Error(
            "InvalidRequest",
            f"The specified copy source is larger than the maximum allowable size for a copy source: {MAX_PUT_BYTES}",
        )
    attributes = _copied_attributes(call, source)
    etag, checksum = _digests(call, source)
    attributes["checksum"] = checksum
    check = write_conditions(call)
    body = Slice(source, 0, source.size, new_etag(attributes) or etag)
    version = call.storage.put_object(call.bucket, call.key, body, attributes, check)
    headers = [
        *version_headers(version, versioned="versioning" in call.settings()),
        *copied_from(source),
        *encryption_headers(attributes),
        *expiration_of(call, version),
    ]
    result = [("LastModified", iso_date(version.modified)), ("ETag", f'"{version.etag}"'), *checksum_elements(checksum)]
    return xml("CopyObjectResult", result, headers=headers)


def copy_source(call: Call) -> Version:
    """The version that x-amz-copy-source names, its conditions met."""
    bucket, key, version_id = _named(call.header("x-amz-copy-source") or "")
    check_access(call, "get_object", bucket, key, version_id)
    source = call.storage.version(bucket, key, version_id)
    if source.delete_marker:
        if version_id:
            raise S3Error(
                "InvalidRequest",
                "The source of a copy request may not specifically refer to a delete marker by version id.",
            )
        raise S3Error("NoSuchKey", Key=key)
    check_customer_key(call, source.attributes, SOURCE_CUSTOMER)
    check_read(source, call.header, call.storage.now(), "x-amz-copy-source-")
    check_readable(source, call.storage.now())
    return source


def _named(text: str) -> tuple[str, str, str | None]:
    """Bucket, key and version id of a copy source: `bucket/key?versionId=id`, percent-encoded the way forms are, or a
    URL in path style.
    """
    path, _, version_id = text.partition("?versionId=")
    for scheme in ("https://", "http://"):
        if path.startswith(scheme):
            path = path.removeprefix(scheme).partition("/")[2]
    try:
        bucket, _, key = decode(path.replace("+", " ").encode("latin-1")).decode().removeprefix("/").partition("/")
    except (SigningError, UnicodeDecodeError):
        bucket = key = ""
    if not bucket or not key:
        raise S3Error(
            "InvalidArgument",
            "Invalid copy source object key",
            ArgumentName="x-amz-copy-source",
            ArgumentValue="x-amz-copy-source",
        )
    if version_id and not is_version_id(version_id):
        raise S3Error(
            "InvalidArgument", "Invalid version id specified", ArgumentName="versionId", ArgumentValue=version_id
        )
    return bucket, key, version_id or None


def copied_from(source: Version) -> list[tuple[str, str]]:
    """The header that names the version that was copied, where it has a name."""
    return [("x-amz-copy-source-version-id", source.version_id)] if source.version_id != "null" else []


def _copied_attributes(call: Call, source: Version) -> dict[str, Any]:
    """The source's headers and metadata, or the request's where it says REPLACE; tags likewise; the ACL is never
    copied.
    """
    given = object_attributes(call)
    replace = _directive(call, "x-amz-metadata-directive")
    replace_tags = _directive(call, "x-amz-tagging-directive")
    onto_itself = (source.bucket, source.key, source.latest) == (call.bucket, call.key, True)
    changes = replace or any(call.header(name) for name in OWN_HEADERS) or call.headers(PREFIX)
    if onto_itself and not changes and "encryption" not in call.settings():
        raise S3Error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes.",
        )
    metadata = given if replace else source.attributes
    tags = given if replace_tags else source.attributes
    headers = {name: value for name, value in metadata.get("headers", {}).items() if name not in OWN_HEADERS}
    headers |= {name: value for name, value in given.get("headers", {}).items() if name in OWN_HEADERS}
    attributes = {
        "headers": headers,
        "metadata": metadata.get("metadata"),
        "tags": tags.get("tags"),
        "acl": given.get("acl"),
        "owner": given.get("owner"),
        "encryption": given.get("encryption"),
        "retention": given.get("retention"),
        "legal_hold": given.get("legal_hold"),
    }
    return {name: value for name, value in attributes.items() if value}


def _directive(call: Call, name: str) -> bool:
    """Whether the directive says REPLACE."""
    directive = call.header(name) or "COPY"
    if directive not in ("COPY", "REPLACE"):
        raise S3Error("InvalidArgument", f"Unknown {name}.", ArgumentName=name, ArgumentValue=directive)
    return directive == "REPLACE"


def _digests(call: Call, source: Version) -> tuple[str, dict[str, Any]]:
    """The ETag and the checksum of a copy. It is one object, not parts: those of a multipart source are made anew."""
    checksum = source.attributes.get("checksum") or {}
    algorithm = call.header("x-amz-checksum-algorithm")
    if algorithm is not None and algorithm not in MULTIPART:
        raise unknown_algorithm()
    if algorithm is None:
        algorithm = checksum.get("algorithm", DEFAULT_CHECKSUM)
    known = checksum.get("algorithm") == algorithm and checksum["type"] == FULL_OBJECT
    if known and "-" not in source.etag and has_md5_etag(source.attributes):
        return source.etag, checksum
    md5, running = md5_hash(), Checksum(algorithm)
    for data in read_span(call, source, 0, source.size):
        md5.update(data)
        running.update(data)
    return md5.hexdigest(), {"algorithm": algorithm, "type": FULL_OBJECT, "value": running.value()}


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
