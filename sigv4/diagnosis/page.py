"""An explanation as the page that a person reads: the cause, the fix, and the places that differ under a caret.

Rules:
- No secret, token or whole signature is on it, wherever it has got to.
- What is not printable ASCII is escaped: a page on a terminal shows what is there, and does nothing else.
"""

from __future__ import annotations

from .mistakes import SECRET_HEADERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .causes import Cause


def page(causes: Sequence[Cause], canonical_request: str | None) -> str:
    """The best cause first; and below all, the canonical request that the signer's own is to be compared with."""
    if not causes:
        return "Nothing is wrong with this request, as far as can be seen from what is given."
    blocks = [_block(number, cause) for number, cause in enumerate(causes)]
    if canonical_request is not None and not any(cause.certain for cause in causes):
        blocks.append(
            "The canonical request, to compare with the signer's own:\n" + indented(canonical_request.split("\n"))
        )
    return "\n\n".join(blocks)


def _block(number: int, cause: Cause) -> str:
    likely = "" if cause.certain else "Perhaps: " if number == 0 else "Or: "
    return "\n".join(
        [f"{likely}{cause} ({cause.code}).", *[f"    {line}" for line in cause.evidence], f"Fix: {cause.mend}"]
    )


def safe(text: str, hidden: Iterable[str]) -> str:
    """Without secrets, and with what is not printable ASCII escaped."""
    for secret in hidden:
        text = text.replace(secret, f"{secret[:4]}..." if len(secret) == 64 else "...")
    return text.encode("unicode_escape", "backslashreplace").decode("ascii").replace("\\\\", "\\")


def safe_canonical(text: str, hidden: Iterable[str]) -> str:
    """A canonical request without the values of headers and parameters that nobody should see."""
    return "\n".join([safe(masked(line), hidden) for line in text.split("\n")])


def masked(line: str) -> str:
    """A line of a canonical request without secret values, and without another URL's signature (a copy's source)."""
    name, colon, _ = line.partition(":")
    if colon and name in SECRET_HEADERS:
        return f"{name}:..."
    if "&" in line or "=" in line:
        parts = [part.partition("=") for part in line.split("&")]
        line = "&".join(
            [name + ("=..." if name.lower() in SECRET_HEADERS else equals + value) for name, equals, value in parts]
        )
    before, signature, _ = line.partition("X-Amz-Signature=")
    return f"{before}{signature}..." if signature else line


def indented(lines: Iterable[str]) -> str:
    return "\n".join([f"    {line}" for line in lines])
