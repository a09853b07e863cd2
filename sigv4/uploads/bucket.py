"""What the server itself asks of the bucket: uploads in parts, what lies there, and taking it away.

Every call is a presigned URL of a minute, sent at once. A refusal of S3 that the client can mend is the client's
(Refused, 400 to 412, with S3's code), any other is a 502 or 503; what S3 says beside its code stays here.
"""

from __future__ import annotations

from .._http.client import send
from ..errors import SigningError
from .messages import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any
    from xml.etree.ElementTree import Element

    from ..s3 import S3Presigner

    Sender = Callable[..., tuple[int, Any, bytes]]

SECONDS = 20.0  # for one answer; S3 says that completing may take minutes, and keeps the connection alive
PROBE_SECONDS = 5.0
COMPLETING_SECONDS = 300.0
MAX_PAGES = 1000
# What the client can mend or must know: S3's code, and the status that says so.
CLIENTS = {
    "NoSuchUpload": 404, "NoSuchKey": 404, "InvalidPart": 400, "InvalidPartOrder": 400, "EntityTooSmall": 400,
    "BadDigest": 400, "InvalidRequest": 400, "PreconditionFailed": 412, "ConditionalRequestConflict": 409,
}  # fmt: skip


class Part:
    """A part that S3 has; `checksum` is its CRC-32 in base64, "" where it was sent without."""

    __slots__ = ("checksum", "etag", "number", "size")

    def __init__(self, number: int, size: int, etag: str, checksum: str) -> None:
        self.number = number
        self.size = size
        self.etag = etag
        self.checksum = checksum


class Object:
    """What a listing says of an object; `modified` in ISO 8601."""

    __slots__ = ("key", "modified", "size")

    def __init__(self, key: str, size: int, modified: str) -> None:
        self.key = key
        self.size = size
        self.modified = modified


class Unfinished:
    """An upload in parts that was neither completed nor aborted; `begun` in epoch seconds."""

    __slots__ = ("begun", "key", "upload_id")

    def __init__(self, key: str, upload_id: str, begun: float) -> None:
        self.key = key
        self.upload_id = upload_id
        self.begun = begun


class StoreError(Refused):
    """S3 refused or did not answer. `code`: S3's, "" where there was none."""

    def __init__(self, code: str, status: int, what: str) -> None:
        super().__init__(None, what, status)
        self.code = code


class Bucket:
    """A bucket, through the presigner of the endpoint under which this server sees it.

    `send` as of `sigv4`'s own client: (method, url, headers, body, timeout) to (status, headers, body).
    """

    def __init__(self, presigner: S3Presigner, name: str, send: Sender = send) -> None:
        self._presigner = presigner
        self.name = name
        self._send = send

    def create(self, key: str, content_type: str, *, summed: bool) -> tuple[str, bool]:
        """Begin an upload in parts: its id, and whether S3 will hold the whole object to a CRC-32.

        `summed`: whether the client sends a CRC-32 with each part. Without them MinIO refuses the parts of an upload
        that was to have some.
        """
        parameters = {"ContentType": content_type} if content_type else {}
        if summed:
            parameters |= {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}
        fields, root = self._asked("create_multipart_upload", {"Key": key, **parameters})
        return _text(root, "UploadId"), fields.get("x-amz-checksum-type", "").upper() == "FULL_OBJECT"

    def parts(self, key: str, upload_id: str) -> list[Part]:
        """Those that have arrived, all pages."""
        found: list[Part] = []
        marker: dict[str, int] = {}
        for _ in range(MAX_PAGES):
            _, root = self._asked("list_parts", {"Key": key, "UploadId": upload_id, **marker})
            for each in _all(root, "Part"):
                number, size = int(_text(each, "PartNumber")), int(_text(each, "Size"))
                found.append(Part(number, size, _text(each, "ETag"), _text(each, "ChecksumCRC32")))
            if _text(root, "IsTruncated") != "true" or not found:
                break
            marker = {"PartNumberMarker": found[-1].number}
        return found

    def complete(self, key: str, upload_id: str, parts: Iterable[Part], **parameters: Any) -> str:
        """Make the object of its parts, where there is none yet; gives its ETag."""
        rows = "".join(
            [
                f"<Part><PartNumber>{part.number}</PartNumber><ETag>{_escaped(part.etag)}</ETag>"
                + (f"<ChecksumCRC32>{_escaped(part.checksum)}</ChecksumCRC32></Part>" if part.checksum else "</Part>")
                for part in parts
            ]
        )
        body = f"<CompleteMultipartUpload>{rows}</CompleteMultipartUpload>".encode()
        asked = {"Key": key, "UploadId": upload_id, "IfNoneMatch": "*", **parameters}
        _, root = self._asked("complete_multipart_upload", asked, body, COMPLETING_SECONDS)
        if _name(root) == "Error":  # S3 may begin with 200, before it knows
            raise _store_error(_text(root, "Code"), 200)
        return _text(root, "ETag")

    def abort(self, key: str, upload_id: str) -> None:
        self._asked("abort_multipart_upload", {"Key": key, "UploadId": upload_id})

    def head(self, key: str) -> Mapping[str, str] | None:
        """The header fields of an object, by names in lower case; None where there is none."""
        try:
            return self._asked("head_object", {"Key": key})[0]
        except StoreError as error:
            if error.status == 404:
                return None
            raise

    def try_it(self) -> None:
        """Ask for an object that is not there; raises Refused where the store does not answer, or not to these keys."""
        try:
            self._asked("get_object", {"Key": ".not-there"}, timeout=PROBE_SECONDS)
        except StoreError as error:
            if error.code not in ("NoSuchKey", "AccessDenied"):  # without the right to list, S3 says the latter
                raise

    def delete(self, key: str) -> None:
        self._asked("delete_object", {"Key": key})

    def list(self, prefix: str, limit: int, token: str = "") -> tuple[list[Object], str]:
        """A page of what lies under a prefix, and the token of the next one, "" behind the last."""
        more = {"ContinuationToken": token} if token else {}
        _, root = self._asked("list_objects_v2", {"Prefix": prefix, "MaxKeys": limit, **more})
        from ..encoding import decode

        encoded = _text(root, "EncodingType") == "url"
        found = []
        for each in _all(root, "Contents"):
            key = _text(each, "Key")
            key = decode(key.replace("+", "%20").encode()).decode() if encoded else key
            found.append(Object(key, int(_text(each, "Size")), _text(each, "LastModified")))
        return found, _text(root, "NextContinuationToken")

    def unfinished(self, prefix: str) -> Iterator[Unfinished]:
        """Uploads in parts under a prefix that nobody has ended, all pages."""
        from datetime import datetime

        marker: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            _, root = self._asked("list_multipart_uploads", {"Prefix": prefix, **marker})
            for each in _all(root, "Upload"):
                begun = datetime.fromisoformat(_text(each, "Initiated").replace("Z", "+00:00"))
                yield Unfinished(_text(each, "Key"), _text(each, "UploadId"), begun.timestamp())
            if _text(root, "IsTruncated") != "true":
                return
            marker = {"KeyMarker": _text(root, "NextKeyMarker"), "UploadIdMarker": _text(root, "NextUploadIdMarker")}

    def _asked(
        self, operation: str, parameters: Mapping[str, Any], body: bytes = b"", timeout: float = SECONDS
    ) -> tuple[dict[str, str], Element]:
        try:
            signed = self._presigner.presign(operation, 60, Bucket=self.name, **parameters)
            status, fields, answer = self._send(signed.method, str(signed), signed.headers, body, timeout)
        except SigningError as error:
            raise Refused("key", str(error)) from None
        except OSError:
            raise StoreError("", 503, "the store does not answer just now; try again in a moment") from None
        named = {name.lower(): value for name, value in fields}
        root = _root(answer)
        if status >= 300:
            code = _text(root, "Code") if _name(root) == "Error" else {404: "NoSuchKey"}.get(status, "")
            raise _store_error(code, status)
        return named, root


def _store_error(code: str, status: int) -> StoreError:
    if code in CLIENTS:
        return StoreError(code, CLIENTS[code], f"the store refused: {code}")
    if status in (429, 503) or code in ("SlowDown", "ServiceUnavailable", "InternalError"):
        return StoreError(code, 503, "the store is busy; try again in a moment")
    return StoreError(code, 502, f"the store refused this server: {code or status}")


def _root(document: bytes) -> Element:
    """Raises StoreError for what is no XML, or declares entities; nothing at all is an empty element."""
    from xml.etree.ElementTree import Element, ParseError, fromstring

    if not document.strip():
        return Element("Nothing")
    try:
        if b"<!" in document:
            raise ParseError
        return fromstring(document)  # noqa: S314 without a declaration there are no entities
    except ParseError:
        raise StoreError("", 502, "the store answered with something other than XML") from None


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _all(root: Element, name: str) -> list[Element]:
    return [each for each in root if _name(each) == name]


def _text(element: Element, name: str) -> str:
    return next((each.text or "" for each in element if _name(each) == name), "")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
