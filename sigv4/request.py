"""The request as it goes over the wire: what a caller gives, made exact and checked.

Rules:
- A URL is absolute: http or https, a host, no user name, no fragment. The default port is not part of the Host header
  (RFC 7230 section 5.4), and host names are compared in lower case.
- A header name is a token; a value is visible ASCII, spaces and tabs (RFC 7230 section 3.2). CR, LF and NUL would let
  one header become two; non-ASCII has no one spelling on the wire, so signer and server would differ.
- What is given is never changed; new values are returned.
"""

from __future__ import annotations

from .encoding import recode, utf8
from .errors import SigningError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    Headers: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]

TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"})  # need no second look
_METHOD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
_HOST = b"abcdefghijklmnopqrstuvwxyz0123456789-._~:[]"
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
# RFC 3986 section 3.3: what may stand in a path unescaped, and the escapes themselves.
_PATH = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/%"


_KEPT = (
    256  # origins and header names kept after their check: a program has few, and the check costs more than the look
)
_origins: dict[str, tuple[str, str]] = {}  # a URL up to its path, as given -> its origin and host
_names: dict[str, str] = {}  # header name as given -> in lower case


def split_url(url: str) -> tuple[str, str, str, str]:
    """An absolute URL in its parts: its origin (scheme and host), the host as the Host header has it, path and query.

    Path and query are as given; a path that is missing is `/`. Raises SigningError, naming the part, for anything that
    is not an absolute http or https URL.
    """
    if not isinstance(url, str):
        raise SigningError(f"url must be text, not {type(url).__name__}")
    if "#" in url:
        raise SigningError("url has a fragment ('#'), which is never sent; a literal '#' is written %23")
    query = ""
    if "?" in url:
        url, _, query = url.partition("?")
    start = url.find("/", 8)  # behind the two of "http://" or "https://"
    given, path = (url, "/") if start < 0 else (url[:start], url[start:])
    origin, host = _origins.get(given) or _check_origin(given)
    return origin, host, path, query


def check_method(method: str) -> str:
    """Return `method` when it is an HTTP method; raises SigningError otherwise (methods are case-sensitive)."""
    if isinstance(method, str) and (method in _METHODS or (method and _METHOD.issuperset(method))):
        return method
    raise SigningError(f"method {method!r} must be an HTTP method in capitals, such as 'GET'")


def lower_name(name: str) -> str:
    """A header's name in lower case; raises SigningError where it is none."""
    lowered = _names.get(name) if isinstance(name, str) else None
    if lowered is None:
        if not isinstance(name, str) or not name or not TOKEN.issuperset(name):
            raise SigningError(f"header name {name!r} must be a token: letters, digits and !#$%&'*+-.^_`|~")
        if len(_names) >= _KEPT:
            _names.clear()
        lowered = _names[name] = name.lower()
    return lowered


def header_pairs(headers: Headers | None) -> list[tuple[str, str]]:
    """The headers as pairs, checked. Raises SigningError naming the header that cannot be sent."""
    if not headers:
        return []
    items = headers.items() if hasattr(headers, "items") else headers
    pairs = []
    for name, value in items:
        lower_name(name)
        if not isinstance(value, str):
            raise SigningError(f"header {name}: the value must be text, not {type(value).__name__}")
        if not (value.isascii() and value.isprintable()):
            _refuse_value(name, value)
        pairs.append((name, value))
    return pairs


def sendable_path(path: str, single_encoding: bool) -> str:
    """The path as it will stand in the request line.

    With `single_encoding` (S3) every spelling becomes the canonical one. Without it, escapes stay as given, since
    each of them will be signed as written, and only what no request line can carry is escaped.
    """
    if single_encoding:
        return recode(path, keep_slash=True)
    data = utf8(path)
    if not data.translate(None, _PATH):
        return path
    return "".join(chr(byte) if byte in _PATH else f"%{byte:02X}" for byte in data)


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
    scheme, _, authority = given.partition("://")
    scheme = scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        raise SigningError("url must be absolute and begin with https:// or http://")
    host = _host(authority, scheme)
    if len(_origins) >= _KEPT:
        _origins.clear()
    checked = _origins[given] = f"{scheme}://{host}", host
    return checked


def _host(authority: str, scheme: str) -> str:
    if "@" in authority:
        raise SigningError("url holds a user name or password before '@'; sign with Credentials instead")
    host = authority.lower()
    if not host or not host.isascii() or host.encode().translate(None, _HOST):
        raise SigningError(
            f"url has the host {_short(authority)!r}; a host is letters, digits, '-', '.', or [IPv6], then an optional "
            ":port (write international names in their xn-- form)"
        )
    name, port = _split_port(host)
    # A port with a zero before it would be sent without it by browsers, and signed with it.
    if not name or (port is not None and not (port.isdigit() and port[0] != "0" and int(port[:6]) < 65536)):
        raise SigningError(f"url has the host {_short(authority)!r}; the port must be a number from 1 to 65535")
    return host.removesuffix(_DEFAULT_PORTS[scheme])


def _split_port(host: str) -> tuple[str, str | None]:
    if host.startswith("["):
        name, bracket, rest = host.partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            return "", None
        return name + bracket, rest[1:] if rest else None
    name, colon, port = host.partition(":")
    return name, port if colon else None


def _short(text: str) -> str:
    """Enough to recognise it by; never the query, which may hold a signature."""
    text = text.partition("?")[0]
    return text if len(text) <= 80 else text[:77] + "..."
