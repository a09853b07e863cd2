"""Tags of objects and buckets: at most 10 an object, 50 a bucket; keys of 128, values of 256 characters.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html; the alphabet:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_S3Tag.html
"""

from __future__ import annotations

from ...encoding import parse_query
from ...errors import SigningError
from .call import xml
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..._http.messages import Response
    from .documents import Element


class Kind:
    """What S3 allows of tags: how many, and its words for a key that is AWS's own; `named`: the refusal names it."""

    def __init__(self, limit: int, reserved: str, named: bool = True) -> None:
        self.limit = limit
        self.reserved = reserved
        self.named = named


OBJECT = Kind(10, "Your TagKey cannot be prefixed with aws:")
BUCKET = Kind(50, "System tags cannot be added/updated by requester")
NEW_BUCKET = Kind(
    50,
    'User-defined tag keys can\'t start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your '
    "tag keys and try again.",
    named=False,
)


def read_tags(document: Element, kind: Kind) -> dict[str, str]:
    """The tags of a document with a TagSet, or a Tags; none where it has neither. Raises S3Error MalformedXML,
    InvalidTag, BadRequest.
    """
    tag_set = document.one("TagSet") or document.one("Tags")
    if tag_set is None:
        return {}
    return _check(((tag.required("Key"), tag.required("Value")) for tag in tag_set.all("Tag")), kind)


def parse_tags(text: str | None) -> dict[str, str] | None:
    """The tags of an x-amz-tagging header, which is written as a query; None without one."""
    if text is None:
        return None
    try:
        pairs = parse_query(text.encode("latin-1"))
    except SigningError:
        raise _not_a_query(text) from None
    readable = all(pair.count("=") < 2 and "," not in pair for pair in text.split("&"))
    if not readable or len({key for key, _ in pairs}) < len(pairs):
        raise _not_a_query(text)
    return _check(pairs, OBJECT)


def _not_a_query(text: str) -> S3Error:
    return S3Error(
        "InvalidArgument",
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without "
        "tag name duplicates.",
        ArgumentName="x-amz-tagging",
        ArgumentValue=text,
    )


def _check(pairs: Iterable[tuple[str, str]], kind: Kind) -> dict[str, str]:
    tags: dict[str, str] = {}
    for key, value in pairs:
        if key in tags:
            raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key", TagKey=key)
        if not (0 < len(key) <= 128 and _is_allowed(key)):
            raise S3Error("InvalidTag", "The TagKey you have provided is invalid", TagKey=key)
        if key.lower().startswith("aws:"):
            raise S3Error("InvalidTag", kind.reserved, extra=[("TagKey", key)] if kind.named else [])
        if len(value) > 256 or not _is_allowed(value):
            raise S3Error("InvalidTag", "The TagValue you have provided is invalid", TagKey=key, TagValue=value)
        tags[key] = value
    if len(tags) > kind.limit:
        raise S3Error("BadRequest", f"Object tags cannot be greater than {kind.limit}")
    return tags


def _is_allowed(text: str) -> bool:
    return all(c.isalpha() or c.isnumeric() or c.isspace() or c in "+-=._:/@" for c in text)


def tags_document(tags: dict[str, str]) -> Response:
    return xml("Tagging", [("TagSet", [("Tag", [("Key", key), ("Value", value)]) for key, value in tags.items()])])
