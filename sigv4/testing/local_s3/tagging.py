"""Tags of objects and buckets: at most 10 an object, 50 a bucket; keys of 128, values of 256 characters.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
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

MAX_OBJECT_TAGS = 10


def read_tags(document: Element, limit: int) -> dict[str, str]:
    """The tags of a Tagging document. Raises S3Error MalformedXML, InvalidTag, BadRequest."""
    tag_set = document.one("TagSet")
    if tag_set is None:
        raise S3Error("MalformedXML")
    return _check(((tag.required("Key"), tag.required("Value")) for tag in tag_set.all("Tag")), limit)


def parse_tags(text: str | None) -> dict[str, str] | None:
    """The tags of an x-amz-tagging header, which is written as a query; None without one."""
    if text is None:
        return None
    try:
        return _check(parse_query(text.encode("latin-1")), MAX_OBJECT_TAGS)
    except SigningError:
        raise S3Error(
            "InvalidArgument",
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without "
            "tag name duplicates.",
            ArgumentName="x-amz-tagging",
            ArgumentValue=text,
        ) from None


def _check(pairs: Iterable[tuple[str, str]], limit: int) -> dict[str, str]:
    tags: dict[str, str] = {}
    for key, value in pairs:
        if key in tags:
            raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key", TagKey=key)
        if not 0 < len(key) <= 128:
            raise S3Error("InvalidTag", "The TagKey you have provided is invalid", TagKey=key)
        if len(value) > 256:
            raise S3Error("InvalidTag", "The TagValue you have provided is invalid", TagKey=key, TagValue=value)
        tags[key] = value
    if len(tags) > limit:
        raise S3Error("BadRequest", f"Object tags cannot be greater than {limit}")
    return tags


def tags_document(tags: dict[str, str]) -> Response:
    return xml("Tagging", [("TagSet", [("Tag", [("Key", key), ("Value", value)]) for key, value in tags.items()])])
