"""Signing for `urllib.request`.

    opener = urllib.request.build_opener(SigV4Auth(Signer(credentials, region="us-east-1")))
    opener.open("https://my-bucket.s3.amazonaws.com/key")

Rules:
- What urllib is about to send is signed: URL, headers and body. Not signed is what hops may change (Accept,
  Accept-Encoding, Connection, Content-Length, User-Agent).
- A file or an iterable streams to S3 in signed chunks, where its length is known; else it is read first.
- A redirect within the host is signed anew; to another host it goes without any of what signing adds.
Source: https://docs.python.org/3/library/urllib.request.html#basehandler-objects
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import BaseHandler

from ._outgoing import Outgoing, held

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any
    from urllib.request import Request

    from ..signer import Signer


class SigV4Auth(BaseHandler):
    """A handler for build_opener.

    `unsigned_payload`: bodies go unsigned, which S3 takes over HTTPS. `also_sign`: names of headers to sign although
    hops may change them, such as Content-Length.

    Raises SigningError for options that the service does not allow; when a request is opened, for what cannot be
    signed, and what the credential provider raises.
    """

    handler_order = 900  # behind those that complete the request

    def __init__(self, signer: Signer, *, unsigned_payload: bool = False, also_sign: Iterable[str] = ()) -> None:
        self._outgoing = Outgoing(signer, unsigned_payload, also_sign)

    def http_request(self, request: Request) -> Request:
        # A redirect makes a new request, which nobody has asked for, and remembers whose host it comes from.
        if request.unverifiable and request.origin_req_host != _host_alone(request.host):
            return request
        method, url, body = request.get_method(), request.full_url, request.data
        headers = request.header_items()
        data: Any = body.encode() if isinstance(body, str) else body
        if data is not None and not isinstance(data, bytes | bytearray | memoryview):
            length = _length(request)
            if self._outgoing.streams(length, headers):
                signed, encoded = self._outgoing.sign_stream(method, url, headers, data, length)
                if encoded is not None:
                    request.data = encoded
                self._set(request, signed.url, signed.headers)
                return request
            data = held(_pieces(data))
            request.data = data
            request.remove_header("Transfer-encoding")
            request.add_unredirected_header("Content-length", str(len(data)))
        signed = self._outgoing.sign(method, url, headers, data)
        self._set(request, signed.url, signed.headers)
        return request

    https_request = http_request

    def _set(self, request: Request, url: str, headers: dict[str, str]) -> None:
        kept = request.data, request.origin_req_host, request.unverifiable
        request.full_url = url  # which forgets a proxy that is set later, and nothing else
        request.data, request.origin_req_host, request.unverifiable = kept
        for name, value in headers.items():
            request.remove_header(name.capitalize())  # or urllib would send the old value
            request.add_unredirected_header(name, value)


def _length(request: Request) -> int | None:
    text = str(request.get_header("Content-length") or "")
    return int(text) if text.isascii() and text.isdigit() else None


def _pieces(body: Any) -> Iterable[bytes]:
    read = getattr(body, "read", None)
    return iter(lambda: read(1 << 20), b"") if read is not None else body


def _host_alone(host: str) -> str:
    """Without its port, as urllib keeps the origin's."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
