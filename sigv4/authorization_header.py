"""The signature in the Authorization header: building it and reading it.

    Authorization: AWS4-HMAC-SHA256 Credential=AK/date/region/service/aws4_request, SignedHeaders=a;b, Signature=hex
    Authorization: AWS4-ECDSA-P256-SHA256 Credential=AK/date/service/aws4_request, SignedHeaders=a;b, Signature=hex

Rules:
- The time stamp is `x-amz-date`, or else `Date` (RFC 9110 section 6.6.1).
- SigV4A's region set is the header `x-amz-region-set`.
- Every header the caller gives is signed, but for those that proxies and clients rewrite on the way.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html
"""

from __future__ import annotations

from .claim import HEADER, UNSUPPORTED, CheckedClaim, Claim, check_scope, check_signature, check_signed_headers
from .errors import AccessDenied, AuthorizationHeaderMalformed, InvalidRequest
from .rules import SECURITY_TOKEN
from .scope import ALGORITHM, ALGORITHM_V4A, CredentialScope, parse_amz_date

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from .received import Received

# Hop-by-hop headers (RFC 9110 section 7.6.1), and those that proxies, tracers and HTTP clients add or change.
NEVER_SIGNED = frozenset(
    {
        "accept-encoding", "authorization", "baggage", "connection", "expect", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "te", "traceparent", "tracestate", "trailer", "transfer-encoding", "upgrade",
        "user-agent", "x-amzn-trace-id",
    }
)  # fmt: skip

_FIELDS = ("Credential", "SignedHeaders", "Signature")
_DATE_MISSING = "AWS authentication requires a valid Date or x-amz-date header"


def authorization(access_key_id: str, scope: CredentialScope, signed_headers: str, signature: str) -> str:
    """The value of the Authorization header."""
    credential = f"{access_key_id}/{scope.text}"
    return f"{scope.algorithm} Credential={credential}, SignedHeaders={signed_headers}, Signature={signature}"


def read_authorization(received: Received, session_token_name: str = SECURITY_TOKEN) -> Claim:
    """The claim in the headers of a request that has an Authorization header.

    Raises AuthorizationHeaderMalformed, and InvalidRequest for Signature Version 2.
    """
    if "authorization" in received.repeated:
        raise AuthorizationHeaderMalformed("The authorization header is malformed; it must be given once.")
    algorithm, _, rest = (received.header("authorization") or "").partition(" ")
    if algorithm == "AWS":
        raise InvalidRequest(UNSUPPORTED)
    if algorithm not in (ALGORITHM, ALGORITHM_V4A):
        raise HEADER.refuse(f"the algorithm must be {ALGORITHM} or {ALGORITHM_V4A}.")
    fields = _fields(rest)
    return Claim(
        HEADER,
        algorithm,
        fields["Credential"],
        _date(received),
        fields["Signature"],
        signed_headers=fields["SignedHeaders"],
        session_token=received.header(session_token_name.lower()),
        region_set=received.header("x-amz-region-set"),
    )


def check_authorization(claim: Claim, region: str, service: str) -> CheckedClaim:
    """The claim, once it has its form and is for this region and service.

    Raises AuthorizationHeaderMalformed, AccessDenied for a missing date, and InvalidRequest for SigV4A where its
    package is missing.
    """
    access_key_id, scope = check_scope(claim, region, service)
    signed_headers = check_signed_headers(claim)
    signature = check_signature(claim)
    stamp, signed_at = _time_stamp(claim)
    if scope.date != stamp[:8]:
        raise HEADER.refuse(
            f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{stamp[:8]}".'
        )
    return CheckedClaim(access_key_id, scope, signed_headers, signature, stamp, signed_at, None, claim.session_token)


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.strip(" ").partition("=")
        if not equals or name not in _FIELDS:
            raise HEADER.refuse("expecting Credential, SignedHeaders and Signature, each as name=value.")
        if name in fields:
            raise HEADER.refuse(f"{name} stands twice.")
        fields[name] = value
    for name in _FIELDS:
        if name not in fields:
            raise HEADER.refuse(f"{name} is missing.")
    return fields


def _date(received: Received) -> str | None:
    """The time stamp: x-amz-date, or else Date as HTTP writes it; AWS takes the ISO form there too."""
    stamp = received.header("x-amz-date")
    if stamp is not None:
        return stamp
    date = received.header("date")
    if date is None or date[3:4] != ",":
        return date
    from .dates import read_http_date  # rare, and nothing that signs needs it

    try:
        return read_http_date(date)
    except ValueError:
        return None


def _time_stamp(claim: Claim) -> tuple[str, datetime]:
    """As text, and as what it says."""
    try:
        if claim.date is not None:
            return claim.date, parse_amz_date(claim.date)
    except ValueError:
        pass
    raise AccessDenied(_DATE_MISSING)
