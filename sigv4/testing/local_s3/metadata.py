"""User metadata, x-amz-meta-*: text that headers carry as ASCII, or else as RFC 2047 has it.

On the way in a value's bytes are UTF-8, and encoded words in it are decoded, whether somebody meant them or not; bytes
that are no UTF-8, in it or in a word, become U+FFFD. On the way out, a value that headers cannot carry is one encoded
word: Q where most characters are ASCII, else B.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html; https://www.rfc-editor.org/rfc/rfc2047
"""

from __future__ import annotations

from base64 import b64decode, b64encode

_SPECIAL = frozenset("=_?")


def decoded(value: str, words: bool = True) -> str:
    """A header's value (a character a byte) as text; with its encoded `words`."""
    if words and "=?" in value:
        value = " ".join(_decoded_word(word) for word in value.split(" "))
    return value.encode("latin-1").decode("utf-8", "replace")


def _decoded_word(word: str) -> str:
    """`=?UTF-8?Q?text?=` as the bytes it stands for, a character each; any other word as it is."""
    parts = word.split("?")
    if len(parts) != 5 or (parts[0], parts[4]) != ("=", "=") or parts[1].lower() not in ("utf-8", "us-ascii"):
        return word
    kind, text = parts[2].upper(), parts[3]
    if kind == "B":
        # S3's decoder takes a stray = for 63.
        digits = text.rstrip("=").replace("=", "/")
        data = b64decode(digits + "=" * (-len(digits) % 4)) if len(digits) % 4 != 1 else b""
        return data.decode("utf-8", "replace").encode().decode("latin-1")
    if kind == "Q":
        first, *rest = text.replace("_", " ").split("=")
        try:
            return first + "".join(chr(int(each[:2], 16)) + each[2:] for each in rest)
        except ValueError:
            return word
    return word


def encoded(value: str) -> str:
    """Text as a header's value."""
    foreign = sum(not (" " <= c <= "~" or c == "\t") for c in value)
    if not foreign:
        return value
    if foreign < len(value) - foreign:
        return f"=?UTF-8?Q?{''.join(map(_q, value))}?="
    return f"=?UTF-8?B?{b64encode(value.encode()).decode()}?="


def _q(c: str) -> str:
    if c == " ":
        return "_"
    if "!" <= c <= "~" and c not in _SPECIAL:
        return c
    return "".join(f"={byte:02X}" for byte in c.encode())
