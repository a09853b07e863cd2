"""What both middlewares refuse, and how they respond then: as AWS's JSON services do, so that SDKs understand it."""

from __future__ import annotations

import json
import logging
from hashlib import sha256
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

from ..canonical import remove_dot_segments
from ..errors import EntityTooLarge, IncompleteBody, InvalidRequest, InvalidURI, SignatureDoesNotMatch

if TYPE_CHECKING:
    from ..errors import VerificationError
    from ..received import Received
    from ..rules import CanonicalRules


MAX_BUFFERED_BYTES = 10 << 20
IN_MEMORY = 1 << 16  # bytes: most bodies are smaller; more of one goes to a temporary file

_complained: set[str] = set()


def complain_once(of: str) -> None:
    """Tell the operator, once a process, of what no request can put right."""
    if of not in _complained:
        _complained.add(of)
        logging.getLogger("sigv4.integrations").error(of)


class Spool:
    """A body that has to be known whole before the application is called: at most `limit` bytes, as they arrive.

    That is one whose hash, or whose length, the request does not state: frameworks read no further than Content-Length
    says, and would take a body that comes in chunks for empty.
    """

    def __init__(self, received: Received, limit: int) -> None:
        """Raises EntityTooLarge where Content-Length says so already. Its form is the Verifier's to judge, before."""
        length = received.fields.get("content-length")
        self._promised = None if length is None else int(length)
        self._limit = limit
        if self._promised is not None and self._promised > limit:
            raise EntityTooLarge
        self._digest = sha256()
        self.length = 0
        self.file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 whoever made the spool closes it

    def add(self, data: bytes) -> None:
        self.length += len(data)
        if self.length > self._limit:
            raise EntityTooLarge
        if self._promised is not None and self.length > self._promised:
            raise InvalidRequest("The body has more bytes than Content-Length says.")
        self._digest.update(data)
        self.file.write(data)

    def end(self) -> str:
        """The SHA-256 in hex; the file stands at its beginning. Raises IncompleteBody."""
        if self._promised is not None and self.length < self._promised:
            raise IncompleteBody
        self.file.seek(0)
        return self._digest.hexdigest()


def check_framing(received: Received) -> None:
    """Raises InvalidRequest for a body with two lengths, of which server and application could each take another.

    Source: https://www.rfc-editor.org/rfc/rfc9112#section-6.1
    """
    if "content-length" in received.fields and "transfer-encoding" in received.fields:
        raise InvalidRequest("The request has both Content-Length and Transfer-Encoding.")


def check_path(received: Received, rules: CanonicalRules) -> None:
    """Raises InvalidURI for `/admin/../public` and `//public`, signed as `/public`: applications do not normalise."""
    if rules.normalize_path and remove_dot_segments(received.path) != received.path:
        raise InvalidURI


def error_response(error: VerificationError, method: str) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status line, headers and body, which HEAD has none of. The log gets the cause of a wrong signature at DEBUG."""
    log = logging.getLogger("sigv4.integrations")
    if isinstance(error, SignatureDoesNotMatch) and log.isEnabledFor(logging.DEBUG):
        log.debug("%s", error.explain())
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
