"""The signature in a form: a browser uploads a file with POST, held to a policy that was signed for it.

    policy           base64 of a JSON document: {"expiration": "...Z", "conditions": [...]}
    x-amz-signature  the HMAC of that base64 text: it is the string to sign, and there is no canonical request
    x-amz-algorithm, x-amz-credential, x-amz-date, x-amz-security-token    as in a presigned URL

A condition is `{"name": "value"}` or `["eq", "$name", "value"]`, `["starts-with", "$name", "prefix"]`, or
`["content-length-range", min, max]` in bytes of the file, both included.

Rules:
- Every field is under a condition but x-amz-signature, policy, file and x-ignore-*. So is `bucket`, which is not taken
  from the form but from where the form was sent. A field under several conditions meets them all.
- Field names are compared without regard to case; a name is given once. A field that is missing meets no condition, not
  even one that any text would meet.
- A condition that S3 cannot make sense of (a name without its `$`, a size that is no number) is one that no form meets.
- A Content-Type with commas is a list, each part of which begins as `starts-with` says.
- `${filename}` in a field is for the receiver to replace with the uploaded file's name, before the policy is looked at.
- A form lives until the policy's expiration, and no longer than the signing key: seven days from x-amz-date.
- The policy is read only after its signature has been found good. It is UTF-8, without repeated names, and nothing
  in it is of another type than it should be. JSON gains two escapes, `\\$` and `\\v`.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html;
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html. Words and codes: S3's responses.
"""

from __future__ import annotations

from .claim import PARAMETERS, UNSUPPORTED, CheckedClaim, Claim, check_scope, check_signature
from .encoding import is_number
from .errors import (
    AuthorizationQueryParametersError,
    EntityTooLarge,
    EntityTooSmall,
    ExtraInputFields,
    InvalidArgument,
    InvalidPolicyDocument,
    InvalidRequest,
    MaxPostPreDataLengthExceededError,
    NothingSigned,
    PolicyConditionFailed,
)
from .presigned_query import ALGORITHM_NAME, CREDENTIAL, DATE, EXPIRES_IN_MAX, OTHER_ALGORITHM, check_date
from .presigned_query import SIGNATURE as SIGNATURE_PARAMETER
from .rules import SECURITY_TOKEN as SECURITY_TOKEN_PARAMETER
from .scope import CredentialScope, parse_amz_date
from .signature import ALGORITHM

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Protocol

    from .credentials import Credentials

    class Readable(Protocol):
        def read(self, size: int = -1, /) -> bytes: ...


FIELDS_BYTES_MAX = 20 * 1024  # S3's own limit on a form without its file
FILENAME = "${filename}"
_SIZE_DIGITS = 18  # more than any file has

# The fields of the signature: a presigned URL's parameters by their lower-case names, and the policy.
POLICY = "policy"
ALGORITHM_FIELD = ALGORITHM_NAME.lower()
CREDENTIAL_FIELD = CREDENTIAL.lower()
DATE_FIELD = DATE.lower()
SIGNATURE = SIGNATURE_PARAMETER.lower()
SECURITY_TOKEN = SECURITY_TOKEN_PARAMETER.lower()
_REQUIRED = ("key", POLICY, ALGORITHM_FIELD, CREDENTIAL_FIELD, DATE_FIELD, SIGNATURE)
_UNCONDITIONAL = frozenset({SIGNATURE, POLICY, "file"})


def authorization_fields(
    access_key_id: str, scope: CredentialScope, amz_date: str, session_token: str | None
) -> dict[str, str]:
    """The fields that say who signs and when; each is also a condition of the policy."""
    fields = {ALGORITHM_FIELD: ALGORITHM, CREDENTIAL_FIELD: f"{access_key_id}/{scope}", DATE_FIELD: amz_date}
    if session_token is not None:
        fields[SECURITY_TOKEN] = session_token
    return fields


def encode_policy(expires_at: datetime, conditions: Sequence[object]) -> str:
    """The policy as it is signed and sent: JSON, then base64, byte for byte as boto3 writes it."""
    from binascii import b2a_base64
    from json import dumps

    document = {"expiration": f"{expires_at.isoformat()[:19]}Z", "conditions": conditions}
    return b2a_base64(dumps(document).encode(), newline=False).decode()


class Condition:
    """What one field must be ("eq") or how it must begin ("starts-with").

    `name` is in lower case, and `field` as it was given; both are empty in a condition that no form meets.
    """

    __slots__ = ("_given", "field", "match", "name", "value")

    def __init__(self, match: object, name: object, value: object) -> None:
        """Raises ValueError in S3's words."""
        if match not in ("eq", "starts-with", "content-length-range"):
            raise ValueError("Invalid Condition: expecting eq, starts-with or content-length-range.")
        if not isinstance(name, str) or (match != "content-length-range" and len(name.removeprefix("$")) < 1):
            raise ValueError('Invalid Condition: the name must be a field after a dollar sign, such as "$key".')
        if not isinstance(value, str):
            raise ValueError("Invalid Simple-Condition: value must be a string.")
        self.match = match
        self.field = name[1:] if name.startswith("$") and match != "content-length-range" else ""
        self.name = self.field.lower()
        self.value = value
        self._given = name

    def __str__(self) -> str:
        from json import dumps

        return dumps([self.match, self._given, "..." if self.name == SECURITY_TOKEN else self.value])

    def holds(self, value: str | None) -> bool:
        """Whether a field of this value meets it; None: one that is missing."""
        if value is None or not self.name:
            return False
        if self.match == "eq":
            return value == self.value
        if self.name == "content-type" and "," in value:
            return all(part.strip(" ").startswith(self.value) for part in value.split(","))
        return value.startswith(self.value)


class PostPolicy:
    """A policy: `conditions` on fields, `size_range` in bytes or None, and `expires_at` (aware, UTC)."""

    __slots__ = ("conditions", "expires_at", "size_range")

    def __init__(self, expires_at: datetime, conditions: Iterable[object]) -> None:
        """`conditions` as they stand in the document. Raises ValueError in S3's words."""
        self.expires_at = expires_at
        self.conditions: list[Condition] = []
        self.size_range: tuple[int, int] | None = None
        for condition in conditions:
            self._add(condition)

    def _add(self, condition: object) -> None:
        if isinstance(condition, dict):
            if len(condition) != 1:
                raise ValueError(
                    "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified."
                )
            ((name, value),) = condition.items()
            self.conditions.append(Condition("eq", f"${name}", value))
            return
        if not isinstance(condition, list | tuple) or len(condition) != 3:
            raise ValueError("Invalid Condition: expecting an object or a list of three.")
        if condition[0] != "content-length-range":
            self.conditions.append(Condition(*condition))
            return
        smallest, largest = map(_size, condition[1:])
        if smallest is None or largest is None:
            self.conditions.append(Condition(condition[0], str(condition[1]), str(condition[2])))
            return
        if self.size_range is not None:
            smallest, largest = max(smallest, self.size_range[0]), min(largest, self.size_range[1])
        self.size_range = smallest, largest

    @classmethod
    def parse(cls, text: str) -> PostPolicy:
        """Read the base64 text of the form's field. Raises InvalidPolicyDocument."""
        from binascii import a2b_base64
        from json import loads

        try:
            document = a2b_base64(text, strict_mode=True).decode()
            # In JSON a backslash occurs in strings alone, and escapes are read in pairs from the left.
            document = document.replace("\\\\", "\\u005c").replace("\\$", "$").replace("\\v", "\\u000b")
            policy = loads(document, object_pairs_hook=_object)
        except (ValueError, RecursionError):
            raise InvalidPolicyDocument("Invalid Policy: Invalid JSON.") from None
        if not isinstance(policy, dict):
            raise InvalidPolicyDocument("Invalid Policy: Invalid JSON.")
        for name in ("expiration", "conditions"):
            if name not in policy:
                raise InvalidPolicyDocument(f"Invalid Policy: Policy missing {name}.")
        for name in policy:
            if name not in ("expiration", "conditions"):
                raise InvalidPolicyDocument(f"Invalid Policy: Unexpected: '{name}'")
        if not isinstance(policy["conditions"], list):
            raise InvalidPolicyDocument("Invalid Policy: Invalid 'conditions' value: must be a List.")
        try:
            return cls(_expiration(policy["expiration"]), policy["conditions"])
        except ValueError as problem:
            raise InvalidPolicyDocument(f"Invalid Policy: {problem}") from None

    def check(self, fields: Mapping[str, str]) -> None:
        """Hold lower-case `fields`, `bucket` among them, to the policy.

        Raises PolicyConditionFailed and ExtraInputFields.
        """
        for condition in self.conditions:
            if not condition.holds(fields.get(condition.name)):
                raise PolicyConditionFailed(str(condition))
        extra = self.uncovered(fields)
        if extra:
            raise ExtraInputFields(extra)

    def uncovered(self, names: Iterable[str]) -> list[str]:
        """Those of `names`, in lower case, that no condition speaks of though one has to."""
        covered = {condition.name for condition in self.conditions} | _UNCONDITIONAL
        return [name for name in names if name not in covered and not name.startswith("x-ignore-")]

    def check_size(self, size: int) -> None:
        """Hold the file's size in bytes to the range. Raises EntityTooLarge, EntityTooSmall."""
        if self.size_range is None:
            return
        smallest, largest = self.size_range
        if size > largest:
            raise EntityTooLarge(extra=[("ProposedSize", str(size)), ("MaxSizeAllowed", str(largest))])
        if size < smallest:
            raise EntityTooSmall(extra=[("ProposedSize", str(size)), ("MinSizeAllowed", str(smallest))])


class VerifiedPost:
    """A form that passed: whose it is, when it was signed, when it ends (aware, UTC) and its policy.

    `fields` are the form's, by lower-case name, but for x-ignore-*, of which nobody has signed anything. A `bucket`
    among them is the one that the form was sent to. The file's size is checked only when the file is read through
    `open`, or given to `verify_post`.
    """

    __slots__ = ("credentials", "expires_at", "fields", "policy", "signed_at")

    def __init__(
        self, credentials: Credentials, claim: CheckedClaim, policy: PostPolicy, fields: dict[str, str]
    ) -> None:
        self.credentials = credentials
        self.signed_at = claim.signed_at
        self.expires_at = policy.expires_at
        self.policy = policy
        self.fields = fields

    def __repr__(self) -> str:
        return f"<VerifiedPost {self.credentials.access_key_id} {self.signed_at:%Y%m%dT%H%M%SZ}>"

    @property
    def size_range(self) -> tuple[int, int] | None:
        """The smallest and the largest size of the file in bytes, both allowed; None without a condition on it."""
        return self.policy.size_range

    def open(self, stream: Readable) -> Readable:
        """Read the file through this: `read` raises EntityTooLarge as soon as it is, EntityTooSmall at the end.

        What was read before that must not be kept.
        """
        return stream if self.size_range is None else _SizedFile(stream, self.policy, self.size_range[1])


class _SizedFile:
    __slots__ = ("_largest", "_policy", "_size", "_stream")

    def __init__(self, stream: Readable, policy: PostPolicy, largest: int) -> None:
        self._stream = stream
        self._policy = policy
        self._largest = largest
        self._size = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._stream.read(size)
        self._size += len(data)
        at_end = size < 0 or (size > 0 and not data)
        if at_end or self._size > self._largest:
            self._policy.check_size(self._size)
        return data


def read_fields(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The form's fields by lower-case name.

    Raises InvalidArgument for a name that stands twice, since the policy would be held against one of the two and the
    other might be used, and for what was not UTF-8; MaxPostPreDataLengthExceededError for more than 20 KiB.
    """
    fields: dict[str, str] = {}
    size = 0
    for name, value in pairs:
        try:
            size += len(name.encode()) + len(value.encode())
        except UnicodeEncodeError:
            raise InvalidArgument("The fields of a form must be UTF-8.", [("ArgumentName", ascii(name))]) from None
        if size > FIELDS_BYTES_MAX:
            raise MaxPostPreDataLengthExceededError
        lowered = name.lower()
        if lowered in fields:
            raise InvalidArgument(f"{name} must be given once.", [("ArgumentName", name)])
        fields[lowered] = value
    return fields


def read_claim(fields: Mapping[str, str]) -> Claim:
    """The claim in a form's fields, by lower-case name. Raises a VerificationError in S3's words."""
    if ALGORITHM_FIELD not in fields and SIGNATURE not in fields:
        if "awsaccesskeyid" in fields or "signature" in fields:
            raise InvalidRequest(UNSUPPORTED)
        raise NothingSigned
    for name in _REQUIRED:
        if name not in fields:
            shown = "-".join(part.capitalize() for part in name.split("-")) if name[:2] == "x-" else name
            raise InvalidArgument(
                f"Bucket POST must contain a field named '{shown}'.  "
                "If it is specified, please check the order of the fields.",
                [("ArgumentName", shown), ("ArgumentValue", "")],
            )
    if fields[ALGORITHM_FIELD] != ALGORITHM:
        raise AuthorizationQueryParametersError(OTHER_ALGORITHM)
    if not fields[POLICY].isascii():
        raise InvalidPolicyDocument("Invalid Policy: Invalid JSON.")  # not base64, so nothing to verify
    return Claim(
        PARAMETERS,
        ALGORITHM,
        fields[CREDENTIAL_FIELD],
        fields[DATE_FIELD],
        fields[SIGNATURE],
        session_token=fields.get(SECURITY_TOKEN),
    )


def check_claim(claim: Claim, region: str, service: str) -> CheckedClaim:
    """The claim, once it has its form and is for this region and service: it holds as long as its signing key.

    Raises AuthorizationQueryParametersError, as of a presigned URL.
    """
    access_key_id, scope = check_scope(claim, region, service)
    signature = check_signature(claim)
    signed_at = check_date(claim, scope)
    return CheckedClaim(
        access_key_id, scope, (), signature, claim.date or "", signed_at, EXPIRES_IN_MAX, claim.session_token
    )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """JSON leaves open which of two equal names counts; here none does."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _expiration(text: object) -> datetime:
    """`2015-12-30T12:00:00Z`, or with a fraction of a second, which is dropped."""
    refusal = ValueError("Invalid 'expiration' value")
    if not isinstance(text, str) or text[-1:] != "Z" or f"{text[4:5]}{text[7:8]}{text[13:14]}{text[16:17]}" != "--::":
        raise refusal
    fraction = text[19:-1]
    if fraction and not (fraction[0] == "." and fraction[1:].isascii() and fraction[1:].isdigit()):
        raise refusal
    try:
        return parse_amz_date(text[:19].replace("-", "").replace(":", "") + "Z")
    except ValueError:
        raise refusal from None


def _size(given: object) -> int | None:
    """A number of bytes, which may stand as text; None for text that is none. Raises ValueError for anything else."""
    if isinstance(given, str):
        return int(given) if is_number(given, _SIZE_DIGITS) else None
    if not isinstance(given, int) or isinstance(given, bool) or given < 0:
        raise ValueError("Invalid Content-Length-Range: sizes must be whole numbers of bytes.")
    return given
