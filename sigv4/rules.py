"""What differs between AWS's services in building the canonical request: named settings, not subclasses.

S3 alone departs from the rest, for a reason: its paths are object names, where `//`, `.` and `..` are part of the name
and one encoding is all there is. Its bodies may be huge, so it lets them go unsigned or be signed in chunks.
Source: "Create a signed AWS API request", steps 1 and 2 (IAM User Guide); S3 API Reference, "Authenticating Requests".
"""

from __future__ import annotations

SECURITY_TOKEN = "X-Amz-Security-Token"  # noqa: S105 a name
S3_SESSION_TOKEN = "X-Amz-S3session-Token"  # noqa: S105 a name


class CanonicalRules:
    """How a service wants its canonical request.

    `normalize_path`: remove `.` and `..` segments and repeated slashes (RFC 3986 section 5.2.4).
    `double_encode_path`: encode the path once more than it is on the wire.
    `content_sha256_header`: header-signed requests must carry `x-amz-content-sha256`.
    `presign_unsigned_payload`: presigned URLs leave the body unsigned; otherwise an empty body is what is signed.
    `session_token_name`: the header or parameter that the session token goes into.
    `sign_session_token`: the session token is part of what is signed; False adds it afterwards, as IoT and the
    post-sts-header-after case of AWS's test suite want.
    """

    __slots__ = (
        "content_sha256_header",
        "double_encode_path",
        "normalize_path",
        "presign_unsigned_payload",
        "session_token_name",
        "sign_session_token",
    )

    def __init__(
        self,
        *,
        normalize_path: bool = True,
        double_encode_path: bool = True,
        content_sha256_header: bool = False,
        presign_unsigned_payload: bool = False,
        session_token_name: str = SECURITY_TOKEN,
        sign_session_token: bool = True,
    ) -> None:
        self.normalize_path = normalize_path
        self.double_encode_path = double_encode_path
        self.content_sha256_header = content_sha256_header
        self.presign_unsigned_payload = presign_unsigned_payload
        self.session_token_name = session_token_name
        self.sign_session_token = sign_session_token

    def __repr__(self) -> str:
        return f"CanonicalRules({', '.join(f'{name}={getattr(self, name)}' for name in self.__slots__)})"


DEFAULT = CanonicalRules()
S3 = CanonicalRules(
    normalize_path=False, double_encode_path=False, content_sha256_header=True, presign_unsigned_payload=True
)

# S3 Express, with the credentials of a session (CreateSession). CreateSession itself, and what is done to directory
# buckets as such, is signed with ordinary credentials, by the rules of S3.
S3_EXPRESS = CanonicalRules(
    normalize_path=False,
    double_encode_path=False,
    content_sha256_header=True,
    presign_unsigned_payload=True,
    session_token_name=S3_SESSION_TOKEN,
)

_RULES = {"s3": S3, "s3express": S3_EXPRESS, "s3-object-lambda": S3, "s3-outposts": S3}


def rules_for(service: str) -> CanonicalRules:
    """The rules that follow from a service's signing name."""
    return _RULES.get(service, DEFAULT)
