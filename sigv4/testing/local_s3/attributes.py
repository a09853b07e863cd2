"""What stands beside an object: its tags, its ACL, and what GetObjectAttributes tells of it."""

from __future__ import annotations

from ...dates import http_date
from ...encoding import is_number
from .acl import acl_document, canned_acl
from .call import empty, operation, reads_body, xml
from .errors import S3Error
from .objects import checksum_elements, find_version, storage_class, version_headers
from .tagging import MAX_OBJECT_TAGS, read_tags, tags_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._http.messages import Response
    from .call import Call


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
        "StorageClass": storage_class(attributes),
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
    if not is_number(text, 9):
        raise S3Error("InvalidArgument", ArgumentName=name, ArgumentValue=text)
    return min(int(text), 10_000)
