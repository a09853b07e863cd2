"""What a request says of its own signature, wherever that stands: in a header, in the query, in a form.

Rules:
- A credential is `access key id/date/region/service/aws4_request`: five parts, no more and no fewer. SigV4A's has no
  region and four parts; there the region set must include this region.
- Signed headers are lower-case tokens, sorted, each once, joined by `;`, and `host` is among them.
- A signature is 64 lower-case hex digits; SigV4A's are DER and vary in length.
- What cannot be read is refused in the words of the place it stood in.
Words and codes: S3's answers ("Error responses", S3 API Reference).
"""

from __future__ import annotations

from .encoding import TOKEN
from .errors import InvalidRequest
from .scope import TERMINATOR, CredentialScope, region_set_includes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from .errors import VerificationError


UNSUPPORTED = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."


class Claim:
    """A signature as the request presents it, nothing of it proven yet. `signed_at` is what `amz_date` says."""

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


class Place:
    """Where a claim stands: how its mistakes are called there."""

    __slots__ = ("error", "prefix")

    def __init__(self, error: type[VerificationError], prefix: str) -> None:
        self.error = error
        self.prefix = prefix

    def refuse(self, what: str, extra: tuple[tuple[str, str], ...] = ()) -> VerificationError:
        return self.error(f"{self.prefix}; {what}", extra)


def parse_region_set(text: str | None, region: str, place: Place) -> str:
    """The region set of a SigV4A request, which must include this region.

    Raises InvalidRequest where the package that SigV4A needs is missing: what cannot be verified is refused.
    """
    from .sigv4a import AVAILABLE

    if not AVAILABLE:
        raise InvalidRequest(UNSUPPORTED)
    if text is None:
        raise place.refuse("X-Amz-Region-Set is missing.")
    if not region_set_includes(text, region):
        raise place.refuse(f"the region set '{text}' is wrong; expecting '{region}'", (("Region", region),))
    return text


def parse_credential(
    text: str, region: str, service: str, place: Place, region_set: str | None = None
) -> tuple[str, CredentialScope]:
    """The access key id and the scope, which must be for this region and service; with a `region_set`, SigV4A's."""
    regions = [region] if region_set is None else []
    parts = text.split("/")
    if len(parts) != 4 + len(regions) or not all(parts) or not (text.isascii() and text.isprintable()):
        part = "REGION/" if regions else ""
        raise place.refuse(
            f'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/{part}SERVICE/aws4_request".'
        )
    access_key_id, date, *claimed_regions, claimed_service, terminator = parts
    if not (len(date) == 8 and date.isascii() and date.isdigit()):
        raise place.refuse(
            f'incorrect date format "{date}". This date in the credential must be in the format "yyyyMMdd".'
        )
    if claimed_regions != regions:
        raise place.refuse(f"the region '{claimed_regions[0]}' is wrong; expecting '{region}'", (("Region", region),))
    if claimed_service != service:
        raise place.refuse(f'incorrect service "{claimed_service}". This endpoint belongs to "{service}".')
    if terminator != TERMINATOR:
        raise place.refuse(f'incorrect terminal "{terminator}". This endpoint uses "{TERMINATOR}".')
    return access_key_id, CredentialScope(date, region if regions else None, service, region_set)


def parse_signed_headers(text: str, place: Place) -> tuple[str, ...]:
    names = text.split(";")
    if not all(names) or not TOKEN.issuperset("".join(names)) or text != text.lower():
        raise place.refuse("SignedHeaders must be lower-case header names joined by ';'.")
    if names != sorted(set(names)):
        raise place.refuse("SignedHeaders must be in alphabetical order, each name once.")
    return tuple(names)


def parse_signature(text: str, place: Place, scope: CredentialScope | None = None) -> str:
    if scope is not None and scope.region_set is not None:
        from .sigv4a import is_signature

        if not is_signature(text):
            raise place.refuse("the Signature must be DER in lower-case hexadecimal digits.")
        return text
    if len(text) != 64 or text.strip("0123456789abcdef"):
        raise place.refuse("the Signature must be 64 lower-case hexadecimal digits.")
    return text
