"""What is asked and answered, and what is refused: values, for any HTTP server to carry.

A body is exactly one JSON object of bounded size, without a member twice: two programs must read it alike.
"""

from __future__ import annotations

import json

from ..encoding import parse_query
from ..errors import SigningError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

MAX_BODY = 64 * 1024  # bytes; a request for a URL is about a hundred
LARGEST_BODY = 16 * MAX_BODY  # that any route takes: 10,000 parts with their ETags
ALWAYS = (("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"))


class Refused(Exception):
    """A request that may not be: the field at fault, why, and the HTTP status that says so. `wait`: seconds after which
    it may be.
    """

    def __init__(self, field: str | None, why: str, status: int = 400, wait: int = 0) -> None:
        super().__init__(f"{field}: {why}" if field else why)
        self.field = field
        self.status = status
        self.wait = wait


class Request:
    """An HTTP request: header names in lower case, the path and the query as they were sent, and of a body one byte
    more than LARGEST_BODY at most. `parts`: what stands in the path in the places that its route names. `context`: what
    carried it, such as a WSGI environment.
    """

    __slots__ = ("body", "context", "headers", "method", "parts", "path", "query")

    def __init__(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", query: str = "") -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.query = query
        self.parts: dict[str, str] = {}
        self.context: object = None


class Response:
    """An HTTP response, whole. `reason`: why it is a refusal, for the log; never what must stay secret. `principal`:
    who asked, "" for nobody in particular. `issued`: of what was given out, what it allows and its key, for an audit.
    """

    __slots__ = ("body", "headers", "issued", "principal", "reason", "status")

    def __init__(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes, reason: str = "") -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.reason = reason
        self.principal = ""
        self.issued: tuple[tuple[str, str], ...] = ()

    def with_headers(self, *more: tuple[str, str]) -> Response:
        """The same response with these headers too."""
        made = Response(self.status, self.headers + more, self.body, self.reason)
        made.principal, made.issued = self.principal, self.issued
        return made


def joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Header fields by name, in lower case. What stands in several lines is one list, as RFC 9110, section 5.3, has it:
    so a second Origin, or a second token, is not overlooked, and is none that is allowed.
    """
    headers: dict[str, str] = {}
    for name, value in pairs:
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def json_object(request: Request, limit: int = MAX_BODY, *, any_type: bool = False) -> dict[str, Any]:
    """The body as a JSON object; raises Refused for everything that is not exactly one.

    `any_type`: for clients that send JSON as text/plain, which is what `fetch` makes of a text.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json" and not (any_type and content_type == "text/plain"):
        raise Refused("Content-Type", "must be application/json", 415)
    if len(request.body) > limit:
        raise Refused("body", f"must be at most {limit} bytes", 413)
    try:
        value = _DECODER.decode(request.body.decode())
    except UnicodeDecodeError as error:
        raise Refused("body", f"is not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise Refused("body", f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except (ValueError, RecursionError):
        raise Refused("body", "is JSON nested too deep, or with a number too long") from None
    if not isinstance(value, dict):
        raise Refused("body", "must be a JSON object")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused("body", "names a member twice")
    return members


def _no_constant(name: str) -> None:
    raise Refused("body", f"holds {name}, which is not JSON")


def _number(text: str) -> float:
    """5.0 is the whole number 5, as JSON Schema has it; beyond 2^53 nobody knows which whole number is meant."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) <= 2**53 else value


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_float=_number, parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def text_of(body: dict[str, Any], field: str, default: str | None = None) -> str:
    value = body.get(field, default)
    if value is None:
        raise Refused(field, "is missing" if field not in body else "must be text, not null")
    if not isinstance(value, str):
        raise Refused(field, "must be text")
    return value


def check_fields(body: dict[str, Any], known: tuple[str, ...]) -> None:
    """A misspelt field would be ignored in silence, and a limit with it."""
    for field in body:
        if field not in known:
            raise Refused("body", f"has an unknown field {json.dumps(field[:40])}; known are {', '.join(known)}")


def issued(value: object, *what: tuple[str, str]) -> Response:
    """The response that gives something out: of each, what it allows, such as "PUT", and its key."""
    response = json_response(200, value)
    response.issued = what
    return response


def json_response(status: int, value: object, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    own = (("Content-Type", "application/json"), ("Cache-Control", "no-store"), *ALWAYS)
    return Response(status, own + headers, _ENCODER.encode(value).encode())


def error_response(
    status: int, text: str, field: str | None = None, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    response = json_response(status, {"error": text, "field": field}, headers)
    response.reason = text
    return response


FAULT = error_response(500, "this server made a mistake; its log names the place")


def query_of(request: Request) -> dict[str, str]:
    """The parameters of a request; raises Refused where one stands twice, or is no text."""
    try:
        pairs = parse_query(request.query)
    except SigningError as error:
        raise Refused("query", str(error)) from None
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Refused("query", "names a parameter twice")
    return found
