"""Conditional requests and ranges, as S3 reads them.

Rules:
- If-Match counts before If-Unmodified-Since, If-None-Match before If-Modified-Since; each first one silences its
  second.
- A date that cannot be read is no condition.
- A Range of several spans, or one that cannot be read, is no range: the whole object is the answer.
Sources: https://www.rfc-editor.org/rfc/rfc9110#section-13 and https://www.rfc-editor.org/rfc/rfc9110#section-14.
"""

from __future__ import annotations

from time import gmtime, strftime

from ...dates import http_date, read_http_date
from ...encoding import is_number
from ...scope import parse_amz_date
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .call import Call
    from .records import Version


def iso_date(seconds: float) -> str:
    """Epoch seconds as S3's XML has them: whole ones, so that they are those of the Last-Modified header."""
    return strftime("%Y-%m-%dT%H:%M:%S.000Z", gmtime(seconds))


def parse_http_date(text: str) -> float | None:
    """Epoch seconds of an HTTP date; None where it is none."""
    try:
        return parse_amz_date(read_http_date(text)).timestamp()
    except ValueError:
        return None


def check_read(version: Version, header: Callable[[str], str | None], now: float, prefix: str = "") -> None:
    """Raises S3Error PreconditionFailed or NotModified.

    `prefix` is x-amz-copy-source- for the source of a copy, which is never NotModified. `now` is epoch seconds: what
    was not modified since a date to come is no condition (RFC 9110, 13.1.3).
    """
    unmet = "PreconditionFailed" if prefix else "NotModified"
    if (wanted := header(prefix + "if-match")) is not None:
        if not _names(wanted, version.etag):
            raise S3Error("PreconditionFailed", Condition=prefix + "If-Match")
    elif (since := _date(header, prefix + "if-unmodified-since")) is not None and int(version.modified) > since:
        raise S3Error("PreconditionFailed", Condition=prefix + "If-Unmodified-Since")
    headers = [("ETag", f'"{version.etag}"'), ("Last-Modified", http_date(version.modified))]
    if (unwanted := header(prefix + "if-none-match")) is not None:
        if _names(unwanted, version.etag):
            raise S3Error(unmet, headers=headers, Condition=prefix + "If-None-Match")
    elif (since := _date(header, prefix + "if-modified-since")) is not None and int(version.modified) <= since <= now:
        raise S3Error(unmet, headers=headers, Condition=prefix + "If-Modified-Since")


def write_conditions(call: Call, deleting: bool = False) -> Callable[[Version | None], None]:
    """The check of a request's own conditions. S3 takes them from the query of a presigned URL, too."""
    in_query = {name.lower(): value for name, value in call.query if name.lower() in ("if-match", "if-none-match")}

    def header(name: str) -> str | None:
        value = call.header(name)
        return in_query.get(name) if value is None else value

    return write_check(call.key, header, deleting)


def write_check(
    key: str, header: Callable[[str], str | None], deleting: bool = False
) -> Callable[[Version | None], None]:
    """What the storage asks before a write, inside its transaction.

    S3 knows two conditional writes: If-None-Match: * (create, never replace) and If-Match with the ETag to be replaced;
    `*` there only for a delete.
    """
    unwanted, wanted = header("if-none-match"), header("if-match")
    if unwanted is not None and wanted is not None:
        raise _not_done("If-Match,If-None-Match", "Multiple conditional request headers present in the request")
    if unwanted is not None and unwanted.strip() != "*":
        raise _not_done("If-None-Match", "We don't accept the provided value of If-None-Match header for this API")
    if wanted is not None and wanted.strip() == "*" and not deleting:
        raise _not_done("If-Match", "We don't accept the provided value of If-Match header for this API")

    def check(current: Version | None) -> None:
        if unwanted is not None and current is not None:
            raise S3Error("PreconditionFailed", Condition="If-None-Match")
        if wanted is not None:
            if current is None:
                raise S3Error("NoSuchKey", Key=key)
            if not _names(wanted, current.etag):
                raise S3Error("PreconditionFailed", Condition="If-Match")

    return check


def _not_done(header: str, why: str) -> S3Error:
    return S3Error("NotImplemented", Header=header, additionalMessage=why)


def parse_range(text: str | None, size: int) -> tuple[int, int] | None:
    """(start, length) of the span that a Range header asks for; None where it asks for none.

    Raises S3Error InvalidRange for a span that begins beyond the end.
    """
    unit, equals, span = (text or "").partition("=")
    first, dash, last = (part.strip() for part in span.partition("-"))
    readable = all(not part or is_number(part, 19) for part in (first, last))
    if unit.strip().lower() != "bytes" or not equals or not dash or not readable:
        return None
    if first:
        start, stop = int(first), int(last) + 1 if last else size
        if stop <= start and last:
            return None
    elif last:
        start, stop = max(0, size - int(last)), size
    else:
        return None
    if start >= size or (not first and int(last) == 0):
        raise S3Error(
            "InvalidRange",
            headers=[("Content-Range", f"bytes */{size}")],
            RangeRequested=text or "",
            ActualObjectSize=str(size),
        )
    return start, min(stop, size) - start


def range_applies(version: Version, if_range: str | None) -> bool:
    """If-Range: the span is wanted only of the object that the peer has part of (RFC 9110, 13.1.5)."""
    if if_range is None:
        return True
    if '"' in if_range:
        return if_range.strip() == f'"{version.etag}"'
    return parse_http_date(if_range) == int(version.modified)


def _names(tags: str, etag: str) -> bool:
    """Whether a list of entity tags names this one. S3 takes them without quotes too."""
    return any(tag.strip().removeprefix("W/").strip('"') in ("*", etag) for tag in tags.split(","))


def _date(header: Callable[[str], str | None], name: str) -> float | None:
    text = header(name)
    return None if text is None else parse_http_date(text)
