"""Listings of a bucket: objects (versions 1 and 2), versions, uploads in progress.

Keys that XML cannot carry come whole with encoding-type=url, encoded the way forms are: a space is +, and `*` stays, as
S3 has it. So a client that undoes percent signs alone fails here as it would there.
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode

from ...encoding import encode
from .acl import object_owner, owner_elements
from .archive import storage_class
from .call import INITIATOR, operation, region_of, xml
from .conditions import iso_date
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .records import Page, Upload, Version

MAX_KEYS = 1000


class _Listing:
    """What all listings have in common: what is asked for, and how names are written."""

    def __init__(self, call: Call, limit_name: str = "max-keys") -> None:
        self.call = call
        self.prefix = call.parameter("prefix") or ""
        self.delimiter = call.parameter("delimiter") or ""
        self.limit = call.number(limit_name, MAX_KEYS, 0, MAX_KEYS)
        self.encoding = call.parameter("encoding-type")
        if self.encoding not in (None, "url"):
            raise S3Error(
                "InvalidArgument",
                "Invalid Encoding Method specified in Request",
                ArgumentName="encoding-type",
                ArgumentValue=self.encoding or "",
            )

    def name(self, text: str) -> str:
        if not self.encoding:
            return text
        return encode(text, keep_slash=True).replace("%20", "+").replace("%2A", "*").replace("~", "%7E")

    def common(self, page: Page) -> list[tuple[str, Any]]:
        """The elements that come last: the common prefixes of the page."""
        prefixes = [entry for entry in page.entries if isinstance(entry, str)]
        return [
            ("EncodingType", self.encoding),
            *(("CommonPrefixes", [("Prefix", self.name(prefix))]) for prefix in prefixes),
        ]

    def head(self) -> list[tuple[str, Any]]:
        return [
            ("Name", self.call.bucket),
            ("Prefix", self.name(self.prefix)),
            ("Delimiter", self.name(self.delimiter) or None),
        ]


@operation
def list_objects_v2(call: Call) -> Response:
    listing = _Listing(call)
    token, start_after = call.parameter("continuation-token"), call.parameter("start-after") or ""
    if token is not None:
        start_after = ""
    after = start_after if token is None else decode_token(token)
    page = call.storage.list_objects(call.bucket, listing.prefix, listing.delimiter, after, listing.limit)
    with_owner = call.parameter("fetch-owner") == "true"
    return xml(
        "ListBucketResult",
        [
            *listing.head(),
            ("MaxKeys", listing.limit),
            ("KeyCount", len(page.entries)),
            ("IsTruncated", page.truncated),
            ("ContinuationToken", token),
            ("NextContinuationToken", encode_token(_last(page)) if page.truncated else None),
            ("StartAfter", listing.name(start_after) or None),
            *_contents(listing, page, with_owner),
            *listing.common(page),
        ],
        headers=[("x-amz-bucket-region", region_of(call, call.settings()))],
    )


@operation
def list_objects(call: Call) -> Response:
    listing = _Listing(call)
    marker = call.parameter("marker") or ""
    page = call.storage.list_objects(call.bucket, listing.prefix, listing.delimiter, marker, listing.limit)
    return xml(
        "ListBucketResult",
        [
            *listing.head(),
            ("Marker", listing.name(marker)),
            # S3 says where to go on only with a delimiter; without one the last key says it.
            ("NextMarker", listing.name(_last(page)) if page.truncated and listing.delimiter else None),
            ("MaxKeys", listing.limit),
            ("IsTruncated", page.truncated),
            *_contents(listing, page, call.verified is not None),
            *listing.common(page),
        ],
        headers=[("x-amz-bucket-region", region_of(call, call.settings()))],
    )


def _contents(listing: _Listing, page: Page, with_owner: bool) -> list[tuple[str, Any]]:
    return [
        ("Contents", [*_describe(listing, entry), ("Owner", _owner(listing, entry) if with_owner else None)])
        for entry in page.entries
        if not isinstance(entry, str)
    ]


def _owner(listing: _Listing, entry: Version | Upload) -> list[tuple[str, str]]:
    return owner_elements(object_owner(entry.attributes, listing.call.settings()))


def _describe(listing: _Listing, version: Version) -> list[tuple[str, Any]]:
    checksum = version.attributes.get("checksum", {})
    return [
        ("Key", listing.name(version.key)),
        ("LastModified", iso_date(version.modified)),
        ("ETag", f'"{version.etag}"'),
        ("ChecksumAlgorithm", checksum.get("algorithm")),
        ("ChecksumType", checksum.get("type")),
        ("Size", version.size),
        ("StorageClass", storage_class(version.attributes)),
    ]


def _last(page: Page) -> str:
    entry = page.entries[-1]
    return entry if isinstance(entry, str) else str(entry.key)


def encode_token(after: str) -> str:
    return urlsafe_b64encode(after.encode()).decode()


def decode_token(token: str) -> str:
    try:
        after = b64decode(token, b"-_", validate=True).decode()
    except ValueError:
        after = ""
    if not after:
        raise S3Error(
            "InvalidArgument", "The continuation token provided is incorrect", ArgumentName="continuation-token"
        )
    return after


@operation
def list_object_versions(call: Call) -> Response:
    listing = _Listing(call)
    key_marker, id_marker = call.parameter("key-marker") or "", call.parameter("version-id-marker") or ""
    if id_marker and not key_marker:
        raise S3Error(
            "InvalidArgument",
            "A version-id marker cannot be specified without a key marker.",
            ArgumentName="version-id-marker",
            ArgumentValue=id_marker,
        )
    page = call.storage.list_versions(
        call.bucket, listing.prefix, listing.delimiter, key_marker, id_marker, listing.limit
    )
    last = page.entries[-1] if page.truncated else ""
    return xml(
        "ListVersionsResult",
        [
            *listing.head(),
            ("KeyMarker", listing.name(key_marker)),
            ("VersionIdMarker", id_marker),
            ("NextKeyMarker", listing.name(_last(page)) if page.truncated else None),
            ("NextVersionIdMarker", None if isinstance(last, str) else last.version_id),
            ("MaxKeys", listing.limit),
            ("IsTruncated", page.truncated),
            *(_version_element(listing, entry) for entry in page.entries if not isinstance(entry, str)),
            *listing.common(page),
        ],
    )


def _version_element(listing: _Listing, version: Version) -> tuple[str, Any]:
    identity = [("VersionId", version.version_id), ("IsLatest", version.latest), ("Owner", _owner(listing, version))]
    if not version.delete_marker:
        return "Version", [*_describe(listing, version), *identity]
    name = [("Key", listing.name(version.key)), ("LastModified", iso_date(version.modified))]
    return "DeleteMarker", [*name, *identity]


@operation
def list_multipart_uploads(call: Call) -> Response:
    listing = _Listing(call, "max-uploads")
    key_marker = call.parameter("key-marker") or ""
    id_marker = (call.parameter("upload-id-marker") or "") if key_marker else ""
    page = call.storage.list_uploads(
        call.bucket, listing.prefix, listing.delimiter, key_marker, id_marker, listing.limit
    )
    uploads = [entry for entry in page.entries if not isinstance(entry, str)]
    return xml(
        "ListMultipartUploadsResult",
        [
            ("Bucket", call.bucket),
            ("KeyMarker", listing.name(key_marker)),
            ("UploadIdMarker", id_marker),
            # The last upload's, also where nothing follows; a page of common prefixes alone says neither.
            ("NextKeyMarker", listing.name(uploads[-1].key) if uploads else ""),
            ("NextUploadIdMarker", uploads[-1].upload_id if uploads else ""),
            ("Prefix", listing.name(listing.prefix) or None),
            ("Delimiter", listing.name(listing.delimiter) or None),
            ("MaxUploads", listing.limit),
            ("IsTruncated", page.truncated),
            *(("Upload", _upload_elements(listing, upload)) for upload in uploads),
            *listing.common(page),
        ],
    )


def _upload_elements(listing: _Listing, upload: Upload) -> list[tuple[str, Any]]:
    checksum = upload.attributes.get("checksum", {})
    return [
        ("Key", listing.name(upload.key)),
        ("UploadId", upload.upload_id),
        ("Initiator", INITIATOR),
        ("Owner", _owner(listing, upload)),
        ("StorageClass", storage_class(upload.attributes)),
        ("Initiated", iso_date(upload.initiated)),
        ("ChecksumAlgorithm", checksum.get("algorithm")),
        ("ChecksumType", checksum.get("type")),
    ]
