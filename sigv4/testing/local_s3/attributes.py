"""What stands beside an object: its tags, its ACL, and what GetObjectAttributes tells of it."""

from __future__ import annotations

from ...checksums import COMPOSITE
from ...dates import http_date
from ...encoding import is_number
from .acl import object_owner
from .archive import restored, storage_class
from .call import empty, operation, reads_body, xml
from .encryption import check_customer_key
from .errors import S3Error
from .objects import checksum_elements, find_version, marker_not_allowed, version_asked, version_headers
from .tagging import OBJECT, read_tags, tags_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .records import Version


@operation
def get_object_tagging(call: Call) -> Response:
    try:
        version = find_any(call)
    except S3Error as refusal:
        if refusal.code == "NoSuchKey":  # and here alone S3 names the bucket with it
            raise S3Error("NoSuchKey", Key=f"{call.bucket}/{call.key}") from None
        raise
    response = tags_document(version.attributes.get("tags", {}))
    response.headers = [*response.headers, *version_headers(version)]
    return response


@operation
@reads_body
def put_object_tagging(call: Call) -> Response:
    return _set(call, "tags", read_tags(call.document("Tagging"), OBJECT) or None)


@operation
def delete_object_tagging(call: Call) -> Response:
    return _set(call, "tags", None, 204)


@operation
def get_object_acl(call: Call) -> Response:
    from .grants import acl_document

    version = find_version(call)
    settings = call.settings()
    response = acl_document(version.attributes.get("acl"), object_owner(version.attributes, settings), settings)
    response.headers = [*response.headers, *version_headers(version)]
    return response


@operation
@reads_body
def put_object_acl(call: Call) -> Response:
    from .grants import changed

    settings = call.settings()
    return _set(call, "acl", changed(call, settings, object_owner(find_any(call).attributes, settings)))


def find_any(call: Call) -> Version:
    """The version that the request names. A delete marker is refused as such, though nobody named it."""
    version = call.storage.version(call.bucket, call.key, version_asked(call))
    if version.delete_marker:
        raise marker_not_allowed(call, version)
    return version


def _set(call: Call, name: str, value: Any, status: int = 200) -> Response:
    version = find_any(call)
    call.storage.set_attribute(version, name, value)
    return empty(status, version_headers(version))


@operation
def get_object_attributes(call: Call) -> Response:
    asked = {name.strip() for name in (call.header("x-amz-object-attributes") or "").split(",")}
    if not asked <= {"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}:
        raise S3Error("InvalidArgument", "Invalid attribute name specified.", ArgumentName="x-amz-object-attributes")
    version = find_version(call)
    attributes = version.attributes
    check_customer_key(call, attributes)
    checksum = attributes.get("checksum")
    elements = {
        "ETag": version.etag,
        "Checksum": checksum_elements(checksum and {**checksum, "value": checksum["value"].partition("-")[0]}) or None,
        "ObjectParts": _object_parts(call, attributes.get("parts"), checksum),
        "StorageClass": storage_class(attributes),
        "ObjectSize": version.size,
    }
    shown = version_headers(version, versioned="versioning" in call.settings())
    headers = [("Last-Modified", http_date(version.modified)), *shown]
    content = [(name, content) for name, content in elements.items() if name in asked]
    return xml("GetObjectAttributesResponse", content, headers=headers)


def _object_parts(call: Call, parts: list[dict[str, Any]] | None, checksum: dict[str, Any] | None) -> Any:
    """How many parts there are; and each by number, with its size and checksum, where the object's checksum is made of
    theirs.
    """
    if parts is None:
        return None
    numbered = list(enumerate(parts, 1))
    if checksum is None or checksum["type"] != COMPOSITE:
        return [("PartsCount", len(parts))]
    after = _header_number(call, "x-amz-part-number-marker", 0)
    limit = _header_number(call, "x-amz-max-parts", 1000)
    page = [(number, part) for number, part in numbered if number > after][:limit]
    last = page[-1][0] if page else 0
    return [
        ("PartsCount", len(parts)),
        ("PartNumberMarker", after),
        ("NextPartNumberMarker", last),
        ("MaxParts", limit),
        ("IsTruncated", 0 < last < len(parts)),
        *(
            ("Part", [("PartNumber", number), ("Size", part["size"]), *checksum_elements(part.get("checksum"))])
            for number, part in page
        ),
    ]


def _header_number(call: Call, name: str, default: int) -> int:
    text = call.header(name)
    if text is None:
        return default
    if not is_number(text, 9):
        raise S3Error("InvalidArgument", ArgumentName=name, ArgumentValue=text)
    return min(int(text), 10_000)


@operation
@reads_body
def restore_object(call: Call) -> Response:
    document = call.document("RestoreRequest")
    version = find_any(call)
    restore, new = restored(version, document, call.storage.now())
    call.storage.set_attribute(version, "restore", restore)
    return empty(202 if new else 200, version_headers(version))
