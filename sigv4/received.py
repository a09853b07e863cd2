"""A request as it arrived, read once: what Verifier, LocalS3 and the middlewares all look at.

    received = Received("GET", "/a%20b?marker=c%2Fd", [("Host", "h"), ("X-Amz-Meta-A", "1"), ("X-Amz-Meta-A", "2")])
    received.path           "/a%20b"                                    as sent, nothing decoded or normalised
    received.query          [("marker", "c%2Fd")]                       in canonical encoding, in order
    received.parameters     [("marker", "c/d")]                         decoded
    received.fields         {"host": "h", "x-amz-meta-a": "1,2"}        header fields by lower-case name
    received.repeated       {"x-amz-meta-a"}

Rules:
- It is reading alone: what is missing, repeated, unsigned or out of place is for others to judge. Only what cannot be
  read is refused, with InvalidURI.
- An absolute URL gives its own host, which counts before a Host header
  (https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2).
- White space around a field's value is no part of it; lines of one name mean their values joined by commas
  (https://www.rfc-editor.org/rfc/rfc9110#section-5.2). That is also how they are signed.
- In `fields` each character is a byte of the wire, as Python's servers give them; `as_text` makes text of them.
"""

from __future__ import annotations

from .encoding import decode_query, recode_query
from .errors import InvalidURI, SigningError
from .hosts import DEFAULT_PORTS, authority
from .kept import keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .request import Headers


class Received:
    """A request: `method`, `path`, `headers` (pairs in their order, lower-case names), `fields` and `repeated`."""

    __slots__ = ("_by_name", "_parameters", "_query", "_raw_query", "fields", "headers", "method", "path", "repeated")

    def __init__(self, method: str, target: str, headers: Headers) -> None:
        """`target` is a path with its query, or an absolute URL; `headers` are a mapping, or pairs as they arrived.

        In both, characters up to U+00FF stand for the bytes of the wire; other text can only have been UTF-8. Raises
        InvalidURI for a target of another form.
        """
        items = headers.items() if hasattr(headers, "items") else headers
        self.method = method
        self.headers = [
            (name.lower(), (value if value.isascii() else _octets(value)).strip(" \t")) for name, value in items
        ]
        if not target.startswith("/"):
            host, target = _split_absolute(target)
            self.headers = [("host", host), *(pair for pair in self.headers if pair[0] != "host")]
        path, _, self._raw_query = target.partition("?")
        self.path = as_text(_octets(path))
        self.fields, self.repeated = _by_name(self.headers)
        self._query: list[tuple[str, str]] | None = None
        self._by_name: dict[str, str] | None = None
        self._parameters: list[tuple[str, str]] | None = None

    def __repr__(self) -> str:
        return f"<Received {self.method} {self.path!a}>"  # a query may hold a signature

    @property
    def target(self) -> str:
        """Path and query as they arrived. It may hold a signature that still works."""
        return f"{self.path}?{self._raw_query}" if self._raw_query else self.path

    @property
    def host(self) -> str | None:
        """The URL's host, or the Host header's value."""
        return self.fields.get("host")

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query's pairs in canonical encoding. Raises InvalidURI for a '%' that two hex digits do not follow."""
        if self._query is None:
            try:
                self._query = recode_query(_octets(self._raw_query).encode("latin-1"))
            except SigningError:
                raise InvalidURI from None
        return self._query

    @property
    def by_name(self) -> dict[str, str]:
        """The query's values in canonical encoding, the last where one repeats. Raises InvalidURI as `query` does."""
        if self._by_name is None:
            self._by_name = dict(self.query)
        return self._by_name

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query's pairs, decoded. Raises InvalidURI also for what is not UTF-8."""
        if self._parameters is None:
            try:
                self._parameters = decode_query(self.query)
            except SigningError:
                raise InvalidURI from None
        return self._parameters

    def header(self, name: str) -> str | None:
        """A field's value as text, by its lower-case name; None where it is missing."""
        value = self.fields.get(name)
        return value if value is None or value.isascii() else as_text(value)


def as_text(octets: str) -> str:
    """The wire's bytes as text: UTF-8, with surrogates (PEP 383) for what is not, so that nothing gets lost."""
    return octets if octets.isascii() else octets.encode("latin-1").decode("utf-8", "surrogateescape")


def _octets(text: str) -> str:
    """Text in which every character is a byte."""
    if text.isascii():
        return text
    try:
        text.encode("latin-1")
        return text
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _split_absolute(url: str) -> tuple[str, str]:
    """The host of an absolute URL, and the rest of it."""
    rest, question_mark, query = url.partition("?")
    start = rest.find("/", rest.find("/") + 2)  # behind the two of "https://"
    origin, path = (rest, "") if start < 0 else (rest[:start], rest[start + 1 :])
    return _hosts.get(origin) or _check_origin(origin), f"/{path}{question_mark}{query}"


def _check_origin(origin: str) -> str:
    scheme, separator, host = origin.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in DEFAULT_PORTS:
        raise InvalidURI
    try:
        return keep(_hosts, origin, authority(host, scheme, "url"))
    except SigningError:
        raise InvalidURI from None


_hosts: dict[str, str] = {}  # those met lately, by the URL up to its path; a host has an end, so these have


def _by_name(headers: Sequence[tuple[str, str]]) -> tuple[dict[str, str], frozenset[str] | set[str]]:
    """Each field's value, those of one that repeats joined by commas; and the names that repeat."""
    joined = dict(headers)
    if len(joined) == len(headers):
        return joined, _NONE
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return {name: ",".join(values[name]) for name in values}, {name for name in values if len(values[name]) > 1}


_NONE: frozenset[str] = frozenset()
