"""Verifier: is this request signed by someone we know, for us, now, and just as it arrived?

Rules:
- It works on the request as it arrived, before anything has decoded or normalised it.
- It shares the steps with Signer and imports nothing of it, so that each can check the other.
- The checks run in this order: form, identity, time, signature, body. The first that fails is the refusal, in S3's code
  and words (errors.py); what cannot be read is refused.
- Exactly one way of authentication. The host and every x-amz-* header that arrived must be signed.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html;
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from io import BytesIO
from time import time

from .authorization_header import check_authorization, read_authorization
from .body import BodyClaim, BodyReader
from .canonical import canonical_query, canonical_request, canonical_uri, header_lines
from .chunked import KINDS, SignatureChain
from .claim import UNSUPPORTED, CheckedClaim, Claim
from .credentials import Credentials
from .encoding import decode, is_token, trim
from .errors import (
    AccessDenied,
    AuthorizationQueryParametersError,
    ExpiredToken,
    HeadersNotSigned,
    InvalidAccessKeyId,
    InvalidArgument,
    InvalidRequest,
    InvalidToken,
    InvalidURI,
    NothingSigned,
    PolicyExpired,
    RequestExpired,
    RequestNotYetValid,
    RequestTimeTooSkewed,
    SignatureDoesNotMatch,
    SigningError,
)
from .frozen import Frozen
from .hosts import parse_authority
from .post import POLICY, PostPolicy, VerifiedPost, check_claim, read_fields
from .post import read_claim as read_form_claim
from .presigned_query import ALGORITHM_NAME, CREDENTIAL, SIGNATURE, check_parameters, read_parameters
from .received import Received, as_text
from .rules import SECURITY_TOKEN, rules_for
from .scope import check_label
from .signature import EMPTY_SHA256, SIGNED_EVENTS, UNSIGNED_PAYLOAD, string_to_sign, verify_string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from .chunked import Readable
    from .diagnosis import Explanation
    from .errors import VerificationError
    from .events import Message
    from .request import Headers
    from .rules import CanonicalRules

    CredentialsLookup: TypeAlias = Mapping[str, Credentials] | Callable[[str], Credentials | None]

# What x-amz-content-sha256 may say instead of a hash, where bodies may go unsigned or be signed in chunks.
_PIECE = 1 << 20  # bytes of a body given to `verify` that are checked at once

_CONTROLS = frozenset(map(chr, (*range(9), *range(10, 32), 127)))

MAX_SKEW = 900  # seconds: AWS accepts a request for 15 minutes before and after its time stamp

# Stands in for an unknown access key, so that refusing one takes the time that checking one does.
_NOBODY = Credentials("unknown", "unknown")
_ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or "
    "the Authorization header should be specified."
)


def same_token(credentials: Credentials, token: str | None) -> bool:
    """Whether the request's session token is the one these credentials have; none matches none. In constant time."""
    return compare_digest((credentials.session_token or "").encode(), (token or "").encode("utf-8", "surrogateescape"))


class Verified:
    """A request that passed: who signed it, when, and what the signature covers.

    `credentials`; `region`, or the `region_set` of SigV4A, of which the other is None; `service`; `signed_at` and, for
    a presigned URL, `expires_at` (aware, UTC); `signed_headers`, the names in order; `payload_hash`, as signed;
    `canonical_request` and `string_to_sign`. The body is checked only when it is read through `open`, unless it was
    given to `verify`.
    """

    __slots__ = (
        "_body", "_claim", "canonical_request", "credentials", "payload_hash", "region", "region_set", "service",
        "signed_at", "signed_headers", "string_to_sign",
    )  # fmt: skip

    def __init__(
        self,
        credentials: Credentials,
        claim: CheckedClaim,
        body: BodyClaim,
        canonical_request: str,
        string_to_sign: str,
    ) -> None:
        self._claim = claim
        self._body = body
        self.credentials = credentials
        self.region = claim.scope.region
        self.region_set = None if claim.scope.region_set is None else tuple(claim.scope.region_set.split(","))
        self.service = claim.scope.service
        self.signed_at = claim.signed_at
        self.signed_headers = claim.signed_headers
        self.payload_hash = body.payload_hash
        self.canonical_request = canonical_request
        self.string_to_sign = string_to_sign

    def __repr__(self) -> str:
        return f"<Verified {self.credentials.access_key_id} {self.signed_at:%Y%m%dT%H%M%SZ}>"

    @property
    def expires_at(self) -> datetime | None:
        """When a presigned URL expires."""
        expires_in = self._claim.expires_in
        return None if expires_in is None else self.signed_at + timedelta(seconds=expires_in)

    @property
    def content_length(self) -> int | None:
        """The number of bytes that `open` gives, where the request says it."""
        return self._body.content_length if self._body.kind is None else self._body.decoded_length

    def open(self, stream: Readable) -> BodyReader:
        """Read the body through this: its bytes are decoded (aws-chunked) and checked while they pass.

        `stream` must end where the body does, unless the request has a Content-Length. `read` raises what S3 would
        respond to a body that is not the one signed, or not the one that its lengths, Content-MD5 and checksums speak
        of; what it returned before that must not be kept. Read until it returns b"": only then has the body passed.
        """
        claim = self._claim
        chain = None
        if self._body.kind is not None and self._body.kind.algorithm is not None:
            chain = SignatureChain(self.credentials, claim.amz_date, claim.scope, claim.signature)
        return BodyReader(stream, self._body, chain)

    def events(self, stream: Readable, *, now: Callable[[], float] = time) -> Iterator[Message]:
        """The events of a request whose body is a stream of signed events (Transcribe and such), each verified.

        Each is right as it comes; that none is missing at the end is known only when the iteration has ended. `now`:
        epoch seconds, by which an event is too old. Raises what S3 would respond, and InvalidRequest for another body.
        """
        from .events import EventChain, verified_events

        if self.payload_hash != SIGNED_EVENTS or self.region is None:
            raise InvalidRequest("The body is no stream of signed events.")
        chain = EventChain(self.credentials, self.region, self.service, self._claim.signature)
        return verified_events(stream, chain, now)


class Verifier(Frozen):
    """Verifies signed requests and presigned URLs for one region and service. It does not change; make a new one.

    Where the extra `sigv4a` is installed, requests signed with SigV4A for this region are accepted like the others.

    `credentials`: a mapping, or a callable that returns Credentials or None, by access key id. `check_token` says
    whether a session token (None where the request has none) goes with the credentials found; unless told, it must be
    theirs. `now` gives the time in epoch seconds. `rules` follow from the service.

    `hosts`: the names that this service is reached under, as they stand in the Host header; a request signed for
    another is refused. A name without a port holds for every port, `*.example.com` for every name below example.com.
    Unless told, any host passes: then a request that was signed for another deployment with the same region, service
    and keys (staging, say) passes here too. `presigned_urls=False` refuses signatures in the query.

    A signature is not used up. Whoever has seen a request can send it again, until 15 minutes after its time stamp, and
    a presigned URL until it expires. What must not happen twice needs means of its own: an idempotency key under the
    signature, or a store of each `Verified.string_to_sign` that has passed, kept for twice 15 minutes or until
    `expires_at`, and refused there.
    """

    __slots__ = (
        "_check_token", "_lookup", "_payload_words", "hosts", "now", "presigned_urls", "region", "rules", "service",
    )  # fmt: skip

    _check_token: Callable[[Credentials, str | None], bool]
    _lookup: Callable[[str], Credentials | None]
    _payload_words: tuple[str, ...]
    region: str
    service: str
    rules: CanonicalRules
    hosts: frozenset[str] | None
    presigned_urls: bool
    now: Callable[[], float]

    def __init__(
        self,
        credentials: CredentialsLookup,
        *,
        region: str,
        service: str = "s3",
        rules: CanonicalRules | None = None,
        check_token: Callable[[Credentials, str | None], bool] = same_token,
        hosts: Iterable[str] | None = None,
        presigned_urls: bool = True,
        now: Callable[[], float] = time,
    ) -> None:
        """Raises SigningError for a region, a service or a host that is none."""
        put = object.__setattr__
        put(self, "_check_token", check_token)
        put(self, "_lookup", credentials if callable(credentials) else credentials.get)
        put(self, "region", check_label("region", region))
        put(self, "service", check_label("service", service))
        put(self, "rules", rules_for(service) if rules is None else rules)
        put(self, "_payload_words", _payload_words(self.rules))
        put(self, "hosts", None if hosts is None else _host_names(hosts))
        put(self, "presigned_urls", presigned_urls)
        put(self, "now", now)

    def __repr__(self) -> str:
        return f"Verifier(region={self.region!r}, service={self.service!r})"

    def verify(self, method: str, url: str, headers: Headers, body: bytes | None = None) -> Verified:
        """Check one request.

        `url` is absolute, or the request target as it arrived, with Host among `headers`. `headers` are the pairs as
        they arrived. In both, characters up to U+00FF stand for the bytes of the wire, as Python's servers give
        them. `body`: given, it is checked too; a service other than S3 needs it whenever the request has no
        x-amz-content-sha256 header.

        Raises a VerificationError that says what S3 would respond.
        """
        return self.verify_received(Received(method, url, headers), body)

    def admit(self, received: Received) -> str | None:
        """Judge what can be judged before the body: form, claim, coverage, identity and time, not the signature.

        Returns the payload hash that the request states; None where it states none, so that the body's own must be
        known before the signature can be verified. Whoever would have to keep the body for that asks here first: no
        stranger shall cost memory.

        Raises a VerificationError that says what S3 would respond.
        """
        claim, payload_hash = self._examined(received)
        now = self.now()
        self._identified(self._lookup(claim.access_key_id), claim, now)
        _check_time(claim, now)
        _body_claim(received, payload_hash or EMPTY_SHA256)
        return payload_hash

    def verify_received(
        self, received: Received, body: bytes | None = None, *, body_sha256: str = EMPTY_SHA256
    ) -> Verified:
        """The same of a request that has been read already.

        `body_sha256`, in hex, stands for a body that is not given: it counts where the request states no payload hash.
        """
        claim, payload_hash = self._examined(received)
        if payload_hash is None:
            payload_hash = body_sha256 if body is None else sha256(body).hexdigest()
        text = _canonical(received, claim, payload_hash, self.rules)
        to_sign = string_to_sign(claim.amz_date, claim.scope, text)
        found = self._lookup(claim.access_key_id)
        # The signature is computed before anything is refused, so that every refusal takes the same time.
        matches = verify_string(found or _NOBODY, claim.scope, to_sign, claim.signature)
        now = self.now()
        credentials = self._identified(found, claim, now)
        _check_time(claim, now)
        if not matches:
            error = SignatureDoesNotMatch(claim.access_key_id, text, to_sign, claim.signature)
            error._asked = self, received
            raise error
        verified = Verified(credentials, claim, _body_claim(received, payload_hash), text, to_sign)
        if body is not None:
            stream = BytesIO(body)
            reader = verified.open(stream)
            while reader.read(_PIECE):
                pass
            if stream.read(1):
                raise InvalidRequest("The body has more bytes than Content-Length says.")
        return verified

    def verify_post(
        self, fields: Iterable[tuple[str, str]], *, bucket: str, file_size: int | None = None
    ) -> VerifiedPost:
        """Check a form that uploads a file to `bucket`, the one in the URL it was sent to.

        `fields`: the form's pairs before the file, in their order, decoded as UTF-8, after `${filename}` has been
        replaced in them. `file_size` in bytes; where it is not known yet, read the file through `VerifiedPost.open`.

        Raises a VerificationError that says what S3 would respond.
        """
        form = read_fields(fields)
        claim = check_claim(read_form_claim(form), self.region, self.service)
        found = self._lookup(claim.access_key_id)
        now = self.now()
        to_sign = form[POLICY]
        matches = verify_string(found or _NOBODY, claim.scope, to_sign, claim.signature)
        credentials = self._identified(found, claim, now)
        if not matches:
            raise SignatureDoesNotMatch(claim.access_key_id, None, to_sign, claim.signature)
        policy = PostPolicy.parse(to_sign)
        if now > policy.expires_at.timestamp():
            raise PolicyExpired(policy.expires_at)
        _check_time(claim, now)
        policy.check({**form, "bucket": bucket})
        if file_size is not None:
            policy.check_size(file_size)
        if "bucket" in form:
            form["bucket"] = bucket
        signed = {name: value for name, value in form.items() if not name.startswith("x-ignore-")}
        return VerifiedPost(credentials, claim, policy, signed)

    def explain(self, received: Received, error: VerificationError) -> Explanation:
        """Why `error` was raised of this request, with the fix, by what this verifier knows: its clock, the secret."""
        from .diagnosis import explain

        access_key_id = getattr(error, "access_key_id", "")
        return explain(
            received.method,
            received.target,
            received.headers,
            response=error,
            credentials=self._lookup(access_key_id) if access_key_id else None,
            now=self.now(),
        )

    def _examined(self, received: Received) -> tuple[CheckedClaim, str | None]:
        """The claim and the payload hash, both in form and over all that counts."""
        _check_form(received)
        if self.hosts is not None:
            _check_host(received, self.hosts)
        claim = self._claim(received)
        self._check_coverage(received, claim)
        return claim, self._payload_hash(received, claim)

    def _claim(self, received: Received) -> CheckedClaim:
        claim = read_claim(received, self.rules.session_token_name)
        if claim.expires is not None and not self.presigned_urls:
            raise AccessDenied("Presigned URLs are not accepted here.")
        check = check_authorization if claim.expires is None else check_parameters
        return check(claim, self.region, self.service)

    def _identified(self, credentials: Credentials | None, claim: CheckedClaim, now: float) -> Credentials:
        if credentials is None:
            raise InvalidAccessKeyId(extra=[("AWSAccessKeyId", claim.access_key_id)])
        if not self._check_token(credentials, claim.session_token):
            raise InvalidToken
        if credentials.expires_at is not None and credentials.expires_at.timestamp() <= now:
            raise ExpiredToken
        return credentials

    def _check_coverage(self, received: Received, claim: CheckedClaim) -> None:
        """Every header that could change the request's meaning must be under the signature."""
        signed = frozenset(claim.signed_headers)
        unsigned = {} if "host" in signed else {"host": None}
        for name, value in received.headers:
            if name in signed or not name.startswith("x-amz-"):
                continue
            # S3 lets this one through: it says of a presigned URL only what is true of it anyway.
            if name == "x-amz-content-sha256" and value == UNSIGNED_PAYLOAD and claim.expires_in is not None:
                continue
            if name == self.rules.session_token_name.lower() and not self.rules.sign_session_token:
                continue
            unsigned[name] = None
        if unsigned:
            if claim.expires_in is not None and len(unsigned) > 1:
                unsigned.pop("x-amz-content-sha256", None)  # S3 never names it
            raise HeadersNotSigned(unsigned)

    def _payload_hash(self, received: Received, claim: CheckedClaim) -> str | None:
        """The payload hash the signer must have used; None where it is the body's, which the request does not state.

        What it says of the body is checked when the body is read.
        """
        said = received.fields.get("x-amz-content-sha256")
        if claim.expires_in is not None:
            if said is None:
                said = received.by_name.get("X-Amz-Content-Sha256")  # it stands there once: the form was checked
            if said is None:
                said = UNSIGNED_PAYLOAD if self.rules.presign_unsigned_payload else None
        elif said is None and self.rules.content_sha256_header:
            raise InvalidRequest("Missing required header for this request: x-amz-content-sha256")
        if said is None:
            return None
        known = said in self._payload_words or _is_sha256(said)
        kind = KINDS.get(said)
        if not known or (kind is not None and kind.algorithm not in (None, claim.scope.algorithm)):
            words = ", ".join([*self._payload_words, "or "]) if self._payload_words else ""
            raise InvalidArgument(
                f"x-amz-content-sha256 must be {words}a valid sha256 value.",
                [("ArgumentName", "x-amz-content-sha256"), ("ArgumentValue", as_text(said))],
            )
        return said


def read_claim(received: Received, session_token_name: str = SECURITY_TOKEN) -> Claim:
    """What a request says of its signature, in its headers or its query; a form's is in its fields (post.py).

    Raises NothingSigned, and what the two readers raise.
    """
    names = received.by_name
    in_query = ALGORITHM_NAME in names or CREDENTIAL in names or SIGNATURE in names
    in_header = "authorization" in received.fields
    version_2 = "Signature" in names and "AWSAccessKeyId" in names
    if in_query + version_2 + in_header > 1:
        first = next((value for name, value in received.headers if name == "authorization"), "Signature")
        argument = as_text(first.partition(" ")[0])
        raise InvalidArgument(_ONE_MECHANISM, [("ArgumentName", "Authorization"), ("ArgumentValue", argument)])
    if version_2:
        raise InvalidRequest(UNSUPPORTED)
    if in_query:
        return read_parameters(received, session_token_name)
    if not in_header:
        raise NothingSigned
    return read_authorization(received, session_token_name)


def _host_names(hosts: Iterable[str]) -> frozenset[str]:
    if isinstance(hosts, str):
        raise SigningError(f"hosts must be several names, not the text {hosts!r}; write [{hosts!r}]")
    names = set()
    for host in hosts:
        below = "*." if host.startswith("*.") else ""
        name = host.removeprefix(below)
        if "*" in name:
            raise SigningError(f"hosts: {host!r} has a '*' that is not its first label, as in '*.example.com'")
        names.add(below + _host_name(*parse_authority(name, "hosts")))
    return frozenset(names)


def _host_name(host: str, port: int | None) -> str:
    return host if port is None else f"{host}:{port}"


def _check_host(received: Received, hosts: frozenset[str]) -> None:
    try:
        host, port = parse_authority(received.fields["host"], "Host")
    except SigningError:
        raise InvalidRequest("The request has a malformed Host header.") from None
    if hosts.isdisjoint((host, _host_name(host, port))):
        labels = host.split(".")
        above = {"*." + ".".join(labels[start:]) for start in range(1, len(labels))}
        if hosts.isdisjoint(above | {_host_name(name, port) for name in above}):
            raise AccessDenied("The request is signed for another host.")


def _check_form(received: Received) -> None:
    """What no strict server lets in: a line end in a value, or in a host, could make one header read as two; and of
    two X-Amz-Expires, say, in whatever spelling of the name, each could be the one that counts.
    """
    if not is_token(received.method):
        raise InvalidRequest("The request method is malformed.")
    fields = received.fields
    names = "".join(fields)
    if "" in fields or (names and not is_token(names)) or _has_controls("".join(fields.values())):
        raise InvalidRequest("The request has a malformed header.")
    if "host" not in fields or "host" in received.repeated:
        raise InvalidRequest("The request must have exactly one Host header.")
    query = received.query
    if len(set(map(str.lower, received.by_name))) < len(query):
        seen = set()
        for given, _ in query:
            name = given.lower()
            if name.startswith("x-amz-") and name in seen:
                raise AuthorizationQueryParametersError(f"{given} must be given once.")
            seen.add(name)


def _in_query(received: Received, names: set[str]) -> dict[str, str]:
    """Those of `names` that are in the query, as header fields would be; in one pass: there may be thousands of each.

    Raises InvalidArgument for one that stands twice.
    """
    found: dict[str, str] = {}
    for name, value in received.query:
        if name in names:
            if name in found:
                raise InvalidArgument(f"{name} must be given once.", [("ArgumentName", name)])
            found[name] = decode(value).decode("latin-1")
    return found


def _canonical(received: Received, claim: CheckedClaim, payload_hash: str, rules: CanonicalRules) -> str:
    pairs: Iterable[tuple[str, str]] = [pair for pair in received.query if pair[0] != SIGNATURE]
    if not rules.sign_session_token:
        pairs = [pair for pair in pairs if pair[0] != rules.session_token_name]
    try:
        uri = canonical_uri(received.path, rules)
    except SigningError:
        raise InvalidURI from None
    return canonical_request(
        received.method,
        uri,
        canonical_query(pairs),
        as_text(header_lines(_signed(received, claim.signed_headers, rules))),
        ";".join(claim.signed_headers),
        payload_hash,
    )


def _signed(received: Received, names: Sequence[str], rules: CanonicalRules) -> list[tuple[str, str]]:
    """The signed headers as they arrived.

    S3 takes one that did not arrive from the query, where it stands there by its lower-case name: some SDKs presign
    x-amz-acl so. One that did not arrive is left out, and no signature made over it can match.
    """
    fields = received.fields
    found = {name: trim(fields[name]) for name in names if name in fields}
    if len(found) < len(names) and rules.headers_in_query:
        in_query = _in_query(received, set(names).difference(found))
        if any(map(_has_controls, in_query.values())):
            raise InvalidRequest("The request has a malformed header.")
        found |= in_query
    return [(name, found[name]) for name in names if name in found]


def _check_time(claim: CheckedClaim, now: float) -> None:
    signed_at = claim.signed_at.timestamp()
    if claim.expires_in is None:
        if abs(now - signed_at) > MAX_SKEW:
            raise RequestTimeTooSkewed(
                extra=[
                    ("RequestTime", claim.amz_date),
                    ("ServerTime", _iso(now)),
                    ("MaxAllowedSkewMilliseconds", str(MAX_SKEW * 1000)),
                ]
            )
    elif now < signed_at - MAX_SKEW:
        raise RequestNotYetValid(claim.signed_at, datetime.fromtimestamp(now, UTC))
    elif now > signed_at + claim.expires_in or not claim.expires_in:
        expires_at = claim.signed_at + timedelta(seconds=claim.expires_in)
        raise RequestExpired(claim.expires_in, expires_at, datetime.fromtimestamp(now, UTC))


def _body_claim(received: Received, payload_hash: str) -> BodyClaim:
    completes = received.method == "POST" and "uploadId" in received.by_name
    return BodyClaim(payload_hash, received.fields, checksums=not completes)


def _payload_words(rules: CanonicalRules) -> tuple[str, ...]:
    """What may stand in the place of the body's hash."""
    return (
        *((UNSIGNED_PAYLOAD,) if rules.unsigned_payload else ()),
        *(KINDS if rules.aws_chunked else ()),
        *((SIGNED_EVENTS,) if rules.signed_events else ()),
    )


def _has_controls(value: str) -> bool:
    """Whether a control character is in it, other than the tab. Most values are printable, which is sooner known."""
    return not value.isprintable() and not _CONTROLS.isdisjoint(value)


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")


def _iso(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
