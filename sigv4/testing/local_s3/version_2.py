"""Signature Version 2, which S3 still takes in the regions that are older than 2014: LocalS3 does where it is told to.

boto3 presigns so by itself in us-east-1 and for an `endpoint_url`; new programs should say
`Config(signature_version="s3v4")`. HMAC-SHA1 over the method, Content-MD5, Content-Type, the date or the end, the
x-amz-* headers and the resource; of a form, over its policy.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/RESTAuthentication.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingHTTPPOST.html (as they were); refusals as S3 gave them in
February 2026.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from hmac import compare_digest, digest
from time import gmtime, strftime

from ...body import BodyClaim, BodyReader
from ...encoding import is_number
from ...errors import ExpiredToken, InvalidAccessKeyId, InvalidToken, PolicyExpired, RequestTimeTooSkewed
from ...post import PostPolicy, VerifiedPost, read_fields
from ...signature import UNSIGNED_PAYLOAD
from ...verifier import MAX_SKEW, same_token
from .call import as_header
from .conditions import parse_http_date
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ...credentials import Credentials
    from .call import Call, Readable

# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html: no younger one took it.
REGIONS = frozenset((
    "us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1",
    "sa-east-1",
))  # fmt: skip

_TOKEN = "x-amz-security-token"  # noqa: S105 - a name
_PARAMETERS = ("AWSAccessKeyId", "Signature", "Expires")
# The parameters that are of the resource, so that they are signed.
_SIGNED = frozenset(
    (
        "acl", "accelerate", "analytics", "cors", "delete", "encryption", "inventory", "legal-hold", "lifecycle",
        "location", "logging", "metrics", "notification", "object-lock", "ownershipControls", "partNumber", "policy",
        "publicAccessBlock", "replication", "requestPayment", "restore", "retention", "select", "select-type",
        "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
        "response-cache-control", "response-content-disposition", "response-content-encoding",
        "response-content-language", "response-content-type", "response-expires",
    )
)  # fmt: skip


class SignedByVersion2:
    """A request that passed; nothing but its headers speaks of its body."""

    __slots__ = ("_body", "credentials", "payload_hash", "signed_at")

    def __init__(self, credentials: Credentials, body: BodyClaim, now: float) -> None:
        self._body = body
        self.credentials = credentials
        self.signed_at = datetime.fromtimestamp(now, UTC)  # nothing says when a URL was signed
        self.payload_hash = body.payload_hash

    def open(self, stream: Readable) -> BodyReader:
        """Read the body through this: it is held to its Content-MD5 and its checksum."""
        return BodyReader(stream, self._body, None)


class PostOfVersion2(VerifiedPost):
    """A form that passed."""

    __slots__ = ()

    def __init__(self, credentials: Credentials, policy: PostPolicy, fields: dict[str, str], now: float) -> None:
        self.credentials = credentials
        self.signed_at = datetime.fromtimestamp(now, UTC)
        self.expires_at = policy.expires_at
        self.policy = policy
        self.fields = fields


def is_version_2(call: Call) -> bool:
    """Whether the request, or the presigned URL, claims to be signed so."""
    names = {name for name, _ in call.query}
    if "X-Amz-Algorithm" in names:
        return False
    if "authorization" in call.fields:
        return call.fields["authorization"].startswith("AWS ")
    return not names.isdisjoint(("AWSAccessKeyId", "Signature"))


def verify(call: Call, users: Mapping[str, Credentials], now: float) -> SignedByVersion2:
    """Raises S3Error and VerificationError in S3's words."""
    authorization = call.fields.get("authorization")
    if authorization is None:
        key, signature, date = _read_query(call, now)
    else:
        key, _, signature = authorization.removeprefix("AWS ").strip().partition(":")
        date = _read_date(call, now)
    text = _string_to_sign(call, date, in_query=authorization is None)
    token = call.header(_TOKEN) or call.parameter(_TOKEN)
    credentials = _check(users, key, text, signature, token, now)
    payload_hash = call.fields.get("x-amz-content-sha256") or UNSIGNED_PAYLOAD
    return SignedByVersion2(credentials, BodyClaim(payload_hash, call.fields), now)


def _read_query(call: Call, now: float) -> tuple[str, str, str]:
    values = [call.parameter(name) for name in _PARAMETERS]
    if any(value is None for value in values):
        raise S3Error(
            "AccessDenied", "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
        )
    key, signature, expires = (value or "" for value in values)
    if not is_number(expires, 12):
        raise S3Error("AccessDenied", "Invalid date (should be seconds since epoch): " + expires)
    if int(expires) < now:
        ends = [("Expires", _utc(int(expires))), ("ServerTime", _utc(now))]
        raise S3Error("AccessDenied", "Request has expired", extra=ends)
    return key, signature, expires


def _read_date(call: Call, now: float) -> str:
    date = call.fields.get("x-amz-date") or call.fields.get("date")
    sent = None if date is None else parse_http_date(date)
    if date is None or sent is None:
        raise S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
    if abs(now - sent) > MAX_SKEW:
        raise RequestTimeTooSkewed(
            extra=[("RequestTime", date), ("ServerTime", _utc(now)), ("MaxAllowedSkewMilliseconds", "900000")]
        )
    return "" if "x-amz-date" in call.fields else date


def _utc(seconds: float) -> str:
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(seconds))


def _string_to_sign(call: Call, date: str, in_query: bool) -> str:
    headers = {name: value for name, value in call.fields.items() if name.startswith("x-amz-")}
    about = [call.fields.get("content-md5"), call.fields.get("content-type")]
    if in_query:  # where what is signed may stand as well
        for name, value in call.query:
            if name.lower().startswith("x-amz-"):
                headers.setdefault(name.lower(), as_header(value))
        about = [
            found if found is not None else as_header(call.parameter(name) or "")
            for found, name in zip(about, ("content-md5", "content-type"), strict=True)
        ]
    lines = [call.request.method, *(value or "" for value in about), date]
    lines += [f"{name}:{' '.join(value.split())}" for name, value in sorted(headers.items())]
    return "\n".join(lines) + "\n" + _resource(call)


def _resource(call: Call) -> str:
    path = (f"/{call.bucket}" if call.hosted else "") + call.received.path
    if path.count("/") == 1 and len(path) > 1:
        path += "/"  # a bucket in the path is signed as one in the host is
    signed = sorted((name, as_header(value)) for name, value in call.query if name in _SIGNED)
    query = "&".join(f"{name}={value}" if value else name for name, value in signed)
    return path + ("?" + query if query else "")


def _check(
    users: Mapping[str, Credentials], key: str, text: str, signature: str, token: str | None, now: float
) -> Credentials:
    credentials = users.get(key)
    if credentials is None:
        raise InvalidAccessKeyId(extra=[("AWSAccessKeyId", key)])
    data = text.encode("latin-1", "replace")  # a character a byte, as headers come
    expected = b64encode(digest(credentials.secret_access_key.encode(), data, "sha1")).decode()
    if not compare_digest(expected.encode(), signature.encode("utf-8", "surrogateescape")):
        raise S3Error(
            "SignatureDoesNotMatch",
            extra=[
                ("AWSAccessKeyId", key),
                ("StringToSign", data.decode("utf-8", "replace")),
                ("SignatureProvided", signature),
                ("StringToSignBytes", data.hex(" ")),
            ],
        )
    if not same_token(credentials, token):
        raise InvalidToken
    if credentials.expires_at is not None and credentials.expires_at.timestamp() <= now:
        raise ExpiredToken
    return credentials


# Forms


def is_form_of_version_2(fields: Iterable[tuple[str, str]]) -> bool:
    names = {name.lower() for name, _ in fields}
    return "x-amz-algorithm" not in names and not names.isdisjoint(("awsaccesskeyid", "signature"))


def verify_post(
    fields: Iterable[tuple[str, str]], bucket: str, users: Mapping[str, Credentials], now: Callable[[], float]
) -> PostOfVersion2:
    """Raises S3Error and VerificationError in S3's words."""
    form = read_fields(fields)
    for name in ("AWSAccessKeyId", "Signature", "policy"):
        if name.lower() not in form:
            raise S3Error(
                "InvalidArgument",
                f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the "
                "fields.",
                ArgumentName=name,
                ArgumentValue="",
            )
    key, signature = form.pop("awsaccesskeyid"), form.pop("signature")
    credentials = _check(users, key, form["policy"], signature, form.get(_TOKEN), now())
    policy = PostPolicy.parse(form["policy"])
    if now() > policy.expires_at.timestamp():
        raise PolicyExpired(policy.expires_at)
    policy.check({**form, "bucket": bucket})
    if "bucket" in form:
        form["bucket"] = bucket
    signed = {name: value for name, value in form.items() if not name.startswith("x-ignore-")}
    return PostOfVersion2(credentials, policy, signed, now())
