"""Recipes for uploads whose bodies carry signatures of their own: in chunks, and in a form."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from ...chunked import CHUNK_SIGNATURE, KINDS, TRAILER_SIGNATURE, SignatureChain
from ...post import authorization_fields
from ...scope import amz_date
from ...signature import sign_string
from .recipes import NEW, Plain, Presigned, Signed, scope_at
from .signers import owner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .signers import Who
    from .site import Pairs, Recipe, Site
    from .wire import Sent

HMAC_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
HMAC_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@dataclass(frozen=True)
class Chunked:
    """A PUT in aws-chunked encoding.

    trailers        what comes after the last chunk
    promised        the trailers' names in x-amz-trailer, where they are not these
    decoded_length  x-amz-decoded-content-length; the data's own for "", None for no such header
    edit            changes the finished body; Content-Length follows it
    """

    kind: str
    chunks: Sequence[bytes]
    _: KW_ONLY
    trailers: Pairs = ()
    promised: str = ""
    decoded_length: str | None = ""
    edit: Callable[[bytes], bytes] = bytes

    def __call__(self, site: Site) -> Sent:
        headers = [("Content-Encoding", "aws-chunked")]
        if self.decoded_length is not None:
            length = self.decoded_length or str(sum(map(len, self.chunks)))
            headers.append(("x-amz-decoded-content-length", length))
        if names := self.promised or ",".join(name for name, _ in self.trailers):
            headers.append(("x-amz-trailer", names))
        made = Signed("PUT", NEW, headers=headers, payload_hash=self.kind, length=None).make(site)
        kind, chain = KINDS[self.kind], None
        if kind.algorithm is not None:
            chain = SignatureChain(made.credentials, made.stamp, made.scope, made.signature)
        body = self.edit(_chunks([*self.chunks, b""], chain) + _trailers(self.trailers, kind.trailer, chain))
        return replace(made.sent, headers=[*made.sent.headers, ("Content-Length", str(len(body)))], body=body)


def _chunks(chunks: Sequence[bytes], chain: SignatureChain | None) -> bytes:
    pieces = []
    for data in chunks:
        signature = "" if chain is None else CHUNK_SIGNATURE + chain.sign_chunk(sha256(data).hexdigest())
        pieces.append(f"{len(data):x}{signature}\r\n".encode() + data + (b"\r\n" if data else b""))
    return b"".join(pieces)


def _trailers(trailers: Pairs, expected: bool, chain: SignatureChain | None) -> bytes:
    lines = [f"{name}:{text}\r\n" for name, text in trailers]
    if expected and chain is not None:
        lines.append(f"{TRAILER_SIGNATURE}:{chain.sign_trailer(trailers)}\r\n")
    return "".join([*lines, "\r\n"]).encode()


def forge(number: int) -> Callable[[bytes], bytes]:
    """An edit of a body: one digit of its signature of that number changes."""

    def edit(body: bytes) -> bytes:
        at = [found.start() for found in re.finditer(rb"[0-9a-f]{64}", body)][number]
        return body[:at] + (b"1" if body[at] == ord("0") else b"0") + body[at + 1 :]

    return edit


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """An edit of a body: the first `old` becomes `new`."""
    return lambda body: body.replace(old, new, 1)


@dataclass(frozen=True)
class Form:
    """An upload by form.

    key, file     None leaves it out
    fields        each with a condition that it has this value; `uncovered` have none
    conditions    further ones
    bucket        the bucket in the policy
    lives         seconds until the policy expires
    changed       fields as they are sent, instead of as they were signed; None leaves one out
    after         fields behind the file
    """

    _: KW_ONLY
    key: str | None = "{key}"
    file: bytes | None = b"from a form"
    filename: str = "name.txt"
    fields: Mapping[str, str] = field(default_factory=dict)
    uncovered: Mapping[str, str] = field(default_factory=dict)
    conditions: Sequence[object] = ()
    bucket: str = "{bucket}"
    lives: float = 900
    who: Who = owner
    scope: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str | None] = field(default_factory=dict)
    after: Pairs = ()
    content_type: str = "multipart/form-data; boundary={boundary}"

    def __call__(self, site: Site) -> Sent:
        boundary = f"boundary-{site.key}"
        parts = [_part(boundary, name, text.encode()) for name, text in self._fields(site).items()]
        if self.file is not None:
            parts.append(_part(boundary, "file", self.file, f'; filename="{site.fill(self.filename)}"'))
        parts += [_part(boundary, name, site.fill(text).encode()) for name, text in self.after]
        body = b"".join([*parts, f"--{boundary}--\r\n".encode()])
        headers = [("Content-Type", self.content_type.replace("{boundary}", boundary))]
        return Plain("POST", "/{bucket}", headers=headers, body=body)(site)

    def _fields(self, site: Site) -> dict[str, str]:
        credentials = self.who(site)
        stamp = amz_date(site.now())
        scope = scope_at(site, stamp, self.scope)
        covered = authorization_fields(credentials.access_key_id, scope, stamp, credentials.session_token)
        covered |= {name: site.fill(text) for name, text in self.fields.items()}
        expires_at = site.now() + timedelta(seconds=self.lives)
        document = {
            "expiration": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}",
            "conditions": [
                {"bucket": site.fill(self.bucket)},
                ["starts-with", "$key", ""],
                *({name: text} for name, text in covered.items()),
                *self.conditions,
            ],
        }
        policy = b64encode(json.dumps(document).encode()).decode()
        signature = sign_string(credentials, scope, policy)
        fields: dict[str, str | None] = {**covered, **self.uncovered, "policy": policy, "x-amz-signature": signature}
        fields["key"] = None if self.key is None else site.fill(self.key)
        fields |= self.changed
        return {name: text for name, text in fields.items() if text is not None}


def _part(boundary: str, name: str, content: bytes, more: str = "") -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def signed_too(form: Recipe, signed: type[Signed | Presigned]) -> Recipe:
    """A form whose request has an Authorization header, or a signature in the query, as well."""

    def make(site: Site) -> Sent:
        made = form(site)
        headers = [pair for pair in made.headers if pair[0] == "Content-Type"]
        return signed("POST", "/{bucket}", headers=headers, body=made.body)(site)

    return make
