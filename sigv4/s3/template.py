"""The hot path: a presigned URL of which all but the key, and the values of some parameters, is known.

Rules:
- It is the walk of `Signer.presign` with the key and the values left out: the same functions make the same texts. A
  property test holds the two equal.
- What stands before and after the key is made once, and what is constant goes into SHA-256 states that are copied for
  each key: the head of the canonical request, and HMAC's two keyed states (RFC 2104), the inner one with the string
  to sign up to the hash.
- The order of the parameters follows from their names, so the place of each value is known before the value is.
- A template never changes once made, so any number of threads may use one.
"""

from __future__ import annotations

from hashlib import sha256

from ..canonical import canonical_headers, canonical_query, canonical_request, header_lines
from ..encoding import PATH_MARKS, encode, join_query, utf8
from ..errors import SigningError
from ..presigned_query import SIGNATURE, authorization_parameters
from ..request import refuse_dot_segments
from ..scope import CredentialScope, signing_key
from ..signature import INNER_PAD, OUTER_PAD, UNSIGNED_PAYLOAD, string_to_sign
from ..signer import Presigned, warn_if_credentials_expire_first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from ..credentials import Credentials
    from .addressing import Endpoint

    Texts = Sequence[str]
    Fill = Callable[[Texts], str]

KEY_BYTES_MAX = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html


class Template:
    """One request, but for its key and for the values of its slots: sign it for as many as you like."""

    __slots__ = (
        "_fill_tail", "_fill_text", "_head", "_inner", "_outer", "_tail", "_text_tail", "_text_tail_bytes",
        "credentials", "expires_in", "headers", "method", "scope", "slots", "stamp", "start", "text_head",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        endpoint: Endpoint,
        base: str,
        query: Sequence[tuple[str, str]],
        headers: dict[str, str],
        credentials: Credentials,
        scope: CredentialScope,
        stamp: str,
        expires_in: int,
        slots: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`base`: the path up to the key. `query`: decoded pairs. `headers`: what the user must send, in lower case.
        `slots`: those of them whose values come later, each as ("query" or "header", its name).
        """
        marks = {slot: f"\0{index}\0" for index, slot in enumerate(slots)}
        signed = [
            (name, marks.get(("header", name), value))
            for name, value in canonical_headers((("host", endpoint.host), *headers.items()))
        ]
        names = ";".join([name for name, _ in signed])
        pairs = [(encode(name), marks.get(("query", name)) or encode(value)) for name, value in query]
        pairs += authorization_parameters(credentials.access_key_id, scope, stamp, expires_in, names)
        if credentials.session_token is not None:
            pairs.append((endpoint.rules.session_token_name, encode(credentials.session_token)))
        payload_hash = headers.get("x-amz-content-sha256", UNSIGNED_PAYLOAD)
        text = canonical_request(method, base, canonical_query(pairs), header_lines(signed), names, payload_hash)

        self.method = method
        self.headers = headers
        self.slots = slots
        self.credentials = credentials
        self.expires_in = expires_in
        self.scope = scope
        self.stamp = stamp
        self.start = f"{endpoint.scheme}://{endpoint.host}{base}"
        self.text_head = text[: len(method) + 1 + len(base)]
        self._text_tail = text[len(self.text_head) :]
        self._tail = f"?{join_query(pairs)}&{SIGNATURE}="
        self._text_tail_bytes = self._text_tail.encode()
        self._fill_text = _filler(self._text_tail)
        self._fill_tail = _filler(self._tail)
        self._prepare()

    def _prepare(self) -> None:
        """Take into SHA-256 what every key has in common."""
        key = signing_key(self.credentials, self.scope).ljust(64, b"\0")
        to_sign = string_to_sign(self.stamp, self.scope, "")
        self._head = sha256(self.text_head.encode())
        self._inner = sha256(key.translate(INNER_PAD) + to_sign[:-64].encode())
        self._outer = sha256(key.translate(OUTER_PAD))

    def presigned(self, path: str, texts: Texts = ()) -> PresignedObject:
        """The URL for one object, `path` being its key as it stands there.

        `texts`: the values of the slots, each as it stands in its place; there, a query's are percent-encoded.
        """
        if texts:
            text_tail, tail = self._fill_text(texts).encode(), self._fill_tail(texts)
        else:
            text_tail, tail = self._text_tail_bytes, self._tail
        canonical = self._head.copy()
        canonical.update(path.encode() + text_tail)
        inner = self._inner.copy()
        inner.update(canonical.hexdigest().encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        made: PresignedObject = PresignedObject()
        made.url = f"{self.start}{path}{tail}{outer.hexdigest()}"
        made._from = self, path, texts
        return made

    def urls(self, keys: Sequence[str], allow_dot_segments: bool) -> list[str]:
        """The URLs for many keys: what `presigned` makes for each, without the cost of a call.

        Raises SigningError as `encode_key` does.
        """
        copy_head, copy_inner, copy_outer = self._head.copy, self._inner.copy, self._outer.copy
        text_tail, start, tail = self._text_tail, self.start, self._tail
        urls = []
        for path in encode_keys(keys, allow_dot_segments):
            canonical = copy_head()
            canonical.update(f"{path}{text_tail}".encode())
            inner = copy_inner()
            inner.update(canonical.hexdigest().encode())
            outer = copy_outer()
            outer.update(inner.digest())
            urls.append(f"{start}{path}{tail}{outer.hexdigest()}")
        return urls

    def canonical_request(self, path: str, texts: Texts) -> str:
        """The text that `presigned` has hashed."""
        return f"{self.text_head}{path}{self._fill_text(texts) if texts else self._text_tail}"

    def headers_with(self, texts: Texts) -> dict[str, str]:
        """What the user of the URL must send, with the values of the slots."""
        named = zip(self.slots, texts, strict=True)
        return {**self.headers, **{name: text for (where, name), text in named if where == "header"}}

    def warn(self, stacklevel: int) -> None:
        """Say so when the credentials do not live as long as the URL."""
        if self.credentials.expires_at is not None:
            warn_if_credentials_expire_first(self.credentials, self.stamp, self.expires_in, stacklevel + 1)


class PresignedObject(Presigned):
    """A Presigned of which only the URL is made at once, since mostly only that is asked for.

    Pickled and copied, it becomes a Presigned that has all of its parts.
    """

    __slots__ = ("_from",)

    _from: tuple[Template, str, Texts]

    __init__ = object.__init__  # a template fills it in, which costs less than to hand all of it through a call

    @property
    def method(self) -> str:  # type: ignore[override]
        return self._from[0].method

    @property
    def headers(self) -> dict[str, str]:  # type: ignore[override]
        template, _, texts = self._from
        return template.headers_with(texts)

    @property
    def canonical_request(self) -> str:  # type: ignore[override]
        template, path, texts = self._from
        return template.canonical_request(path, texts)

    @property
    def string_to_sign(self) -> str:  # type: ignore[override]
        template = self._from[0]
        return string_to_sign(template.stamp, template.scope, self.canonical_request)

    @property
    def signature(self) -> str:  # type: ignore[override]
        return self.url.rpartition("=")[2]

    @property
    def _stamp(self) -> str:  # type: ignore[override]
        return self._from[0].stamp

    @property
    def _expires_in(self) -> int:  # type: ignore[override]
        return self._from[0].expires_in

    @property
    def _credentials_expire_at(self) -> datetime | None:  # type: ignore[override]
        return self._from[0].credentials.expires_at

    def __reduce__(self) -> tuple[object, ...]:
        signed = self.method, self.url, self.headers, self.canonical_request, self.string_to_sign, self.signature
        return _whole, (signed, self._stamp, self._expires_in, self._credentials_expire_at)


def _whole(
    signed: tuple[str | dict[str, str], ...], stamp: str, expires_in: int, credentials_expire_at: datetime | None
) -> Presigned:
    return Presigned(*signed, stamp=stamp, expires_in=expires_in, credentials_expire_at=credentials_expire_at)


def _filler(text: str) -> Fill:
    """A function that puts texts into the places that are marked in `text`, each as the slot's number between NULs."""
    pieces = text.split("\0")
    order = list(map(int, pieces[1::2]))
    if not order:
        return lambda _: text
    if len(order) == 1:
        (only,), (before, _, after) = order, pieces
        return lambda texts: f"{before}{texts[only]}{after}"
    if len(order) == 2:
        (one, other), (before, _, between, _, after) = order, pieces
        return lambda texts: f"{before}{texts[one]}{between}{texts[other]}{after}"

    def filled(texts: Texts) -> str:
        whole = pieces.copy()
        whole[1::2] = [texts[index] for index in order]
        return "".join(whole)

    return filled


def encode_key(key: str, allow_dot_segments: bool) -> str:
    """A key as it stands in the path. Raises SigningError for one that S3 or the way to it would not take."""
    try:
        data = key.encode()
    except AttributeError:
        raise SigningError(f"Key must be text, not {type(key).__name__}") from None
    except UnicodeEncodeError:
        data = utf8(key)
    if not 0 < len(data) <= KEY_BYTES_MAX:
        raise SigningError(f"Key must be 1 to {KEY_BYTES_MAX} bytes of UTF-8; this one is {len(data)}")
    if (key[0] == "." or "/." in key) and not allow_dot_segments:
        refuse_dot_segments(key, f"Key {key[:80]!r}")
    if 1 in data.translate(PATH_MARKS):
        return encode(data, keep_slash=True)
    return key


def encode_keys(keys: Sequence[str], allow_dot_segments: bool) -> Sequence[str]:
    """`encode_key` for each.

    Most keys stand in a path as they are. One look at all of them together tells, in a quarter of the time.
    """
    try:
        text = f"/{'/'.join(keys)}/"
        escaped = 1 in text.encode().translate(PATH_MARKS)
    except (TypeError, UnicodeEncodeError):
        escaped = True  # a key that is none; the look at each finds it
    # An empty key makes two slashes, and so may one that needs no escape: it only costs the second look.
    if escaped or "/." in text or "//" in text or max(map(len, keys)) > KEY_BYTES_MAX:
        return [encode_key(key, allow_dot_segments) for key in keys]
    return keys
