"""The signature in the query string: the presigned URL.

    ?X-Amz-Algorithm=..&X-Amz-Credential=..&X-Amz-Date=..&X-Amz-Expires=..&X-Amz-SignedHeaders=..[&X-Amz-Security-Token=..]
    &X-Amz-Signature=..

Rules:
- Everything in the query but X-Amz-Signature is signed. The names are case-sensitive, and each stands once.
- X-Amz-Expires is a whole number of seconds from 1 to 604800 (seven days).
Source: "Authenticating Requests: Using Query Parameters" (S3 API Reference).
"""

from __future__ import annotations

from .claim import Claim, Place, parse_credential, parse_signature, parse_signed_headers
from .encoding import decode, encode
from .errors import AuthorizationQueryParametersError, SigningError
from .scope import CredentialScope, parse_amz_date
from .signature import ALGORITHM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

EXPIRES_IN_MAX = 604800  # seven days, in seconds: AWS's limit, since a signing key is good for no longer

ALGORITHM_NAME = "X-Amz-Algorithm"
CREDENTIAL = "X-Amz-Credential"
DATE = "X-Amz-Date"
EXPIRES = "X-Amz-Expires"
SECURITY_TOKEN = "X-Amz-Security-Token"  # noqa: S105 the parameter's name
SIGNED_HEADERS = "X-Amz-SignedHeaders"
SIGNATURE = "X-Amz-Signature"
NAMES = (ALGORITHM_NAME, CREDENTIAL, DATE, EXPIRES, SIGNED_HEADERS, SECURITY_TOKEN, SIGNATURE)

_PLACE = Place(AuthorizationQueryParametersError, "Error parsing the X-Amz-Credential parameter")
_SIGNED_HEADERS_PLACE = Place(AuthorizationQueryParametersError, "Error parsing the X-Amz-SignedHeaders parameter")
_SIGNATURE_PLACE = Place(AuthorizationQueryParametersError, "Error parsing the X-Amz-Signature parameter")


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
    return [
        (ALGORITHM_NAME, ALGORITHM),
        (CREDENTIAL, encode(f"{access_key_id}/{scope}")),
        (DATE, amz_date),
        (EXPIRES, str(expires_in)),
        (SIGNED_HEADERS, signed_headers.replace(";", "%3B")),
    ]


def parse_parameters(pairs: Sequence[tuple[str, str]], region: str, service: str) -> Claim:
    """Read the claim from the query's pairs, which are in canonical encoding.

    Raises AuthorizationQueryParametersError in S3's words.
    """
    found = _once(pairs)
    try:
        algorithm, credential, stamp, expires, signed_headers, signature = (
            found[name] for name in (ALGORITHM_NAME, CREDENTIAL, DATE, EXPIRES, SIGNED_HEADERS, SIGNATURE)
        )
    except KeyError:
        raise AuthorizationQueryParametersError from None
    if algorithm != ALGORITHM:
        raise AuthorizationQueryParametersError(
            'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'
        )
    access_key_id, scope = parse_credential(credential, region, service, _PLACE)
    _check_date(stamp)
    if scope.date != stamp[:8]:
        raise AuthorizationQueryParametersError(
            f'Invalid credential date "{scope.date}". This date is not the same as X-Amz-Date: "{stamp[:8]}".'
        )
    return Claim(
        access_key_id,
        scope,
        parse_signed_headers(signed_headers, _SIGNED_HEADERS_PLACE),
        parse_signature(signature, _SIGNATURE_PLACE),
        stamp,
        _expires(expires),
        found.get(SECURITY_TOKEN),
    )


def _once(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The X-Amz-* parameters of the signature, decoded. One that stands twice could be read in two ways: refused."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in NAMES:
            if name in found:
                raise AuthorizationQueryParametersError(f"{name} must be given once.")
            found[name] = decode(value).decode("utf-8", "replace")
    return found


def _check_date(stamp: str) -> None:
    try:
        parse_amz_date(stamp)
    except ValueError:
        raise AuthorizationQueryParametersError(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
        ) from None


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
