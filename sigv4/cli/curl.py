"""The curl command that sends a request as it was signed."""

from __future__ import annotations

import shlex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def command(url: str, headers: Mapping[str, str], transfer: Sequence[str]) -> str:
    """`transfer`: the options that say what is sent or kept, and by which method."""
    words = ["curl", "--fail-with-body", *transfer]
    if "/." in url:
        words.append("--path-as-is")  # otherwise curl takes `.` and `..` out of the path
    if not set("[]{}").isdisjoint(url):
        words.append("--globoff")
    for name, value in headers.items():
        # curl drops a header that is given as `name:`; `name;` is how it sends an empty one.
        words += ["--header", f"{name}: {value}" if value else f"{name};"]
    return shlex.join([*words, url])
