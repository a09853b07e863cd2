"""S3's answers to bad requests, in its own codes and words. Each stands here once; names in braces are the site's.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and S3's responses where they say more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...checksums import ALGORITHMS
from .check import refused

if TYPE_CHECKING:
    from .check import Expected

ANY_REFUSAL = refused()

ACCESS_DENIED = refused(403, "AccessDenied", "Access Denied")
ONE_MECHANISM = refused(
    400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
    "query string parameter or the Authorization header should be specified.", "ArgumentName", "ArgumentValue",
)  # fmt: skip
VERSION_2 = refused(
    400, "InvalidRequest",
    "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
)  # fmt: skip
UNKNOWN_KEY = refused(
    403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", "AWSAccessKeyId",
)  # fmt: skip

_MISMATCH = (
    403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. "
    "Check your key and signing method.", "AWSAccessKeyId={access_key_id}", "StringToSign", "SignatureProvided",
    "StringToSignBytes",
)  # fmt: skip
MISMATCH = refused(*_MISMATCH, "CanonicalRequest", "CanonicalRequestBytes")
CHUNK_MISMATCH = FORM_MISMATCH = refused(*_MISMATCH)  # there is no canonical request of a chunk or a form

EXPIRED = refused(403, "AccessDenied", "Request has expired", "X-Amz-Expires=900", "Expires", "ServerTime")
NOT_YET = refused(403, "AccessDenied", "Request is not valid yet", "ServerTime")
TOO_SKEWED = refused(
    403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
    "RequestTime", "ServerTime", "MaxAllowedSkewMilliseconds=900000",
)  # fmt: skip
DATE_NEEDED = refused(403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
UNKNOWN_TOKEN = refused(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")

_WRONG_SCOPE = {
    "region": ("the region 'wrong-region-1' is wrong; expecting '{region}'", "Region={region}"),
    "service": ('incorrect service "sqs". This endpoint belongs to "s3".',),
    "terminator": ('incorrect terminal "aws3_request". This endpoint uses "aws4_request".',),
    "parts": ('the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',),
}


def query_error(message: str, *elements: str) -> Expected:
    return refused(400, "AuthorizationQueryParametersError", message, *elements)


def wrong_credential(part: str) -> Expected:
    """The part of X-Amz-Credential that is wrong."""
    message, *elements = _WRONG_SCOPE[part]
    return query_error(f"Error parsing the X-Amz-Credential parameter; {message}", *elements)


def malformed_header(part: str = "") -> Expected:
    """The part of the Authorization header's credential that is wrong; "": the header is."""
    if not part:
        return refused(400, "AuthorizationHeaderMalformed")
    message, *elements = _WRONG_SCOPE[part]
    return refused(400, "AuthorizationHeaderMalformed", f"The authorization header is malformed; {message}", *elements)


SIX_PARAMETERS = query_error(
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
    "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
UNKNOWN_ALGORITHM = query_error('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
LONG_FORMAT = query_error("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
EXPIRES_NO_NUMBER = query_error("X-Amz-Expires should be a number")
EXPIRES_NEGATIVE = query_error("X-Amz-Expires must be non-negative")
EXPIRES_TOO_LONG = query_error(
    "X-Amz-Expires must be less than a week (in seconds); "
    "that is, the given X-Amz-Expires must be less than 604800 seconds"
)


def not_signed(name: str) -> Expected:
    """A header arrived, or should have, that the signature does not cover."""
    message = "There were headers present in the request which were not signed"
    return refused(403, "AccessDenied", message, f"HeadersNotSigned={name}")


# Bodies

HASH_MISSING = refused(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
HASH_MALFORMED = refused(
    400, "InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-...or a valid sha256 value."
)
HASH_MISMATCH = refused(
    400, "XAmzContentSHA256Mismatch",
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    "ClientComputedContentSHA256", "S3ComputedContentSHA256",
)  # fmt: skip
INCOMPLETE = refused(
    400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"
)
LENGTH_MISSING = refused(411, "MissingContentLength")
FRAMING = refused(400, "InvalidRequest")
CHUNK_TOO_SMALL = refused(403, "InvalidChunkSizeError")
TRAILER_MISSING = refused(400, "MalformedTrailerError")
TOO_LARGE = refused(400, "EntityTooLarge")
MD5_WRONG = refused(400, "BadDigest")
MD5_MALFORMED = refused(400, "InvalidDigest")
TWO_CHECKSUMS = refused(
    400, "InvalidRequest",
    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
)  # fmt: skip


def wrong_checksum(algorithm: str) -> Expected:
    return refused(400, "BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")


def malformed_checksum(algorithm: str) -> Expected:
    return refused(400, "InvalidRequest", f"Value for {ALGORITHMS[algorithm].header} header is invalid.")


def unmet(condition: str, stores: bytes | None = None) -> Expected:
    """A condition of a conditional request; `stores`: what still stands there."""
    return refused(412, "PreconditionFailed", "", f"Condition={condition}", stores=stores)


# Forms and CORS


def against_policy(what: str) -> Expected:
    return refused(403, "AccessDenied", f"Invalid according to Policy: {what}")


FILE_TOO_LARGE = refused(400, "EntityTooLarge", "", "ProposedSize", "MaxSizeAllowed")
FILE_TOO_SMALL = refused(400, "EntityTooSmall", "", "ProposedSize", "MinSizeAllowed")
NO_FILE = refused(400, "InvalidArgument", "POST requires exactly one file upload per request.")
NO_KEY = refused(
    400, "InvalidArgument",
    "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
)  # fmt: skip
NO_FORM = refused(
    412, "PreconditionFailed", "", "Condition=Bucket POST must be of the enclosure-type multipart/form-data"
)
NO_CORS = refused(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
NOT_IN_CORS = refused(
    403, "AccessForbidden", "CORSResponse: This CORS request is not allowed. This is usually because the evalution "
    "of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted "
    "by the resource's CORS spec.",
)  # fmt: skip
