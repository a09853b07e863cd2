"""Recipes: how to make one request at a site. What a recipe does not say is right and properly signed, so that each
mistake is the only one.

    Presigned("PUT", "/{bucket}/{key}", unsigned=[("x-amz-acl", "public-read")])

- `Signed` and `Presigned` go through the steps of sigv4: the canonical request, the string to sign, the signature.
- Paths and queries are written as they are sent. They are signed as S3 reads them: decoded once, encoded again.
- Each mistake in a scope, a time stamp or a parameter is signed along with the rest: an engine that lets the request
  through has not looked at it.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from ...canonical import canonical_headers, canonical_query, canonical_request, canonical_uri, header_lines
from ...encoding import decode, encode, parse_query, recode_query
from ...rules import S3, SECURITY_TOKEN
from ...scope import CredentialScope, amz_date
from ...signature import EMPTY_SHA256, UNSIGNED_PAYLOAD, sign_string, string_to_sign
from .signers import owner
from .wire import Sent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ...credentials import Credentials
    from .signers import Who
    from .site import Pairs, Recipe, Site

OBJECT = "/{bucket}/object"  # there from the beginning, with this body:
OBJECT_BODY = b"hello"
NEW = "/{bucket}/{key}"  # not there before
AUTHORIZATION = "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed_headers}, Signature={signature}"


# What for


class _Scope(CredentialScope):
    """A scope of which any part may be wrong, the terminator too."""

    __slots__ = ()

    def __init__(self, date: str, region: str, service: str = "s3", terminator: str = "aws4_request") -> None:
        super().__init__(date, region, service)
        object.__setattr__(self, "text", f"{date}/{region}/{service}/{terminator}")


def scope_at(site: Site, stamp: str, wrong: Mapping[str, str]) -> CredentialScope:
    """The scope, but for the parts that are to be wrong."""
    parts = {"date": stamp[:8], "region": site.region, **wrong}
    return _Scope(**{name: site.fill(text) for name, text in parts.items()})


# Requests signed with Version 4


@dataclass(frozen=True)
class Made:
    """A request signed in its header, and what the chunks of its body are signed with."""

    sent: Sent
    credentials: Credentials
    stamp: str
    scope: CredentialScope
    signature: str


@dataclass(frozen=True)
class _Request:
    """What a request with an Authorization header and a presigned URL have in common.

    headers         sent and signed; so is Host
    unsigned        headers that are sent and not signed
    at              the time stamp, in seconds from now
    scope           its wrong parts
    left_out        the names of headers above that are not signed
    """

    method: str = "GET"
    path: str = OBJECT
    query: str = ""
    headers: Pairs = ()
    _: KW_ONLY
    unsigned: Pairs = ()
    body: bytes = b""
    at: float = 0
    who: Who = owner
    scope: Mapping[str, str] = field(default_factory=dict)
    left_out: Sequence[str] = ()


@dataclass(frozen=True)
class Signed(_Request):
    """A request with an Authorization header; the time stamp, the payload hash and the session token are signed too.

    date            the header that has the time stamp, "" for none; `date_value` is what it says instead
    payload_hash    x-amz-content-sha256; the body's own for None, "" for no such header
    authorization   the header, with its parts in braces
    length          Content-Length; the body's own for "", None for no such header
    half_close      whether the connection ends with what is sent of the body
    """

    _: KW_ONLY
    date: str = "x-amz-date"
    date_value: str = ""
    payload_hash: str | None = None
    authorization: str = AUTHORIZATION
    length: str | None = ""
    half_close: bool = False

    def __call__(self, site: Site) -> Sent:
        return self.make(site).sent

    def make(self, site: Site) -> Made:
        credentials = self.who(site)
        moment = site.now() + timedelta(seconds=self.at)
        stamp = amz_date(moment)
        scope = scope_at(site, stamp, self.scope)
        path, query = site.fill(self.path), site.fill(self.query)
        headers = [("Host", site.host), *_filled(site, self.headers)]
        if self.date:
            usual = stamp if self.date == "x-amz-date" else format_datetime(moment, usegmt=True)
            headers.append((self.date, self.date_value or usual))
        payload_hash = sha256(self.body).hexdigest() if self.payload_hash is None else self.payload_hash
        if payload_hash:
            headers.append(("x-amz-content-sha256", payload_hash))
        if credentials.session_token is not None:
            headers.append(("x-amz-security-token", credentials.session_token))
        names = _names(headers, self.left_out)
        made = _signature(
            credentials, scope, stamp, self.method, path, query, headers, names, payload_hash or EMPTY_SHA256
        )
        authorization = self.authorization.format(
            credential=f"{credentials.access_key_id}/{scope}",
            access_key_id=credentials.access_key_id,
            date=scope.date,
            region=scope.region,
            signed_headers=names,
            signature=made,
        )
        headers += [*_filled(site, self.unsigned), ("Authorization", authorization)]
        headers += _length(self.method, self.body, self.length)
        sent = Sent(self.method, _target(path, query), headers, self.body, self.half_close)
        return Made(sent, credentials, stamp, scope, made)


@dataclass(frozen=True)
class Presigned(_Request):
    """A presigned URL, and the headers that are sent with it.

    parameters  X-Amz-* as they are to stand, encoded, instead of what is right; None leaves one out
    hoisted     the names of headers that are signed and stand in the query alone
    """

    _: KW_ONLY
    expires: str = "900"
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    hoisted: Sequence[str] = ()
    payload_hash: str = UNSIGNED_PAYLOAD

    def __call__(self, site: Site) -> Sent:
        credentials = self.who(site)
        stamp = amz_date(site.now() + timedelta(seconds=self.at))
        scope = scope_at(site, stamp, self.scope)
        headers = [("Host", site.host), *_filled(site, self.headers)]
        names = _names([*headers, *((name, "") for name in self.hoisted)], self.left_out)
        token = credentials.session_token
        parameters = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": encode(f"{credentials.access_key_id}/{scope}"),
            "X-Amz-Date": stamp,
            "X-Amz-Expires": self.expires,
            SECURITY_TOKEN: None if token is None else encode(token),
            "X-Amz-SignedHeaders": encode(names),
            "X-Amz-Signature": "",
            **{name: None if text is None else site.fill(text) for name, text in self.parameters.items()},
        }
        signature = parameters.pop("X-Amz-Signature")
        own = [f"{name}={text}" for name, text in parameters.items() if text is not None]
        path, query = site.fill(self.path), "&".join([*filter(None, [site.fill(self.query)]), *own])
        stamp = decode(parameters["X-Amz-Date"] or stamp).decode()
        made = _signature(credentials, scope, stamp, self.method, path, query, headers, names, self.payload_hash)
        if signature is not None:
            query += f"&X-Amz-Signature={signature or made}"
        headers += [*_filled(site, self.unsigned), *_length(self.method, self.body, "")]
        return Sent(self.method, _target(path, query), headers, self.body)


def _signature(
    credentials: Credentials,
    scope: CredentialScope,
    stamp: str,
    method: str,
    path: str,
    query: str,
    headers: Pairs,
    names: str,
    payload_hash: str,
) -> str:
    wanted = names.split(";")
    present = canonical_headers(pair for pair in headers if pair[0].lower() in wanted)
    arrived = {name for name, _ in present}
    from_query = [(name, text) for name, text in parse_query(query) if name in wanted and name not in arrived]
    text = canonical_request(
        method,
        canonical_uri(path, S3),
        canonical_query(recode_query(query)),
        header_lines(sorted([*present, *from_query])),
        names,
        payload_hash,
    )
    return sign_string(credentials, scope, string_to_sign(stamp, scope, text))


def _names(headers: Pairs, left_out: Sequence[str]) -> str:
    return ";".join(sorted({name.lower() for name, _ in headers} - {*left_out}))


def _filled(site: Site, headers: Pairs) -> list[tuple[str, str]]:
    return [(name, site.fill(text)) for name, text in headers]


def _length(method: str, body: bytes, length: str | None) -> Pairs:
    if length is None or not (length or body or method in ("PUT", "POST")):
        return []
    return [("Content-Length", length or str(len(body)))]


def _target(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def assume_role() -> Recipe:
    """What asks an engine's STS for temporary credentials."""
    body = (
        b"Action=AssumeRole&Version=2011-06-15&DurationSeconds=900"
        b"&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fprobe&RoleSessionName=probe"
    )
    form = [("Content-Type", "application/x-www-form-urlencoded")]
    return Signed("POST", "/", headers=form, body=body, scope={"service": "sts"})


# Requests signed twice, or not at all


@dataclass(frozen=True)
class Plain:
    """A request that nobody signed."""

    method: str = "GET"
    path: str = OBJECT
    query: str = ""
    headers: Pairs = ()
    body: bytes = b""

    def __call__(self, site: Site) -> Sent:
        headers = [("Host", site.host), *_filled(site, self.headers), *_length(self.method, self.body, "")]
        return Sent(self.method, _target(site.fill(self.path), site.fill(self.query)), headers, self.body)


def signed_twice(site: Site) -> Sent:
    """A presigned URL with an Authorization header beside it; each would do alone."""
    query = Presigned()(site).target.partition("?")[2]
    return Signed(query=query)(site)
