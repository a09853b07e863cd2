"""What a request says of its own signature, wherever that is: in a header, in the query, in a form.

A claim is first read, as the text that it is, and then checked:

    read        authorization_header.read_authorization   presigned_query.read_parameters    post.read_claim
    checked     authorization_header.check_authorization  presigned_query.check_parameters   post.check_claim

Rules:
- Reading knows neither region nor service: it finds the parts, each once and none missing. Checking tells whether they
  have their form and hold for a region and a service, in S3's order, which is not the same in the three places.
- A credential is `access key id/date/region/service/aws4_request`: five parts, no more and no fewer. SigV4A's has no
  region and four parts; there the region set must include this region.
- Signed headers are lower-case tokens, sorted, each once, joined by `;`, and `host` is among them.
- A signature is 64 lower-case hex digits; SigV4A's are DER and vary in length.
- What cannot be read is refused in the words of the place it was found in.
Words and codes: S3's responses (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
"""

from __future__ import annotations

from .encoding import is_token
from .errors import AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidRequest
from .kept import keep
from .scope import ALGORITHM_V4A, TERMINATOR, CredentialScope, region_set_includes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from .errors import VerificationError


# What passed its check lately, and would again: credentials by their text, mostly today's, and lists of signed headers.
_scopes: dict[tuple[str, str, str], tuple[str, CredentialScope]] = {}
_lists: dict[str, tuple[str, ...]] = {}
_LONG = 256  # characters: what is longer is nobody's, and is not kept

UNSUPPORTED = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."


class Place:
    """Where a claim is found: how its mistakes are called there."""

    __slots__ = ("error", "prefix")

    def __init__(self, error: type[VerificationError], prefix: str) -> None:
        """`prefix` opens the message; `{}` in it is the parameter at fault."""
        self.error = error
        self.prefix = prefix

    def refuse(self, what: str, parameter: str = "", extra: tuple[tuple[str, str], ...] = ()) -> VerificationError:
        return self.error(f"{self.prefix.format(parameter)}; {what}", extra)


HEADER = Place(AuthorizationHeaderMalformed, "The authorization header is malformed")
PARAMETERS = Place(AuthorizationQueryParametersError, "Error parsing the {} parameter")  # in a query, and in a form


class Claim:
    """A signature as the request presents it: the text of each part, nothing of it proven or even known to be readable.

    `date` is the time stamp, None where there is none. `expires` is a presigned URL's, and None elsewhere. A form has
    no `signed_headers`, and only SigV4A has a `region_set`.
    """

    __slots__ = (
        "algorithm", "credential", "date", "expires", "place", "region_set", "session_token", "signature",
        "signed_headers",
    )  # fmt: skip

    def __init__(
        self,
        place: Place,
        algorithm: str,
        credential: str,
        date: str | None,
        signature: str,
        *,
        signed_headers: str = "",
        expires: str | None = None,
        session_token: str | None = None,
        region_set: str | None = None,
    ) -> None:
        self.place = place
        self.algorithm = algorithm
        self.credential = credential
        self.date = date
        self.signature = signature
        self.signed_headers = signed_headers
        self.expires = expires
        self.session_token = session_token
        self.region_set = region_set

    def read_credential(self) -> tuple[str, str, str | None, str, str]:
        """Access key id, date, region (None in SigV4A), service and terminator, as the claim has them.

        Raises the place's VerificationError for a credential of another form.
        """
        text, regional = self.credential, self.algorithm != ALGORITHM_V4A
        parts = text.split("/")
        if len(parts) != 4 + regional or not all(parts) or not (text.isascii() and text.isprintable()):
            part = "REGION/" if regional else ""
            raise self.place.refuse(
                f'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/{part}SERVICE/aws4_request".',
                "X-Amz-Credential",
            )
        access_key_id, date, *regions, service, terminator = parts
        if not (len(date) == 8 and date.isdigit()):
            raise self.place.refuse(
                f'incorrect date format "{date}". This date in the credential must be in the format "yyyyMMdd".',
                "X-Amz-Credential",
            )
        return access_key_id, date, regions[0] if regional else None, service, terminator


class CheckedClaim:
    """A claim that has its form and holds for the region and the service asked about; whether it is true is open.

    `signed_at` is what `amz_date` says (aware, UTC); `expires_in` is None unless the signature has a life of its own.
    """

    __slots__ = (
        "access_key_id", "amz_date", "expires_in", "scope", "session_token", "signature", "signed_at", "signed_headers",
    )  # fmt: skip

    def __init__(
        self,
        access_key_id: str,
        scope: CredentialScope,
        signed_headers: tuple[str, ...],
        signature: str,
        amz_date: str,
        signed_at: datetime,
        expires_in: int | None = None,
        session_token: str | None = None,
    ) -> None:
        self.access_key_id = access_key_id
        self.scope = scope
        self.signed_headers = signed_headers
        self.signature = signature
        self.amz_date = amz_date
        self.signed_at = signed_at
        self.expires_in = expires_in
        self.session_token = session_token


def check_scope(claim: Claim, region: str, service: str) -> tuple[str, CredentialScope]:
    """The access key id and the scope, which must be for this region and service.

    Raises the place's VerificationError, and InvalidRequest for SigV4A where its package is missing: what cannot be
    verified is refused.
    """
    name = claim.credential, region, service
    region_set = None
    if claim.algorithm == ALGORITHM_V4A:
        region_set = _check_region_set(claim, region)
    elif (kept := _scopes.get(name)) is not None:
        return kept
    access_key_id, date, claimed_region, claimed_service, terminator = claim.read_credential()
    if region_set is None and claimed_region != region:
        raise claim.place.refuse(
            f"the region '{claimed_region}' is wrong; expecting '{region}'", "X-Amz-Credential", (("Region", region),)
        )
    if claimed_service != service:
        raise claim.place.refuse(
            f'incorrect service "{claimed_service}". This endpoint belongs to "{service}".', "X-Amz-Credential"
        )
    if terminator != TERMINATOR:
        raise claim.place.refuse(
            f'incorrect terminal "{terminator}". This endpoint uses "{TERMINATOR}".', "X-Amz-Credential"
        )
    if region_set is not None:
        return access_key_id, CredentialScope(date, None, service, region_set)
    checked = access_key_id, CredentialScope(date, region, service)
    return keep(_scopes, name, checked) if len(claim.credential) <= _LONG else checked


def check_signed_headers(claim: Claim) -> tuple[str, ...]:
    """The names. Raises the place's VerificationError for a list of another form."""
    text = claim.signed_headers
    if (kept := _lists.get(text)) is not None:
        return kept
    names = text.split(";")
    if not all(names) or not is_token("".join(names)) or text != text.lower():
        raise claim.place.refuse("SignedHeaders must be lower-case header names joined by ';'.", "X-Amz-SignedHeaders")
    if names != sorted(set(names)):
        raise claim.place.refuse("SignedHeaders must be in alphabetical order, each name once.", "X-Amz-SignedHeaders")
    return keep(_lists, text, tuple(names)) if len(text) <= _LONG else tuple(names)


def check_signature(claim: Claim) -> str:
    """The signature's text. Raises the place's VerificationError for what can be none."""
    text = claim.signature
    if claim.algorithm == ALGORITHM_V4A:
        from .sigv4a import is_signature

        if not is_signature(text):
            raise claim.place.refuse("the Signature must be DER in lower-case hexadecimal digits.", "X-Amz-Signature")
    elif len(text) != 64 or text.strip("0123456789abcdef"):
        raise claim.place.refuse("the Signature must be 64 lower-case hexadecimal digits.", "X-Amz-Signature")
    return text


def _check_region_set(claim: Claim, region: str) -> str:
    from .sigv4a import AVAILABLE

    if not AVAILABLE:
        raise InvalidRequest(UNSUPPORTED)
    if claim.region_set is None:
        raise claim.place.refuse("X-Amz-Region-Set is missing.", "X-Amz-Region-Set")
    if not region_set_includes(claim.region_set, region):
        raise claim.place.refuse(
            f"the region set '{claim.region_set}' is wrong; expecting '{region}'",
            "X-Amz-Region-Set",
            (("Region", region),),
        )
    return claim.region_set
