"""JSON Schemas of what the routes take and give, for openapi.py.

They say what holds for everybody; a principal's policy may admit less, and refuses with 403, 413 or 415.

Source: https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

from .multipart import MAX_PARTS, MAX_SIGNED
from .policy import LARGEST, LONGEST, MAX_KEY_BYTES, MAX_NAME_LENGTH, RIGHTS
from .store import LARGEST_PUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Schema = dict[str, Any]

_CONTROLS = r"\x00-\x1f\x7f-\x9f"
_TURNS = r"\u202a-\u202e\u2066-\u2069"
NAME = rf"^(?!\.{{1,2}}$)[^{_CONTROLS}{_TURNS}/\\]+$"  # of a file alone, in no folder
KEY = rf"^(?!(?:[^{_CONTROLS}]*/)?\.{{1,2}}(?:/|$))[^{_CONTROLS}]+$"
# As its client names a new file: the last part counts.
NAMED = rf"^(?:[^{_CONTROLS}]*/)?(?!\.{{1,2}}$)[^{_CONTROLS}{_TURNS}/\\]{{1,{MAX_NAME_LENGTH}}}$"
CONTENT_TYPE = "^(?:[!-~](?:[ -~]*[!-~])?)?$"


def text(description: str = "", **more: Any) -> Schema:
    return {"type": "string", **({"description": description} if description else {}), **more}


def whole(minimum: int = 0, maximum: int | None = None) -> Schema:
    """A whole number in this range."""
    return {"type": "integer", "minimum": minimum, **({} if maximum is None else {"maximum": maximum})}


def rows(items: Schema, **more: int) -> Schema:
    return {"type": "array", "items": items, **more}


def members(required: dict[str, Schema], optional: Mapping[str, Schema] = {}, others: bool = False) -> Schema:
    """An object. `others`: it may have further members, which are ignored."""
    schema = {"type": "object", "properties": {**required, **optional}, "required": list(required)}
    return schema if others else {**schema, "additionalProperties": False}


def name(longest: int = MAX_NAME_LENGTH) -> Schema:
    return text("a file's name, in no folder", pattern=NAME, minLength=1, maxLength=longest)


def content_type() -> Schema:
    return text('such as image/png; "" where it is not known', pattern=CONTENT_TYPE, maxLength=255)


def key() -> Schema:
    return text("an object's key", pattern=KEY, minLength=1, maxLength=MAX_KEY_BYTES)


def sealed() -> Schema:
    return text("the token of an upload, as `create` gave it")


def moment(description: str = "") -> Schema:
    return text(description, format="date-time")


def url() -> Schema:
    return text(format="uri")


def crc32() -> Schema:
    return {**text("four bytes in base64", pattern="^[A-Za-z0-9+/]{6}==$"), "type": ["string", "null"]}


SIZE, PUT_SIZE, NUMBER, SECONDS = whole(0, LARGEST), whole(0, LARGEST_PUT), whole(1, MAX_PARTS), whole(0, LONGEST)
HEADERS: Schema = {"type": "object", "additionalProperties": text()}  # that the user of a URL must send
FIELDS = HEADERS  # that a form must have before its file
EMPTY = members({})
BOUND = rows(members({"number": NUMBER}, {"crc32": crc32()}), minItems=1, maxItems=MAX_SIGNED)

COMPONENTS: dict[str, Schema] = {
    "Error": members({"error": text("why, for people"), "field": {"type": ["string", "null"]}}),
    "Signed": members({
        "key": key(), "method": text(enum=["GET", "PUT"]), "url": url(), "headers": HEADERS, "expires_at": moment(),
        "expires_in": SECONDS,
    }),
    "Settings": members({
        "bucket": text(), "endpoint": text(), "embedded": {"type": "boolean"}, "max_size": SIZE, "max_put": PUT_SIZE,
        "allowed_types": rows(text()), "expires_in": SECONDS, "rights": rows(text(enum=list(RIGHTS))),
        "actions": rows(text()), "reports": {"type": "boolean"},
    }),
}  # fmt: skip


def component(title: str) -> Schema:
    return {"$ref": f"#/components/schemas/{title}"}


# The actions of POST /presign: what each does, its members beside `action` and those that may be left out, its answer.
ACTIONS: dict[str, tuple[str, dict[str, Schema], dict[str, Schema], Schema]] = {
    "upload": (
        "Sign a PUT of a whole file",
        {"name": name(), "size": PUT_SIZE}, {"type": content_type()},
        component("Signed"),
    ),
    "download": ("Sign a GET", {"key": key()}, {"file_name": name()}, component("Signed")),
    "done": (
        "Say that a whole file has arrived; the bucket is asked",
        {"key": key()}, {},
        members({"key": key(), "size": whole(), "etag": text()}),
    ),
    "list": (
        "List what was uploaded",
        {}, {"after": text("`next` of the page before; empty for the first page")},
        members({
            "objects": rows(members({"key": text(), "name": text(), "size": whole(), "modified": text()})),
            "next": text("`after` of the next page; empty on the last"),
        }),
    ),
    "delete": ("Delete an object", {"key": key()}, {}, EMPTY),
    "create": (
        "Begin an upload in parts",
        {"name": name(), "size": SIZE}, {"type": content_type()},
        members({
            "upload": sealed(), "key": key(), "part_size": whole(1), "checksum": text(enum=["", "CRC32"]),
            "ends_at": moment(),
        }),
    ),
    "sign": (
        "Sign PUTs of parts",
        {"upload": sealed(), "parts": BOUND}, {},
        members({
            "parts": rows(members({"number": NUMBER, "method": text(const="PUT"), "url": url(), "headers": HEADERS})),
            "expires_in": SECONDS,
        }),
    ),
    "parts": (
        "Ask which parts have arrived",
        {"upload": sealed()}, {},
        members({"parts": rows(members({"number": NUMBER, "size": whole(), "crc32": text()}))}),
    ),
    "complete": (
        "Make the object of all parts",
        {"upload": sealed()}, {"crc32": crc32()},
        members({"key": key(), "size": {"type": ["integer", "null"]}, "etag": text()}),
    ),
    "abort": ("End an upload and drop its parts", {"upload": sealed()}, {}, EMPTY),
}  # fmt: skip
