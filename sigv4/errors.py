"""Every exception and warning of this package, and the one table of S3's error codes with their statuses and words.

    SigV4Error
    ├── SigningError                        the caller's mistake (also a ValueError)
    ├── CredentialsError                    no usable credentials
    │   ├── NoCredentialsFound
    │   └── CredentialsExpired
    └── VerificationError                   the peer's mistake, in S3's own words
        ├── AccessDenied                    403
        │   ├── ExtraInputFields            403   .names: a form's fields that its policy does not speak of
        │   ├── HeadersNotSigned            403   .names
        │   ├── NothingSigned               403
        │   ├── PolicyConditionFailed       403   .condition, as JSON
        │   ├── PolicyExpired               403   .expires_at
        │   ├── RequestExpired              403   .expires_at: a presigned URL, or a form older than its signing key
        │   └── RequestNotYetValid          403   .signed_at
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
        ├── SignatureDoesNotMatch           403   .canonical_request .string_to_sign .signature_provided .access_key_id
        └── XAmzContentSHA256Mismatch       400

    UserWarning
    └── CredentialsExpireFirst              a URL that dies with its credentials, before its own expiry

A SigningError says which argument is wrong, shows it, and offers the fix. A VerificationError carries what S3 would
respond: `code`, `status`, `message` and `extra`, the further elements of its XML in order. Where S3 has one code for
several refusals, a class of its own tells them apart, with the evidence as attributes. Texts never hold a secret key, a
session token or a whole signature.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and S3's responses where they say more.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any, Protocol

    class Explanation(Protocol):
        """sigv4.diagnosis.Explanation, as far as this floor has to know it."""

        @property
        def causes(self) -> Sequence[object]: ...

    class Explainer(Protocol):
        """A Verifier, likewise."""

        def explain(self, received: Any, error: VerificationError) -> Explanation: ...


# S3's codes, each with its HTTP status and S3's usual sentence: those of the classes below, and those that only a
# server such as LocalS3 responds with.
CODES: dict[str, tuple[int, str]] = {
    "AccessControlListNotSupported": (400, "The bucket does not allow ACLs"),
    "AccessDenied": (403, "Access Denied"),
    "AccessForbidden": (403, "Access forbidden"),
    "AuthorizationHeaderMalformed": (400, "The authorization header is malformed."),
    "AuthorizationQueryParametersError": (
        400,
        "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
        "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    ),
    "BadDigest": (400, "The Content-MD5 you specified did not match what we received."),
    "BadRequest": (400, "Bad Request"),
    "BucketAlreadyExists": (
        409,
        "The requested bucket name is not available. The bucket namespace is shared by all users of the "
        "system. Please select a different name and try again.",
    ),
    "BucketAlreadyOwnedByYou": (
        409,
        "Your previous request to create the named bucket succeeded and you already own it.",
    ),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty"),
    "ConditionalRequestConflict": (
        409,
        "The conditional request cannot succeed due to a conflicting operation against this resource.",
    ),
    "CrossLocationLoggingProhibitted": (403, "Cross S3 location logging not allowed."),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed size"),
    "EntityTooSmall": (400, "Your proposed upload is smaller than the minimum allowed size"),
    "ExpiredToken": (400, "The provided token has expired."),
    "IdMismatch": (400, "Document ID does not match the specified configuration ID."),
    "IllegalLocationConstraintException": (
        400,
        "The unspecified location constraint is incompatible for the region specific endpoint this request "
        "was sent to.",
    ),
    "IllegalVersioningConfigurationException": (
        400,
        "The versioning configuration specified in the request is invalid.",
    ),
    "IncompleteBody": (400, "You did not provide the number of bytes specified by the Content-Length HTTP header"),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "InvalidAccessKeyId": (403, "The AWS Access Key Id you provided does not exist in our records."),
    "InvalidArgument": (400, "Invalid Argument"),
    "InvalidBucketAclWithBlockPublicAccessError": (
        400,
        "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    ),
    "InvalidBucketAclWithObjectOwnership": (
        400,
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    ),
    "InvalidBucketName": (400, "The specified bucket is not valid."),
    "InvalidBucketOwnerAWSAccountID": (
        400,
        "The value of the expected bucket owner parameter must be an AWS Account ID.",
    ),
    "InvalidBucketState": (409, "The request is not valid for the current state of the bucket."),
    "InvalidChunkSizeError": (403, "Only the last chunk is allowed to have a size less than 8192 bytes"),
    "InvalidDigest": (400, "The Content-MD5 you specified was invalid."),
    "InvalidEncryptionAlgorithmError": (
        400,
        "The encryption request you specified is not valid. Supported value: AES256.",
    ),
    "InvalidLocationConstraint": (400, "The specified location-constraint is not valid"),
    "InvalidObjectState": (403, "The operation is not valid for the object's storage class"),
    "InvalidPart": (
        400,
        "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
        "specified entity tag may not match the part's entity tag.",
    ),
    "InvalidPartNumber": (416, "The requested partnumber is not satisfiable"),
    "InvalidPartOrder": (400, "The list of parts was not in ascending order. Parts must be ordered by part number."),
    "InvalidPolicyDocument": (
        400,
        "The content of the form does not meet the conditions specified in the policy document.",
    ),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "InvalidRequest": (400, "Invalid Request"),
    "InvalidS3DestinationBucket": (400, "Invalid bucket ARN."),
    "InvalidStorageClass": (400, "The storage class you specified is not valid"),
    "InvalidTag": (400, "The tag provided was not a valid tag."),
    "InvalidTargetBucketForLogging": (400, "The target bucket for logging does not exist"),
    "InvalidToken": (400, "The provided token is malformed or otherwise invalid."),
    "InvalidURI": (400, "Couldn't parse the specified URI."),
    "KMS.NotFoundException": (400, "The key does not exist"),
    "KeyTooLongError": (400, "Your key is too long"),
    "MalformedACLError": (
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    "MalformedPOSTRequest": (400, "The body of your POST request is not well-formed multipart/form-data."),
    "MalformedPolicy": (400, "Policies must be valid JSON and the first byte must be '{'"),
    "MalformedTrailerError": (
        400,
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    ),
    "MalformedXML": (400, "The XML you provided was not well-formed or did not validate against our published schema"),
    "MaxMessageLengthExceeded": (400, "Your request was too big."),
    "MaxPostPreDataLengthExceededError": (400, "Your POST request fields preceding the upload file were too large."),
    "MetadataTooLarge": (400, "Your metadata headers exceed the maximum allowed metadata size"),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "MissingContentLength": (411, "You must provide the Content-Length HTTP header."),
    "MissingSecurityHeader": (400, "Your request was missing a required header"),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchBucketPolicy": (404, "The bucket policy does not exist"),
    "NoSuchCORSConfiguration": (404, "The CORS configuration does not exist"),
    "NoSuchConfiguration": (404, "The specified configuration does not exist."),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchLifecycleConfiguration": (404, "The lifecycle configuration does not exist"),
    "NoSuchObjectLockConfiguration": (404, "The specified object does not have a ObjectLock configuration"),
    "NoSuchPublicAccessBlockConfiguration": (404, "The public access block configuration was not found"),
    "NoSuchTagSet": (404, "The TagSet does not exist"),
    "NoSuchUpload": (
        404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
        "aborted or completed.",
    ),
    "NoSuchVersion": (404, "The specified version does not exist."),
    "NoSuchWebsiteConfiguration": (404, "The specified bucket does not have a website configuration"),
    "NotImplemented": (501, "A header you provided implies functionality that is not implemented"),
    "NotModified": (304, "Not Modified"),
    "ObjectLockConfigurationNotFoundError": (404, "Object Lock configuration does not exist for this bucket"),
    "OperationAborted": (
        409,
        "A conflicting conditional operation is currently in progress against this resource. Try again.",
    ),
    "OwnershipControlsNotFoundError": (404, "The bucket ownership controls were not found"),
    "PermanentRedirect": (
        301,
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all "
        "future requests to this endpoint.",
    ),
    "PolicyTooLarge": (400, "Policy exceeds the maximum allowed document size."),
    "PreconditionFailed": (412, "At least one of the pre-conditions you specified did not hold"),
    "ReplicationConfigurationNotFoundError": (404, "The replication configuration was not found"),
    "RequestTimeTooSkewed": (403, "The difference between the request time and the current time is too large."),
    "RequestTimeout": (
        400,
        "Your socket connection to the server was not read from or written to within the timeout period.",
    ),
    "RestoreAlreadyInProgress": (409, "Object restore is already in progress"),
    "ServiceUnavailable": (503, "Service is unable to handle request."),
    "SignatureDoesNotMatch": (
        403,
        "The request signature we calculated does not match the signature you provided. Check your key and "
        "signing method.",
    ),
    "SlowDown": (503, "Please reduce your request rate."),
    "TooManyConfigurations": (
        400,
        "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.",
    ),
    "UnexpectedContent": (400, "This request does not support content"),
    "UnresolvableGrantByEmailAddress": (400, "The email address you provided does not match any account on record."),
    "XAmzContentSHA256Mismatch": (400, "The provided 'x-amz-content-sha256' header does not match what was computed."),
}


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
    S3 adds to its XML response, in order.
    """

    code = "BadRequest"
    status, default_message = CODES[code]

    def __init_subclass__(cls) -> None:
        """A class that is named as a code has that code, its status and its words; any other has its parent's."""
        if cls.__name__ in CODES:
            cls.code = cls.__name__
            cls.status, cls.default_message = CODES[cls.code]

    def __init__(self, message: str | None = None, extra: Iterable[tuple[str, str]] = ()) -> None:
        self.message = message or self.default_message
        self.extra = list(extra)
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class AccessDenied(VerificationError):
    """A request that nobody may make so; the classes below say why."""


class ExtraInputFields(AccessDenied):
    """A form has fields that no condition of its policy speaks of: `names`, in lower case."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(f"Invalid according to Policy: Extra input fields: {', '.join(names)}")


class HeadersNotSigned(AccessDenied):
    """Headers that could change the request's meaning are not under its signature: `names`, in lower case."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            "There were headers present in the request which were not signed",
            [("HeadersNotSigned", ", ".join(self.names))],
        )


class NothingSigned(AccessDenied):
    """There is no signature, neither in the headers nor in the query nor in a form."""


class PolicyConditionFailed(AccessDenied):
    """A form does not meet one of its policy's conditions: `condition`, as JSON, without a session token."""

    def __init__(self, condition: str) -> None:
        self.condition = condition
        super().__init__(f"Invalid according to Policy: Policy Condition failed: {condition}")


class PolicyExpired(AccessDenied):
    """A form's policy has expired, at `expires_at` (aware, UTC)."""

    def __init__(self, expires_at: datetime) -> None:
        self.expires_at = expires_at
        super().__init__("Invalid according to Policy: Policy expired.")


class RequestExpired(AccessDenied):
    """A presigned URL, or a form's signing key, has expired, at `expires_at` (aware, UTC)."""

    def __init__(self, expires_in: int, expires_at: datetime, server_time: datetime) -> None:
        self.expires_at = expires_at
        super().__init__(
            "Request has expired",
            [
                ("X-Amz-Expires", str(expires_in)),
                ("Expires", _iso(expires_at)),
                ("ServerTime", _iso(server_time)),
            ],
        )


class RequestNotYetValid(AccessDenied):
    """A presigned URL or a form is dated ahead: `signed_at` (aware, UTC)."""

    def __init__(self, signed_at: datetime, server_time: datetime) -> None:
        self.signed_at = signed_at
        super().__init__("Request is not valid yet", [("ServerTime", _iso(server_time))])


class AuthorizationHeaderMalformed(VerificationError):
    """The Authorization header, or what belongs to it, cannot be read or is for another region or service."""


class AuthorizationQueryParametersError(VerificationError):
    """The same of a presigned URL's parameters, and of a form's fields."""


class BadDigest(VerificationError):
    """The body is not the one that its checksum or its Content-MD5 speaks of."""


class EntityTooLarge(VerificationError):
    """A form's file, or a body that has to be held, is too large."""


class EntityTooSmall(VerificationError):
    """A form's file is too small."""


class ExpiredToken(VerificationError):
    """The credentials' own `expires_at` has passed."""


class IncompleteBody(VerificationError):
    """The body ends before its length."""


class InvalidAccessKeyId(VerificationError):
    """The verifier does not know the access key."""


class InvalidArgument(VerificationError):
    """A header, a parameter or a field has a value that it cannot have, or stands twice."""


class InvalidChunkSizeError(VerificationError):
    """A chunk of an aws-chunked body, other than the last, is too small."""


class InvalidDigest(VerificationError):
    """Content-MD5 is not the base64 of 16 bytes."""


class InvalidPolicyDocument(VerificationError):
    """A form's policy cannot be read."""


class InvalidRequest(VerificationError):
    """The request cannot be read, or asks for what is not supported."""


class InvalidToken(VerificationError):
    """The session token is not the one of these credentials."""


class InvalidURI(VerificationError):
    """The request target cannot be read."""


class MalformedTrailerError(VerificationError):
    """The trailers of an aws-chunked body are not those that were promised."""


class MaxPostPreDataLengthExceededError(VerificationError):
    """A form has too many bytes before its file."""


class MissingContentLength(VerificationError):
    """An aws-chunked body does not say the length of its data."""


class RequestTimeTooSkewed(VerificationError):
    """The request's time stamp is too far from the verifier's clock."""


class SignatureDoesNotMatch(VerificationError):
    """The signature is not the one these credentials make for what arrived.

    `canonical_request` and `string_to_sign` are the verifier's own; `signature_provided` is the peer's, made in the
    name of `access_key_id`. They are attributes, and elements of `extra` as in S3's response, but never part of the
    message. A form has no canonical request: there it is None.
    """

    _asked: tuple[Explainer, object] | None = None  # the verifier that raised it, and what it was asked about

    def explain(self) -> Explanation:
        """Why, with the fix: see `sigv4.explain`. Raises ValueError for a form's error, or one of no Verifier."""
        if self._asked is None:
            raise ValueError("nothing is known of the request that this is about; use sigv4.explain")
        verifier, received = self._asked
        return verifier.explain(received, self)

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
    """The body is not the one whose SHA-256 was signed."""


def _spaced_hex(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").hex(" ")


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
