"""What differs between AWS's services in signing, as facts by a service's signing name; and global services' regions.

Most services want what CanonicalRules() says. S3 departs from it for a reason: its paths are object names, where `//`,
`.` and `..` are part of the name and one encoding is all there is, and its bodies may be huge, so they may go unsigned
or be signed in chunks. The others that depart stand in `_RULES`, each with its source.

How to add a service:
1. Find its signing name: in the credential scope of a request that an SDK signs, or as `signingName` (else
   `endpointPrefix`) in its model (https://github.com/boto/botocore/tree/develop/botocore/data).
2. Read its documentation on signing. If all it says is in CanonicalRules' defaults, there is nothing to add.
3. Otherwise add an entry to `_RULES` with what differs alone, and the page that says so beside it. If no flag states
   the fact yet, add one to CanonicalRules: one fact, named after what the service does, which Signer, Verifier and,
   where S3 is concerned, S3Presigner obey.
4. If every region of a partition signs for one and the same, add it to the global services further down.
5. Say in tests/test_rules.py how the service's request must look, and add one with what is hard in it to
   tests/interop/services.toml: it is held against botocore and awscrt, and sent by eight HTTP clients.
   tests/interop/test_botocore_rules.py holds both tables against botocore's models, and
   `python -m tests.property.every_service` Signer against all that botocore's clients send.

Sources: "Create a signed AWS API request"
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html), steps 1 and 2;
"Authenticating Requests" (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html).
"""

from __future__ import annotations

from .frozen import Frozen

SECURITY_TOKEN = "X-Amz-Security-Token"  # noqa: S105 a name
S3_SESSION_TOKEN = "X-Amz-S3session-Token"  # noqa: S105 a name


class CanonicalRules(Frozen):
    """How a service wants its requests signed.

    `normalize_path`: `.` and `..` segments and repeated slashes are removed (RFC 3986 section 5.2.4).
    `double_encode_path`: the path is encoded once more than it is on the wire.
    `content_sha256_header`: header-signed requests must carry `x-amz-content-sha256`.
    `sign_payload`: the body's hash is signed; otherwise the body goes unsigned, and `UNSIGNED-PAYLOAD` stands for it.
    `unsigned_payload`: `UNSIGNED-PAYLOAD` is taken in the place of the body's hash.
    `presign_unsigned_payload`: presigned URLs leave the body unsigned, unless that header is sent with them.
    `aws_chunked`: bodies signed in chunks are read.
    `signed_events`: bodies may be streams of signed events.
    `headers_in_query`: headers of some names are taken from a presigned URL's query as well.
    `sign_content_length`: Content-Length may be a signed header.
    `session_token_name`: the header or parameter that the session token goes into.
    `sign_session_token`: the session token is part of what is signed; otherwise it is added afterwards.
    """

    __slots__ = (
        "aws_chunked",
        "content_sha256_header",
        "double_encode_path",
        "headers_in_query",
        "normalize_path",
        "presign_unsigned_payload",
        "session_token_name",
        "sign_content_length",
        "sign_payload",
        "sign_session_token",
        "signed_events",
        "unsigned_payload",
    )

    normalize_path: bool
    double_encode_path: bool
    content_sha256_header: bool
    sign_payload: bool
    unsigned_payload: bool
    presign_unsigned_payload: bool
    aws_chunked: bool
    signed_events: bool
    headers_in_query: bool
    sign_content_length: bool
    session_token_name: str
    sign_session_token: bool

    def __init__(
        self,
        *,
        normalize_path: bool = True,
        double_encode_path: bool = True,
        content_sha256_header: bool = False,
        sign_payload: bool = True,
        unsigned_payload: bool = False,
        presign_unsigned_payload: bool = False,
        aws_chunked: bool = False,
        signed_events: bool = False,
        headers_in_query: bool = False,
        sign_content_length: bool = True,
        session_token_name: str = SECURITY_TOKEN,
        sign_session_token: bool = True,
    ) -> None:
        put = object.__setattr__
        put(self, "normalize_path", normalize_path)
        put(self, "double_encode_path", double_encode_path)
        put(self, "content_sha256_header", content_sha256_header)
        put(self, "sign_payload", sign_payload)
        put(self, "unsigned_payload", unsigned_payload)
        put(self, "presign_unsigned_payload", presign_unsigned_payload)
        put(self, "aws_chunked", aws_chunked)
        put(self, "signed_events", signed_events)
        put(self, "headers_in_query", headers_in_query)
        put(self, "sign_content_length", sign_content_length)
        put(self, "session_token_name", session_token_name)
        put(self, "sign_session_token", sign_session_token)

    def __repr__(self) -> str:
        return f"CanonicalRules({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__slots__)})"


def _s3(session_token_name: str = SECURITY_TOKEN) -> CanonicalRules:
    return CanonicalRules(
        normalize_path=False,
        double_encode_path=False,
        content_sha256_header=True,
        unsigned_payload=True,
        presign_unsigned_payload=True,
        aws_chunked=True,
        headers_in_query=True,
        session_token_name=session_token_name,
    )


DEFAULT = CanonicalRules()
S3 = _s3()
# S3 Express, with the credentials of a session (CreateSession). CreateSession itself, and what is done to directory
# buckets as such, is signed with ordinary credentials, by the rules of S3.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-create-session.html
S3_EXPRESS = _s3(S3_SESSION_TOKEN)

# Operations with `v4-unsigned-body` in the service's model, which SDKs send with UNSIGNED-PAYLOAD over https.
_UNSIGNED_BODIES = CanonicalRules(unsigned_payload=True)
# Operations whose input is an event stream (botocore's service models; Transcribe's own guide).
_SIGNED_EVENTS = CanonicalRules(signed_events=True)

_RULES = {
    "s3": S3,
    "s3-object-lambda": S3,
    "s3-outposts": S3,
    "s3express": S3_EXPRESS,
    # "Signing HTTP requests with other clients":
    # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-clients.html
    "aoss": CanonicalRules(content_sha256_header=True, sign_content_length=False),
    "bedrock": _SIGNED_EVENTS,
    "ebs": _UNSIGNED_BODIES,
    # https://docs.aws.amazon.com/amazonglacier/latest/dev/api-common-request-headers.html
    "glacier": CanonicalRules(content_sha256_header=True),
    "health-agent": _SIGNED_EVENTS,
    # MQTT over WebSocket: https://docs.aws.amazon.com/iot/latest/developerguide/iam-users-groups-roles.html
    "iotdevicegateway": CanonicalRules(sign_session_token=False),
    "lex": CanonicalRules(unsigned_payload=True, signed_events=True),
    "mediastore": _UNSIGNED_BODIES,
    "omics": _UNSIGNED_BODIES,
    "polly": _SIGNED_EVENTS,
    "qbusiness": _SIGNED_EVENTS,
    # https://docs.aws.amazon.com/transcribe/latest/dg/streaming-http2.html
    "transcribe": _SIGNED_EVENTS,
    # https://docs.aws.amazon.com/vpc-lattice/latest/ug/sigv4-authenticated-requests.html
    # In presigned URLs too: https://github.com/awslabs/aws-c-auth/pull/249
    "vpc-lattice-svcs": CanonicalRules(content_sha256_header=True, sign_payload=False, unsigned_payload=True),
}


def rules_for(service: str) -> CanonicalRules:
    """The rules that follow from a service's signing name."""
    return _RULES.get(service, DEFAULT)


# What a region's name begins with -> its partition (botocore's partitions.json). `us-gov-west-1` begins with `us-gov`.
_PARTITIONS = {
    "cn": "aws-cn",
    "eusc-de": "aws-eusc",
    "us-iso": "aws-iso",
    "us-isob": "aws-iso-b",
    "eu-isoe": "aws-iso-e",
    "us-isof": "aws-iso-f",
    "us-gov": "aws-us-gov",
}
_PARTITIONS_BY_GLOBAL_NAME = {f"{name}-global": name for name in _PARTITIONS.values()}

# Global services: partition -> the one region that is signed for, by botocore's endpoint rule sets and endpoints.json.
# "AWS service endpoints" (https://docs.aws.amazon.com/general/latest/gr/rande.html#global-endpoints)
_IMPLICIT = {
    "aws": "us-east-1",
    "aws-cn": "cn-northwest-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
    "aws-us-gov": "us-gov-west-1",
}
_AWS_ALONE = {"aws": "us-east-1"}
_GLOBAL_SERVICES = {
    **dict.fromkeys(
        (
            "account", "artifact", "bcm-dashboards", "bcm-data-exports", "bcm-pricing-calculator",
            "bcm-recommended-actions", "billing", "budgets", "ce", "cloudfront", "health", "invoicing",
            "notifications-contacts", "organizations", "partnercentral-channel", "route53", "sustainability", "tax",
        ),
        _IMPLICIT,
    ),
    **dict.fromkeys(("IngestionService", "billingconductor", "freetier", "savingsplans", "shield", "waf"), _AWS_ALONE),
    "iam": {**_IMPLICIT, "aws-cn": "cn-north-1"},
    "networkmanager": {**_IMPLICIT, "aws": "us-west-2"},
    "pricingplanmanager": dict.fromkeys(_IMPLICIT, "us-east-1"),
    "route53-recovery-control-config": {**_IMPLICIT, "aws": "us-west-2"},
    "support": {**_IMPLICIT, "aws-cn": "cn-north-1"},
}  # fmt: skip


def partition(region: str) -> str:
    """The name of the partition that a region belongs to; a region that none claims is in `aws`."""
    area, _, number = region.rpartition("-")
    if number.isdigit():
        return _PARTITIONS.get(area.rpartition("-")[0], "aws")
    return _PARTITIONS_BY_GLOBAL_NAME.get(region, "aws")


def global_region(service: str, region: str = "") -> str | None:
    """The region that a global service is signed for by whoever works in `region`: "us-east-1" for iam, in most.

    None for a service that is signed for in each region by that region's own name.
    """
    return _GLOBAL_SERVICES.get(service, {}).get(partition(region))
