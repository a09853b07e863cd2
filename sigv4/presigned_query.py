"""The signature in the query string: the presigned URL.

    ?X-Amz-Algorithm=..&X-Amz-Credential=..&X-Amz-Date=..&X-Amz-Expires=..&X-Amz-SignedHeaders=..[&X-Amz-Security-Token=..]
    &X-Amz-Signature=..         <- in SigV4A, X-Amz-Region-Set=.. follows X-Amz-SignedHeaders

Rules:
- Everything in the query but X-Amz-Signature is signed. The names are case-sensitive, and each is given once.
- X-Amz-Expires is a whole number of seconds from 1 to 604800 (seven days).
- Some headers may stand in the query instead (HOISTED): S3 takes them from there as well, so the user of the URL need
  not send them. Of the others S3 is known to pass over some (x-amz-tagging, x-amz-checksum-*), demands some as headers
  (x-amz-server-side-encryption*), and does not say of the rest; what nobody can vouch for stays a header.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

from .claim import PARAMETERS, CheckedClaim, Claim, check_scope, check_signature, check_signed_headers
from .encoding import decode, encode
from .errors import AuthorizationQueryParametersError, SigningError
from .rules import S3_SESSION_TOKEN, SECURITY_TOKEN
from .scope import ALGORITHM, ALGORITHM_V4A, CredentialScope, parse_amz_date

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from .received import Received

EXPIRES_IN_MAX = 604800  # seven days, in seconds: AWS's limit, since a signing key is good for no longer

ALGORITHM_NAME = "X-Amz-Algorithm"
CREDENTIAL = "X-Amz-Credential"
DATE = "X-Amz-Date"
EXPIRES = "X-Amz-Expires"
REGION_SET = "X-Amz-Region-Set"
SIGNED_HEADERS = "X-Amz-SignedHeaders"
SIGNATURE = "X-Amz-Signature"
_REQUIRED = (ALGORITHM_NAME, CREDENTIAL, DATE, EXPIRES, SIGNED_HEADERS, SIGNATURE)
NAMES = frozenset({*_REQUIRED, REGION_SET, SECURITY_TOKEN, S3_SESSION_TOKEN})

# S3 documents x-amz-request-payer; aws-sdk-js relies on the others, and MinIO keeps metadata and storage class so too.
HOISTED = frozenset({"x-amz-acl", "x-amz-request-payer", "x-amz-storage-class"})
HOISTED_PREFIX = "x-amz-meta-"

OTHER_ALGORITHM = 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'


def check_expires_in(expires_in: int) -> int:
    """Return `expires_in` when it is a whole number of seconds from 1 to 604800; raises SigningError otherwise."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, int):
        raise SigningError(f"expires_in {expires_in!r} must be a whole number of seconds")
    if not 1 <= expires_in <= EXPIRES_IN_MAX:
        raise SigningError(f"expires_in {expires_in} must be from 1 to {EXPIRES_IN_MAX} seconds (seven days)")
    return expires_in


def authorization_parameters(
    access_key_id: str, scope: CredentialScope, amz_date: str, expires_in: int, signed_headers: str
) -> list[tuple[str, str]]:
    """The parameters that are signed, encoded, in the order in which they are sent, without the session token."""
    pairs = [
        (ALGORITHM_NAME, scope.algorithm),
        (CREDENTIAL, encode(f"{access_key_id}/{scope.text}")),
        (DATE, amz_date),
        (EXPIRES, str(expires_in)),
        (SIGNED_HEADERS, signed_headers.replace(";", "%3B")),
    ]
    if scope.region_set is not None:
        pairs.append((REGION_SET, encode(scope.region_set)))
    return pairs


def hoist(headers: Mapping[str, str]) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Divide headers into query pairs, with lower-case names and not encoded, and the headers that have to stay.

    A pair's value is the header's to the letter: in a query, unlike in a header, white space is not folded.
    """
    pairs, stay = [], {}
    for name, value in headers.items():
        lowered = name.lower()
        if lowered in HOISTED or lowered.startswith(HOISTED_PREFIX):
            pairs.append((lowered, value))
        else:
            stay[name] = value
    return pairs, stay


def read_parameters(received: Received, session_token_name: str = SECURITY_TOKEN) -> Claim:
    """The claim in the query.

    Raises AuthorizationQueryParametersError for a parameter that is missing or stands twice, or another algorithm.
    """
    by_name = received.by_name
    if len(by_name) < len(received.query):
        _refuse_repeated(received.query)
    found = {name: _decoded(by_name[name]) for name in NAMES if name in by_name}
    try:
        algorithm, credential, date, expires, signed_headers, signature = [found[name] for name in _REQUIRED]
    except KeyError:
        raise AuthorizationQueryParametersError from None
    if algorithm not in (ALGORITHM, ALGORITHM_V4A):
        raise AuthorizationQueryParametersError(OTHER_ALGORITHM)
    return Claim(
        PARAMETERS,
        algorithm,
        credential,
        date,
        signature,
        signed_headers=signed_headers,
        expires=expires,
        session_token=found.get(session_token_name),
        region_set=found.get(REGION_SET),
    )


def check_parameters(claim: Claim, region: str, service: str) -> CheckedClaim:
    """The claim, once it has its form and is for this region and service.

    Raises AuthorizationQueryParametersError, and InvalidRequest for SigV4A where its package is missing.
    """
    access_key_id, scope = check_scope(claim, region, service)
    signed_at = check_date(claim, scope)
    return CheckedClaim(
        access_key_id,
        scope,
        check_signed_headers(claim),
        check_signature(claim),
        claim.date or "",
        signed_at,
        _expires(claim.expires or ""),
        claim.session_token,
    )


def _refuse_repeated(pairs: Sequence[tuple[str, str]]) -> None:
    """A parameter of the signature that stands twice could be read in two ways."""
    seen = set()
    for name, _ in pairs:
        if name in NAMES:
            if name in seen:
                raise AuthorizationQueryParametersError(f"{name} must be given once.")
            seen.add(name)


def _decoded(value: str) -> str:
    if "%" not in value:
        return value
    value = value.replace("%2F", "/")  # mostly all that there is to decode: the credential's
    return decode(value).decode("utf-8", "replace") if "%" in value else value


def check_date(claim: Claim, scope: CredentialScope) -> datetime:
    """What X-Amz-Date says. Raises AuthorizationQueryParametersError; a form's date is refused in the same words."""
    stamp = claim.date or ""
    try:
        signed_at = parse_amz_date(stamp)
    except ValueError:
        raise AuthorizationQueryParametersError(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        ) from None
    if scope.date != stamp[:8]:
        raise AuthorizationQueryParametersError(
            f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{stamp[:8]}".'
        )
    return signed_at


def _expires(text: str) -> int:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise AuthorizationQueryParametersError("X-Amz-Expires should be a number")
    if text.startswith("-"):
        raise AuthorizationQueryParametersError("X-Amz-Expires must be non-negative")
    if len(digits) > 6 or int(digits) > EXPIRES_IN_MAX:
        raise AuthorizationQueryParametersError(
            "X-Amz-Expires must be less than a week (in seconds); "
            f"that is, the given X-Amz-Expires must be less than {EXPIRES_IN_MAX} seconds"
        )
    return int(digits)
