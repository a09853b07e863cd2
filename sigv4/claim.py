"""What a request says of its own signature, wherever that stands: in a header, in the query, in a form.

Rules:
- A credential is `access key id/date/region/service/aws4_request`: five parts, no more and no fewer.
- Signed headers are lower-case tokens, sorted, each once, joined by `;`, and `host` is among them.
- A signature is 64 lower-case hex digits.
- What cannot be read is refused in the words of the place it stood in.
Words and codes: S3's answers ("Error responses", S3 API Reference).
"""

from __future__ import annotations

from itertools import pairwise

from .request import TOKEN
from .scope import TERMINATOR, CredentialScope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .errors import VerificationError


class Claim:
    """A signature as the request presents it; nothing in it has been proven yet."""

    __slots__ = ("access_key_id", "amz_date", "expires_in", "scope", "session_token", "signature", "signed_headers")

    def __init__(
        self,
        access_key_id: str,
        scope: CredentialScope,
        signed_headers: tuple[str, ...],
        signature: str,
        amz_date: str,
        expires_in: int | None = None,
        session_token: str | None = None,
    ) -> None:
        self.access_key_id = access_key_id
        self.scope = scope
        self.signed_headers = signed_headers
        self.signature = signature
        self.amz_date = amz_date
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


def parse_credential(text: str, region: str, service: str, place: Place) -> tuple[str, CredentialScope]:
    """The access key id and the scope, which must be for this region and service."""
    parts = text.split("/")
    if len(parts) != 5 or not all(parts) or not (text.isascii() and text.isprintable()):
        raise place.refuse(
            'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
        )
    access_key_id, date, claimed_region, claimed_service, terminator = parts
    if not (len(date) == 8 and date.isascii() and date.isdigit()):
        raise place.refuse(
            f'incorrect date format "{date}". This date in the credential must be in the format "yyyyMMdd".'
        )
    if claimed_region != region:
        raise place.refuse(f"the region '{claimed_region}' is wrong; expecting '{region}'", (("Region", region),))
    if claimed_service != service:
        raise place.refuse(f'incorrect service "{claimed_service}". This endpoint belongs to "{service}".')
    if terminator != TERMINATOR:
        raise place.refuse(f'incorrect terminal "{terminator}". This endpoint uses "{TERMINATOR}".')
    return access_key_id, CredentialScope(date, region, service)


def parse_signed_headers(text: str, place: Place) -> tuple[str, ...]:
    names = text.split(";")
    if any(not name or not TOKEN.issuperset(name) or name != name.lower() for name in names):
        raise place.refuse("SignedHeaders must be lower-case header names joined by ';'.")
    if any(a >= b for a, b in pairwise(names)):
        raise place.refuse("SignedHeaders must be in alphabetical order, each name once.")
    return tuple(names)


def parse_signature(text: str, place: Place) -> str:
    if len(text) != 64 or text.strip("0123456789abcdef"):
        raise place.refuse("the Signature must be 64 lower-case hexadecimal digits.")
    return text
