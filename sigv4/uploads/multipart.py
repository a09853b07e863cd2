"""Uploads in parts: begin, sign parts, ask which have arrived, complete, abort. Actions of `/presign`, in this order:

    {"action": "create", "name": "film.mp4", "type": "video/mp4", "size": 50000000000}
      -> {"upload", "key", "part_size", "checksum", "ends_at"}
    {"action": "sign", "upload": ..., "parts": [{"number": 1, "crc32": "AAAAAA=="}, ...]}
      -> {"parts": [{"number", "method", "url", "headers"}, ...], "expires_in"}
    {"action": "parts", "upload": ...}      -> {"parts": [{"number", "size", "crc32"}, ...]}
    {"action": "complete", "upload": ..., "crc32": "AAAAAA=="}      -> {"key", "size", "etag"}
    {"action": "abort", "upload": ...}      -> {}

- `upload` is a token that binds principal, key, upload, sizes and end: it is all that a client keeps, and any replica
  takes it. Nobody else's token helps.
- A part is signed for exactly its bytes (Content-Length) and, where `crc32` is given, for exactly its CRC-32, so S3
  takes no other. Every part but the last has `part_size` bytes.
- Completing takes the parts from S3's own list: they must be all, without a gap. `crc32` of the whole file is held
  against the object where `checksum` says so. A second call, after an answer that was lost, answers the same.
- `If-None-Match: *` on completing: nothing is overwritten.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from time import time

from .bucket import StoreError
from .messages import Refused, check_fields, issued, json_response, text_of
from .presign import iso_time, sent_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from ..signer import Presigned
    from .bucket import Bucket, Part
    from .grants import Grant
    from .messages import Response
    from .objects import Arrivals
    from .presign import Action
    from .store import Store
    from .tokens import Seal

MIB = 1024**2
PART_SIZE = 8 * MIB  # at least; S3 takes no less than 5 MiB
MAX_PARTS = 10_000
MAX_SIGNED = 100  # parts at a time
SECONDS = 7 * 86_400  # that an upload may take; then the bucket's lifecycle rule may abort it
PURPOSE = "upload"


class Upload:
    """An upload that was begun, as its token has it."""

    __slots__ = ("checked", "id", "key", "part_size", "size")

    def __init__(self, key: str, upload_id: str, size: int | None, part_size: int, checked: bool) -> None:
        self.key = key
        self.id = upload_id
        self.size = size  # None where the client's protocol does not say it
        self.part_size = part_size
        self.checked = checked  # whether S3 holds the whole object to a CRC-32

    @property
    def count(self) -> int:
        return MAX_PARTS if self.size is None else max(-(-self.size // self.part_size), 1)

    def length(self, number: int) -> int | None:
        """Of one part, in bytes."""
        if self.size is None:
            return None
        return self.part_size if number < self.count else self.size - self.part_size * (self.count - 1)


class Multipart:
    """Uploads in parts, without a protocol: what the actions here and Uppy's routes stand on."""

    def __init__(
        self, store: Store, bucket: Bucket, seal: Seal, arrivals: Arrivals, now: Callable[[], float] = time
    ) -> None:
        self._arrivals = arrivals
        self._store = store
        self._bucket = bucket
        self._seal = seal
        self.now = now

    def begin(self, grant: Grant, name: str, content_type: str, size: int | None) -> tuple[str, Upload]:
        """A new upload and its token. `size`: None for clients that say none, and send no checksums either."""
        key = grant.policy.new_key(name)
        upload_id, checked = self._bucket.create(key, content_type, summed=size is not None)
        upload = Upload(key, upload_id, size, part_size_for(size or 0), checked)
        token = self._seal.token(
            PURPOSE, grant.name, self.now() + SECONDS, key=key, id=upload_id, size=-1 if size is None else size,
            part=upload.part_size, checked=int(checked),
        )  # fmt: skip
        return token, upload

    def opened(self, grant: Grant, token: str, field: str = "upload") -> Upload:
        """The upload of a token; raises Refused unless it is this principal's."""
        value = self._seal.opened(PURPOSE, token, grant.name, self.now(), field)
        size = None if value["size"] < 0 else value["size"]
        return Upload(value["key"], value["id"], size, value["part"], bool(value["checked"]))

    def signed_part(self, upload: Upload, number: int, expires_in: int, crc32: str = "") -> Presigned:
        """A presigned UploadPart, for exactly its bytes where they are known."""
        length = upload.length(number)
        parameters: dict[str, Any] = {} if length is None else {"ContentLength": length}
        if crc32:
            parameters["ChecksumCRC32"] = crc32
        return self._store.presign(
            "upload_part", upload.key, expires_in, "parts", UploadId=upload.id, PartNumber=number, **parameters
        )

    def parts(self, upload: Upload) -> list[Part]:
        return self._bucket.parts(upload.key, upload.id)

    def complete(self, upload: Upload, grant: Grant, crc32: str = "", numbers: Iterable[object] | None = None) -> str:
        """Make the object; gives its ETag. `numbers`: of the parts that it has; None for all that there are.

        Raises Refused where parts are missing, or the size is not what was said or the policy admits.
        """
        etag = self._complete(upload, grant, crc32, numbers)
        if self._arrivals.told is not None:
            self._arrivals.check(upload.key, grant)
        return etag

    def _complete(self, upload: Upload, grant: Grant, crc32: str, numbers: Iterable[object] | None) -> str:
        """The same, and nobody is told."""
        try:
            parts = self.parts(upload)
            if numbers is not None:
                parts = _chosen(parts, numbers)
            self._check(upload, grant, parts)
            # S3 takes a checksum of the whole with its type alone.
            whole = {"ChecksumCRC32": crc32, "ChecksumType": "FULL_OBJECT"} if crc32 and upload.checked else {}
            return self._bucket.complete(upload.key, upload.id, parts, **whole)
        except StoreError as error:
            if error.code not in ("NoSuchUpload", "PreconditionFailed"):
                raise
            done = self._bucket.head(upload.key)  # completed before, and the answer was lost
            if done is None or (upload.size is not None and done.get("content-length") != str(upload.size)):
                raise
            return done.get("etag", "")

    def abort(self, upload: Upload) -> None:
        """Nothing is left of it; once more does no harm."""
        try:
            self._bucket.abort(upload.key, upload.id)
        except StoreError as error:
            if error.status != 404:
                raise

    def _check(self, upload: Upload, grant: Grant, parts: list[Part]) -> None:
        size = sum(part.size for part in parts)
        if upload.size is None:
            try:
                grant.policy.check_size("parts", size)
            except Refused:
                self.abort(upload)
                raise
            return
        missing = sorted({*range(1, upload.count + 1)} - {part.number for part in parts})
        if missing:
            shown = ", ".join(map(str, missing[:10]))
            raise Refused("upload", f"{len(missing)} of {upload.count} parts are missing: {shown}", 409)
        if size != upload.size:
            raise Refused("upload", f"the parts have not {upload.size} bytes together, as was said", 409)


class Actions:
    """The actions of `/presign` for uploads in parts."""

    def __init__(self, multipart: Multipart) -> None:
        self._multipart = multipart

    def table(self) -> dict[str, tuple[str, Action]]:
        """By name, with the right that each needs."""
        return {
            "create": ("upload", self.create), "sign": ("upload", self.sign), "parts": ("upload", self.parts),
            "complete": ("upload", self.complete), "abort": ("upload", self.abort),
        }  # fmt: skip

    def create(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "name", "type", "size"))
        name, content_type = grant.policy.asked_file(body)
        size = grant.policy.check_size("size", body.get("size"))
        token, upload = self._multipart.begin(grant, name, content_type, size)
        what = {
            "upload": token, "key": upload.key, "part_size": upload.part_size,
            "checksum": "CRC32" if upload.checked else "", "ends_at": iso_time(self._multipart.now() + SECONDS),
        }  # fmt: skip
        return json_response(200, what)

    def sign(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "upload", "parts"))
        upload = self._multipart.opened(grant, text_of(body, "upload"))
        expires_in = grant.policy.expires_in
        rows = []
        for number, crc32 in _numbered(body.get("parts"), upload.count):
            signed = self._multipart.signed_part(upload, number, expires_in, crc32)
            rows.append(
                {"number": number, "method": signed.method, "url": str(signed), "headers": sent_headers(signed.headers)}
            )
        return issued({"parts": rows, "expires_in": expires_in}, ("parts", upload.key))

    def parts(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "upload"))
        found = self._multipart.parts(self._multipart.opened(grant, text_of(body, "upload")))
        rows = [{"number": part.number, "size": part.size, "crc32": part.checksum} for part in found]
        return json_response(200, {"parts": rows})

    def complete(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "upload", "crc32"))
        upload = self._multipart.opened(grant, text_of(body, "upload"))
        etag = self._multipart.complete(upload, grant, _crc32("crc32", body.get("crc32")))
        return json_response(200, {"key": upload.key, "size": upload.size, "etag": etag})

    def abort(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "upload"))
        self._multipart.abort(self._multipart.opened(grant, text_of(body, "upload")))
        return json_response(200, {})


def part_size_for(size: int) -> int:
    """The smallest whole number of MiB, PART_SIZE or more, with which there are no more than MAX_PARTS."""
    return max(PART_SIZE, -(-size // (MAX_PARTS * MIB)) * MIB)


def _chosen(parts: list[Part], numbers: Iterable[object]) -> list[Part]:
    """The parts with these numbers, all of which must have arrived."""
    there = {part.number: part for part in parts}
    asked = list(numbers)
    missing = [number for number in asked if type(number) is not int or number not in there]
    if missing or not asked:
        raise Refused("parts", f"{len(missing) or 'all'} of them have not arrived", 409)
    return [there[number] for number in sorted({number for number in asked if isinstance(number, int)})]


def _numbered(value: object, count: int) -> list[tuple[int, str]]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_SIGNED:
        raise Refused("parts", f"must be a list of 1 to {MAX_SIGNED} parts")
    rows = []
    for each in value:
        if not isinstance(each, dict):
            raise Refused("parts", 'must hold objects such as {"number": 1}')
        check_fields(each, ("number", "crc32"))
        number = each.get("number")
        if type(number) is not int or not 1 <= number <= count:
            raise Refused("parts", f"numbers are from 1 to {count}, the parts of this upload")
        rows.append((number, _crc32("parts", each.get("crc32"))))
    return rows


def _crc32(field: str, value: object) -> str:
    """A CRC-32 in base64, "" where there is none."""
    if value is None:
        return ""
    try:
        if isinstance(value, str) and len(value) == 8 and len(b64decode(value, validate=True)) == 4:
            return value
    except (Base64Error, ValueError):
        pass
    raise Refused(field, "a crc32 must be four bytes in base64, such as AAAAAA==")
