"""What a signature was made over, where that is not what arrived.

    mismatch = find_mismatch(error, credentials)    # error: the SignatureDoesNotMatch that a Verifier raised
    print(mismatch)                                 # both canonical requests, the first difference marked

Rules:
- A signature tells nothing of what was signed. So the usual mistakes are made on purpose, one at a time, in the
  canonical request of what arrived, until one gives the very signature that came. What is found so is certain.
- It works on texts alone, in bounded time: MAX_TRIES mistakes, each the price of one signature.
- Texts for people show no session token and no customer key; the signature is in none of them.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html, and what the SDKs'
users report.
"""

from __future__ import annotations

from itertools import islice

from .canonical import canonical_request, header_lines, remove_dot_segments
from .encoding import decode, encode
from .errors import SigningError
from .scope import ALGORITHM, CredentialScope, derive_signing_key, signing_key
from .signature import EMPTY_SHA256, UNSIGNED_PAYLOAD, PreparedKey, string_to_sign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .credentials import Credentials
    from .errors import SignatureDoesNotMatch

MAX_TRIES = 500  # a request with that many parameters and headers is nobody's mistake

_METHODS = ("GET", "PUT", "POST", "HEAD", "DELETE")
_EXPIRIES = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800)
_CONTENT_TYPES = (
    "application/octet-stream", "application/x-www-form-urlencoded", "application/json", "application/xml",
    "binary/octet-stream", "text/plain", "multipart/form-data",
)  # fmt: skip
_NOT_ENCODED_BY_JAVASCRIPT = "!'()*"  # encodeURIComponent leaves them

_SECRET_HEADERS = frozenset(
    {
        "cookie", "x-amz-copy-source-server-side-encryption-customer-key", "x-amz-s3session-token",
        "x-amz-security-token", "x-amz-server-side-encryption-customer-key",
    }
)  # fmt: skip


class Mismatch:
    """`arrived`, the canonical request of what arrived; `signed`, the one that gives the signature, None where none
    was found; `change`, what is different in it, in words. `str()` is the page a person reads.
    """

    __slots__ = ("_hidden", "arrived", "change", "signed")

    def __init__(self, arrived: str, signed: str | None, change: str, hidden: Iterable[str]) -> None:
        """`hidden`: what no page may show, wherever it has got to."""
        self.arrived = arrived
        self.signed = signed
        self.change = _without(change, hidden)
        self._hidden = hidden

    def __str__(self) -> str:
        arrived = _shown(self.arrived, self._hidden)
        if self.signed is None or self.signed == self.arrived:
            return f"{self.change}\nThe canonical request of what arrived:\n{_indented(arrived)}"
        signed = _shown(self.signed, self._hidden)
        row, column = _first_difference(arrived, signed)
        return (
            f"{self.change}\nThe canonical request of what arrived:\n{_indented(arrived, row, column)}\n"
            f"The one that was signed:\n{_indented(signed, row, column)}"
        )


def find_mismatch(error: SignatureDoesNotMatch, credentials: Credentials) -> Mismatch:
    """Look for the mistake that explains the signature in `error`, made with `credentials`, which the verifier knows.

    Raises ValueError for a form's error, which has no canonical request.
    """
    arrived = error.canonical_request
    if arrived is None:
        raise ValueError("a form has no canonical request")
    token = credentials.session_token or ""
    hidden = [text for text in (error.signature_provided, token, encode(token)) if text]
    signed, change = _search(error, arrived, credentials)
    return Mismatch(arrived, signed, change, hidden)


def _search(error: SignatureDoesNotMatch, arrived: str, credentials: Credentials) -> tuple[str | None, str]:
    """The canonical request that was signed, where it was found, and what is to be said."""
    algorithm, stamp, scope_text, _ = error.string_to_sign.split("\n")
    if algorithm != ALGORITHM:  # an ECDSA signature could be checked against each try, but costs a hundred times more
        return None, "Nothing more is known of a SigV4A signature than that it is of another text."
    parts = _Parts(arrived)
    if parts.missing:
        what = "headers were" if len(parts.missing) > 1 else "header was"
        return None, f"The {what} signed and did not arrive: {', '.join(parts.missing)}."
    date, region, service, _ = scope_text.split("/")
    scope = CredentialScope(date, region, service)
    key = PreparedKey(signing_key(credentials, scope))
    for change, text in islice(_mistakes(parts), MAX_TRIES):
        if key.verify(string_to_sign(stamp, scope, text), error.signature_provided):
            return text, f"The signature is right for another request: {change}."
    for change, secret in _mangled(credentials.secret_access_key):
        if PreparedKey(derive_signing_key(secret, scope)).verify(error.string_to_sign, error.signature_provided):
            return arrived, f"The request is right, and the signer's secret access key is not: {change}."
    return (
        None,
        "No usual mistake gives this signature: the secret access key is another one, or more than one thing differs. "
        "Compare the canonical request below with the signer's own, line by line.",
    )


class _Parts:
    """A canonical request taken apart. `headers` and `query` are pairs in their order, as they stand in it; `missing`
    are the signed headers that are not among them.
    """

    __slots__ = ("headers", "method", "missing", "payload_hash", "query", "uri")

    def __init__(self, text: str) -> None:
        self.method, self.uri, query, *lines, _, names, self.payload_hash = text.split("\n")
        self.query = _pairs(query.split("&"), "=") if query else []
        self.headers = _pairs(lines, ":")
        present = {name for name, _ in self.headers}
        self.missing = [name for name in names.split(";") if name not in present]

    def text(
        self,
        *,
        method: str | None = None,
        uri: str | None = None,
        query: list[tuple[str, str]] | str | None = None,
        headers: list[tuple[str, str]] | None = None,
        payload_hash: str | None = None,
    ) -> str:
        """The canonical request again, with some of its parts replaced."""
        if query is None:
            query = self.query
        if not isinstance(query, str):
            query = "&".join([f"{name}={value}" for name, value in query])
        headers = self.headers if headers is None else headers
        names = ";".join([name for name, _ in headers])
        return canonical_request(
            method or self.method,
            uri or self.uri,
            query,
            header_lines(headers),
            names,
            payload_hash or self.payload_hash,
        )


def _mistakes(parts: _Parts) -> Iterator[tuple[str, str]]:
    """What may have been signed instead, with the difference in words; the usual ones first."""
    yield from _hosts(parts)
    yield from _headers(parts)
    for method in _METHODS:
        yield f"its method is {method}, and {parts.method} arrived", parts.text(method=method)
    yield from _payloads(parts)
    yield from _paths(parts)
    yield from _queries(parts)


def _hosts(parts: _Parts) -> Iterator[tuple[str, str]]:
    given = dict(parts.headers).get("host", "")
    name, _, port = given.partition(":")
    others = [name, f"{name}:80", f"{name}:443"]
    suffix = f":{port}" if port else ""
    others += [f"{other}{suffix}" for other in ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "host.docker.internal")]  # noqa: S104 a name
    bucket, _, domain = given.partition(".")
    first = parts.uri.split("/")[1]
    for other in others:
        yield f"its host is {other}, and {given} arrived", parts.text(headers=_with(parts.headers, "host", other))
    # Path style and virtual-hosted style, taken for each other.
    if domain:
        moved = parts.text(uri=f"/{bucket}{parts.uri}", headers=_with(parts.headers, "host", domain))
        yield f"the bucket stands in its path, and arrived in the host {given}", moved
        yield f"its path begins with /{bucket}", parts.text(uri=f"/{bucket}{parts.uri}")
    if first:
        rest = parts.uri[len(first) + 1 :] or "/"
        moved = parts.text(uri=rest, headers=_with(parts.headers, "host", f"{first}.{given}"))
        yield f"the bucket stands in its host, and arrived in the path: /{first}", moved
        yield f"its path lacks the beginning /{first}", parts.text(uri=rest)


def _headers(parts: _Parts) -> Iterator[tuple[str, str]]:
    for name, value in parts.headers:
        others: list[str] = []
        if name == "content-type":
            bare = value.partition(";")[0]
            others = [bare, f"{bare}; charset=utf-8", f"{bare};charset=utf-8", f"{bare}; charset=UTF-8"]
            others += _CONTENT_TYPES
        elif name == "accept-encoding":
            others = ["identity", "gzip", "gzip, deflate", "gzip,gzip"]
        elif name == "content-length":
            others = ["0"]
        if name not in _SECRET_HEADERS:
            others += [value.lower(), value.replace(", ", ",")]
        for other in [*others, ""]:
            shown = f"'{other}'" if other else "empty"
            change = f"its header {name} is {shown}, and {'another value' if value else 'an empty one'} arrived"
            yield change, parts.text(headers=_with(parts.headers, name, other))
        if name != "host":
            left = [pair for pair in parts.headers if pair[0] != name]
            yield f"it has no header {name}", parts.text(headers=left)


def _payloads(parts: _Parts) -> Iterator[tuple[str, str]]:
    header = dict(parts.headers).get("x-amz-content-sha256")
    for payload_hash in (UNSIGNED_PAYLOAD, EMPTY_SHA256, header or UNSIGNED_PAYLOAD):
        what = "the empty body's" if payload_hash == EMPTY_SHA256 else payload_hash
        yield f"its payload hash is {what}", parts.text(payload_hash=payload_hash)
        if header is not None:
            changed = _with(parts.headers, "x-amz-content-sha256", payload_hash)
            text = parts.text(headers=changed, payload_hash=payload_hash)
            yield f"its payload hash, and its header x-amz-content-sha256, is {what}", text


def _paths(parts: _Parts) -> Iterator[tuple[str, str]]:
    for how, other in _spellings(parts.uri, keep_slash=True):
        yield f"its path is {how}", parts.text(uri=other)
    yield "its path is normalised, without '//', '.' and '..'", parts.text(uri=remove_dot_segments(parts.uri))
    yield "its path ends in another '/'", parts.text(uri=f"{parts.uri}/")
    yield "its path does not end in '/'", parts.text(uri=parts.uri.removesuffix("/"))


def _queries(parts: _Parts) -> Iterator[tuple[str, str]]:
    query = "&".join([f"{name}={value}" for name, value in parts.query])
    own = [pair for pair in parts.query if pair[0].startswith("X-Amz-")]
    yield "it has none of the query's own parameters", parts.text(query=own)
    for index, (name, _) in enumerate(parts.query):
        left = parts.query[:index] + parts.query[index + 1 :]
        yield f"it has no parameter {name}", parts.text(query=left)
    for index, (name, value) in enumerate(parts.query):
        if name == "X-Amz-Expires":
            for seconds in _EXPIRIES:
                changed = [*parts.query[:index], (name, str(seconds)), *parts.query[index + 1 :]]
                yield f"its X-Amz-Expires is {seconds}, and {value} arrived", parts.text(query=changed)
    yield (
        "its parameters without a value stand without '='",
        parts.text(query="&".join([f"{name}={value}" if value else name for name, value in parts.query])),
    )
    yield (
        "its query has a plus sign where a space arrived ('+' is a space there)",
        parts.text(query=query.replace("%20", "%2B")),
    )
    changed = [(name, other) for name, value in parts.query for other in [_spelled_plain(value)]]
    yield "its query is not percent-encoded", parts.text(query=changed)
    for how, other in _spellings(query, keep_slash=False):
        yield f"its query is {how}", parts.text(query=other)


def _spellings(text: str, keep_slash: bool) -> Iterator[tuple[str, str]]:
    """Other ways to write an encoded path or query."""
    yield "encoded twice", text.replace("%", "%25")
    yield "not percent-encoded", _spelled_plain(text)
    yield "encoded once where twice arrived", text.replace("%25", "%")
    yield "encoded with '+' for a space", text.replace("%20", "+")
    yield "encoded with lower-case hex digits", _lower_escapes(text)
    yield "encoded with %7E for '~'", text.replace("~", "%7E")
    left = text
    for character in _NOT_ENCODED_BY_JAVASCRIPT:
        left = left.replace(encode(character), character)
    yield f"encoded as JavaScript's encodeURIComponent does, which leaves {_NOT_ENCODED_BY_JAVASCRIPT}", left
    if keep_slash:
        yield "encoded with %2F for each '/' behind the first", "/" + text[1:].replace("/", "%2F")


def _mangled(secret: str) -> Iterator[tuple[str, str]]:
    """A secret as copying, quoting and URL-encoding leave it."""
    for change, other in (
        ("it has a line end behind it", f"{secret}\n"),
        ("it has a line end of Windows behind it", f"{secret}\r\n"),
        ("it has a space behind it", f"{secret} "),
        ("it has a space before it", f" {secret}"),
        ("it stands in double quotes", f'"{secret}"'),
        ("it stands in single quotes", f"'{secret}'"),
        ("it is percent-encoded", encode(secret)),
        ("its '/' are percent-encoded", secret.replace("/", "%2F")),
        ("its '+' are spaces", secret.replace("+", " ")),
        ("its last character is missing", secret[:-1]),
    ):
        if other != secret:
            yield change, other


def _pairs(texts: list[str], separator: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in [text.partition(separator) for text in texts]]


def _with(headers: list[tuple[str, str]], name: str, value: str) -> list[tuple[str, str]]:
    return [(other, value if other == name else kept) for other, kept in headers]


def _spelled_plain(text: str) -> str:
    try:
        return decode(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    except SigningError:
        return text


def _lower_escapes(text: str) -> str:
    first, *rest = text.split("%")
    return first + "".join([f"%{part[:2].lower()}{part[2:]}" for part in rest])


def _without(text: str, hidden: Iterable[str]) -> str:
    for secret in hidden:
        text = text.replace(secret, "...")
    return text


def _shown(canonical_request: str, hidden: Iterable[str]) -> list[str]:
    """The lines, without secrets, and with what is not printable ASCII escaped."""
    lines = []
    for line in canonical_request.split("\n"):
        name, colon, _ = line.partition(":")
        if colon and name in _SECRET_HEADERS:
            line = f"{name}:..."
        elif "&" in line or "=" in line:
            parts = [part.partition("=") for part in line.split("&")]
            line = "&".join(
                [
                    name + ("=..." if name.lower() in _SECRET_HEADERS else equals + value)
                    for name, equals, value in parts
                ]
            )
        text, signature, _ = line.partition("X-Amz-Signature=")  # of another URL, such as a copy's source
        line = f"{text}{signature}..." if signature else line
        lines.append(_without(line, hidden).encode("unicode_escape").decode("ascii"))
    return lines


def _first_difference(some: list[str], others: list[str]) -> tuple[int, int]:
    """Row and column."""
    row = _common(some, others)
    return row, _common(some[row], others[row]) if row < min(len(some), len(others)) else 0


def _common(some: Sequence[str], others: Sequence[str]) -> int:
    """How much the two have in common at their beginning."""
    for index, (one, other) in enumerate(zip(some, others, strict=False)):
        if one != other:
            return index
    return min(len(some), len(others))


def _indented(lines: list[str], row: int = -1, column: int = 0) -> str:
    """The lines, and a caret under one place."""
    shown = []
    for number, line in enumerate(lines):
        shown.append(f"    {line}")
        if number == row:
            shown.append(f"    {' ' * column}^")
    return "\n".join(shown)
