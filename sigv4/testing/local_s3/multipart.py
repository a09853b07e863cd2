"""Multipart uploads: 10,000 parts at most; each but the last of at least 5 MiB.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from __future__ import annotations

from hashlib import md5
from itertools import pairwise

from ...checksums import ALGORITHM_OF, ALGORITHMS, COMPOSITE, FULL_OBJECT, MULTIPART, Checksum, composite, full_object
from ...encoding import is_number
from ...errors import BadDigest
from .acl import object_owner, owner_elements
from .archive import storage_class
from .call import DEFAULT_CHECKSUM, INITIATOR, MAX_PUT_BYTES, empty, md5_hash, operation, reads_body, xml
from .conditions import iso_date, write_conditions
from .copy import copied_from, copy_source, read_span
from .documents import parse
from .encryption import check_part_key, encryption_headers
from .errors import S3Error
from .objects import checksum_elements, expiration_of, new_etag, object_attributes, unknown_algorithm, version_headers
from .records import Slice
from .rows import CHANGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .documents import Element
    from .records import Part, Upload, Version

    Listed = tuple[int, str, Element]  # a part's number, its ETag, and the element that lists it

MAX_PARTS = 10_000
MIN_PART_BYTES = 5 << 20


@operation
def create_multipart_upload(call: Call) -> Response:
    attributes = object_attributes(call)
    headers = encryption_headers(attributes)
    algorithm, kind = call.header("x-amz-checksum-algorithm"), call.header("x-amz-checksum-type")
    if algorithm is None and kind is not None:
        raise S3Error(
            "InvalidRequest",
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        )
    if algorithm is not None:
        kind = _checksum_type(algorithm, kind)
        attributes["checksum"] = {"algorithm": algorithm, "type": kind}
        headers += [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", kind)]
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
    check_part_key(call, upload.attributes)
    try:
        with call.receive(_algorithm_of(upload)) as (body, given):
            _check_part_algorithm(upload, given)
            checksum = {"checksum": body.checksum}
            part = call.storage.put_part(upload, number, body, checksum, new_etag(upload.attributes))
    except BadDigest as refusal:
        sent = call.header("content-md5") or ""  # which S3 repeats as it came, unlike PutObject
        extra = [(name, sent if name == "ExpectedDigest" else value) for name, value in refusal.extra]
        raise BadDigest(refusal.message, extra) from None
    headers = [("ETag", f'"{part.etag}"'), *encryption_headers(upload.attributes)]
    shown = given or (part.attributes["checksum"] if "checksum" in upload.attributes else None)
    if shown is not None:
        headers.append((ALGORITHMS[shown["algorithm"]].header, shown["value"]))
    return empty(headers=headers)


def _algorithm_of(upload: Upload) -> str:
    """The algorithm of the parts' checksums: what the upload asked for, or the one that S3 computes by itself."""
    algorithm: str = upload.attributes.get("checksum", {}).get("algorithm", DEFAULT_CHECKSUM)
    return algorithm


def _check_part_algorithm(upload: Upload, given: dict[str, str] | None) -> None:
    """A part's checksum must be of the upload's algorithm; where that is no CRC, there must be one."""
    asked = upload.attributes.get("checksum")
    if asked is None:
        return
    found = "null" if given is None else given["algorithm"]
    needed = given is not None or FULL_OBJECT not in MULTIPART[asked["algorithm"]].multipart
    if found != asked["algorithm"] and needed:
        raise S3Error(
            "InvalidRequest",
            f"Checksum Type mismatch occurred, expected checksum Type: {asked['algorithm'].lower()}, "
            f"actual checksum Type: {found.lower()}",
        )


@operation
def upload_part_copy(call: Call) -> Response:
    number, upload = _part_number(call), _upload(call)
    check_part_key(call, upload.attributes)
    source = copy_source(call)
    start, size = _copy_range(call, source)
    digest, running = md5_hash(), Checksum(_algorithm_of(upload))
    for data in read_span(call, source, start, size):
        digest.update(data)
        running.update(data)
    checksum = {"algorithm": running.algorithm, "value": running.value()}
    body = Slice(source, start, size, new_etag(upload.attributes) or digest.hexdigest())
    part = call.storage.put_part(upload, number, body, {"checksum": checksum})
    result = [
        ("LastModified", iso_date(part.modified)),
        ("ETag", f'"{part.etag}"'),
        *(checksum_elements(checksum) if "checksum" in upload.attributes else []),
    ]
    return xml("CopyPartResult", result, headers=[*copied_from(source), *encryption_headers(upload.attributes)])


def _copy_range(call: Call, source: Version) -> tuple[int, int]:
    """x-amz-copy-source-range: bytes=first-last, both there and inside the source."""
    text = call.header("x-amz-copy-source-range")
    start, size = 0, source.size
    if text is not None:
        first, dash, last = text.removeprefix("bytes=").partition("-")
        readable = text.startswith("bytes=") and dash and is_number(first, 19) and is_number(last, 19)
        if not readable or int(first) > int(last):
            raise S3Error(
                "InvalidArgument",
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
                "the zero-based offsets of the first and last bytes to copy",
                ArgumentName="x-amz-copy-source-range",
                ArgumentValue=text,
            )
        start, size = int(first), int(last) + 1 - int(first)
        if start >= source.size:
            raise S3Error("InvalidRequest", "The specified copy range is invalid for the source object size")
        if start + size > source.size:
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
            ("Initiator", INITIATOR),
            ("Owner", owner_elements(object_owner(upload.attributes, call.settings()))),
            ("StorageClass", storage_class(upload.attributes)),
            ("PartNumberMarker", marker),
            ("NextPartNumberMarker", page[-1].number if page else 0),
            ("MaxParts", limit),
            ("IsTruncated", truncated),
            ("ChecksumAlgorithm", checksum.get("algorithm")),
            ("ChecksumType", checksum.get("type")),
            *(("Part", _part_elements(part, shown=bool(checksum))) for part in page),
        ],
    )


def _part_elements(part: Part, shown: bool) -> list[tuple[str, Any]]:
    """`shown`: with its checksum, as S3 does where the upload asked for checksums."""
    return [
        ("PartNumber", part.number),
        ("LastModified", iso_date(part.modified)),
        ("ETag", f'"{part.etag}"'),
        ("Size", part.size),
        *checksum_elements(part.attributes.get("checksum") if shown else None),
    ]


@operation
@reads_body
def complete_multipart_upload(call: Call) -> Response:
    document = call.text()
    check = write_conditions(call)
    size = call.header("x-amz-mp-object-size")
    listed: list[Listed] = []

    def assemble(upload: Upload, parts: list[Part], current: Version | None) -> tuple[list[int], str, dict[str, Any]]:
        listed.extend(_listed_parts(upload, document))
        check(current)
        _check_undisturbed(call, upload)
        chosen = _choose(call, upload, parts, listed)
        total = sum(part.size for part in chosen)
        if size is not None and size != str(total):
            raise S3Error(
                "InvalidRequest",
                f"The provided 'x-amz-mp-object-size' header value {size} does not match what was computed: {total}",
            )
        attributes = {name: value for name, value in upload.attributes.items() if name != CHANGED}
        attributes["parts"] = [_kept_part(upload, part) for part in chosen]
        attributes["checksum"] = _joined_checksum(call, upload, chosen)
        attributes["upload"] = upload.upload_id
        etag = _joined_etag(part.etag for part in chosen)
        return [part.number for part in chosen], etag, attributes

    try:
        version = call.storage.complete_upload(_upload(call), assemble)
    except S3Error as refusal:
        earlier = _completed(call, document) if refusal.code == "NoSuchUpload" else None
        if earlier is None:
            raise
        version = earlier
    plain = "encryption" not in version.attributes  # with a key, S3 says nothing of the checksum here
    headers = [*version_headers(version), *expiration_of(call, version)]
    if "customer" not in version.attributes.get("encryption", {}):
        headers += encryption_headers(version.attributes)
    return xml(
        "CompleteMultipartUploadResult",
        [
            ("Location", call.location()),
            ("Bucket", call.bucket),
            ("Key", call.key),
            ("ETag", f'"{version.etag}"'),
            *(checksum_elements(version.attributes.get("checksum")) if plain else []),
        ],
        headers=headers,
    )


def _check_undisturbed(call: Call, upload: Upload) -> None:
    """A conditional request needs that nobody wrote or deleted the key since the upload was begun."""
    for name in ("If-None-Match", "If-Match"):
        if call.header(name.lower()) is not None and upload.attributes.get(CHANGED):
            raise S3Error("ConditionalRequestConflict", Condition=name, Key=call.key)


def _kept_part(upload: Upload, part: Part) -> dict[str, Any]:
    """What is kept of a part: its checksum where the upload asked for checksums."""
    kept: dict[str, Any] = {"size": part.size}
    if "checksum" in upload.attributes:
        kept["checksum"] = part.attributes["checksum"]
    return kept


def _completed(call: Call, document: bytes) -> Version | None:
    """The object that this very request has made before: a client whose answer got lost asks again, and S3 says again
    what it said. None where there is no such object any more.
    """
    try:
        version = call.storage.version(call.bucket, call.key)
    except S3Error:
        return None
    if version.attributes.get("upload") != call.parameter("uploadId"):
        return None
    etags = [element.required("ETag").strip().strip('"') for element in _part_elements_of(document)]
    return version if version.etag == _joined_etag(etags) else None


def _joined_etag(etags: Iterable[str]) -> str:
    """The MD5 of the parts' MD5s, and their number; "" where one is no MD5."""
    try:
        digests = [bytes.fromhex(etag) for etag in etags]
    except ValueError:
        return ""
    return f"{md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def _part_elements_of(document: bytes) -> list[Element]:
    """The parts that a request lists; none where it has no document at all."""
    if not document:
        return []
    return parse(document, "CompleteMultipartUpload").all("Part")


def _listed_parts(upload: Upload, document: bytes) -> list[Listed]:
    """The parts that the request lists, in rising order."""
    listed = []
    for element in _part_elements_of(document):
        number, etag = element.required("PartNumber").strip(), element.required("ETag").strip().strip('"')
        if not is_number(number, 19):
            raise S3Error("MalformedXML")
        listed.append((int(number), etag, element))
    if not listed:
        raise S3Error("InvalidRequest", "You must specify at least one part")
    if len(listed) > MAX_PARTS:
        raise S3Error("MalformedXML")
    numbers = [number for number, _, _ in listed]
    if any(a >= b for a, b in pairwise(numbers)):
        raise S3Error("InvalidPartOrder", UploadId=upload.upload_id)
    return listed


def _choose(call: Call, upload: Upload, parts: list[Part], listed: list[Listed]) -> list[Part]:
    """The parts that the request lists, each there as listed, each but the last large enough."""
    _check_type(call, upload)
    stored = {part.number: part for part in parts}
    for number, etag, element in listed:
        part = stored.get(number)
        if part is None or part.etag != etag or not _same_checksum(upload, part, element):
            raise S3Error("InvalidPart", UploadId=upload.upload_id, PartNumber=str(number), ETag=etag)
    chosen = [stored[number] for number, _, _ in listed]
    # S3 API reference, CompletedPart: with one of these checksums, parts are numbered from 1 without a gap.
    algorithm = MULTIPART.get(upload.attributes.get("checksum", {}).get("algorithm", ""))
    if algorithm is not None and COMPOSITE in algorithm.multipart and chosen[-1].number != len(chosen):
        raise S3Error("InvalidPartOrder", UploadId=upload.upload_id)
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


def _check_type(call: Call, upload: Upload) -> None:
    """The type of checksum that the completion names must be the upload's."""
    kind = upload.attributes.get("checksum", {}).get("type", "null")
    if call.header("x-amz-checksum-type") not in (None, kind):
        raise S3Error(
            "InvalidRequest",
            f"The upload was created using the {kind} checksum mode. The complete request must use the same checksum "
            "mode.",
        )


def _same_checksum(upload: Upload, part: Part, element: Element) -> bool:
    """Whether the checksum that is listed is the part's. It must be of the upload's algorithm, and must be there where
    the whole is made of those of the parts.
    """
    asked = upload.attributes.get("checksum")
    found = {name: text for name in MULTIPART if (text := element.value(f"Checksum{name}")) is not None}
    if asked is None:
        return not found
    algorithm = asked["algorithm"]
    for other in found:
        if other != algorithm:
            raise S3Error(
                "BadDigest", f"The {other.lower()} you specified for part {part.number} did not match what we received."
            )
    if not found and asked["type"] == COMPOSITE:
        raise S3Error(
            "InvalidRequest",
            f"The upload was created using a {algorithm.lower()} checksum. The complete request must include the "
            f"checksum for each part. It was missing for part {part.number} in the request.",
        )
    return found.get(algorithm) in (None, part.attributes["checksum"]["value"])


def _joined_checksum(call: Call, upload: Upload, parts: list[Part]) -> dict[str, Any] | None:
    """The object's checksum, from those of its parts; None where S3 has none: for a customer's key, unless asked."""
    asked = upload.attributes.get("checksum")
    if asked is None and "customer" in upload.attributes.get("encryption", {}):
        return None
    algorithm = _algorithm_of(upload)
    kind = FULL_OBJECT if asked is None else asked["type"]
    values = [part.attributes["checksum"]["value"] for part in parts]
    if kind == COMPOSITE:
        value = composite(algorithm, values)
    else:
        value = full_object(algorithm, zip(values, (part.size for part in parts), strict=True))
    if asked is not None:  # else S3 passes over what the completion brings
        _check_whole(call, algorithm, value, typed=kind == COMPOSITE)
    return {"algorithm": algorithm, "type": kind, "value": value}


def _check_whole(call: Call, algorithm: str, value: str, typed: bool) -> None:
    """The checksum of the whole that the completion brings. That of a FULL_OBJECT upload is right only together with
    x-amz-checksum-type.
    """
    typed = typed or call.header("x-amz-checksum-type") is not None
    for header, name in ALGORITHM_OF.items():
        expected = call.header(header)
        if expected is None:
            continue
        if name != algorithm or expected not in (value, value.partition("-")[0]) or not typed:
            raise S3Error("BadDigest", f"The {algorithm.lower()} you specified did not match the calculated checksum.")


@operation
def abort_multipart_upload(call: Call) -> Response:
    call.storage.abort_upload(_upload(call))
    return empty(204)
