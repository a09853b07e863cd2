"""Percent-encoding, header-value trimming, and what a token and a number are made of, the only ones in this package.

Rules:
- RFC 3986 section 2.3: letters, digits and `-._~` stand as they are; every other byte becomes `%XX` with upper-case
  hex digits. AWS asks for the same (SigV4, "UriEncode()"): a space is `%20`, never `+`.
- Text is UTF-8. What cannot be encoded (a lone surrogate) is refused, never replaced.
- The function that encodes what is signed also encodes what is sent, so the two cannot differ.
- A query is a list of pairs, because names repeat and their order is the sender's. A name without `=` has an empty
  value and is signed as `name=`.
- A method, a header's name and the two sides of a media type are tokens (RFC 9110 section 5.6.2).
"""

from __future__ import annotations

from .errors import SigningError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # noqa: S105 characters

_TOKEN = TOKEN.encode()

_UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
# RFC 3986 section 3.3: what may stand in a path unescaped.
_PATH = _UNRESERVED + b"!$&'()*+,;=:@/"

_ESCAPES = [chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in range(256)]
_PATH_ESCAPES = [*_ESCAPES[:47], "/", *_ESCAPES[48:]]

# For str.translate, of text in which every character is a byte.
_TABLE = dict(enumerate(_ESCAPES))
_PATH_TABLE = dict(enumerate(_PATH_ESCAPES))

# For bytes.translate: 1 for a byte that has to be escaped, 0 for the others. `1 in data.translate(MARKS)` is Python's
# fastest look at whether anything has to be escaped; mostly nothing has.
MARKS = bytes(len(escape) > 1 for escape in _ESCAPES)
PATH_MARKS = bytes(len(escape) > 1 for escape in _PATH_ESCAPES)
_HEX_DIGITS = b"0123456789ABCDEFabcdef"

# What stands behind the `%` of each escape that is written.
_DIGITS = frozenset(escape[1:].encode() for escape in _ESCAPES if len(escape) > 1)
_PATH_DIGITS = _DIGITS - {b"2F"}


def is_number(text: str, digits: int) -> bool:
    """Whether the text is a whole number of 1 to `digits` digits, and nothing else: `int` takes a sign, white space,
    `_` and the digits of every script.
    """
    return len(text) <= digits and text.isascii() and text.isdigit()


def encode(text: str | bytes, keep_slash: bool = False) -> str:
    """Percent-encode `text` as AWS's UriEncode() does; `keep_slash` leaves `/` alone, as in a path.

    Raises SigningError for text that is not Unicode (a lone surrogate).
    """
    data = utf8(text) if isinstance(text, str) else text
    if 1 not in data.translate(PATH_MARKS if keep_slash else MARKS):
        return text if isinstance(text, str) else data.decode("ascii")
    return data.decode("latin-1").translate(_PATH_TABLE if keep_slash else _TABLE)


def decode(text: str | bytes) -> bytes:
    """Undo percent-encoding once, strictly.

    Raises SigningError at a `%` that two hex digits do not follow.
    """
    data = utf8(text) if isinstance(text, str) else text
    if b"%" not in data:
        return data
    head, *escaped = data.split(b"%")
    parts = [head]
    for part in escaped:
        parts.append(bytes((_escaped_byte(part),)))
        parts.append(part[2:])
    return b"".join(parts)


def respell(path: str | bytes) -> str:
    """A path with each escape in its normal spelling, and with escapes for what no request line carries.

    Hex digits become upper-case, and what is unreserved stands as it is (RFC 3986 sections 6.2.2.1 and 6.2.2.2): some
    HTTP clients would make it so on the way. Unlike with `recode`, what is reserved stays as it is written, `:` apart
    from `%3A`.
    Raises SigningError as `decode` does.
    """
    data = utf8(path) if isinstance(path, str) else path
    if not data.translate(None, _PATH):
        return path if isinstance(path, str) else data.decode("ascii")
    head, *escaped = data.split(b"%")
    parts = [_escape_path(head)]
    for part in escaped:
        parts.append(_ESCAPES[_escaped_byte(part)])
        parts.append(_escape_path(part[2:]))
    return "".join(parts)


def recode(text: str | bytes, keep_slash: bool = False) -> str:
    """Decode once and encode again: every spelling of the same bytes becomes the canonical one.

    Raises SigningError as `decode` does.
    """
    data = utf8(text) if isinstance(text, str) else text
    marks, digits = (PATH_MARKS, _PATH_DIGITS) if keep_slash else (MARKS, _DIGITS)
    if 1 in data.translate(marks):
        # Mostly the escapes' own `%` is all that is marked, and each escape is as `encode` would write it again.
        escapes = [part[:2] for part in data.split(b"%")[1:]]
        if 1 in data.replace(b"%", b"").translate(marks) or not digits.issuperset(escapes):
            return encode(decode(data), keep_slash)
    return text if isinstance(text, str) else data.decode("ascii")


def recode_query(query: str | bytes) -> list[tuple[str, str]]:
    """Split a raw query into (name, value) pairs in canonical encoding, in the order given.

    `+` means a space, as S3 and HTML forms read it. Empty parts (`a&&b`) carry nothing and vanish.
    """
    if not query:
        return []
    data = utf8(query) if isinstance(query, str) else query
    escapes = [part[:2] for part in data.split(b"%")[1:]]
    if 1 in data.translate(MARKS, b"&=%") or not _DIGITS.issuperset(escapes):
        parts = [part.partition(b"=") for part in data.replace(b"+", b"%20").split(b"&") if part]
        return [(recode(name), recode(value)) for name, _, value in parts]
    # Mostly all of it is canonical already, but for a second `=` in a part, which belongs to the value.
    texts = [part.partition("=") for part in data.decode("ascii").split("&") if part]
    return [(name, value.replace("=", "%3D") if "=" in value else value) for name, _, value in texts]


def parse_query(query: str | bytes) -> list[tuple[str, str]]:
    """Split a raw query into decoded (name, value) pairs of text, in the order given.

    Raises SigningError for a bad escape or bytes that are not UTF-8.
    """
    return decode_query(recode_query(query))


def decode_query(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs in canonical encoding as text. Raises SigningError for bytes that are not UTF-8."""
    return [(_text(name), _text(value)) for name, value in pairs]


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Join decoded pairs into a query string, each name with its `=`, in the order given."""
    return "&".join([f"{encode(name)}={encode(value)}" for name, value in pairs])


def join_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Join pairs that are encoded already."""
    return "&".join([f"{name}={value}" for name, value in pairs])


def trim(value: str) -> str:
    """A header value as it is signed: no white space at its ends, runs of it inside folded to one space.

    White space is the space and the tab alone (RFC 9110 section 5.6.3); AWS calls this Trimall().
    """
    if "\t" in value:
        value = value.replace("\t", " ")
    value = value.strip(" ")
    while "  " in value:
        value = value.replace("  ", " ")
    return value


def is_token(text: str) -> bool:
    """Whether text can be a method, a header's name, or a side of a media type."""
    return text != "" and text.isascii() and not text.encode().translate(None, _TOKEN)


def utf8(text: str) -> bytes:
    """UTF-8 bytes of `text`; raises SigningError, naming the place, where it holds a lone surrogate."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise SigningError(
            f"character {error.start} is a lone surrogate (U+{ord(text[error.start]):04X}) and has no UTF-8 form; "
            "decode the text it came from as UTF-8"
        ) from None


def _escaped_byte(part: bytes) -> int:
    """The byte that an escape stands for, from what follows its `%`."""
    digits = part[:2]
    if len(digits) != 2 or digits.strip(_HEX_DIGITS):
        raise SigningError("a '%' is not followed by two hex digits; a literal percent sign is written %25")
    return int(digits, 16)


def _escape_path(data: bytes) -> str:
    return "".join([chr(byte) if byte in _PATH else f"%{byte:02X}" for byte in data])


def _text(encoded: str) -> str:
    if "%" not in encoded:
        return encoded
    try:
        return decode(encoded).decode()
    except UnicodeDecodeError:
        raise SigningError(f"{encoded!r} does not decode to UTF-8") from None
