"""Two canonical requests of what should be one request: where they differ, and what that comes from.

Rules:
- Nobody's secret is needed. What is found here is certain: two texts that differ have two signatures.
- One cause explains all that it explains: a bucket that has moved from the host into the path changes both lines.
"""

from __future__ import annotations

from ..canonical import remove_dot_segments
from ..encoding import decode, trim
from ..errors import SigningError
from .causes import Cause
from .mistakes import SECRET_HEADERS
from .page import masked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .parts import Parts

_WIDTH = 90  # characters of a part that are shown
_BEFORE = 30  # of these, before the place that differs

# The headers of which a change has a code of its own.
_OWN_CODES = {"content-type": "content-type", "content-length": "content-length"}
_TOKENS = ("x-amz-security-token", "x-amz-s3session-token")


class Difference:
    """One part of the canonical request on both sides: its `name`, `ours` and `theirs`, None where it is missing."""

    __slots__ = ("name", "ours", "theirs")

    def __init__(self, name: str, ours: str | None, theirs: str | None) -> None:
        self.name = name
        self.ours = ours
        self.theirs = theirs


def differences(ours: Parts, theirs: Parts) -> list[Difference]:
    """Part by part, in the order of the canonical request."""
    found = [
        Difference("method", ours.method, theirs.method),
        Difference("path", ours.uri, theirs.uri),
        Difference("query", ours.query, theirs.query),
    ]
    here, there = dict(ours.headers), dict(theirs.headers)
    found += [Difference(name, here.get(name), there.get(name)) for name in sorted({*here, *there})]
    found.append(Difference("signed headers", ";".join(ours.names), ";".join(theirs.names)))
    found.append(Difference("payload hash", ours.payload_hash, theirs.payload_hash))
    return [each for each in found if each.ours != each.theirs]


def compare(ours: Parts, theirs: Parts, sides: tuple[str, str]) -> list[Cause]:
    """The causes of each difference, in the order of the canonical request. `sides`: what the two are called."""
    causes: list[Cause] = []

    def add(code: str, ours: str | None, theirs: str | None, name: str = "") -> None:
        causes.append(Cause(code, True, two_lines(sides, ours, theirs, name)))

    if ours.method != theirs.method:
        add("method", ours.method, theirs.method)
    host, other_host = ours.header("host") or "", theirs.header("host") or ""
    if moved_bucket(host, ours.uri, other_host, theirs.uri):
        add("path-style", f"{host}{ours.uri}", f"{other_host}{theirs.uri}")
    else:
        if host != other_host:
            add(host_code(host, other_host), host, other_host, "host")
        if ours.uri != theirs.uri:
            add(path_code(ours.uri, theirs.uri), ours.uri, theirs.uri)
    if ours.query != theirs.query:
        add(query_code(ours, theirs), ours.query, theirs.query)
    here, there = dict(ours.headers), dict(theirs.headers)
    for name in sorted({*here, *there} - {"host"}):
        if here.get(name) != there.get(name):
            add(header_code(name, here.get(name), there.get(name)), here.get(name), there.get(name), name)
    if ours.names != theirs.names and here.keys() == there.keys():
        add("header-missing" if theirs.missing else "header-unsigned", ";".join(ours.names), ";".join(theirs.names))
    hashed = here.get("x-amz-content-sha256") != there.get("x-amz-content-sha256")
    if ours.payload_hash != theirs.payload_hash and not hashed:
        add("payload-hash", ours.payload_hash, theirs.payload_hash)
    return causes


def two_lines(sides: tuple[str, str], ours: str | None, theirs: str | None, name: str = "") -> list[str]:
    """The differing place on both sides, and a caret under where they part."""
    label = f"{name}: " if name else ""
    if name in SECRET_HEADERS:
        ours, theirs = ours and "(not shown)", theirs and "(not shown, another one)"
    elif ours and theirs:
        ours, theirs = masked(ours), masked(theirs)
    at = _first_difference(ours or "", theirs or "")
    cut = max(at - _BEFORE, 0) if max(len(ours or ""), len(theirs or "")) > _WIDTH else 0
    width = max(map(len, sides)) + 2
    lines = [f"{side:{width}}{label}{_cut(text, cut)}" for side, text in zip(sides, (ours, theirs), strict=True)]
    if ours and theirs:
        lines.append(" " * (width + len(label) + at - cut + (3 if cut else 0)) + "^")
    return lines


def _first_difference(some: str, others: str) -> int:
    for at, (one, other) in enumerate(zip(some, others, strict=False)):
        if one != other:
            return at
    return min(len(some), len(others))


def _cut(text: str | None, start: int) -> str:
    """As much of a text as fits a line."""
    if text is None:
        return "(missing)"
    shown = text[start : start + _WIDTH]
    return f"{'...' if start else ''}{shown}{'...' if len(text) > start + _WIDTH else ''}" or "(empty)"


def host_code(ours: str, theirs: str) -> str:
    """Without their ports the same, or not."""
    return "port" if _without_port(ours) == _without_port(theirs) else "host"


def moved_bucket(host: str, uri: str, other_host: str, other_uri: str) -> bool:
    """Whether the bucket stands in the host on one side and in the path on the other."""
    for first, path, second, longer in ((host, uri, other_host, other_uri), (other_host, other_uri, host, uri)):
        bucket, dot, rest = first.partition(".")
        if dot and rest == second and longer == f"/{bucket}{'' if path == '/' and longer[-1:] != '/' else path}":
            return True
    return False


def path_code(ours: str, theirs: str) -> str:
    if remove_dot_segments(ours) == remove_dot_segments(theirs):
        return "path-normalised"
    return "path-encoding" if _plain(ours) == _plain(theirs) else "path-changed"


def query_code(ours: Parts, theirs: Parts) -> str:
    here, there = ours.pairs, theirs.pairs
    if sorted(here) == sorted(there):
        # A name without a value stands without its '=' on one side, or the order differs.
        return "query-order" if ours.query.count("=") == theirs.query.count("=") else "query-encoding"
    if set(here) == set(there):
        return "query-duplicate"
    if sorted(map(_plain_pair, here)) == sorted(map(_plain_pair, there)):
        return "query-encoding"
    changed = {name.lower() for name, _ in set(here) ^ set(there)}
    return "token-unsigned" if changed and changed <= set(_TOKENS) else "query-changed"


def header_code(name: str, ours: str | None, theirs: str | None) -> str:
    if name in _TOKENS:
        return "token-wrong" if ours is not None and theirs is not None else "token-unsigned"
    if name == "x-amz-content-sha256":
        return "payload-hash"
    if theirs is None:
        return "header-missing"
    if ours is None:
        return "header-unsigned"
    if trim(ours) == trim(theirs):
        return "header-spaces"
    return _OWN_CODES.get(name, "header-changed")


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _plain_pair(pair: tuple[str, str]) -> tuple[str, str]:
    return _plain(pair[0]), _plain(pair[1])


def _plain(text: str) -> str:
    """Percent-decoded until nothing is left to decode, and a space for '+': what all spellings of a text share."""
    for _ in range(3):
        try:
            text = decode(text.replace("+", "%20").encode("utf-8", "surrogateescape")).decode(
                "utf-8", "surrogateescape"
            )
        except SigningError:
            break
    return text.replace("+", " ")
