"""Multipart uploads: 10,000 parts at most; each but the last of at least 5 MiB.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from __future__ import annotations

from hashlib import md5
from itertools import pairwise

from ...checksums import ALGORITHMS, COMPOSITE, FULL_OBJECT, MULTIPART, composite, full_object
from ...encoding import is_number
from .call import MAX_PUT_BYTES, OWNER, empty, md5_hash, operation, reads_body, xml
from .conditions import iso_date, write_conditions
from .copy import copied_from, copy_source, read_span
from .errors import S3Error
from .objects import checksum_elements, object_attributes, storage_class, unknown_algorithm, version_headers
from .records import Slice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .documents import Element
    from .records import Part, Upload, Version

MAX_PARTS = 10_000
MIN_PART_BYTES = 5 << 20


@operation
def create_multipart_upload(call: Call) -> Response:
    attributes = object_attributes(call)
    headers = []
    algorithm = call.header("x-amz-checksum-algorithm")
    if algorithm is not None:
        kind = _checksum_type(algorithm, call.header("x-amz-checksum-type"))
        attributes["checksum"] = {"algorithm": algorithm, "type": kind}
        headers = [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", kind)]
    upload = call.storage.create_upload(call.bucket, call.key, attributes)
    result = [("Bucket", call.bucket), ("Key", call.key), ("UploadId", upload.upload_id)]
    return xml("InitiateMultipartUploadResult", result, headers=headers)


def _checksum_type(algorithm: str, asked: str | None) -> str:
    """Every algorithm has its default and what it cannot do (see checksums.py)."""
    if algorithm not in MULTIPART:
        raise unknown_algorithm()
    kinds = MULTIPART[algorithm].multipart
    kind = asked or kinds[0]
    if kind not in (COMPOSITE, FULL_OBJECT):
        raise S3Error("InvalidRequest", "Value for x-amz-checksum-type header is invalid.")
    if kind not in kinds:
        raise S3Error(
            "InvalidRequest",
            f"The {kind} checksum type cannot be used with the {algorithm.lower()} checksum algorithm.",
        )
    return kind


@operation
@reads_body
def upload_part(call: Call) -> Response:
    number, upload = _part_number(call), _upload(call)
    with call.receive() as (body, checksum):
        attributes = {}
        if checksum is not None:
            attributes["checksum"] = {"algorithm": checksum["algorithm"], "value": checksum["value"]}
        elif "checksum" in upload.attributes and upload.attributes["checksum"]["type"] == COMPOSITE:
            raise _missing_checksum(upload, "null")
        part = call.storage.put_part(upload, number, body, attributes)
    headers = [("ETag", f'"{part.etag}"')]
    if checksum is not None:
        headers.append((ALGORITHMS[checksum["algorithm"]].header, checksum["value"]))
    return empty(headers=headers)


def _missing_checksum(upload: Upload, found: str) -> S3Error:
    expected = upload.attributes["checksum"]["algorithm"].lower()
    return S3Error(
        "InvalidRequest",
        f"Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {found}",
    )


@operation
def upload_part_copy(call: Call) -> Response:
    number, upload = _part_number(call), _upload(call)
    source = copy_source(call)
    start, size = _copy_range(call, source)
    digest = md5_hash()
    for data in read_span(call, source, start, size):
        digest.update(data)
    part = call.storage.put_part(upload, number, Slice(source, start, size, digest.hexdigest()), {})
    result = [("LastModified", iso_date(part.modified)), ("ETag", f'"{part.etag}"')]
    return xml("CopyPartResult", result, headers=copied_from(source))


def _copy_range(call: Call, source: Version) -> tuple[int, int]:
    """x-amz-copy-source-range: bytes=first-last, both there and inside the source."""
    text = call.header("x-amz-copy-source-range")
    start, size = 0, source.size
    if text is not None:
        first, dash, last = text.removeprefix("bytes=").partition("-")
        if not (text.startswith("bytes=") and dash and is_number(first, 19) and is_number(last, 19)):
            raise S3Error(
                "InvalidArgument",
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
                "the zero-based offsets of the first and last bytes to copy",
                ArgumentName="x-amz-copy-source-range",
                ArgumentValue=text,
            )
        start, size = int(first), int(last) + 1 - int(first)
        if size <= 0 or start + size > source.size:
            raise S3Error(
                "InvalidArgument",
                f"Range specified is not valid for source object of size: {source.size}",
                ArgumentName="x-amz-copy-source-range",
                ArgumentValue=text,
            )
    if size > MAX_PUT_BYTES:
        raise S3Error("InvalidRequest", f"The specified copy source is larger than {MAX_PUT_BYTES} bytes")
    return start, size


def _part_number(call: Call) -> int:
    text = call.parameter("partNumber") or ""
    if not (is_number(text, 19) and 1 <= int(text) <= MAX_PARTS):
        raise S3Error(
            "InvalidArgument",
            f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive",
            ArgumentName="partNumber",
            ArgumentValue=text,
        )
    return int(text)


def _upload(call: Call) -> Upload:
    return call.storage.upload(call.bucket, call.key, call.parameter("uploadId") or "")


@operation
def list_parts(call: Call) -> Response:
    upload = _upload(call)
    marker = call.number("part-number-marker", 0, 0, MAX_PARTS)
    limit = call.number("max-parts", 1000, 0, 1000)
    parts = call.storage.parts(upload, marker, limit + 1)
    page, truncated = parts[:limit], len(parts) > limit > 0
    checksum = upload.attributes.get("checksum", {})
    return xml(
        "ListPartsResult",
        [
            ("Bucket", call.bucket),
            ("Key", call.key),
            ("UploadId", upload.upload_id),
            ("Initiator", OWNER),
            ("Owner", OWNER),
            ("StorageClass", storage_class(upload.attributes)),
            ("PartNumberMarker", marker),
            ("NextPartNumberMarker", page[-1].number if page else 0),
            ("MaxParts", limit),
            ("IsTruncated", truncated),
            ("ChecksumAlgorithm", checksum.get("algorithm")),
            ("ChecksumType", checksum.get("type")),
            *(("Part", _part_elements(part)) for part in page),
        ],
    )


def _part_elements(part: Part) -> list[tuple[str, Any]]:
    return [
        ("PartNumber", part.number),
        ("LastModified", iso_date(part.modified)),
        ("ETag", f'"{part.etag}"'),
        ("Size", part.size),
        *checksum_elements(part.attributes.get("checksum")),
    ]


@operation
@reads_body
def complete_multipart_upload(call: Call) -> Response:
    listed = _listed_parts(call.document("CompleteMultipartUpload"))
    check = write_conditions(call)
    size = call.header("x-amz-mp-object-size")

    def assemble(upload: Upload, parts: list[Part], current: Version | None) -> tuple[list[int], str, dict[str, Any]]:
        check(current)
        chosen = _choose(upload, parts, listed)
        if size is not None and size != str(sum(part.size for part in chosen)):
            raise S3Error(
                "InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match what was computed."
            )
        attributes = dict(upload.attributes)
        attributes["parts"] = [{"size": part.size, **part.attributes} for part in chosen]
        attributes["checksum"] = _joined_checksum(call, upload, chosen)
        if attributes["checksum"] is None:
            del attributes["checksum"]
        attributes["upload"] = upload.upload_id
        return [part.number for part in chosen], _joined_etag(part.etag for part in chosen), attributes

    try:
        version = call.storage.complete_upload(_upload(call), assemble)
    except S3Error as refusal:
        earlier = _completed(call, listed) if refusal.code == "NoSuchUpload" else None
        if earlier is None:
            raise
        version = earlier
    return xml(
        "CompleteMultipartUploadResult",
        [
            ("Location", call.location()),
            ("Bucket", call.bucket),
            ("Key", call.key),
            ("ETag", f'"{version.etag}"'),
            *checksum_elements(version.attributes.get("checksum")),
        ],
        headers=version_headers(version),
    )


def _completed(call: Call, listed: list[tuple[int, str, Element]]) -> Version | None:
    """The object that this very request has made before: a client whose answer got lost asks again, and S3 says again
    what it said. None where there is no such object any more.
    """
    try:
        version = call.storage.version(call.bucket, call.key)
    except S3Error:
        return None
    same = version.attributes.get("upload") == call.parameter("uploadId") and version.etag == _joined_etag(
        etag for _, etag, _ in listed
    )
    return version if same else None


def _joined_etag(etags: Iterable[str]) -> str:
    """The MD5 of the parts' MD5s, and their number; "" where one is no MD5."""
    try:
        digests = [bytes.fromhex(etag) for etag in etags]
    except ValueError:
        return ""
    return f"{md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def _listed_parts(document: Element) -> list[tuple[int, str, Element]]:
    """(number, ETag, element) of the parts that the request lists, in rising order."""
    listed = []
    for element in document.all("Part"):
        number, etag = element.required("PartNumber").strip(), element.required("ETag").strip().strip('"')
        if not is_number(number, 19):
            raise S3Error("MalformedXML")
        listed.append((int(number), etag, element))
    if not 0 < len(listed) <= MAX_PARTS:
        raise S3Error("MalformedXML")
    numbers = [number for number, _, _ in listed]
    if any(a >= b for a, b in pairwise(numbers)):
        raise S3Error("InvalidPartOrder")
    return listed


def _choose(upload: Upload, parts: list[Part], listed: list[tuple[int, str, Element]]) -> list[Part]:
    """The parts that the request lists, each there as listed, each but the last large enough."""
    stored = {part.number: part for part in parts}
    for number, etag, element in listed:
        part = stored.get(number)
        if part is None or part.etag != etag or not _same_checksum(part, element):
            raise S3Error("InvalidPart", UploadId=upload.upload_id, PartNumber=str(number), ETag=etag)
    chosen = [stored[number] for number, _, _ in listed]
    # S3 API reference, CompletedPart: with one of these checksums, parts are numbered from 1 without a gap.
    algorithm = MULTIPART.get(upload.attributes.get("checksum", {}).get("algorithm", ""))
    if algorithm is not None and COMPOSITE in algorithm.multipart and chosen[-1].number != len(chosen):
        raise S3Error("InvalidPartOrder")
    for part in chosen[:-1]:
        if part.size < MIN_PART_BYTES:
            raise S3Error(
                "EntityTooSmall",
                ProposedSize=str(part.size),
                MinSizeAllowed=str(MIN_PART_BYTES),
                PartNumber=str(part.number),
                ETag=part.etag,
            )
    return chosen


def _same_checksum(part: Part, element: Element) -> bool:
    """A checksum that is listed must be the part's."""
    checksum = part.attributes.get("checksum")
    for algorithm in MULTIPART:
        listed = element.value(f"Checksum{algorithm}")
        if listed is not None and (
            checksum is None or (checksum["algorithm"], checksum["value"]) != (algorithm, listed)
        ):
            return False
    return True


def _joined_checksum(call: Call, upload: Upload, parts: list[Part]) -> dict[str, Any] | None:
    """The object's checksum, from those of its parts; None where not all have one."""
    asked = upload.attributes.get("checksum")
    if asked is None:
        return None
    algorithm, kind = asked["algorithm"], asked["type"]
    checksums = [part.attributes.get("checksum") for part in parts]
    values = [checksum["value"] for checksum in checksums if checksum and checksum["algorithm"] == algorithm]
    if len(values) < len(parts):
        return None
    if kind == COMPOSITE:
        value = composite(algorithm, values)
    else:
        value = full_object(algorithm, zip(values, (part.size for part in parts), strict=True))
    expected = call.header(ALGORITHMS[algorithm].header)
    if expected is not None and expected not in (value, value.partition("-")[0]):
        raise S3Error("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
    return {"algorithm": algorithm, "type": kind, "value": value}


@operation
def abort_multipart_upload(call: Call) -> Response:
    call.storage.abort_upload(_upload(call))
    return empty(204)
