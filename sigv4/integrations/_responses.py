"""What both middlewares refuse, and how they respond then: as AWS's JSON services do, so that SDKs understand it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from ..canonical import remove_dot_segments
from ..errors import InvalidURI

if TYPE_CHECKING:
    from ..errors import VerificationError
    from ..received import Received
    from ..rules import CanonicalRules


def check_path(received: Received, rules: CanonicalRules) -> None:
    """Raises InvalidURI for `/admin/../public` and `//public`, signed as `/public`: applications do not normalise."""
    if rules.normalize_path and remove_dot_segments(received.path) != received.path:
        raise InvalidURI


def error_response(error: VerificationError, method: str) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status line, headers and body, which HEAD has none of."""
    body = json.dumps({"code": error.code, "message": error.message}).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("X-Amzn-ErrorType", error.code),
    ]
    return f"{error.status} {HTTPStatus(error.status).phrase}", headers, b"" if method == "HEAD" else body


def without_aws_chunked(content_encoding: str) -> str:
    """Content-Encoding once the aws-chunked framing has been undone."""
    return ",".join(
        coding for coding in map(str.strip, content_encoding.split(",")) if coding and coding != "aws-chunked"
    )
