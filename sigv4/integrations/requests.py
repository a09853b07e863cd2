"""Signing for `requests`.

    session = requests.Session()
    session.auth = SigV4Auth(Signer(credentials, region="us-east-1", service="execute-api"))
    session.post("https://api.example.com/things", json={"name": "a"})

Rules:
- What requests is about to send is signed: URL, headers and body as it has prepared them, defaults included.
  Not signed is what hops may change (Accept, Accept-Encoding, Connection, Content-Length, User-Agent).
- A file or a generator streams to S3 in signed chunks, where its length is known; else it is read first.
- A redirect within the host is signed anew. To another host it goes without any of what signing has added.
Source: https://requests.readthedocs.io/en/latest/user/advanced/#custom-authentication
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin

from requests import PreparedRequest
from requests.auth import AuthBase
from requests.models import REDIRECT_STATI

from ..chunked import EncodedBody
from ._outgoing import ADDED, CHUNKED, Outgoing, held, same_host, text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from requests import Response

    from ..signer import Signed, Signer


class SigV4Auth(AuthBase):
    """`auth=` for requests.

    `unsigned_payload`: bodies go unsigned, which S3 takes over HTTPS. `also_sign`: names of headers to sign although
    hops may change them, such as Content-Length.

    Raises SigningError for options that the service does not allow; when a request is prepared, for what cannot be
    signed, and what the credential provider raises.
    """

    def __init__(self, signer: Signer, *, unsigned_payload: bool = False, also_sign: Iterable[str] = ()) -> None:
        self._outgoing = Outgoing(signer, unsigned_payload, also_sign)

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        self._sign(r)
        r.register_hook("response", self._look_ahead)
        return r

    def _sign(self, r: PreparedRequest) -> None:
        method, url = r.method or "GET", r.url or ""
        body: Any = r.body
        if isinstance(body, str):
            body = r.body = body.encode()
        if body is None or isinstance(body, bytes | bytearray | memoryview):
            signed = self._outgoing.sign(method, url, r.headers.lower_items(), body)
        else:
            signed = self._sign_stream(r, method, url, _pairs(r), body)
        r.url = signed.url
        for name, value in self._outgoing.added(signed):
            r.headers[name] = value

    def _sign_stream(
        self, r: PreparedRequest, method: str, url: str, headers: list[tuple[str, str]], body: Any
    ) -> Signed:
        length = _length(r)
        if length is not None:
            r.headers.pop("Transfer-Encoding", None)  # which requests adds whether or not a length is given
        position = getattr(r, "_body_position", None)
        r.__dict__["_sigv4_body"] = body, position, length
        r._body_position = None  # what takes its place begins anew by itself
        if self._outgoing.streams(length, headers):
            signed, encoded = self._outgoing.sign_stream(method, url, headers, body, length)
            if encoded is None:
                r._body_position = position
            else:
                r.body = encoded
            return signed
        r.body = held(_pieces(body))
        r.headers.pop("Transfer-Encoding", None)
        r.headers["Content-Length"] = str(len(r.body))
        return self._outgoing.sign(method, url, headers, r.body)

    def _look_ahead(self, response: Response, **_: object) -> Response:
        """Where this is a redirect, see to it that the request made of it is signed for what it is, or not at all."""
        if response.status_code in REDIRECT_STATI and response.is_redirect:
            request, target = response.request, urljoin(response.url, response.headers["Location"])
            signs_again = same_host(request.url or "", target)
            request.copy = lambda: self._onward(request, signs_again)  # type: ignore[method-assign]
        return response

    def _onward(self, request: PreparedRequest, signs_again: bool) -> PreparedRequest:
        """A copy as it was before it was signed; within the host it signs itself once it is what it will be."""
        copy = PreparedRequest.copy(request)
        copy.__dict__["_sigv4_body"] = request.__dict__.get("_sigv4_body")
        self._forget(copy)
        if not signs_again:
            copy.hooks["response"] = [hook for hook in copy.hooks["response"] if hook != self._look_ahead]
            return copy
        if isinstance(copy._body_position, int) and copy.body is not None:
            body: Any = copy.body
            body.seek(copy._body_position)  # what takes its place reads it from there
            copy._body_position = None
        onward = _Onward()
        onward.__dict__.update(copy.__dict__)
        onward.__dict__["_headers"] = onward.__dict__.pop("headers")
        onward.__dict__["_auth"] = self
        return onward

    def _forget(self, r: PreparedRequest) -> None:
        """Take from a request what signing has made of it; its own body comes back, too."""
        names = {*ADDED, self._outgoing.signer.rules.session_token_name.lower()}
        body = getattr(r, "_sigv4_body", None)
        if body is not None and isinstance(r.body, EncodedBody):
            names |= CHUNKED
            r.body, r._body_position, length = body
            r.headers["Content-Length"] = str(length)
        for name in [name for name in r.headers if name.lower() in names]:
            del r.headers[name]


class _Onward(PreparedRequest):
    """A request that a redirect makes: requests goes on to change it, so it is signed when its headers are asked for,
    again whenever method, URL or body are others by then.
    """

    _signed_for: tuple[object, ...] | None = ()

    @property
    def headers(self) -> Any:
        own = self.__dict__
        if "_auth" in own and self._signed_for not in (None, self._what()):
            self._signed_for = None  # while it is being signed
            own["_auth"]._forget(self)
            own["_auth"]._sign(self)
            self._signed_for = self._what()
        return own["_headers"]

    @headers.setter
    def headers(self, headers: Any) -> None:
        self.__dict__["_headers"] = headers

    def _what(self) -> tuple[object, ...]:
        own = self.__dict__
        return own["method"], own["url"], own["body"]


def _pairs(r: PreparedRequest) -> list[tuple[str, str]]:
    """requests takes header values, and a body's type, as bytes too."""
    return [(text(name), text(value)) for name, value in r.headers.items()]


def _length(r: PreparedRequest) -> int | None:
    length = text(r.headers.get("Content-Length") or "")
    return int(length) if length.isascii() and length.isdigit() else None


def _pieces(body: Any) -> Iterable[bytes]:
    read = getattr(body, "read", None)
    return iter(lambda: read(1 << 20), b"") if read is not None else body
