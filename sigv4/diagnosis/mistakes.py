"""What may have been signed instead of what arrived: the usual mistakes of signers, clients and proxies.

Rules:
- A signature tells nothing of what was signed. So the usual mistakes are made on purpose, in the canonical request of
  what arrived, until one gives the very signature that came (search.py).
- Each is a function from the parts of a request to (code, what is different in words, parts) triples; the usual ones
  come first. What is the same as what arrived is not a mistake, and is left out by the search.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html, and what the SDKs'
users report.
"""

from __future__ import annotations

from hashlib import sha256

from ..canonical import remove_dot_segments
from ..encoding import decode, encode
from ..errors import SigningError
from ..signature import EMPTY_SHA256, UNSIGNED_PAYLOAD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from .evidence import Evidence
    from .parts import Parts

    Mistake: TypeAlias = tuple[str, str, Parts]

_METHODS = ("GET", "PUT", "POST", "HEAD", "DELETE")
_EXPIRIES = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800)
_CONTENT_TYPES = (
    "application/octet-stream", "application/x-www-form-urlencoded", "application/json", "application/xml",
    "binary/octet-stream", "text/plain", "multipart/form-data", "text/html", "text/css", "text/csv", "text/markdown",
    "text/javascript", "application/javascript", "application/pdf", "application/zip", "application/gzip",
    "application/x-zip-compressed", "image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp", "image/svg+xml",
    "image/*", "audio/mpeg", "audio/mp3", "audio/wav", "video/mp4", "video/quicktime", "video/webm", "*/*",
)  # fmt: skip
_NOT_ENCODED_BY_JAVASCRIPT = "!'()*"  # encodeURIComponent leaves them
_NEAR = (-1, 1, -2, 2, -3, 3, -4, 4)  # bytes: a line end, a byte order mark
_OTHER_NAMES = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "host.docker.internal", "minio")  # noqa: S104 names
_PORTS = (80, 443, 9000, 8080, 8443, 8000, 4566, 3900, 8333, 7480)  # of the web, and of the servers that speak S3
_PREFIXES = ("s3", "minio", "storage", "api", "files")  # under which proxies put a store
_TOKENS = ("X-Amz-Security-Token", "X-Amz-S3session-Token")

# Their values are never shown.
SECRET_HEADERS = frozenset(
    {
        "authorization", "cookie", "x-amz-copy-source-server-side-encryption-customer-key", "x-amz-s3session-token",
        "x-amz-security-token", "x-amz-server-side-encryption-customer-key",
    }
)  # fmt: skip

# https://docs.aws.amazon.com/general/latest/gr/rande.html#regional-endpoints; `auto` is Cloudflare R2's.
REGIONS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1",
    "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2",
    "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "af-south-1", "ca-central-1", "ca-west-1",
    "il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "cn-north-1", "cn-northwest-1",
    "us-gov-east-1", "us-gov-west-1", "eusc-de-east-1", "auto", "local",
)  # fmt: skip
SERVICES = (
    "s3", "execute-api", "es", "aoss", "lambda", "sts", "iam", "sqs", "sns", "dynamodb", "bedrock", "s3express",
    "s3-object-lambda", "logs", "monitoring", "email", "ses", "kinesis", "secretsmanager", "ssm", "appsync", "events",
    "vpc-lattice-svcs", "neptune-db", "iotdevicegateway", "iotdata", "glacier", "rds-db", "elasticache", "aps",
)  # fmt: skip


def mistakes(parts: Parts, evidence: Evidence) -> Iterator[Mistake]:
    """One at a time, the usual ones first."""
    yield from _hosts(parts, evidence)
    yield from _headers(parts, evidence)
    for method in _METHODS:
        yield "method", f"its method is {method}, and {parts.method} arrived", parts.but(method=method)
    yield from _payloads(parts, evidence)
    yield from _paths(parts)
    yield from _queries(parts, evidence)


def _hosts(parts: Parts, evidence: Evidence) -> Iterator[Mistake]:
    given = parts.header("host") or ""
    name, _, port = given.partition(":")
    suffix = f":{port}" if port else ""
    for other in (name, *[f"{name}:{each}" for each in _PORTS]):
        yield "port", f"its host is {other}, and {given} arrived", parts.with_header("host", other)
    others = [f"{other}{end}" for other in _OTHER_NAMES for end in dict.fromkeys((suffix, "", ":9000"))]
    others += [value for each in ("x-forwarded-host", "host") if (value := evidence.fields.get(each))]
    others += _other_hosts(given)
    for other in others:
        yield "host", f"its host is {other}, and {given} arrived", parts.with_header("host", other)
    # Path style and virtual-hosted style, taken for each other.
    bucket, _, domain = given.partition(".")
    first = parts.uri[1:].partition("/")[0]
    if domain:
        moved = parts.with_header("host", domain).but(uri=f"/{bucket}{parts.uri}")
        yield "path-style", f"the bucket stands in its path, and arrived in the host {given}", moved
        yield "path-style", f"its path begins with /{bucket}", parts.but(uri=f"/{bucket}{parts.uri}")
    if first:
        rest = parts.uri[len(first) + 1 :] or "/"
        moved = parts.with_header("host", f"{first}.{given}").but(uri=rest)
        yield "path-style", f"the bucket stands in its host, and arrived in the path: /{first}", moved
    left = parts.uri
    for _ in range(3):
        left = left[left.find("/", 1) :] if "/" in left[1:] else "/"
        yield "path-changed", f"its path is {left}", parts.but(uri=left)
    for prefix in _PREFIXES:
        yield "path-changed", f"its path begins with /{prefix}", parts.but(uri=f"/{prefix}{parts.uri}")


def _other_hosts(given: str) -> list[str]:
    """S3's global host for a regional one, and the other way round; the name with and without `www.`."""
    before, s3, after = given.partition("s3.")
    if s3 and after.endswith("amazonaws.com"):
        return [f"{before}s3.amazonaws.com", *[f"{before}s3.{region}.amazonaws.com" for region in REGIONS]]
    return [given.lower(), given.removeprefix("www."), f"www.{given}"]


def _headers(parts: Parts, evidence: Evidence) -> Iterator[Mistake]:
    for name, value in parts.headers:
        if name == "host":
            continue
        code = name if name in ("content-type", "content-length") else "header-changed"
        if name in ("x-amz-security-token", "x-amz-s3session-token"):
            yield from _tokens(parts, name, evidence)
            continue
        for other in [*_other_values(name, value, evidence), ""]:
            shown = f"'{other}'" if other else "empty"
            change = f"its header {name} is {shown}, and {'another value' if value else 'an empty one'} arrived"
            yield code, change, parts.with_header(name, other)
        for spaced in _other_spaces(evidence.fields.get(name, value)):
            yield "header-spaces", f"its header {name} has other white space", parts.with_header(name, spaced)
        code = "header-unsigned" if code == "header-changed" else code
        yield code, f"it has no header {name}", parts.with_header(name, None)
    for name in parts.missing:
        for other in [*_other_values(name, "", evidence), ""]:
            yield "header-missing", f"it has a header {name}, which did not arrive", parts.with_header(name, other)


def _other_values(name: str, value: str, evidence: Evidence) -> list[str]:
    others: list[str] = []
    if name == "content-type":
        bare = value.partition(";")[0]
        others = [bare, f"{bare}; charset=utf-8", f"{bare};charset=utf-8", f"{bare}; charset=UTF-8", *_CONTENT_TYPES]
    elif name in ("accept-encoding", "accept"):
        others = [
            "identity",
            "gzip",
            "gzip, deflate",
            "gzip,gzip",
            "gzip, deflate, br",
            "gzip, deflate, br, zstd",
            "*/*",
        ]
    elif name == "content-length":
        others = ["0", *([] if evidence.body is None else [str(len(evidence.body))])]
        others += [str(max(int(value) + more, 0)) for more in _NEAR] if value.isdecimal() and len(value) < 16 else []
    elif name == "x-amz-acl":
        others = ["private", "public-read", "bucket-owner-full-control"]
    elif name == "x-amz-content-sha256":
        return others  # it goes with the payload hash
    if name not in SECRET_HEADERS:
        others += [value.lower(), value.replace(", ", ","), value.replace(",", ", ")]
    return others


def _other_spaces(value: str) -> list[str]:
    return [f" {value}", f"{value} ", value, value.replace("  ", " "), value.replace(" ", "")]


def _tokens(parts: Parts, name: str, evidence: Evidence) -> Iterator[Mistake]:
    yield "token-unsigned", "it has no session token", parts.with_header(name, None)
    own = None if evidence.credentials is None else evidence.credentials.session_token
    if own is not None:
        yield "token-wrong", "it has another session token", parts.with_header(name, own)


def _payloads(parts: Parts, evidence: Evidence) -> Iterator[Mistake]:
    header = parts.header("x-amz-content-sha256")
    hashes = {UNSIGNED_PAYLOAD: UNSIGNED_PAYLOAD, EMPTY_SHA256: "the empty body's"}
    if header is not None:
        hashes[header] = header
    if evidence.body is not None:
        hashes[sha256(evidence.body).hexdigest()] = "the body's"
        hashes[sha256(evidence.body.strip()).hexdigest()] = "the body's without white space at its edges"
        hashes[sha256(evidence.body + b"\n").hexdigest()] = "the body's with a line end behind it"
    for payload_hash, what in hashes.items():
        yield "payload-hash", f"its payload hash is {what}", parts.but(payload_hash=payload_hash)
        if header is not None:
            changed = parts.with_header("x-amz-content-sha256", payload_hash).but(payload_hash=payload_hash)
            yield "payload-hash", f"its payload hash, and its header x-amz-content-sha256, is {what}", changed


def _paths(parts: Parts) -> Iterator[Mistake]:
    for how, other in _spellings(parts.uri, keep_slash=True):
        yield "path-encoding", f"its path is {how}", parts.but(uri=other)
    normal = remove_dot_segments(parts.uri)
    yield "path-normalised", "its path is normalised, without '//', '.' and '..'", parts.but(uri=normal)
    for index, character in enumerate(parts.uri[:200]):
        if character == "/":
            doubled = f"{parts.uri[:index]}/{parts.uri[index:]}"
            yield "path-normalised", f"its path is {doubled}", parts.but(uri=doubled)
    yield "path-changed", "its path ends in another '/'", parts.but(uri=f"{parts.uri}/")
    yield "path-changed", "its path does not end in '/'", parts.but(uri=parts.uri.removesuffix("/") or "/")


def _queries(parts: Parts, evidence: Evidence) -> Iterator[Mistake]:
    yield from _parameters(parts, evidence)
    yield from _orders(parts, evidence)
    bare = "&".join([f"{name}={value}" if value else name for name, value in parts.pairs])
    yield "query-encoding", "its parameters without a value stand without '='", parts.but(query=bare)
    plus = parts.query.replace("%20", "%2B")
    what = "its query has a plus sign where a space arrived ('+' is a space there)"
    yield "query-encoding", what, parts.but(query=plus)
    plain = [(name, spelled_plain(value)) for name, value in parts.pairs]
    yield "query-encoding", "its query is not percent-encoded", parts.but(query=plain)
    for how, other in _spellings(parts.query, keep_slash=False):
        yield "query-encoding", f"its query is {how}", parts.but(query=other)


def _parameters(parts: Parts, evidence: Evidence) -> Iterator[Mistake]:
    """Other parameters, and other values of them."""
    pairs = parts.pairs
    own = [pair for pair in pairs if pair[0].startswith("X-Amz-")]
    yield "query-changed", "it has none of the query's own parameters", parts.but(query=own)
    first, last = _once(pairs[::-1])[::-1], _once(pairs)
    yield "query-duplicate", "each of its parameters stands once, with the first value", parts.but(query=first)
    yield "query-duplicate", "each of its parameters stands once, with the last value", parts.but(query=last)
    for index, (name, value) in enumerate(pairs):
        before, after = pairs[:index], pairs[index + 1 :]
        code = "token-unsigned" if name in _TOKENS else "query-changed"
        yield code, f"it has no parameter {name}", parts.but(query=[*before, *after])
        if name == "X-Amz-Expires":
            for seconds in _EXPIRIES:
                change = f"its X-Amz-Expires is {seconds}, and {value} arrived"
                yield "query-changed", change, parts.but(query=[*before, (name, str(seconds)), *after])
    token = None if evidence.credentials is None else evidence.credentials.session_token
    if token is not None:
        added = sorted([*[pair for pair in pairs if pair[0] not in _TOKENS], (_TOKENS[0], encode(token))])
        yield "token-unsigned", "it has the session token among its parameters", parts.but(query=added)


def _orders(parts: Parts, evidence: Evidence) -> Iterator[Mistake]:
    if evidence.received is not None:
        as_sent = [pair for pair in evidence.received.query if pair[0] != "X-Amz-Signature"]
        yield "query-order", "its parameters stand in the order in which they were sent", parts.but(query=as_sent)
        by_name = sorted(as_sent, key=lambda pair: pair[0])
        yield "query-order", "its parameters are sorted by name alone", parts.but(query=by_name)
        decoded = sorted(as_sent, key=lambda pair: (spelled_plain(pair[0]), spelled_plain(pair[1])))
        yield "query-order", "its parameters are sorted before they are percent-encoded", parts.but(query=decoded)
        whatever_case = sorted(as_sent, key=lambda pair: (pair[0].lower(), pair[1]))
        yield "query-order", "its parameters are sorted without regard to case", parts.but(query=whatever_case)
    joined = sorted([f"{name}={value}" for name, value in parts.pairs])
    yield "query-order", "its parameters are sorted with their '='", parts.but(query="&".join(joined))


def _once(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict(pairs).items())


def _spellings(text: str, keep_slash: bool) -> Iterator[tuple[str, str]]:
    """Other ways to write an encoded path or query."""
    yield "encoded twice", text.replace("%", "%25")
    yield "not percent-encoded", spelled_plain(text)
    yield "encoded once where twice arrived", text.replace("%25", "%")
    yield "encoded with '+' for a space", text.replace("%20", "+")
    yield "encoded with %20 for a plus sign", text.replace("%2B", "%20")
    yield "encoded with lower-case hex digits", _lower_escapes(text)
    yield "encoded with %7E for '~'", text.replace("~", "%7E")
    for left in (_NOT_ENCODED_BY_JAVASCRIPT, ":", "@", ",", "+", "=", "$"):
        other = text
        for character in left:
            other = other.replace(encode(character), character)
        by = ", as JavaScript's encodeURIComponent does" if left is _NOT_ENCODED_BY_JAVASCRIPT else ""
        yield f"encoded without {left}{by}", other
    if keep_slash:
        yield "encoded with %2F for each '/' behind the first", "/" + text[1:].replace("/", "%2F")
    else:
        yield "encoded without /", text.replace("%2F", "/")


def mangled_secrets(secret: str) -> Iterator[tuple[str, str]]:
    """A secret as copying, quoting and encoding leave it, with what is wrong in words."""
    for change, other in (
        ("it has a line end behind it", f"{secret}\n"),
        ("it has a line end of Windows behind it", f"{secret}\r\n"),
        ("it has a space behind it", f"{secret} "),
        ("it has a space before it", f" {secret}"),
        ("it has a tab behind it", f"{secret}\t"),
        ("it stands in double quotes", f'"{secret}"'),
        ("it stands in single quotes", f"'{secret}'"),
        ("it is percent-encoded", encode(secret)),
        ("it is percent-decoded", spelled_plain(secret)),
        ("its '/' are percent-encoded", secret.replace("/", "%2F")),
        ("its '/' are escaped as in JSON", secret.replace("/", "\\/")),
        ("its '+' are spaces", secret.replace("+", " ")),
        ("it is cut off at its first '/'", secret.partition("/")[0]),
        ("it is cut off at its first '+'", secret.partition("+")[0]),
        ("its first character is missing", secret[1:]),
        ("its last character is missing", secret[:-1]),
        ("it is in lower case", secret.lower()),
        ("it is in upper case", secret.upper()),
        ("it is empty", ""),
    ):
        if other != secret:
            yield change, other


def spelled_plain(text: str) -> str:
    try:
        return decode(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    except SigningError:
        return text


def _lower_escapes(text: str) -> str:
    first, *rest = text.split("%")
    return first + "".join([f"%{part[:2].lower()}{part[2:]}" for part in rest])
