"""The hot path: a presigned URL of which all but the key is known.

Rules:
- It is the walk of `Signer.presign` with the key left out: the same functions make the same texts. A property test
  holds the two equal.
- What stands before and after the key is made once, and what is constant goes into SHA-256 states that are copied for
  each key: the head of the canonical request, and HMAC's two keyed states (RFC 2104), the inner one with the string
  to sign up to the hash.
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
    from collections.abc import Sequence

    from ..credentials import Credentials
    from .addressing import Endpoint

KEY_BYTES_MAX = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html


class Template:
    """One request, but for its key: sign it for as many keys as you like."""

    __slots__ = (
        "_credentials", "_expires_in", "_head", "_headers", "_inner", "_method", "_outer", "_scope", "_stamp", "_start",
        "_tail", "_text_head", "_text_tail", "_text_tail_bytes",
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
    ) -> None:
        """`base`: the path up to the key. `query`: decoded pairs. `headers`: what the user must send, in lower case."""
        signed = canonical_headers((("host", endpoint.host), *headers.items()))
        names = ";".join([name for name, _ in signed])
        pairs = [(encode(name), encode(value)) for name, value in query]
        pairs += authorization_parameters(credentials.access_key_id, scope, stamp, expires_in, names)
        if credentials.session_token is not None:
            pairs.append((endpoint.rules.session_token_name, encode(credentials.session_token)))
        payload_hash = headers.get("x-amz-content-sha256", UNSIGNED_PAYLOAD)
        text = canonical_request(method, base, canonical_query(pairs), header_lines(signed), names, payload_hash)

        self._method = method
        self._headers = headers
        self._credentials = credentials
        self._expires_in = expires_in
        self._scope = scope
        self._stamp = stamp
        self._text_head = text[: len(method) + 1 + len(base)]
        self._text_tail = text[len(self._text_head) :]
        self._text_tail_bytes = self._text_tail.encode()
        self._start = f"{endpoint.scheme}://{endpoint.host}{base}"
        self._tail = f"?{join_query(pairs)}&{SIGNATURE}="
        self._prepare()

    def _prepare(self) -> None:
        """Take into SHA-256 what every key has in common."""
        key = signing_key(self._credentials, self._scope).ljust(64, b"\0")
        to_sign = string_to_sign(self._stamp, self._scope, "")
        self._head = sha256(self._text_head.encode())
        self._inner = sha256(key.translate(INNER_PAD) + to_sign[:-64].encode())
        self._outer = sha256(key.translate(OUTER_PAD))

    def presigned(self, key: str, allow_dot_segments: bool, has_key: bool = True) -> PresignedObject:
        """The URL for one object, or for what has no key; the steps on the way to it are made when asked for.

        Raises SigningError as `encode_key` does.
        """
        # What `encode_key` finds of most keys is looked for here as well: a call less, and the bytes are at hand.
        try:
            data = key.encode()
            plain = 0 < len(data) <= KEY_BYTES_MAX and 1 not in data.translate(PATH_MARKS)
        except (AttributeError, UnicodeEncodeError):
            plain = False
        if not plain or key[0] == "." or "/." in key:
            key = encode_key(key, allow_dot_segments) if has_key else ""
            data = key.encode()
        canonical = self._head.copy()
        canonical.update(data + self._text_tail_bytes)
        inner = self._inner.copy()
        inner.update(canonical.hexdigest().encode())
        outer = self._outer.copy()
        outer.update(inner.digest())
        made: PresignedObject = PresignedObject()
        made.url = f"{self._start}{key}{self._tail}{outer.hexdigest()}"
        made._template = self
        return made

    def urls(self, keys: Sequence[str], allow_dot_segments: bool) -> list[str]:
        """The URLs for many keys: what `presigned` makes for each, without the cost of a call.

        Raises SigningError as `encode_key` does.
        """
        copy_head, copy_inner, copy_outer = self._head.copy, self._inner.copy, self._outer.copy
        text_tail, start, tail = self._text_tail, self._start, self._tail
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

    def warn(self, stacklevel: int) -> None:
        """Say so when the credentials do not live as long as the URL."""
        if self._credentials.expires_at is not None:
            warn_if_credentials_expire_first(self._credentials, self._stamp, self._expires_in, stacklevel + 1)

    def complete(self, made: PresignedObject) -> None:
        """Fill in what follows from the template alone."""
        made.method = self._method
        made.headers = {**self._headers}
        made._stamp = self._stamp
        made._expires_in = self._expires_in
        made._credentials_expire_at = self._credentials.expires_at

    def add_steps(self, made: PresignedObject) -> None:
        """Fill in the steps on the way to the URL."""
        path = made.url[len(self._start) :].partition("?")[0]
        made.canonical_request = f"{self._text_head}{path}{self._text_tail}"
        made.string_to_sign = string_to_sign(self._stamp, self._scope, made.canonical_request)
        made.signature = made.url[len(self._start) + len(path) + len(self._tail) :]


class PresignedObject(Presigned):
    """A Presigned whose parts are made when the first of them is asked for; mostly only the URL ever is."""

    __slots__ = ("_template",)

    _template: Template

    __init__ = object.__init__  # Template.presigned fills it in: cheaper than handing everything through a call

    def __getattr__(self, name: str) -> object:
        # Python comes here for a slot that is still empty.
        if name in _STEPS:
            self._template.add_steps(self)
        elif name in _COMPLETED:
            self._template.complete(self)
        else:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self, name)


_STEPS = ("canonical_request", "string_to_sign", "signature")
_COMPLETED = ("method", "headers", "_stamp", "_expires_in", "_credentials_expire_at")


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
