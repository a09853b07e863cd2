"""Everything that is known of one request, read tolerantly: what cannot be read is missing, and never an error.

given      what was sent, as whoever asks has it: method, URL, headers, body
signed     the signer's own canonical request, where it is at hand, or that of the URL as it was made (`expected`)
arrived    the server's own, where it gives it
stated     the parts of the request as given, made by the verifier's steps
"""

from __future__ import annotations

from hashlib import sha256

from ..authorization_header import read_authorization
from ..canonical import canonical_query, canonical_uri
from ..encoding import decode, encode, trim
from ..errors import SigningError, VerificationError
from ..post import read_claim as read_form
from ..presigned_query import ALGORITHM_NAME, CREDENTIAL, DATE, EXPIRES, SIGNATURE, SIGNED_HEADERS, read_parameters
from ..received import Received, as_text
from ..rules import rules_for
from ..scope import ALGORITHM_V4A, CredentialScope
from ..signature import EMPTY_SHA256, UNSIGNED_PAYLOAD
from .parts import Parts
from .responses import ServerResponse, find_canonical_request, find_string_to_sign

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..claim import Claim
    from ..credentials import Credentials
    from ..request import Headers
    from .responses import Given

    Body = bytes | Mapping[str, str]

QUERY_NAMES = frozenset({ALGORITHM_NAME, CREDENTIAL, DATE, EXPIRES, SIGNED_HEADERS, SIGNATURE})


class Evidence:
    """What `explain` was given, read once."""

    __slots__ = (
        "arrived", "body", "claim", "credentials", "fields", "form", "headers_known", "now", "received", "response",
        "scope", "signed", "signed_to_sign", "stated", "unreadable", "url",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        url: str,
        headers: Headers | None,
        body: Body | None,
        response: Given | None,
        credentials: Credentials | None,
        expected: object,
        now: float,
    ) -> None:
        self.url = url
        self.credentials = credentials
        self.now = now
        self.headers_known = headers is not None
        self.form = None if body is None or isinstance(body, bytes) else _lowered(body)
        self.body = body if isinstance(body, bytes) else None
        self.response = None if response is None else ServerResponse(response)
        self.received = _received(method, url, headers)
        self.fields = {} if self.received is None else self.received.fields
        self.unreadable = ""
        self.claim = self._claim()
        self.scope = self._scope()
        self.stated = self._stated()
        self.arrived = None if self.response is None else _parts(self.response.canonical_request)
        self.signed, self.signed_to_sign = _expected(expected)
        if isinstance(expected, str) and _is_url(expected):
            others = [(name, value) for name, value in self.fields.items() if name != "host"]
            self.signed = Evidence(method, expected, others, self.body, None, None, None, now).stated

    @property
    def presigned(self) -> bool:
        return self.claim is not None and self.claim.expires is not None

    @property
    def signature(self) -> str:
        """The one that was sent."""
        if self.claim is not None:
            return self.claim.signature
        return "" if self.response is None else self.response.elements.get("SignatureProvided", "")

    @property
    def to_sign(self) -> str | None:
        """The string to sign, the server's before our own."""
        if self.response is not None and self.response.string_to_sign is not None:
            return self.response.string_to_sign
        if self.stated is None or self.claim is None or self.scope is None:
            return None
        return f"{self.scope.algorithm}\n{self.claim.date}\n{self.scope.text}\n{hash_of(self.stated)}"

    def hidden(self) -> list[str]:
        """What no page may show."""
        texts = [self.signature]
        for value in (
            *self._tokens(), None if self.credentials is None else self.credentials.secret_access_key,
        ):  # fmt: skip
            if value:
                texts += [value, encode(value.encode("utf-8", "surrogateescape"))]
        return [text for text in texts if len(text) > 3]

    def _tokens(self) -> list[str | None]:
        return [
            None if self.claim is None else self.claim.session_token,
            None if self.credentials is None else self.credentials.session_token,
        ]

    def _claim(self) -> Claim | None:
        try:
            if self.form is not None:
                return read_form(self.form)
            if self.received is None:
                return None
            token_name = rules_for(self._service()).session_token_name
            if any(name in QUERY_NAMES for name, _ in self.received.query):
                return read_parameters(self.received, token_name)
            if "authorization" in self.fields:
                return read_authorization(self.received, token_name)
        except VerificationError as error:
            self.unreadable = error.message
        return None

    def _service(self) -> str:
        return "s3express" if "x-amz-s3session-token" in self.fields else "s3"

    def _scope(self) -> CredentialScope | None:
        if self.claim is None:
            return None
        try:
            _, date, region, service, _ = self.claim.read_credential()
        except VerificationError as error:
            self.unreadable = error.message
            return None
        return CredentialScope(date, region, service, self.claim.region_set or "*" if region is None else None)

    def _stated(self) -> Parts | None:
        received, claim, scope = self.received, self.claim, self.scope
        if received is None or claim is None or scope is None or self.form is not None:
            return None
        rules = rules_for(scope.service)
        pairs = [pair for pair in received.query if pair[0] != SIGNATURE]
        if not rules.sign_session_token:
            pairs = [pair for pair in pairs if pair[0] != rules.session_token_name]
        names = claim.signed_headers.split(";")
        found = {name: trim(as_text(self.fields[name])) for name in names if name in self.fields}
        if rules.headers_in_query:
            found |= {name: _decoded(value) for name, value in received.query if name in names and name not in found}
        try:
            uri = canonical_uri(received.path, rules)
        except SigningError:
            return None
        headers = [(name, found[name]) for name in names if name in found]
        payload_hash = self._payload_hash(scope.service)
        return Parts(received.method, uri, canonical_query(pairs), headers, names, payload_hash)

    def _payload_hash(self, service: str) -> str:
        stated = self.fields.get("x-amz-content-sha256")
        if stated is not None:
            return stated
        if self.presigned and rules_for(service).presign_unsigned_payload:
            return UNSIGNED_PAYLOAD
        return EMPTY_SHA256 if not self.body else sha256(self.body).hexdigest()

    @property
    def sigv4a(self) -> bool:
        return self.claim is not None and self.claim.algorithm == ALGORITHM_V4A


def hash_of(parts: Parts) -> str:
    return sha256(parts.text().encode("utf-8", "surrogateescape")).hexdigest()


def _received(method: str, url: str, headers: Headers | None) -> Received | None:
    """A URL as people paste it may be broken; a relative one is a request target."""
    try:
        received = Received(method, url, headers or ())
        received.query  # noqa: B018 what cannot be read is found here
        return received
    except VerificationError:
        return None


def _parts(text: str | None) -> Parts | None:
    try:
        return None if text is None else Parts.read(text)
    except ValueError:
        return None


def _expected(expected: object) -> tuple[Parts | None, str | None]:
    """The signer's own canonical request and string to sign: of a signed value of ours, or found in a text."""
    if expected is None:
        return None, None
    text = getattr(expected, "canonical_request", None)
    if isinstance(text, str):
        return _parts(text), getattr(expected, "string_to_sign", None)
    given = expected.decode("utf-8", "replace") if isinstance(expected, bytes) else str(expected)
    return _parts(find_canonical_request(given)), find_string_to_sign(given)


def _is_url(text: str) -> bool:
    return text.startswith(("https://", "http://")) and not text.strip().count("\n")


def _lowered(fields: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in fields.items()}


def _decoded(value: str) -> str:
    return decode(value).decode("utf-8", "surrogateescape")
