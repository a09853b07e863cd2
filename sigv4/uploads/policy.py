r"""What may be uploaded and given out: key names, prefixes, content types and sizes.

- A file name is taken as it is or refused, never changed: up to 255 characters of text without `/`, `\`, control
  characters or lone surrogates, and not `.` or `..`. So a key shows the very name that was uploaded, and no name
  reaches another folder. Nor may it turn the direction of text: with U+202E in it, a program's name can read as a
  picture's.
- A key is the prefix and the filled-in template. `{uuid}` is random, so that nobody overwrites or guesses what others
  have.
- Only keys under the prefix are given out for download.
- Size is a whole number of bytes. The URL is signed for exactly that many, so S3 holds the upload to it.

Everything refused raises `Refused`, which names the field.
"""

from __future__ import annotations

import time

from ..encoding import is_token
from .messages import Refused, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MAX_NAME_LENGTH = 255
MAX_KEY_BYTES = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
LARGEST = 5 * 1024**4  # 5 TiB: an object in parts
LONGEST = 604_800  # seven days: Signature Version 4 allows no longer
RIGHTS = ("upload", "download", "list", "delete")
TEMPLATE_FIELDS = ("{uuid}", "{date}", "{name}")
# Embeddings, overrides and isolates: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
ACTIVE_SUBTYPES = frozenset({"html", "xml", "xsl", "cache-manifest", "x-mixed-replace"})


class PolicyError(ValueError):
    """What is wrong with a policy's own settings: a line for each."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Policy:
    """What may be uploaded and given out.

    `key_prefix` may hold {principal}. `allowed_types` in lower case ("image/png", "image/*", "*/*"). Sizes in bytes.
    `expires_in`: how long a URL lives, in seconds; `tutorial_expires_in`: the longest for one of the tutorial's route,
    None for what that route says. `per_minute`: calls for one principal, 0 for any number. `rights`: of RIGHTS.
    """

    __slots__ = (
        "allowed_types", "expires_in", "key_prefix", "key_template", "max_size", "min_size", "per_minute", "rights",
        "tutorial_expires_in",
    )  # fmt: skip

    def __init__(
        self,
        key_prefix: str,
        key_template: str,
        allowed_types: tuple[str, ...],
        max_size: int,
        *,
        min_size: int = 0,
        expires_in: int = 900,
        tutorial_expires_in: int | None = None,
        per_minute: int = 0,
        rights: tuple[str, ...] = ("upload", "download"),
    ) -> None:
        self.key_prefix = key_prefix
        self.key_template = key_template
        self.allowed_types = allowed_types
        self.max_size = max_size
        self.min_size = min_size
        self.expires_in = expires_in
        self.tutorial_expires_in = tutorial_expires_in
        self.per_minute = per_minute
        self.rights = rights

    def of(self, principal: str) -> Policy:
        """The same for one principal, whose folder this is."""
        return Policy(
            self.key_prefix.replace("{principal}", principal), self.key_template, self.allowed_types, self.max_size,
            min_size=self.min_size, expires_in=self.expires_in, tutorial_expires_in=self.tutorial_expires_in,
            per_minute=self.per_minute, rights=self.rights,
        )  # fmt: skip

    def check(self, names: Mapping[str, str] = {}) -> None:
        """Raise PolicyError if these settings cannot work. `names`: what the settings are called where they stand."""
        mistakes = []
        rest = self.key_template
        for field in TEMPLATE_FIELDS:
            rest = rest.replace(field, "")
        if "{" in rest or "}" in rest:
            mistakes.append(
                f"SERVER_KEY_TEMPLATE may hold {', '.join(TEMPLATE_FIELDS)} and plain text, not {self.key_template!r}"
            )
        elif "{uuid}" not in self.key_template and "{name}" not in self.key_template:
            mistakes.append("SERVER_KEY_TEMPLATE must hold {uuid} or {name}, or each upload overwrites the one before")
        for setting, text in (("SERVER_KEY_PREFIX", self.key_prefix), ("SERVER_KEY_TEMPLATE", self.key_template)):
            if _is_unclean(text) or text.startswith("/") or any(part in (".", "..") for part in text.split("/")):
                mistakes.append(
                    f"{setting} must be plain text without a leading /, control characters, or . and .. as folders"
                )
        if "{principal}" in self.key_prefix and "{principal}/" not in self.key_prefix:
            mistakes.append("SERVER_KEY_PREFIX must have a / behind {principal}, or one reaches what is another's")
        if len(self.key_prefix.encode("utf-8", "replace")) > MAX_KEY_BYTES // 2:
            mistakes.append(
                f"SERVER_KEY_PREFIX must be at most {MAX_KEY_BYTES // 2} bytes, so that file names fit behind it"
            )
        mistakes.extend(
            f"SERVER_ALLOWED_TYPES must be types such as image/png, image/* or */*, not {item!r}"
            for item in self.allowed_types
            if not _is_media_type(item)
        )
        if not 0 <= self.min_size <= self.max_size <= LARGEST:
            mistakes.append(f"min_size and max_size must be from 0 to {LARGEST}, and min_size the smaller one")
        if not 1 <= self.expires_in <= LONGEST:
            mistakes.append(f"expires_in must be from 1 to {LONGEST} seconds")
        if self.per_minute < 0:
            mistakes.append("per_minute must not be negative")
        unknown = sorted({*self.rights} - {*RIGHTS})
        if unknown:
            mistakes.append(f"rights may hold {', '.join(RIGHTS)}, not {', '.join(unknown)}")
        if mistakes:
            for name, other in names.items():
                mistakes = [line.replace(name, other) for line in mistakes]
            raise PolicyError(mistakes)

    @property
    def makes_unique_keys(self) -> bool:
        """Whether no two uploads are given the same key."""
        return "{uuid}" in self.key_template

    def new_key(self, name: str) -> str:
        """The key for a new upload of a file of this name."""
        import uuid

        key = (self.key_prefix + self.key_template).replace("{uuid}", str(uuid.uuid4()))
        if "{date}" in key:
            key = key.replace("{date}", time.strftime("%Y-%m-%d", time.gmtime()))
        key = key.replace("{name}", name)
        return checked_key(key, "name")

    def check_unique(self, field: str) -> None:
        """Raise Refused unless each key is a new one: for protocols whose clients send no If-None-Match."""
        if "{uuid}" not in self.key_template:
            raise Refused(field, "the same key could come again here, and replace what is there; it takes {uuid}", 403)

    def asked_file(self, body: dict[str, Any], name: str = "name", content_type: str = "type") -> tuple[str, str]:
        """The file name and the type, "" for none, in these fields; raises Refused unless both may be."""
        asked_name = checked_name(name, text_of(body, name))
        asked_type = text_of(body, content_type, "")
        self.check_type(content_type, asked_type)
        return asked_name, asked_type

    def check_type(self, field: str, content_type: str) -> None:
        """Raise Refused unless this content type may be uploaded. "" is a type that the browser does not know."""
        if content_type and (len(content_type) > 255 or not content_type.isascii() or not content_type.isprintable()):
            raise Refused(field, "must be a content type such as image/png, up to 255 printable ASCII characters")
        if content_type != content_type.strip():
            raise Refused(field, "must have no white space around it")
        if "*/*" in self.allowed_types:
            return
        essence = content_type.partition(";")[0].strip().lower()
        family = essence[: essence.find("/") + 1] + "*"
        if essence not in self.allowed_types and (family not in self.allowed_types or is_active(essence)):
            shown = f"{essence} is" if essence else "a file without a type is"
            raise Refused(field, f"{shown} not accepted here, only {', '.join(self.allowed_types)}", 415)
        # Browsers take the last of several types, and guess that of a file without a valid one: what is allowed as
        # image/* could be shown as a page. https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
        if "," in content_type or not _is_media_type(essence):
            raise Refused(field, "must be one content type such as image/png, without a comma")

    def check_size(self, field: str, size: object) -> int:
        """The size as a number; raises Refused unless it is a whole number of bytes that is not too many."""
        if type(size) is not int or size < 0:
            raise Refused(field, "must be the file's size, a whole number of bytes from 0")
        if size < self.min_size:
            raise Refused(field, f"must be at least {self.min_size} bytes")
        if size > self.max_size:
            raise Refused(field, f"must be at most {self.max_size} bytes", 413)
        return size

    def is_ours(self, key: str) -> bool:
        """Whether this is one of the keys that `new_key` may make."""
        return key.startswith(self.key_prefix)

    def may_make(self, name: str) -> bool:
        """Whether `new_key` may make this key, for whomever it is. `name`: one in no folder."""
        return "/" not in self.key_prefix + self.key_template and name.startswith(self.key_prefix)

    def check_downloadable(self, field: str, key: str) -> None:
        """Raise Refused unless this key may be given out."""
        if not self.is_ours(key):
            raise Refused(field, f"must start with {self.key_prefix!r}: only what was uploaded here is given out", 403)


def is_active(essence: str) -> bool:
    """Whether a browser would run what a file of this type holds, in the origin of the bucket that it is opened from.

    A family (`image/*`) does not admit such a type: SVG, HTML, any other XML, scripts. Its own name in
    SERVER_ALLOWED_TYPES does. https://mimesniff.spec.whatwg.org/#scriptable
    """
    subtype = essence.partition("/")[2]
    return subtype in ACTIVE_SUBTYPES or subtype.endswith("+xml") or "script" in subtype


def checked_name(field: str, name: str, max_length: int = MAX_NAME_LENGTH) -> str:
    """The file name itself; raises Refused unless it is one."""
    if not name:
        raise Refused(field, "must not be empty")
    if len(name) > max_length:
        raise Refused(field, f"must be at most {max_length} characters, not {len(name)}")
    if "/" in name or "\\" in name:
        raise Refused(field, "must be a file name alone, without / or \\")
    if name in (".", ".."):
        raise Refused(field, "must be a file name, not a folder")
    if _is_unclean(name):
        raise Refused(field, "must be Unicode text without control characters")
    if turn := next((c for c in name if c in TURNS), None):
        raise Refused(field, f"must not turn the direction of text, as U+{ord(turn):04X} does")
    return name


def without_turns(name: str) -> str:
    """The name as it may be saved, of a key that somebody else has made."""
    return "".join([c for c in name if c not in TURNS])


def checked_key(key: str, field: str) -> str:
    """The key itself; raises Refused unless S3 and every browser and proxy on the way would keep it as it is."""
    if not key:
        raise Refused(field, "must not be empty")
    if _is_unclean(key):
        raise Refused(field, "must be Unicode text without control characters")
    if len(key.encode()) > MAX_KEY_BYTES:
        raise Refused(field, f"makes a key of {len(key.encode())} bytes; S3 takes at most {MAX_KEY_BYTES}")
    if any(part in (".", "..") for part in key.split("/")):
        raise Refused(field, "must not hold . or .. as a folder, since browsers rewrite such a path")
    return key


def _is_unclean(text: str) -> bool:
    """Whether the text holds a control character (C0, DEL, C1) or a lone surrogate."""
    if text.isprintable():  # so is nearly every name, and no control character or surrogate
        return False
    return any(c < " " or "\x7f" <= c <= "\x9f" or "\ud800" <= c <= "\udfff" for c in text)


def _is_media_type(text: str) -> bool:
    """Whether it is a type or a family of types, in lower case."""
    family, slash, subtype = text.partition("/")
    complete = slash and is_token(family) and is_token(subtype) and text == text.lower()
    return bool(complete) and (family != "*" or subtype == "*")
