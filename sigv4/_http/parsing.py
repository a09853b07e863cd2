"""Heads, framing and chunks, read from bytes: pure functions, for the server and the client alike.

Strict, because two readers that read a message differently are a hole (request smuggling): what any other reader might
read otherwise is refused. Numbers alone are sections of https://www.rfc-editor.org/rfc/rfc9112:

- CRLF line ends only, no control characters (2.2), no folded lines (5.2), no space before a colon (5.1);
- one Host (3.2), the same as in an absolute-form target (3.2.2); one length (6.3); `chunked` or nothing (6.1);
- a refusal repeats nothing of what the peer sent.
"""

from __future__ import annotations

from ..encoding import TOKEN, is_number, is_token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .limits import Limits

_HOST = TOKEN + "()[],;=:"  # https://www.rfc-editor.org/rfc/rfc3986#section-3.2.2, and the port
_HEX = b"0123456789abcdefABCDEF"
_CONTROLS = bytes(c for c in range(32) if c != 9) + b"\x7f"  # a tab may stand inside a field value
_ONCE = {"host", "content-length", "transfer-encoding", "expect"}


class Refusal(Exception):
    """The peer's mistake: the status to respond with, and a sentence that repeats nothing of what the peer sent."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


# Heads


def find_head(buffer: bytearray, seen: int, limits: Limits) -> int:
    """Where the head ends that `buffer` begins with, its empty line included; -1 where that has yet to come.

    `seen`: bytes that an earlier call has looked at. Raises Refusal as soon as no good head can become of it.
    """
    end = buffer.find(b"\r\n\r\n", max(seen - 3, 0))
    if end >= 0:
        return end + 4
    if buffer.count(b"\n", seen) != buffer.count(b"\r\n", max(seen - 1, 0)):
        raise Refusal(400, "a line of the head does not end in CRLF")
    if buffer[0] < 33 and buffer[0] != 13:
        raise Refusal(400, "this is not HTTP")
    if len(buffer) > limits.request_line + 1 and b"\r\n" not in buffer[: limits.request_line + 4]:
        raise _long_request_line(limits)
    if len(buffer) > limits.head_bytes + 3:
        raise _long_head(limits)
    return -1


def parse_request(head: bytes, limits: Limits) -> tuple[str, str, list[tuple[str, str]], dict[str, str], bool]:
    """A request's head, which ends with its empty line: method, target, fields, the first of each name in lower case,
    and whether the connection may go on after it. Raises Refusal.
    """
    head = head[:-4]
    check_text(head.replace(b"\r\n", b""), "the head")
    # Some clients end a body with a line break that does not belong to it: one is overlooked (2.2).
    request_line, *lines = head.removeprefix(b"\r\n").decode("latin-1").split("\r\n")
    if len(request_line) > limits.request_line:
        raise _long_request_line(limits)
    if len(head) > limits.head_bytes:
        raise _long_head(limits)
    method, target, version = parse_request_line(request_line)
    fields, first = parse_fields(lines, limits)
    newest = version == "HTTP/1.1"
    check_host(target, first.get("host"), required=newest)
    if not newest:
        if "transfer-encoding" in first:
            raise Refusal(400, "Transfer-Encoding needs HTTP/1.1")  # 6.1
        first.pop("expect", None)  # https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1
    return method, target, fields, first, newest and not ("connection" in first and asks_to_close(fields))


def parse_request_line(line: str) -> tuple[str, str, str]:
    """Method, target and version. Raises Refusal."""
    parts = line.split(" ")
    if len(parts) != 3:
        raise Refusal(400, "the request line is not `method target version`")
    method, target, version = parts
    if not is_token(method):
        raise Refusal(400, "the method is not a token")
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        if version.startswith("HTTP/") and len(version) == 8:
            raise Refusal(505, "this server speaks HTTP/1.1")
        raise Refusal(400, "the request line does not end in a version")
    if not (
        target.startswith("/")
        or target[:7].lower() == "http://"
        or target[:8].lower() == "https://"
        or (target == "*" and method == "OPTIONS")
    ):
        raise Refusal(400, "the target is neither a path nor a URL")
    if "\t" in target:
        raise Refusal(400, "the target has white space")
    return method, target, version


def parse_fields(lines: list[str], limits: Limits) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """A head's fields in their order, and the first of each name in lower case. Raises Refusal."""
    if len(lines) > limits.headers:
        raise Refusal(431, f"there are more than {limits.headers} headers")
    fields: list[tuple[str, str]] = []
    first: dict[str, str] = {}
    for line in lines:
        pair = parse_field(line)
        fields.append(pair)
        name = pair[0].lower()
        if name not in first:
            first[name] = pair[1]
        elif name in _ONCE:
            raise Refusal(400, f"there are two {name} headers")
    return fields, first


def parse_field(line: str) -> tuple[str, str]:
    """Name and value of a header or trailer field. A folded line (5.2) and a space before the colon (5.1) fail here."""
    name, colon, value = line.partition(":")
    if not colon or not is_token(name):
        raise Refusal(400, "a header line is not `name: value`")
    return name, value.strip(" \t")


def asks_to_close(fields: Iterable[tuple[str, str]]) -> bool:
    """Whether one of the Connection fields has the option `close` (9.6)."""
    options = ",".join(value for name, value in fields if name.lower() == "connection")
    return "close" in [option.strip() for option in options.lower().split(",")]


def check_host(target: str, host: str | None, *, required: bool) -> None:
    """One Host, and the same one in a URL as target (3.2.2): nobody may take the request for one to another host."""
    if host is None:
        if required:
            raise Refusal(400, "there is no Host header")
        return
    if host.strip(_HOST):
        raise Refusal(400, "the Host header is not a host")
    if target[0] not in "/*":
        authority = target.split("/", 3)[2].partition("?")[0]
        if authority.lower() != host.lower():
            raise Refusal(400, "the Host header and the target name different hosts")


def parse_status_line(line: str) -> int:
    """A response's status. Raises Refusal."""
    version, _, rest = line.partition(" ")
    status = rest[:3]
    if version not in ("HTTP/1.1", "HTTP/1.0") or not is_number(status, 3) or rest[3:4].strip(" ") or status < "100":
        raise Refusal(502, "the response does not begin with a status line of HTTP/1.1")
    return int(status)


def check_text(data: bytes | bytearray, what: str) -> None:
    """Refuse control characters: two readers may disagree about NUL, or a CR or LF alone (2.2)."""
    if len(data.translate(None, _CONTROLS)) != len(data):
        raise Refusal(400, f"{what} has a control character, or a line that does not end in CRLF")


def _long_request_line(limits: Limits) -> Refusal:
    return Refusal(414, f"the request line is longer than {limits.request_line} bytes")


def _long_head(limits: Limits) -> Refusal:
    return Refusal(431, f"the head is longer than {limits.head_bytes} bytes")


# Framing (6.3)


def body_framing(length: str | None, coding: str | None, limits: Limits) -> tuple[int | None, bool]:
    """What Content-Length and Transfer-Encoding say: the body's length where it is told, and whether it is in chunks.

    Raises Refusal unless exactly one of them speaks, or neither.
    """
    if coding is not None:
        if length is not None:
            raise Refusal(400, "Content-Length and Transfer-Encoding exclude each other")
        if coding.lower() != "chunked":
            raise Refusal(501, "the only transfer coding known here is chunked")
        return None, True
    if length is None:
        return None, False
    if not is_number(length, 18):
        raise Refusal(400, "Content-Length is not a number")
    if int(length) > limits.body_bytes:
        raise _long_body(limits)
    return int(length), False


def check_expectation(expect: str | None) -> bool:
    """Whether the peer waits for 100 Continue. Raises Refusal for any other expectation."""
    if expect is not None and expect.lower() != "100-continue":
        raise Refusal(417, "the only expectation known here is 100-continue")
    return expect is not None


def _long_body(limits: Limits) -> Refusal:
    return Refusal(413, f"the body is longer than {limits.body_bytes} bytes")


# Chunks (7.1)


def parse_chunk_line(line: bytes) -> tuple[int, int]:
    """A chunk's size, and how many bytes of extensions follow it. Raises Refusal."""
    check_text(line, "the chunked body's framing")
    size, _, extension = line.partition(b";")
    if not 0 < len(size) <= 15 or size.strip(_HEX):
        raise Refusal(400, "a chunk's size is not a hexadecimal number")
    return int(size, 16), len(extension)


def check_trailer(line: bytes) -> None:
    """Refuse a trailer field that is none; good ones are passed over."""
    check_text(line, "the chunked body's framing")
    parse_field(line.decode("latin-1"))


def check_body_size(size: int, limits: Limits) -> None:
    """Refuse a body in chunks that has grown too long."""
    if size > limits.body_bytes:
        raise _long_body(limits)
