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
    from typing import TypeAlias

    from .parts import Parts

    Place: TypeAlias = tuple[str, str]  # a host and a path

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
    here, there = (host, ours.uri), (other_host, theirs.uri)
    if (moved := moved_bucket(here, there)) is not None:
        add("path-style", "".join(here), "".join(there))
        here, there = moved
    if here[0] != there[0]:
        add(host_code(here[0], there[0]), host, other_host, "host")
    for code in path_codes(here[1], there[1]):
        add(code, ours.uri, theirs.uri)
    for code in query_codes(ours, theirs):
        add(code, ours.query, theirs.query)
    fields, others = dict(ours.headers), dict(theirs.headers)
    for name in sorted({*fields, *others} - {"host"}):
        if (value := fields.get(name)) != (other := others.get(name)):
            add(header_code(name, value, other), value, other, name)
    if ours.names != theirs.names and fields.keys() == others.keys():
        add("header-missing" if theirs.missing else "header-unsigned", ";".join(ours.names), ";".join(theirs.names))
    hashed = fields.get("x-amz-content-sha256") != others.get("x-amz-content-sha256")
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


def moved_bucket(ours: Place, theirs: Place) -> tuple[Place, Place] | None:
    """Both places without the bucket that one has in its host and the other in its path; None where that is not so.

    Nothing else may differ in one half of the place at least: that is what tells a bucket from any other word.
    """
    for one, other in ((ours, theirs), (theirs, ours)):
        bucket, dot, rest = one[0].partition(".")
        at, found, behind = other[1].partition(f"/{bucket}")
        if dot and not at and found and behind[:1] in ("", "/"):
            one_path = "" if one[1] == "/" and not behind else one[1]
            if behind == one_path or _without_port(rest) == _without_port(other[0]):
                left, right = (rest, one_path), (other[0], behind)
                return (left, right) if one is ours else (right, left)
    return None


def path_codes(ours: str, theirs: str) -> list[str]:
    """What has happened to a path: it was encoded otherwise, normalised, or has lost or got its first segments."""
    if ours == theirs:
        return []
    here, there = remove_dot_segments(ours), remove_dot_segments(theirs)
    codes = ["path-normalised"] if (here == ours) != (there == theirs) else []
    if _plain(here) != _plain(there):
        count = min(here.count("/"), there.count("/"))
        here, there = ["/".join(path.split("/")[-count:]) for path in (here, there)]
        if _plain(here) != _plain(there):
            return ["path-changed"]
        codes.append("path-changed")
    if here != there:
        codes.append("path-encoding")
    return codes or ["path-normalised"]


def query_codes(ours: Parts, theirs: Parts) -> list[str]:
    """What has happened to a query: parameters came or went, stand twice, are encoded or ordered otherwise."""
    if ours.query == theirs.query:
        return []
    if sorted(ours.pairs) == sorted(theirs.pairs):
        # A name without a value stands without its '=' on one side, or the order differs.
        return ["query-order" if ours.query.count("=") == theirs.query.count("=") else "query-encoding"]
    here, there = _spelled(ours), _spelled(theirs)
    changed = {name.lower() for name, _ in here.keys() ^ there.keys()}
    codes = ["token-unsigned" if changed <= {*_TOKENS} else "query-changed"] if changed else []
    both = [(here[pair], there[pair]) for pair in here.keys() & there.keys()]
    if any(len(some) != len(others) for some, others in both):
        codes.append("query-duplicate")
    if any({*some} != {*others} for some, others in both):
        codes.append("query-encoding")
    return codes


def _spelled(parts: Parts) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Each parameter as it is meant, with its spellings."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for name, value in parts.pairs:
        found.setdefault((_plain(name), _plain(value)), []).append((name, value))
    return found


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
