"""The request as it goes over the wire: what a caller gives, made exact and checked.

Rules:
- A URL is absolute: http, https, or ws and wss, whose opening handshake is an HTTP request; a host, no user name, no
  fragment. The host is written as a browser writes it (hosts.py), and so it is sent and signed. No tab or line end is
  in it, which a browser takes out (https://url.spec.whatwg.org/#url-parsing), nor such a path segment as it takes out.
- A header name is a token; a value is visible ASCII, spaces and tabs (RFC 9110 section 5.5). CR, LF and NUL would let
  one header become two; non-ASCII has no one spelling on the wire, so signer and server would differ. White space
  around a value is no part of it (RFC 9110 section 5.5), and HTTP clients refuse to send it.
- What is given is never changed; new values are returned.
"""

from __future__ import annotations

from .encoding import is_token
from .errors import SigningError
from .hosts import DEFAULT_PORTS, authority
from .kept import keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]

_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"})  # need no second look
_METHOD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")

# What has passed its check once: a program has few, and the check costs more than the look.
_origins: dict[str, tuple[str, str]] = {}  # a URL up to its path, as given -> its origin and host
_names: dict[str, str] = {}  # header name as given -> in lower case


def split_url(url: str) -> tuple[str, str, str, str]:
    """An absolute URL in its parts: its origin (scheme and host), the host as the Host header has it, path and query.

    Path and query are as given; a path that is missing is `/`. Raises SigningError, naming the part, for anything that
    is not an absolute URL of a scheme that speaks HTTP.
    """
    if not isinstance(url, str):
        raise SigningError(f"url must be text, not {type(url).__name__}")
    if "#" in url:
        raise SigningError("url has a fragment ('#'), which is never sent; a literal '#' is written %23")
    if "\n" in url or "\r" in url or "\t" in url:
        raise SigningError("url holds a tab or a line end, which browsers take out; where meant, write %09, %0D, %0A")
    query = ""
    if "?" in url:
        url, _, query = url.partition("?")
    start = url.find("/", url.find("/") + 2)  # behind the two of "https://"
    given, path = (url, "/") if start < 0 else (url[:start], url[start:])
    origin, host = _origins.get(given) or _check_origin(given)
    return origin, host, path, query


def refuse_dot_segments(path: str, what: str) -> None:
    """Raises SigningError, which `what` opens, where a segment of the path is `.` or `..`."""
    for segment in path.split("/"):
        if segment in (".", ".."):
            raise SigningError(
                f"{what} has the segment {segment!r}, which browsers and proxies take out of the URL; "
                "rename the object, or say allow_dot_segments=True where nothing on the way does that"
            )


def check_method(method: str) -> str:
    """Return `method` when it is an HTTP method; raises SigningError otherwise (methods are case-sensitive)."""
    if isinstance(method, str) and (method in _METHODS or (method and _METHOD.issuperset(method))):
        return method
    raise SigningError(f"method {method!r} must be an HTTP method in capitals, such as 'GET'")


def lower_name(name: str) -> str:
    """A header's name in lower case; raises SigningError where it is none."""
    lowered = _names.get(name) if isinstance(name, str) else None
    if lowered is None:
        if not isinstance(name, str) or not is_token(name):
            raise SigningError(f"header name {name!r} must be a token: letters, digits and !#$%&'*+-.^_`|~")
        lowered = keep(_names, name, name.lower())
    return lowered


def header_pairs(headers: Headers | None) -> list[tuple[str, str]]:
    """The headers as pairs, checked, without white space around the values.

    Raises SigningError naming the header that cannot be sent.
    """
    if not headers:
        return []
    pairs = []
    for name, value in _items(headers):
        lower_name(name)
        if not isinstance(value, str):
            raise SigningError(f"header {name}: the value must be text, not {type(value).__name__}")
        if not (value.isascii() and value.isprintable()):
            _refuse_value(name, value)
        pairs.append((name, value.strip(" \t")))
    return pairs


def _items(headers: Headers) -> Iterable[tuple[str, str]]:
    if hasattr(headers, "items"):
        return headers.items()
    try:
        return [(name, value) for name, value in headers]
    except (TypeError, ValueError):
        raise SigningError(
            f"headers must be a mapping, or pairs of a name and a value; this {type(headers).__name__} is neither"
        ) from None


def _refuse_value(name: str, value: str) -> None:
    if not value.isascii():
        raise SigningError(
            f"header {name}: the value holds a non-ASCII character, which has no one spelling on the wire; "
            "percent-encode it, or use RFC 2047 for metadata"
        )
    for character in value:
        if not character.isprintable() and character != "\t":
            raise SigningError(f"header {name}: the value holds {character!r}; remove it")


def _check_origin(given: str) -> tuple[str, str]:
    scheme, separator, rest = given.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in DEFAULT_PORTS:
        raise SigningError("url must be absolute and begin with https:// or http://, or with wss:// or ws://")
    host = authority(rest, scheme, "url")
    return keep(_origins, given, (f"{scheme}://{host}", host))
