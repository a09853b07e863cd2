"""What a server said: its status, code and words, and what it knows of the canonical request.

    S3, Google Cloud Storage, Swift, LocalS3   XML, mostly with <StringToSign> and <CanonicalRequest>
    MinIO, Ceph, SeaweedFS, R2                 XML, with a code and a sentence alone
    API Gateway, Lambda, Bedrock, ...          JSON, with both texts within the message
    the query services (STS, IAM, ...)         XML, the same

Rules:
- All of it is text from outside: it is looked through and never run, no entity is expanded but the five of XML, and
  no more than MAX_BYTES of it are read.
"""

from __future__ import annotations

import re

from ..errors import SignatureDoesNotMatch, VerificationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    Given: TypeAlias = (
        "VerificationError | bytes | str | tuple[int, Mapping[str, str] | Iterable[tuple[str, str]], bytes | str]"
    )

MAX_BYTES = 1 << 20

_ELEMENT = re.compile(r"<([A-Za-z][A-Za-z0-9-]*)>([^<]*)</\1>")
_CANONICAL = re.compile(
    r"^([A-Z]+)\n(/[^\n]*)\n([^\n]*)\n((?:[!-9;-~]+:[^\n]*\n)+)\n([!-~]+)\n([0-9a-f]{64}|[A-Z0-9-]{16,60})(?![^\s'\"])",
    re.MULTILINE,
)
_TO_SIGN = re.compile(
    r"^(AWS4-(?:HMAC-SHA256|ECDSA-P256-SHA256)(?:-PAYLOAD|-TRAILER)?)\n(\d{8}T\d{6}Z)\n(\d{8}/\S+/aws4_request)\n"
    r"([0-9a-f]{64})",
    re.MULTILINE,
)
_ENTITY = re.compile(r"&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,7})|#x([0-9A-Fa-f]{1,6}));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_JSON_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


class ServerResponse:
    """`status` (None where it is not known), `headers` by lower-case name, `code`, `message`, `elements` by name, and
    the server's own `canonical_request` and `string_to_sign`, where it gives them.
    """

    __slots__ = ("canonical_request", "code", "elements", "headers", "message", "status", "string_to_sign")

    def __init__(self, given: Given) -> None:
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        if isinstance(given, VerificationError):
            self._take(given)
            return
        if isinstance(given, tuple):
            self.status, headers, body = given
            pairs = headers.items() if hasattr(headers, "items") else headers
            self.headers = {name.lower(): value for name, value in pairs}
        else:
            body = given
        text = body[:MAX_BYTES]
        self._read(text.decode("utf-8", "replace") if isinstance(text, bytes) else text)

    def _take(self, error: VerificationError) -> None:
        self.status = error.status
        self.code, self.message = error.code, error.message
        self.elements = {"Code": error.code, "Message": error.message, **dict(error.extra)}
        self.canonical_request: str | None = None
        self.string_to_sign: str | None = None
        if isinstance(error, SignatureDoesNotMatch):
            self.canonical_request = error.canonical_request
            self.string_to_sign = error.string_to_sign

    def _read(self, text: str) -> None:
        self.elements = {name: _unescaped(value) for name, value in _ELEMENT.findall(text)}
        plain = text if self.elements else _json_text(text)
        self.code = self.elements.get("Code", "") or self.headers.get("x-amzn-errortype", "").partition(":")[0]
        self.message = self.elements.get("Message") or self.elements.get("message") or plain[:2000]
        self.canonical_request = self._bytes("CanonicalRequestBytes") or find_canonical_request(
            self.elements.get("CanonicalRequest") or self.message
        )
        self.string_to_sign = self._bytes("StringToSignBytes") or find_string_to_sign(
            self.elements.get("StringToSign") or self.message
        )

    def _bytes(self, name: str) -> str | None:
        """An element of spaced hex: S3 gives both texts so too, which survives where line ends and spaces do not."""
        try:
            return bytes.fromhex(self.elements[name]).decode("utf-8", "surrogateescape")
        except (KeyError, ValueError):
            return None

    @property
    def words(self) -> str:
        """Its sentence alone: the texts to compare with hold the request's own words."""
        return self.message.partition("The Canonical String")[0]

    @property
    def does_not_match(self) -> bool:
        """Whether it says that the signature is wrong, and no more than that."""
        return self.code in ("SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature") or (
            "signature we calculated does not match" in self.message
        )


def find_canonical_request(text: str) -> str | None:
    """The last canonical request in a text: an element, a message, or a debug log of an SDK pasted whole."""
    return _last(_CANONICAL, text)


def find_string_to_sign(text: str) -> str | None:
    """The last string to sign in a text."""
    return _last(_TO_SIGN, text)


def _unescaped(text: str) -> str:
    """Without XML's five entities and its character references."""
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(found: re.Match[str]) -> str:
    name, decimal, hexadecimal = found.groups()
    code = int(decimal or hexadecimal or "0", 16 if hexadecimal else 10)
    return _ENTITIES[name] if name else chr(code) if code <= 0x10FFFF else found.group()


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    text = text[:MAX_BYTES].replace("\r\n", "\n")
    # In a message it stands in quotes, and in a log each line may be indented.
    for form in (text, re.sub(r"['\"]", "\n", text), re.sub(r"(?m)^[ \t]+", "", text)):
        found = list(pattern.finditer(form))
        if found:
            return found[-1].group()
    return None


def _json_text(text: str) -> str:
    """The strings of a JSON text, their escapes undone, a line each."""
    from json import loads

    try:
        loads(text)
        return "\n".join([str(loads(f'"{part}"')) for part in _JSON_STRING.findall(text)])
    except (ValueError, RecursionError):
        return text
