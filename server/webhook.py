"""SERVER_WEBHOOK: a POST to an application of one's own for each upload that has arrived.

    {"key", "size", "etag", "principal", "bucket"}      X-Upload-Signature: HMAC-SHA256 in hex

- The bucket was asked before: what is said is what lies there.
- The application answers 2xx. Whatever else happens, the client is told to try again, and so the application is told
  again: once or more often, never less.
- The signature is over "webhook", a line feed and the body, with SERVER_SECRET's first secret as the key.
"""

from __future__ import annotations

import json

from sigv4._http.client import send
from sigv4.uploads import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sigv4.uploads import Seal

SECONDS = 10.0


class Webhook:
    def __init__(self, url: str, bucket: str, seal: Seal) -> None:
        self._url = url
        self._bucket = bucket
        self._seal = seal

    def __call__(self, principal: str, key: str, size: int, etag: str) -> None:
        what = {"key": key, "size": size, "etag": etag, "principal": principal, "bucket": self._bucket}
        body = json.dumps(what).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Upload-Signature": self._seal.signature("webhook", body),
        }
        try:
            status = send("POST", self._url, headers, body, SECONDS)[0]
        except OSError:
            status = 0
        if not 200 <= status < 300:
            raise Refused(None, "the upload has arrived, but who is to know of it does not answer; try again", 502)
