"""The curl command that sends a request as it was signed."""

from __future__ import annotations

import shlex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FORM = "application/x-www-form-urlencoded"  # what curl sends --data as, unless it is told otherwise


def command(url: str, headers: Mapping[str, str], transfer: Sequence[str]) -> str:
    """`transfer`: the options that say what is sent or kept, and by which method."""
    words = ["curl", "--fail-with-body", *transfer]
    if "/." in url:
        words.append("--path-as-is")  # otherwise curl takes `.` and `..` out of the path
    if any(not set("[]{}").isdisjoint(word) for word in (url, *transfer)):
        words.append("--globoff")  # otherwise curl takes these for a pattern, in the name of a file to upload too
    for name, value in headers.items():
        # curl drops a header that is given as `name:`; `name;` is how it sends an empty one.
        words += ["--header", f"{name}: {value}" if value else f"{name};"]
    return shlex.join([*words, url])


def body(data: str, headers: Mapping[str, str]) -> list[str]:
    """`data`: text, @file, or @- for standard input."""
    options = ["--data-binary", data]
    if not has_content_type(headers):
        options += ["--header", "Content-Type:"]  # or curl calls it a web form
    return options


def has_content_type(headers: Iterable[str]) -> bool:
    """Whether it is among these names of headers."""
    return any(name.lower() == "content-type" for name in headers)
