"""The nearest known name to a mistyped one, for every message that says "did you mean"."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that `name` resembles most, or None where none does.

    Case, `_` and `-` do not count: ContentType, contentType and content-type are all near content_type.
    """
    from difflib import get_close_matches

    by_letters = {_letters(known): known for known in names}
    found = get_close_matches(_letters(name[:80]), by_letters, n=1)
    return by_letters[found[0]] if found else None


def with_nearest(name: object, names: Iterable[str]) -> str:
    """`name` in quotation marks, shortened to 80 characters, and the question: 'gte'; did you mean 'get'?"""
    shown = str(name)[:80]
    known = nearest(shown, names)
    return repr(shown) if known is None else f"{shown!r}; did you mean {known!r}?"


def unknown(name: str, names: Iterable[str]) -> str:
    """What is said of a name in a file that is none of `names`: gte is not known; did you mean get?"""
    known = nearest(name, names)
    return f"{name} is not known" + (f"; did you mean {known}?" if known else "")


def _letters(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
