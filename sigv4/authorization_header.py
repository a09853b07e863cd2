"""The signature in the Authorization header: building it and reading it.

    Authorization: AWS4-HMAC-SHA256 Credential=AK/date/region/service/aws4_request, SignedHeaders=a;b, Signature=hex
    Authorization: AWS4-ECDSA-P256-SHA256 Credential=AK/date/service/aws4_request, SignedHeaders=a;b, Signature=hex

Rules:
- The time stamp is `x-amz-date`, or else `Date` (RFC 7231 section 7.1.1.2).
- SigV4A's region set is the header `x-amz-region-set`.
- Every header the caller gives is signed, but for those that proxies and clients rewrite on the way.
Source: "Authenticating Requests: Using the Authorization Header" (S3 API Reference).
"""

from __future__ import annotations

from .claim import (
    UNSUPPORTED,
    Claim,
    Place,
    parse_credential,
    parse_region_set,
    parse_signature,
    parse_signed_headers,
)
from .dates import read_http_date
from .errors import AccessDenied, AuthorizationHeaderMalformed, InvalidRequest
from .scope import ALGORITHM, ALGORITHM_V4A, CredentialScope, parse_amz_date

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

# Hop-by-hop headers (RFC 7230 section 6.1), and those that proxies, tracers and HTTP clients add or change.
NEVER_SIGNED = frozenset(
    {
        "accept-encoding", "authorization", "baggage", "connection", "expect", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "te", "traceparent", "tracestate", "trailer", "transfer-encoding", "upgrade",
        "user-agent", "x-amzn-trace-id",
    }
)  # fmt: skip

_PLACE = Place(AuthorizationHeaderMalformed, "The authorization header is malformed")
_DATE_MISSING = "AWS authentication requires a valid Date or x-amz-date header"


def authorization(access_key_id: str, scope: CredentialScope, signed_headers: str, signature: str) -> str:
    """The value of the Authorization header."""
    credential = f"{access_key_id}/{scope.text}"
    return f"{scope.algorithm} Credential={credential}, SignedHeaders={signed_headers}, Signature={signature}"


def parse_authorization(
    value: str,
    amz_date: str | None,
    date: str | None,
    session_token: str | None,
    region_set: str | None,
    region: str,
    service: str,
) -> Claim:
    """Read the header; `amz_date`, `date` and `region_set` are the request's x-amz-date, Date and x-amz-region-set.

    Raises AuthorizationHeaderMalformed, AccessDenied for a missing date, and InvalidRequest for Signature Version 2 and
    for SigV4A where its package is missing.
    """
    algorithm, _, rest = value.partition(" ")
    if algorithm == "AWS":
        raise InvalidRequest(UNSUPPORTED)
    if algorithm not in (ALGORITHM, ALGORITHM_V4A):
        raise _PLACE.refuse(f"the algorithm must be {ALGORITHM} or {ALGORITHM_V4A}.")
    region_set = parse_region_set(region_set, region, _PLACE) if algorithm == ALGORITHM_V4A else None
    fields = _fields(rest)
    access_key_id, scope = parse_credential(fields["Credential"], region, service, _PLACE, region_set)
    signed_headers = parse_signed_headers(fields["SignedHeaders"], _PLACE)
    signature = parse_signature(fields["Signature"], _PLACE, scope)
    stamp, signed_at = _time_stamp(amz_date, date)
    if scope.date != stamp[:8]:
        raise _PLACE.refuse(
            f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{stamp[:8]}".'
        )
    return Claim(access_key_id, scope, signed_headers, signature, stamp, signed_at, None, session_token)


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.strip(" ").partition("=")
        if not equals or name not in {"Credential", "SignedHeaders", "Signature"}:
            raise _PLACE.refuse("expecting Credential, SignedHeaders and Signature, each as name=value.")
        if name in fields:
            raise _PLACE.refuse(f"{name} stands twice.")
        fields[name] = value
    for name in ("Credential", "SignedHeaders", "Signature"):
        if name not in fields:
            raise _PLACE.refuse(f"{name} is missing.")
    return fields


def _time_stamp(amz_date: str | None, date: str | None) -> tuple[str, datetime]:
    """As the ISO form, and as what it says."""
    try:
        stamp = amz_date if amz_date is not None or date is None else _iso(date)
        if stamp is not None:
            return stamp, parse_amz_date(stamp)
    except ValueError:
        pass
    raise AccessDenied(_DATE_MISSING)


def _iso(date: str) -> str:
    """The Date header as HTTP writes it since 1994, or as it is: AWS takes the ISO form there too."""
    return read_http_date(date) if date[3:4] == "," else date
