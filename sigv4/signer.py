"""Signer: sign a request in its headers, or presign it as a URL.

Rules:
- Nothing given is changed and nothing is sent: the result says what to send.
- Every header given is signed, but for those that proxies and clients rewrite (authorization_header.NEVER_SIGNED). What
  signing itself makes, such as X-Amz-Date, replaces what was given.
- The URL is sent as the result has it: HTTP clients leave that spelling as it is, and any other they might change.
- Without `signed_at`, the time is now. Credentials that have expired sign nothing.
"""

from __future__ import annotations

from hashlib import sha256
from time import time

from .authorization_header import NEVER_SIGNED, authorization
from .canonical import canonical_query, canonical_request, canonical_uri, lines_and_names
from .credentials import Credentials, resolve
from .encoding import encode, join_query, recode, recode_query, respell, trim
from .errors import CredentialsExpired, CredentialsExpireFirst, SigningError
from .frozen import Frozen
from .presigned_query import (
    NAMES,
    SIGNATURE,
    authorization_parameters,
    check_expires_in,
)
from .presigned_query import hoist as hoist_headers
from .request import check_method, header_pairs, lower_name, refuse_dot_segments, split_url
from .rules import global_region, rules_for
from .scope import ALGORITHM, ALGORITHM_V4A, CredentialScope, amz_date, check_label, check_region_set, parse_amz_date
from .signature import EMPTY_SHA256, SIGNED_EVENTS, UNSIGNED_PAYLOAD, prepared_key, string_to_sign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Iterable
    from datetime import datetime
    from typing import TypeAlias

    from .chunked import EncodedBody, Source
    from .credentials import CredentialProvider
    from .events import EventBody, Message
    from .request import Headers
    from .rules import CanonicalRules
    from .signature import PreparedKey
    from .sigv4a import KeyPair

    Body: TypeAlias = bytes | bytearray | memoryview
    Moment: TypeAlias = tuple[Credentials, str, CredentialScope, PreparedKey | KeyPair]

# What signing itself puts into the headers; a value left over from an earlier signing must not be signed again.
_OWN_HEADERS = frozenset({"authorization", "x-amz-date", "x-amz-region-set"})
_NEVER_SIGNED_AND_LENGTH = NEVER_SIGNED | {"content-length"}
_NO_MOMENT = 0.0, 0.0, None


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


class SignedStream(Signed):
    """A signed request with an aws-chunked body: send `method` to `url` with `headers`, and then `body`.

    `body` gives the encoded bytes piece by piece as it is iterated over; `len(body)` is what Content-Length says.
    """

    __slots__ = ("body",)

    def __init__(self, *signed: str | dict[str, str], body: EncodedBody) -> None:
        super().__init__(*signed)  # type: ignore[arg-type]
        self.body = body


class SignedEvents(Signed):
    """A signed request whose body is a stream of signed events: send `method` to `url` with `headers`, then `body`.

    `body` gives signed messages as it is iterated over, by `for` or by `async for`; it has no length.
    """

    __slots__ = ("body",)

    def __init__(self, *signed: str | dict[str, str], body: EventBody) -> None:
        super().__init__(*signed)  # type: ignore[arg-type]
        self.body = body


class Presigned(Signed):
    """A presigned URL: whoever has it may make this one request until `expires_at`.

    `str()` is the URL. `headers` are what the user of the URL must send with it, exactly so.
    """

    __slots__ = ("_credentials_expire_at", "_expires_in", "_stamp")

    def __init__(
        self, *signed: str | dict[str, str], stamp: str, expires_in: int, credentials_expire_at: datetime | None
    ) -> None:
        super().__init__(*signed)  # type: ignore[arg-type]
        self._stamp = stamp
        self._expires_in = expires_in
        self._credentials_expire_at = credentials_expire_at

    def __str__(self) -> str:
        return self.url

    @property
    def expires_at(self) -> datetime:
        """When the URL stops working: its own expiry or the credentials', whichever comes first (aware, UTC)."""
        from datetime import UTC, timedelta

        own = parse_amz_date(self._stamp) + timedelta(seconds=self._expires_in)
        theirs = self._credentials_expire_at
        return own if theirs is None or theirs >= own else theirs.astimezone(UTC)


class Signer(Frozen):
    """Signs requests for one service, in one region (SigV4) or in several (SigV4A).

    `credentials`: Credentials, or a callable that returns them, asked at each signing. `region`: the one region, or
    instead of it `region_set`: the regions, each by its name, by the beginning of its name and `*`, or all by `*`; as
    `"*"` or `("us-east-1", "eu-*")`. SigV4A needs the extra `sigv4a`. Without either, a global service such as iam is
    signed for its own region in the partition `aws`. `rules` follow from the service; give others for a service with
    rules of its own. `allow_dot_segments` admits `.` and `..` in the path of an S3 URL; other services take them out.

    Raises SigningError for a bad region, region set or service, and where what SigV4A needs is not installed.
    """

    __slots__ = ("_latest", "allow_dot_segments", "credentials", "region", "region_set", "rules", "service")

    credentials: Credentials | CredentialProvider
    region: str | None
    region_set: str | None
    service: str
    rules: CanonicalRules
    allow_dot_segments: bool
    # The latest moment signed at, and from when to when it is now: replaced as one, so that threads need no lock.
    _latest: tuple[float, float, Moment | None]

    def __init__(
        self,
        credentials: Credentials | CredentialProvider,
        *,
        region: str | None = None,
        region_set: str | Iterable[str] | None = None,
        service: str = "s3",
        rules: CanonicalRules | None = None,
        allow_dot_segments: bool = False,
    ) -> None:
        check_label("service", service)
        if region is None and region_set is None:
            region = global_region(service)
        if (region is None) == (region_set is None):
            raise SigningError("give either region, or region_set for SigV4A")
        if region_set is not None:
            from .sigv4a import require

            require()
            region_set = check_region_set(region_set)
        if region is not None:
            check_label("region", region)
        put = object.__setattr__
        put(self, "credentials", credentials)
        put(self, "region", region)
        put(self, "region_set", region_set)
        put(self, "service", service)
        put(self, "rules", rules_for(service) if rules is None else rules)
        put(self, "allow_dot_segments", allow_dot_segments)
        put(self, "_latest", _NO_MOMENT)

    def __getstate__(self) -> tuple[None, dict[str, object]]:
        """Without the latest moment: a key that is prepared for signing can be neither copied nor pickled."""
        return None, {**{name: getattr(self, name) for name in self.__slots__}, "_latest": _NO_MOMENT}

    def __repr__(self) -> str:
        where = f"region={self.region!r}" if self.region_set is None else f"region_set={self.region_set!r}"
        return f"Signer({where}, service={self.service!r})"

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
        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
        """
        check_method(method)
        origin, host, path, query = split_url(url)
        credentials, stamp, scope, key = self._moment(signed_at)
        rules = self.rules
        send, signed, payload_hash, given = _read_headers(headers, rules) if headers else ({}, {}, None, None)
        signed.setdefault("host", host)
        send["X-Amz-Date"] = signed["x-amz-date"] = stamp
        if payload_hash is None:
            payload_hash = EMPTY_SHA256 if body is None and rules.sign_payload else _payload_hash(body, rules)
            if rules.content_sha256_header:
                send["X-Amz-Content-Sha256"] = signed["x-amz-content-sha256"] = payload_hash
        if self.region_set is not None:
            send["X-Amz-Region-Set"] = signed["x-amz-region-set"] = self.region_set
        token = credentials.session_token if given is None else _session_token(credentials, given)
        if token is not None:
            send[rules.session_token_name] = token
            if rules.sign_session_token:
                signed[rules.session_token_name.lower()] = token
        lines, names = lines_and_names(signed)
        path, uri = self._path_and_uri(path)
        url = origin + path
        if query:
            pairs = recode_query(query)
            url = f"{url}?{join_query(pairs)}"
            query = canonical_query(pairs)
        text = canonical_request(method, uri, query, lines, names, payload_hash)
        to_sign = string_to_sign(stamp, scope, text)
        made = key.sign(to_sign)
        send["Authorization"] = authorization(credentials.access_key_id, scope, names, made)
        return Signed(method, url, send, text, to_sign, made)

    def sign_stream(
        self,
        method: str,
        url: str,
        headers: Headers | None = None,
        body: Source = b"",
        *,
        content_length: int | None = None,
        checksum: str | None = None,
        unsigned_payload: bool = False,
        chunk_size: int = 65536,
        signed_at: datetime | None = None,
    ) -> SignedStream:
        """Sign a request whose body is signed in chunks while it is sent (S3 only): no body is too large.

        `body`: bytes, a binary file (sent from where it stands to its end) or an iterable of bytes, of
        `content_length` bytes, which may be left out for bytes and for files that seek. `checksum`: an algorithm, such
        as "CRC64NVME", whose value is computed on the way and sent as a trailer. `unsigned_payload` leaves the chunks
        unsigned, for use over HTTPS, and needs a checksum. `chunk_size`: bytes, from 8192.

        Content-Length is sent but not signed, since proxies may frame a body anew; give it as a header to sign it.

        Raises SigningError for what cannot be signed, also later, while the body is iterated over, where it has not
        `content_length` bytes; CredentialsExpired, and whatever a credential provider raises.
        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
        """
        from functools import partial

        from .chunked import EncodedBody, SignatureChain

        if not self.rules.aws_chunked:
            raise SigningError(f"service {self.service!r} does not read aws-chunked bodies, S3 alone does; use sign()")
        algorithm = None if unsigned_payload else ALGORITHM if self.region_set is None else ALGORITHM_V4A
        encoded = EncodedBody(body, content_length, checksum, algorithm, chunk_size)
        credentials = usable_credentials(self.credentials, signed_at)
        # One set of credentials for the seed and the chunks, though a provider may have others by then.
        signer = Signer(
            credentials, region=self.region, region_set=self.region_set, service=self.service, rules=self.rules,
            allow_dot_segments=self.allow_dot_segments,
        )  # fmt: skip
        signed = signer.sign(method, url, encoded.headers(header_pairs(headers)), signed_at=signed_at)
        stamp = signed.headers["X-Amz-Date"]
        scope = CredentialScope(stamp[:8], self.region, self.service, self.region_set)
        encoded.sign_with(partial(SignatureChain, credentials, stamp, scope, signed.signature))
        if not any(name.lower() == "content-length" for name in signed.headers):
            signed.headers["Content-Length"] = str(len(encoded))
        return SignedStream(
            method, signed.url, signed.headers, signed.canonical_request, signed.string_to_sign, signed.signature,
            body=encoded,
        )  # fmt: skip

    def sign_events(
        self,
        method: str,
        url: str,
        headers: Headers | None = None,
        events: Iterable[Message | bytes] | AsyncIterable[Message | bytes] = (),
        *,
        signed_at: datetime | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> SignedEvents:
        """Sign a request whose body is a stream of events, each signed when it is sent (Transcribe, Bedrock, Polly).

        `events`: messages (sigv4.events.Message), or messages encoded already, from an iterable or an asynchronous one.
        `signed_at` is the request's moment, `now` gives each event's, aware; both are now by default.

        Raises SigningError for what cannot be signed, also later, while the body is iterated over; CredentialsExpired,
        and whatever a credential provider raises.
        Source: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-http2.html
        """
        from .events import EventBody, EventChain

        if not self.rules.signed_events or self.region is None:
            raise SigningError(f"service {self.service!r} is not known to read signed events; use sign()")
        given = header_pairs(headers)
        names = {name.lower() for name, _ in given}
        if "content-type" not in names:
            given.append(("Content-Type", "application/vnd.amazon.eventstream"))
        given.append(("X-Amz-Content-Sha256", SIGNED_EVENTS))
        # One set of credentials for the request and the events, though a provider may have others by then.
        credentials = usable_credentials(self.credentials, signed_at)
        signer = Signer(
            credentials, region=self.region, service=self.service, rules=self.rules,
            allow_dot_segments=self.allow_dot_segments,
        )  # fmt: skip
        signed = signer.sign(method, url, given, signed_at=signed_at)
        chain = EventChain(credentials, self.region, self.service, signed.signature)
        return SignedEvents(
            method, signed.url, signed.headers, signed.canonical_request, signed.string_to_sign, signed.signature,
            body=EventBody(events, chain, now),
        )  # fmt: skip

    def presign(
        self,
        method: str,
        url: str,
        headers: Headers | None = None,
        expires_in: int = 900,
        *,
        body: Body | None = None,
        hoist: bool = False,
        signed_at: datetime | None = None,
    ) -> Presigned:
        """Sign a request in its query string, for whoever is given the URL.

        `headers` are signed: the user of the URL must send them exactly so. `expires_in`: whole seconds from
        `signed_at`, 1 to 604800. `body` is signed, by default an empty one. S3 leaves the body unsigned, unless it is
        given here, or its hash as the header `X-Amz-Content-Sha256`: the user must send that header then. `hoist` moves
        those headers that S3 takes from the query as well (presigned_query.HOISTED) into the URL; `.headers` has what
        is left to send.

        Warns with CredentialsExpireFirst when the credentials do not live as long as the URL.
        Raises SigningError, CredentialsExpired, and whatever a credential provider raises.
        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
        """
        check_method(method)
        check_expires_in(expires_in)
        origin, host, path, query = split_url(url)
        credentials, stamp, scope, key = self._moment(signed_at)
        rules = self.rules
        send, signed, payload_hash, given = _read_headers(headers, rules) if headers else ({}, {}, None, None)
        pairs = recode_query(query)
        _refuse_own_parameters(pairs)
        if hoist:
            if not rules.headers_in_query:
                raise SigningError(f"hoist: {self.service} is not known to take headers from the query, as S3 does")
            hoisted, stay = hoist_headers(send)
            pairs += [(encode(name), encode(value)) for name, value in hoisted]
            send, signed, payload_hash, _ = _read_headers(stay, rules)
        signed.setdefault("host", host)
        if payload_hash is None:
            if rules.presign_unsigned_payload and body is None:
                payload_hash = UNSIGNED_PAYLOAD
            else:
                payload_hash = _payload_hash(body, rules)
                if rules.presign_unsigned_payload or not rules.sign_payload:  # it is not what the service expects
                    send["X-Amz-Content-Sha256"] = signed["x-amz-content-sha256"] = payload_hash
        lines, names = lines_and_names(signed)
        path, uri = self._path_and_uri(path)
        pairs += authorization_parameters(credentials.access_key_id, scope, stamp, expires_in, names)
        token = credentials.session_token if given is None else _session_token(credentials, given)
        if token is not None and rules.sign_session_token:
            pairs.append((rules.session_token_name, encode(token)))
        text = canonical_request(method, uri, canonical_query(pairs), lines, names, payload_hash)
        to_sign = string_to_sign(stamp, scope, text)
        made = key.sign(to_sign)
        pairs.append((SIGNATURE, made))
        if token is not None and not rules.sign_session_token:
            pairs.append((rules.session_token_name, encode(token)))
        presigned = Presigned(
            method, f"{origin}{path}?{join_query(pairs)}", send, text, to_sign, made,
            stamp=stamp, expires_in=expires_in, credentials_expire_at=credentials.expires_at,
        )  # fmt: skip
        if credentials.expires_at is not None:
            warn_if_credentials_expire_first(credentials, stamp, expires_in, stacklevel=2)
        return presigned

    def _path_and_uri(self, path: str) -> tuple[str, str]:
        """The path as it is sent and as it is signed; for S3 the two are one."""
        rules = self.rules
        sent = respell(path) if rules.double_encode_path else recode(path, keep_slash=True)
        if rules.normalize_path:
            return sent, canonical_uri(sent, rules)
        if "/." in sent and not self.allow_dot_segments:
            refuse_dot_segments(sent, "url")
        return sent, canonical_uri(sent, rules) if rules.double_encode_path else sent

    def _moment(self, signed_at: datetime | None) -> Moment:
        """Whose signature it is and when: the credentials, the time stamp, and what follows from the two."""
        start, end, latest = self._latest
        if signed_at is None and start <= time() < end and latest is not None and latest[0] is self.credentials:
            return latest
        second = float(int(time()))
        credentials = usable_credentials(self.credentials, signed_at)
        stamp = amz_date(signed_at)
        if latest is not None and latest[0] is credentials and latest[2].date == stamp[:8]:
            _, _, scope, key = latest
        else:
            scope = CredentialScope(stamp[:8], self.region, self.service, self.region_set)
            key = prepared_key(credentials, scope)
        moment = credentials, stamp, scope, key
        # A moment that was given is no second of now, and credentials with an end are looked at each time.
        lasts = signed_at is None and credentials.expires_at is None
        object.__setattr__(self, "_latest", (second, second + lasts, moment))
        return moment


def usable_credentials(source: Credentials | CredentialProvider, signed_at: datetime | None) -> Credentials:
    """Credentials that are alive at `signed_at` (None: now); raises CredentialsExpired otherwise."""
    credentials = resolve(source)
    if credentials.expires_at is not None:
        from datetime import UTC, datetime

        amz_date(signed_at)  # for what it refuses: a naive moment is before no other and after none
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


def _read_headers(
    headers: Headers | None, rules: CanonicalRules
) -> tuple[dict[str, str], dict[str, str], str | None, str | None]:
    """What to send of the caller's headers, what to sign of it by lower-case name, and the payload hash among it; and
    the session token, which goes where the service wants it.

    Repeats are joined with commas: that is what they mean (RFC 9110 section 5.3) and how they are signed.
    """
    send: dict[str, str] = {}
    signed: dict[str, str] = {}
    spelling: dict[str, str] = {}
    token, token_name = None, rules.session_token_name.lower()
    unsigned = NEVER_SIGNED if rules.sign_content_length else _NEVER_SIGNED_AND_LENGTH
    for name, value in header_pairs(headers):
        lowered = lower_name(name)
        if lowered in _OWN_HEADERS:
            continue
        if lowered == token_name:
            if token is not None:
                raise SigningError(f"header {name} is given twice")
            token = value or None
            continue
        if lowered in spelling:
            if lowered in {"host", "x-amz-content-sha256"}:
                raise SigningError(f"header {name} is given twice")
            name, value = spelling[lowered], f"{send[spelling[lowered]]},{value}"
        spelling[lowered] = name
        send[name] = value
        if lowered not in unsigned:
            signed[lowered] = trim(value)
    return send, signed, signed.get("x-amz-content-sha256"), token


def _session_token(credentials: Credentials, given: str) -> str:
    """The one that was given as a header; raises SigningError where the credentials have another."""
    if credentials.session_token not in (None, given):
        raise SigningError("the headers have another session token than the credentials; leave it out: signing adds it")
    return given


def _payload_hash(body: Body | None, rules: CanonicalRules) -> str:
    if not rules.sign_payload:
        return UNSIGNED_PAYLOAD
    if body is None:
        return EMPTY_SHA256
    if not isinstance(body, bytes | bytearray | memoryview):
        raise SigningError(
            f"body must be bytes, not {type(body).__name__}; encode text as UTF-8, or hash a file and give the header "
            "X-Amz-Content-Sha256"
        )
    if isinstance(body, memoryview) and not body.contiguous:
        raise SigningError("body is a view with gaps; give bytes(body)")
    return sha256(body).hexdigest()


def _refuse_own_parameters(pairs: Iterable[tuple[str, str]]) -> None:
    for name, _ in pairs:
        if name in NAMES:
            raise SigningError(f"url already has {name}: it is presigned; presign the plain URL")
