"""How LocalS3 refuses: by S3's code, with S3's status and words, which stand in `sigv4.errors`.

A handler raises `S3Error("NoSuchKey", Key=key)`; the service turns it into the response.
"""

from __future__ import annotations

from ...errors import CODES


class S3Error(Exception):
    """A refusal in S3's own code and words.

    `code` is one of `CODES`; `message` replaces S3's usual sentence; further keyword arguments are the extra
    elements that S3 puts beside Code and Message, in order. `headers` go into the response beside the XML. `status`
    replaces the code's own, and must be there for a code that is not in `CODES`.
    """

    def __init__(
        self,
        code: str,
        message: str | None = None,
        headers: list[tuple[str, str]] | None = None,
        extra: list[tuple[str, str]] | None = None,
        status: int | None = None,
        **elements: str,
    ) -> None:
        self.code = code
        usual_status, usual = CODES[code] if status is None else CODES.get(code, (status, code))
        self.status = usual_status if status is None else status
        self.message = usual if message is None else message
        self.headers = headers or []
        self.extra = [*(extra or []), *elements.items()]
        super().__init__(f"{code}: {self.message}")
