"""A parameter's value as the text that goes into the request, by the parameter's type.

Rules:
- Enums take any text but the empty one: S3 gains values every year, and it is S3's answer that counts.
- Timestamps are aware datetimes or ISO 8601 text with an offset, sent to the second. A naive one is refused: boto3
  takes it for UTC, whatever the caller meant. S3's headers and queries use two of AWS's three formats, rfc822 and
  iso8601; unixTimestamp is in no parameter.
- Whole numbers run from 0 to 2**63 - 1. A bool is not a number, a number is not text, and None is no value: a
  parameter without one is left out. Lists and required text are never empty.
- `CopySource` is `{"Bucket", "Key", "VersionId"}` or text, bucket/key[?versionId=...], not percent-encoded; it is
  encoded here. `RenameSource` and `Tagging` are sent as they are: the caller encodes them.
- `Metadata` names go into the header's name, so they are tokens, and equal ones in another case are refused, where
  boto3 signs the two as one.
- Customer keys (`SSECustomerKey`, `CopySourceSSECustomerKey`) without their MD5 are given as the 32 bytes that they
  are; base64 and MD5 are made here.
- What S3 is to send back as a header (`ResponseContentDisposition` and its like) is ISO-8859-1, as S3 wants it.
- An error says what is wrong with a value, and never shows it: it may be a key.
"""

from __future__ import annotations

from ..encoding import encode
from ..errors import SigningError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

_LARGEST_LONG = 2**63 - 1


class Unfit(Exception):
    """What is wrong with a value, to be completed with the parameter's name. Never holds the value."""


def encoded(text: Callable[[object], str]) -> Callable[[object], str]:
    """The same, percent-encoded."""
    return lambda value: encode(text(value))


def in_latin_1(text: Callable[[object], str]) -> Callable[[object], str]:
    """The same, for what becomes a header of S3's response; Unfit for what S3 cannot send so."""

    def checked(value: object) -> str:
        made = text(value)
        if made.isascii():
            return made
        try:
            made.encode("latin-1")
        except UnicodeEncodeError:
            raise Unfit(
                "has a character beyond ISO-8859-1, which S3 refuses; "
                "sigv4.s3.content_disposition(filename) writes any file name as filename*=UTF-8''..."
            ) from None
        return made

    return checked


def plain(text: Callable[[object], str]) -> Callable[[object], str]:
    """The same, for a header's value that is sent and signed as it is; Unfit for one that has to be looked at."""

    def checked(value: object) -> str:
        made = text(value)
        if not (made.isascii() and made.isprintable()) or "  " in made or made != made.strip(" "):
            raise Unfit("is not sent as it is")
        return made

    return checked


def string(value: object) -> str:
    if not isinstance(value, str):
        raise Unfit(f"must be text, not {_type_name(value)}")
    return value


def filled(value: object) -> str:
    text = string(value)
    if not text:
        raise Unfit("must not be empty")
    return text


def _enums(value: object) -> str:
    if not isinstance(value, (list, tuple)):
        raise Unfit(f"must be a list of text, not {_type_name(value)}")
    if not value:
        raise Unfit("must not be an empty list; leave it out")
    texts = [filled(item) for item in value]
    # A comma would split one element into two.
    if any("," in text or '"' in text for text in texts):
        raise Unfit("must be a list of names, one in each element, without commas or quotes")
    return ",".join(texts)


def _integer(value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unfit(f"must be a whole number, not {_type_name(value)}")
    if not 0 <= value <= _LARGEST_LONG:
        raise Unfit("must be from 0 to 2**63 - 1")
    return f"{value:d}"


def _boolean(value: object) -> str:
    if not isinstance(value, bool):
        raise Unfit(f"must be True or False, not {_type_name(value)}")
    return "true" if value else "false"


def _rfc822(value: object) -> str:
    # Not strftime: its names of days and months follow the locale.
    moment = _utc(value)
    day = "MonTueWedThuFriSatSun"[moment.weekday() * 3 : moment.weekday() * 3 + 3]
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[moment.month * 3 - 3 : moment.month * 3]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"


def _iso8601(value: object) -> str:
    return f"{_utc(value).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def _copy_source(value: object) -> str:
    """bucket/key, percent-encoded but for its slashes, with the version beside it."""
    if isinstance(value, str):
        source, _, version = value.rpartition("?versionId=")
        if not source or version.split() != [version]:  # nothing or white space: the question mark is the key's
            source, version = value, ""
    elif isinstance(value, dict) and {"Bucket", "Key"} <= value.keys() <= {"Bucket", "Key", "VersionId"}:
        bucket, key = filled(value["Bucket"]), filled(value["Key"])
        # An access point's ARN holds slashes of its own.
        source = f"{bucket}/object/{key}" if bucket.startswith("arn:") else f"{bucket}/{key}"
        version = filled(value["VersionId"]) if "VersionId" in value else ""
    else:
        raise Unfit('must be text (bucket/key, not percent-encoded) or {"Bucket": ..., "Key": ..., "VersionId": ...}')
    bucket, _, key = source.removeprefix("/").partition("/")
    if not bucket or not key:
        raise Unfit("must name a bucket and a key: bucket/key")
    return encode(source, keep_slash=True) + (f"?versionId={encode(version)}" if version else "")


def _host_label(value: object) -> str:
    text = filled(value)
    if not (text.isascii() and text.replace("-", "").replace(".", "").isalnum()):
        raise Unfit("must be letters, digits, hyphens and dots: it becomes a part of the host name")
    return text


TEXTS: dict[str, Callable[[object], str]] = {
    "string": string,
    "enum": filled,
    "enums": _enums,
    "integer": _integer,
    "boolean": _boolean,
    "rfc822": _rfc822,
    "iso8601": _iso8601,
    "copy-source": _copy_source,
    "host-label": _host_label,
}


def _utc(value: object) -> datetime:
    from datetime import UTC, datetime

    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise Unfit("must be an aware datetime or ISO 8601 text such as 2030-01-31T12:00:00Z") from None
    if not isinstance(value, datetime):
        raise Unfit(f"must be an aware datetime, not {_type_name(value)}")
    if value.utcoffset() is None:
        raise Unfit("must say its time zone: datetime(..., tzinfo=UTC), or an offset or Z at the end of text")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise Unfit("must lie in the years 1 to 9999, in UTC too") from None


def add_metadata(headers: dict[str, str], prefix: str, label: str, value: object) -> None:
    if not isinstance(value, dict):
        raise SigningError(f"{label} must be a dict of text to text, not {_type_name(value)}")
    for name, text in value.items():
        if not isinstance(name, str) or not isinstance(text, str) or not name:
            raise SigningError(f"{label}: entry {name!r} must be text to text, and its name not empty")
        header = f"{prefix}{name.lower()}"
        if header in headers:
            raise SigningError(f"{label}: {name!r} is given twice; header names differ by more than case")
        headers[header] = text


def customer_key(label: str, name: str, key: object) -> tuple[str, str]:
    """A customer's encryption key and its MD5, in base64. No error shows the key."""
    from binascii import b2a_base64
    from hashlib import md5

    if isinstance(key, str):
        key = key.encode("utf-8", "surrogatepass")  # a UnicodeEncodeError would carry the key
    if not isinstance(key, bytes) or len(key) != 32:
        raise SigningError(
            f"{label} must be the 32 bytes of an AES-256 key; they are sent in base64 with their MD5. "
            f"A key that is in base64 already needs {name}MD5 beside it"
        )
    digest = md5(key, usedforsecurity=False).digest()
    return b2a_base64(key, newline=False).decode(), b2a_base64(digest, newline=False).decode()


def _type_name(value: object) -> str:
    return type(value).__name__
