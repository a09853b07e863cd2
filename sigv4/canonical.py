"""Step 1: the canonical request, the one text that both sides make of the same request.

    METHOD
    canonical URI
    canonical query string
    canonical headers, each `name:value`, and an empty line
    signed headers
    payload hash

Source: "Create a signed AWS API request", step 1
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
"""

from __future__ import annotations

from .encoding import encode, join_query, recode, trim
from .kept import keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .rules import CanonicalRules

_forms: dict[tuple[str, ...], tuple[str, str]] = {}  # names as given -> their lines, for the % operator, and their join


def canonical_request(
    method: str, uri: str, query: str, header_lines: str, signed_headers: str, payload_hash: str
) -> str:
    """Put the six parts together, each canonical already."""
    return f"{method}\n{uri}\n{query}\n{header_lines}\n{signed_headers}\n{payload_hash}"


def canonical_uri(path: str, rules: CanonicalRules) -> str:
    """The path as it is signed, from the path as it is sent. Raises SigningError for a bad escape."""
    if rules.normalize_path:
        path = remove_dot_segments(path)
    if rules.double_encode_path:
        return encode(path, keep_slash=True)
    return recode(path, keep_slash=True)


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Encoded pairs, sorted by name and then by value, byte by byte."""
    return join_query(sorted(pairs))


def canonical_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Lower-case names and trimmed values, sorted by name; repeats become one, joined by commas in their order."""
    merged: dict[str, str] = {}
    for name, value in headers:
        lowered = name.lower()
        trimmed = trim(value)
        merged[lowered] = f"{merged[lowered]},{trimmed}" if lowered in merged else trimmed
    return sorted(merged.items())


def header_lines(headers: Iterable[tuple[str, str]]) -> str:
    """Canonical headers as the lines of the canonical request."""
    return "".join([f"{name}:{value}\n" for name, value in headers])


def lines_and_names(headers: dict[str, str]) -> tuple[str, str]:
    """What `header_lines` makes of these headers, sorted, and their names joined: the fourth and the fifth part.

    `headers`: trimmed values by lower-case name.
    """
    # A program's requests have few sets of names between them, so a set's order is kept, as text to put the values in.
    kept = _forms.get(names := tuple(headers))
    if kept is None:
        ordered = sorted(names)
        lines = "".join([f"{name.replace('%', '%%')}:%({name})s\n" for name in ordered])
        kept = keep(_forms, names, (lines, ";".join(ordered)))
    return kept[0] % headers, kept[1]


def remove_dot_segments(path: str) -> str:
    """RFC 3986 section 5.2.4, and repeated slashes become one, as every service but S3 wants."""
    if "//" not in path and "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment and segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")
