"""Signer: sign a request in its headers, or presign it as a URL.

Rules:
- Nothing given is changed and nothing is sent: the result says what to send.
- Every header given is signed, but for those that proxies and clients rewrite (header.NEVER_SIGNED).
- Without `signed_at`, the time is now. Credentials that have expired sign nothing.
"""

from __future__ import annotations

from hashlib import sha256

from .canonical import canonical_headers, canonical_query, canonical_request, canonical_uri
from .credentials import Credentials, resolve
from .encoding import encode, join_query, recode_query, trim
from .errors import CredentialsExpired, CredentialsExpireFirst, SigningError
from .header import NEVER_SIGNED, authorization
from .query import (
    NAMES,
    SECURITY_TOKEN,
    SIGNATURE,
    authorization_parameters,
    check_expires_in,
)
from .request import URL, check_method, header_pairs, sendable_path
from .rules import rules_for
from .scope import CredentialScope, amz_date, check_label, parse_amz_date, signing_key
from .signature import EMPTY_SHA256, UNSIGNED_PAYLOAD, signature, string_to_sign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import TypeAlias

    from .credentials import CredentialProvider
    from .request import Headers
    from .rules import CanonicalRules

    Body: TypeAlias = bytes | bytearray | memoryview

# What signing itself puts into the headers; a value left over from an earlier signing must not be signed again.
_OWN_HEADERS = frozenset({"authorization", "x-amz-date", "x-amz-security-token"})


class Signed:
    """A signed request: send `method` to `url` with `headers`, all of them, and the body.

    `canonical_request`, `string_to_sign` and `signature` are the steps on the way, for comparing with another signer.
    """

    __slots__ = ("canonical_request", "headers", "method", "signature", "string_to_sign", "url")

    def __init__(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        canonical_request: str,
        string_to_sign: str,
        signature: str,
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.canonical_request = canonical_request
        self.string_to_sign = string_to_sign
        self.signature = signature

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method} {self.url.partition('?')[0]}>"


class Presigned(Signed):
    """A presigned URL: whoever has it may make this one request until `expires_at`.

    `str()` is the URL. `headers` are what the user of the URL must send with it, exactly so.
    """

    __slots__ = ("_credentials_expire_at", "_expires_in")

    def __init__(self, *signed: str | dict[str, str], expires_in: int, credentials_expire_at: datetime | None) -> None:
        super().__init__(*signed)  # type: ignore[arg-type]
        self._expires_in = expires_in
        self._credentials_expire_at = credentials_expire_at

    def __str__(self) -> str:
        return self.url

    @property
    def expires_at(self) -> datetime:
        """When the URL stops working: its own expiry or the credentials', whichever comes first (aware, UTC)."""
        from datetime import UTC, timedelta

        own = parse_amz_date(self.string_to_sign.split("\n")[1]) + timedelta(seconds=self._expires_in)
        theirs = self._credentials_expire_at
        return own if theirs is None or theirs >= own else theirs.astimezone(UTC)


class Signer:
    """Signs requests for one region and service.

    `credentials`: Credentials, or a callable that returns them, asked at each signing. `rules` follow from the
    service; give others for a service with rules of its own. Raises SigningError for a bad region or service.
    """

    __slots__ = ("credentials", "region", "rules", "service")

    def __init__(
        self,
        credentials: Credentials | CredentialProvider,
        *,
        region: str,
        service: str = "s3",
        rules: CanonicalRules | None = None,
    ) -> None:
        self.credentials = credentials
        self.region = check_label("region", region)
        self.service = check_label("service", service)
        self.rules = rules_for(service) if rules is None else rules

    def __repr__(self) -> str:
        return f"Signer(region={self.region!r}, service={self.service!r})"

    def sign(
        self,
        method: str,
        url: str,
        headers: Headers | None = None,
        body: Body | None = None,
        *,
        signed_at: datetime | None = None,
    ) -> Signed:
        """Sign a request in its Authorization header.

        `body` is hashed as it is; None is the empty body. To sign a hash made elsewhere, or to leave the body unsigned
        (S3 only), give the header `X-Amz-Content-Sha256` with the hash or `UNSIGNED-PAYLOAD`, and no body.
        `signed_at` is an aware datetime. Servers accept it for 15 minutes either way.

        Raises SigningError for what cannot be signed, CredentialsExpired, and whatever a credential provider raises.
        Source: "Authenticating Requests: Using the Authorization Header" (S3 API Reference).
        """
        check_method(method)
        target = URL(url)
        credentials = self._credentials(signed_at)
        rules = self.rules
        stamp = amz_date(signed_at)
        send, own_hash = _without_own(header_pairs(headers))
        payload_hash = own_hash or _payload_hash(body)
        send["X-Amz-Date"] = stamp
        if rules.content_sha256_header and own_hash is None:
            send["X-Amz-Content-Sha256"] = payload_hash
        token = credentials.session_token
        if token is not None and rules.sign_session_token:
            send["X-Amz-Security-Token"] = token
        canonical, names = _canonical_headers(send, target.host)
        path = sendable_path(target.path, not rules.double_encode_path)
        pairs = recode_query(target.query)
        text = canonical_request(
            method, canonical_uri(path, rules), canonical_query(pairs), canonical, names, payload_hash
        )
        scope = CredentialScope(stamp[:8], self.region, self.service)
        to_sign = string_to_sign(stamp, scope, text)
        made = signature(signing_key(credentials, scope), to_sign)
        if token is not None:
            send["X-Amz-Security-Token"] = token
        send["Authorization"] = authorization(credentials.access_key_id, scope, names, made)
        return Signed(method, _url(target, path, pairs), send, text, to_sign, made)

    def presign(
        self,
        method: str,
        url: str,
        headers: Headers | None = None,
        expires_in: int = 900,
        *,
        body: Body | None = None,
        signed_at: datetime | None = None,
    ) -> Presigned:
        """Sign a request in its query string, for whoever is given the URL.

        `headers` are signed: the user of the URL must send them exactly so. `expires_in`: whole seconds from
        `signed_at`, 1 to 604800. The body is not signed for S3; to hold the user to one body, give its hash as the
        header `X-Amz-Content-Sha256`. Other services sign `body`, by default an empty one.

        Warns with CredentialsExpireFirst when the credentials do not live as long as the URL.
        Raises SigningError, CredentialsExpired, and whatever a credential provider raises.
        Source: "Authenticating Requests: Using Query Parameters" (S3 API Reference).
        """
        check_method(method)
        check_expires_in(expires_in)
        target = URL(url)
        credentials = self._credentials(signed_at)
        rules = self.rules
        stamp = amz_date(signed_at)
        send, own_hash = _without_own(header_pairs(headers))
        canonical, names = _canonical_headers(send, target.host)
        path = sendable_path(target.path, not rules.double_encode_path)
        pairs = recode_query(target.query)
        _refuse_own_parameters(pairs)
        payload_hash = own_hash or (
            UNSIGNED_PAYLOAD if rules.presign_unsigned_payload and body is None else _payload_hash(body)
        )
        scope = CredentialScope(stamp[:8], self.region, self.service)
        pairs += authorization_parameters(credentials.access_key_id, scope, stamp, expires_in, names)
        token = credentials.session_token
        if token is not None and rules.sign_session_token:
            pairs.append((SECURITY_TOKEN, encode(token)))
        text = canonical_request(
            method, canonical_uri(path, rules), canonical_query(pairs), canonical, names, payload_hash
        )
        to_sign = string_to_sign(stamp, scope, text)
        made = signature(signing_key(credentials, scope), to_sign)
        if token is not None and not rules.sign_session_token:
            pairs.append((SECURITY_TOKEN, encode(token)))
        pairs.append((SIGNATURE, made))
        presigned = Presigned(
            method, _url(target, path, pairs), send, text, to_sign, made,
            expires_in=expires_in, credentials_expire_at=credentials.expires_at,
        )  # fmt: skip
        if credentials.expires_at is not None:
            warn_if_credentials_expire_first(credentials, stamp, expires_in, stacklevel=2)
        return presigned

    def _credentials(self, signed_at: datetime | None) -> Credentials:
        return usable_credentials(self.credentials, signed_at)


def usable_credentials(source: Credentials | CredentialProvider, signed_at: datetime | None) -> Credentials:
    """Credentials that are alive at `signed_at` (None: now); raises CredentialsExpired otherwise."""
    credentials = resolve(source)
    if credentials.expires_at is not None:
        from datetime import UTC, datetime

        if credentials.expires_at <= (signed_at or datetime.now(UTC)):
            raise CredentialsExpired(f"the credentials expired at {credentials.expires_at.isoformat()}; get fresh ones")
    return credentials


def warn_if_credentials_expire_first(credentials: Credentials, stamp: str, expires_in: int, stacklevel: int) -> None:
    """`stacklevel` counts from the caller of this function, as in warnings.warn."""
    from datetime import timedelta

    expires_at = credentials.expires_at
    if expires_at is not None and expires_at < parse_amz_date(stamp) + timedelta(seconds=expires_in):
        from warnings import warn

        warn(
            f"the URL is to live {expires_in} seconds, but its credentials expire at {expires_at.isoformat()}: "
            "it stops working then",
            CredentialsExpireFirst,
            stacklevel=stacklevel + 1,
        )


def _without_own(pairs: list[tuple[str, str]]) -> tuple[dict[str, str], str | None]:
    """The caller's headers as one mapping, without those that signing makes, and the payload hash among them.

    Repeats are joined with commas: that is what they mean (RFC 7230 section 3.2.2) and how they are signed.
    """
    send: dict[str, str] = {}
    spelling: dict[str, str] = {}
    payload_hash = None
    for name, value in pairs:
        lowered = name.lower()
        if lowered in _OWN_HEADERS:
            continue
        if lowered == "x-amz-content-sha256":
            payload_hash = trim(value)
        if lowered in spelling:
            if lowered in {"host", "x-amz-content-sha256"}:
                raise SigningError(f"header {name} is given twice")
            send[spelling[lowered]] += f",{value}"
        else:
            spelling[lowered] = name
            send[name] = value
    return send, payload_hash


def _canonical_headers(send: dict[str, str], host: str) -> tuple[list[tuple[str, str]], str]:
    """The headers to sign, and their names joined. The URL's host is signed unless the caller names another."""
    signed = [(name, value) for name, value in canonical_headers(send.items()) if name not in NEVER_SIGNED]
    names = [name for name, _ in signed]
    if "host" not in names:
        signed.append(("host", host))
        signed.sort()
        names = [name for name, _ in signed]
    return signed, ";".join(names)


def _payload_hash(body: Body | None) -> str:
    if body is None:
        return EMPTY_SHA256
    if not isinstance(body, bytes | bytearray | memoryview):
        raise SigningError(
            f"body must be bytes, not {type(body).__name__}; encode text as UTF-8, or hash a file and give the header "
            "X-Amz-Content-Sha256"
        )
    return sha256(body).hexdigest()


def _refuse_own_parameters(pairs: Iterable[tuple[str, str]]) -> None:
    for name, _ in pairs:
        if name in NAMES:
            raise SigningError(f"url already has {name}: it is presigned; presign the plain URL")


def _url(target: URL, path: str, pairs: list[tuple[str, str]]) -> str:
    query = join_query(pairs)
    return f"{target.origin}{path}?{query}" if query else f"{target.origin}{path}"
