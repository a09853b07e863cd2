"""What a valid request may have as well, and a refused one often suffers from: likely, and no more than that.

suspected    all of it, the likeliest first; of it
as_sent      mistakes of signers and clients: a request may suffer from them though it arrived as it was sent
on_the_way   what proxies and front ends change in a request whose signature was right when it was sent
"""

from __future__ import annotations

from ..hosts import DEFAULT_PORTS
from ..presigned_query import SIGNATURE, SIGNED_HEADERS
from .causes import Cause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .evidence import Evidence

# The parameters that SDKs add to say which operation a URL is for, and the methods of those.
_METHODS_BY_VERB = {"Get": "GET", "List": "GET", "Put": "PUT", "Upload": "PUT", "Delete": "DELETE", "Head": "HEAD"}
_TRACKERS = ("utm_", "fbclid", "gclid", "msclkid", "mc_", "_ga")
REWRITTEN = (
    "accept", "accept-encoding", "accept-language", "connection", "expect", "te", "transfer-encoding", "user-agent",
    "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
)  # fmt: skip
# Of forms, and of texts and files that carry a charset; other types are mostly chosen by whoever wrote the program.
_TYPES_OF_CLIENTS = ("application/x-www-form-urlencoded", "multipart/form-data")


def suspected(evidence: Evidence) -> Iterator[Cause]:
    """What a refused request may suffer from; the likeliest first."""
    for look in (*_OF_SIGNERS_AND_CLIENTS, *_OF_THE_WAY):
        yield from look(evidence)


def as_sent(evidence: Evidence) -> Iterator[Cause]:
    """What a refused request may suffer from though it arrived as it was sent."""
    for look in _OF_SIGNERS_AND_CLIENTS:
        yield from look(evidence)


def on_the_way(evidence: Evidence) -> Iterator[Cause]:
    """What may have become of a request whose signature was right when it was sent."""
    for cause in suspected(evidence):
        if cause.code in _CHANGED_ON_THE_WAY:
            yield cause


def _other_method(evidence: Evidence) -> Iterator[Cause]:
    received = evidence.received
    if received is None or not evidence.presigned:
        return
    operation = dict(received.query).get("x-id", "")
    verb = next((method for name, method in _METHODS_BY_VERB.items() if operation.startswith(name)), received.method)
    if verb != received.method:
        yield Cause(
            "method", False, [f"The URL is for {operation}, which is a {verb}; it was sent with {received.method}."]
        )
    elif received.method == "HEAD":
        yield Cause("method", False, ["It was sent with HEAD; a URL made for GET does not serve that."])


def _hosts(evidence: Evidence) -> Iterator[Cause]:
    url_host = evidence.url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
    scheme = evidence.url.partition("://")[0].lower()
    _, colon, port = url_host.rpartition(":")
    if colon and port == str(DEFAULT_PORTS.get(scheme, "")):
        yield Cause("port", False, [f"The URL spells out port {port}, which clients leave out of the Host header."])
    elif colon and port.isdigit():
        yield Cause("port", False, [f"The port {port} belongs to the host that is signed, and is easily left out."])
    forwarded = evidence.fields.get("x-forwarded-host") or evidence.fields.get("forwarded")
    if forwarded:
        yield Cause("host", False, [f"A proxy passed it on: the host outside is {forwarded[:100]}."])
    elif "via" in evidence.fields or "x-forwarded-for" in evidence.fields or "x-real-ip" in evidence.fields:
        yield Cause("host", False, ["A proxy passed it on, which may have changed the Host header."])


def _paths(evidence: Evidence) -> Iterator[Cause]:
    received = evidence.received
    if received is None:
        return
    if "%25" in received.path:
        yield Cause("path-encoding", False, ["The path has %25: something that was encoded already was encoded again."])
    elif "+" in received.path or "%2B" in received.path:
        yield Cause("path-encoding", False, ["The path has a '+', which some signers take for a space."])
    elif any(mark in received.path for mark in "!'()*:@,;=$"):
        yield Cause("path-encoding", False, ["The path has characters that some signers encode and others do not."])
    if "//" in received.path or "/./" in f"{received.path}/" or "/../" in f"{received.path}/":
        yield Cause("path-normalised", False, ["The path has '//', '.' or '..', which clients and proxies remove."])


def _styles(evidence: Evidence) -> Iterator[Cause]:
    received = evidence.received
    if received is None:
        return
    first = (received.host or "").partition(".")[0]
    if first and received.path.startswith(f"/{first}/"):
        yield Cause("path-style", False, [f"The bucket {first} stands in the host and in the path."])
    elif first in ("s3", "minio"):
        yield Cause("path-style", False, ["The bucket stands in the path; in virtual-hosted style it is in the host."])


def _queries(evidence: Evidence) -> Iterator[Cause]:
    received = evidence.received
    if received is None:
        return
    query = evidence.url.partition("?")[2]
    names = [name for name, _ in received.query]
    added = [name for name in names if name.lower().startswith(_TRACKERS) or name == "_"]
    added += [name for name in _behind_the_signature(names) if name not in added]
    if added:
        yield Cause("query-changed", False, [f"Added by pages, mailers or caches, most likely: {', '.join(added)}."])
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        yield Cause("query-duplicate", False, [f"More than once: {', '.join(repeated)}."])
    if "+" in query or any(mark in query for mark in '[]{}|^`"<>:@ ,;'):
        yield Cause("query-encoding", False, ["The query has '+' or characters that should be percent-encoded."])
    if names != sorted(names) and not evidence.presigned:
        yield Cause("query-order", False, ["The parameters were not sent in the order in which they must be signed."])


def _behind_the_signature(names: list[str]) -> list[str]:
    """Signers that do not sort the URL append the signature: what follows it was added to the finished URL."""
    if SIGNATURE not in names or SIGNED_HEADERS not in names or names.index(SIGNED_HEADERS) > names.index(SIGNATURE):
        return []
    return [name for name in names[names.index(SIGNATURE) + 1 :] if not name.startswith("X-Amz-")]


def _values(evidence: Evidence) -> Iterator[Cause]:
    """Of signed headers, those that clients choose by themselves, and that signers do not trim."""
    names = [] if evidence.claim is None else evidence.claim.signed_headers.split(";")
    given = evidence.fields.get("content-type", "")
    of_clients = given.partition(";")[0] in _TYPES_OF_CLIENTS or "charset=" in given.lower()
    if "content-type" in names and of_clients:
        what = f"The Content-Type is signed, and {given[:80]!r} is what HTTP clients send by themselves."
        yield Cause("content-type", False, [what])
    spaced = [name for name in names if "  " in evidence.fields.get(name, "") or "\t" in evidence.fields.get(name, "")]
    if spaced:
        yield Cause("header-spaces", False, [f"Runs of white space in signed headers: {', '.join(spaced)}."])


def _headers(evidence: Evidence) -> Iterator[Cause]:
    claim = evidence.claim
    if claim is None:
        return
    if evidence.fields.get("x-amz-content-sha256", "").startswith("STREAMING-AWS4-"):
        yield Cause("chunk-signature", False, ["The body is signed in chunks, and any of them may be the wrong one."])
    names = claim.signed_headers.split(";")
    if "content-type" in names:
        given = evidence.fields.get("content-type")
        what = "and none is among the headers given" if given is None else f"and {given[:80]!r} was sent"
        yield Cause("content-type", False, [f"The Content-Type is signed, {what}: it must be the very one."])
    if "content-length" in names:
        what = " A request in chunks has none." if "transfer-encoding" in evidence.fields else ""
        yield Cause(
            "content-length", False, [f"The Content-Length is signed: the body must have exactly that size.{what}"]
        )
    rewritten = [name for name in names if name in REWRITTEN]
    if rewritten:
        yield Cause(
            "header-changed", False, [f"Signed, though clients and proxies rewrite it: {', '.join(rewritten)}."]
        )
    unknown = [name for name in names if name not in ("host", *evidence.fields, "content-type", "content-length")]
    in_query = set() if evidence.received is None else {name for name, _ in evidence.received.query}
    if not evidence.headers_known and set(unknown) - in_query:
        yield Cause("header-missing", False, [f"These must be sent along with it: {', '.join(unknown)}."])


_OF_SIGNERS_AND_CLIENTS: tuple[Callable[[Evidence], Iterator[Cause]], ...] = (_other_method, _queries, _paths, _values)
_OF_THE_WAY: tuple[Callable[[Evidence], Iterator[Cause]], ...] = (_styles, _headers, _hosts)
_CHANGED_ON_THE_WAY = ("header-changed", "query-encoding", "path-encoding", "path-normalised", "port", "host")
