"""Every exception and warning of this package.

    SigV4Error
    ├── SigningError                        the caller's mistake (also a ValueError)
    ├── CredentialsError                    no usable credentials
    │   ├── NoCredentialsFound
    │   └── CredentialsExpired
    └── VerificationError                   the peer's mistake, in S3's own words
        ├── AccessDenied                    403   nothing signed, expired, not valid yet, headers not signed
        ├── AuthorizationHeaderMalformed    400
        ├── AuthorizationQueryParametersError  400
        ├── BadDigest                       400   a checksum or Content-MD5 differs
        ├── EntityTooLarge                  400
        ├── EntityTooSmall                  400
        ├── ExpiredToken                    400
        ├── IncompleteBody                  400
        ├── InvalidAccessKeyId              403
        ├── InvalidArgument                 400
        ├── InvalidChunkSizeError           403   a chunk of an aws-chunked body is too small
        ├── InvalidDigest                   400
        ├── InvalidPolicyDocument           400   a POST form's policy
        ├── InvalidRequest                  400
        ├── InvalidToken                    400
        ├── InvalidURI                      400
        ├── MalformedTrailerError           400
        ├── MaxPostPreDataLengthExceededError  400   a POST form's fields
        ├── MissingContentLength            411
        ├── RequestTimeTooSkewed            403
        ├── SignatureDoesNotMatch           403
        └── XAmzContentSHA256Mismatch       400

    UserWarning
    └── CredentialsExpireFirst              a URL that dies with its credentials, before its own expiry

A SigningError says which argument is wrong, shows it, and offers the mend. A VerificationError carries what S3 would
answer: `code`, `status`, `message` and `extra`, the further elements of its XML in order. Texts never hold a secret
key, a session token or a whole signature.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class SigV4Error(Exception):
    """The root: catching it catches everything this package raises on purpose."""


class SigningError(SigV4Error, ValueError):
    """What the caller asked to sign cannot be signed, or would be refused by AWS."""


class CredentialsError(SigV4Error):
    """There are no credentials to sign with."""


class NoCredentialsFound(CredentialsError):
    """No credential provider had any; the message lists what was tried and why each failed."""


class CredentialsExpired(CredentialsError):
    """The credentials' own `expires_at` has passed."""


class CredentialsExpireFirst(UserWarning):
    """The credentials expire before the URL signed with them: the URL stops working then."""


class VerificationError(SigV4Error):
    """A request was refused.

    `code`: S3's error code. `status`: the HTTP status. `message`: S3's sentence. `extra`: (element, text) pairs that
    S3 adds to its XML answer, in order.
    """

    status = 400
    default_message = "Bad Request"

    def __init__(self, message: str | None = None, extra: Iterable[tuple[str, str]] = ()) -> None:
        self.message = message or self.default_message
        self.extra = list(extra)
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """S3's error code: the name of the class."""
        return type(self).__name__

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class AccessDenied(VerificationError):
    status = 403
    default_message = "Access Denied"


class AuthorizationHeaderMalformed(VerificationError):
    default_message = "The authorization header is malformed."


class AuthorizationQueryParametersError(VerificationError):
    default_message = (
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
        "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
    )


class BadDigest(VerificationError):
    default_message = "The Content-MD5 you specified did not match what we received."


class EntityTooLarge(VerificationError):
    default_message = "Your proposed upload exceeds the maximum allowed size"


class EntityTooSmall(VerificationError):
    default_message = "Your proposed upload is smaller than the minimum allowed size"


class ExpiredToken(VerificationError):
    default_message = "The provided token has expired."


class IncompleteBody(VerificationError):
    default_message = "You did not provide the number of bytes specified by the Content-Length HTTP header"


class InvalidAccessKeyId(VerificationError):
    status = 403
    default_message = "The AWS Access Key Id you provided does not exist in our records."


class InvalidArgument(VerificationError):
    default_message = "Invalid Argument"


class InvalidChunkSizeError(VerificationError):
    status = 403
    default_message = "Only the last chunk is allowed to have a size less than 8192 bytes"


class InvalidDigest(VerificationError):
    default_message = "The Content-MD5 you specified was invalid."


class InvalidPolicyDocument(VerificationError):
    default_message = "The content of the form does not meet the conditions specified in the policy document."


class InvalidRequest(VerificationError):
    default_message = "Invalid Request"


class InvalidToken(VerificationError):
    default_message = "The provided token is malformed or otherwise invalid."


class InvalidURI(VerificationError):
    default_message = "Couldn't parse the specified URI."


class MalformedTrailerError(VerificationError):
    default_message = (
        "The request contained trailing data that was not well-formed or did not conform to our published schema."
    )


class MaxPostPreDataLengthExceededError(VerificationError):
    default_message = "Your POST request fields preceding the upload file were too large."


class MissingContentLength(VerificationError):
    status = 411
    default_message = "You must provide the Content-Length HTTP header."


class RequestTimeTooSkewed(VerificationError):
    status = 403
    default_message = "The difference between the request time and the current time is too large."


class SignatureDoesNotMatch(VerificationError):
    """The signature is not the one these credentials make for what arrived.

    `canonical_request` and `string_to_sign` are the verifier's own; `signature_provided` is the peer's, made in the
    name of `access_key_id`. They are attributes, and elements of `extra` as in S3's answer, but never part of the
    message. A form has no canonical request: there it is None.
    """

    status = 403
    default_message = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method."
    )

    def __init__(
        self, access_key_id: str, canonical_request: str | None, string_to_sign: str, signature_provided: str
    ) -> None:
        self.access_key_id = access_key_id
        self.canonical_request = canonical_request
        self.string_to_sign = string_to_sign
        self.signature_provided = signature_provided
        extra = [
            ("AWSAccessKeyId", access_key_id),
            ("StringToSign", string_to_sign),
            ("SignatureProvided", signature_provided),
            ("StringToSignBytes", _spaced_hex(string_to_sign)),
        ]
        if canonical_request is not None:
            extra.append(("CanonicalRequest", canonical_request))
            extra.append(("CanonicalRequestBytes", _spaced_hex(canonical_request)))
        super().__init__(extra=extra)


class XAmzContentSHA256Mismatch(VerificationError):
    default_message = "The provided 'x-amz-content-sha256' header does not match what was computed."


def _spaced_hex(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").hex(" ")
