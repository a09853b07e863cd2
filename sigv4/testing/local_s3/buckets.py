"""Operations on buckets and on what is set for them."""

from __future__ import annotations

from ...s3.addressing import is_virtual_hostable
from . import cors
from .acl import owner_elements, owner_of
from .call import empty, operation, reads_body, region_of, xml
from .conditions import iso_date
from .errors import S3Error
from .listing import decode_token, encode_token
from .tagging import BUCKET, NEW_BUCKET, read_tags, tags_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .documents import Element

MAX_BUCKETS = 10_000
ARN = "arn:aws:s3:::"


@operation
def list_buckets(call: Call) -> Response:
    prefix, token = call.parameter("prefix") or "", call.parameter("continuation-token")
    after = decode_token(token) if token else ""
    limit = call.number("max-buckets", MAX_BUCKETS, 1, MAX_BUCKETS)
    region = call.parameter("bucket-region")
    if region is not None and not _is_region(call, region):
        raise S3Error(
            "InvalidArgument", f"Argument value {region} is not a valid AWS Region", ArgumentName="bucket-region"
        )
    principal = call.principal
    account = owner_of({}) if principal is None else principal.account
    found = [
        bucket
        for bucket in call.storage.buckets()
        if owner_of(bucket.settings) == account
        and bucket.name.startswith(prefix)
        and bucket.name > after
        and region in (None, region_of(call, bucket.settings))
    ]
    page = found[:limit]
    buckets = [
        (
            "Bucket",
            [
                ("Name", b.name),
                ("CreationDate", iso_date(b.created)),
                ("BucketRegion", region_of(call, b.settings)),
                ("BucketArn", ARN + b.name),
            ],
        )
        for b in page
    ]
    return xml(
        "ListAllMyBucketsResult",
        [
            ("Owner", owner_elements(account)),
            ("Buckets", buckets),
            ("ContinuationToken", encode_token(page[-1].name) if len(found) > limit else None),
            ("Prefix", prefix or None),
        ],
    )


@operation
@reads_body
def create_bucket(call: Call) -> Response:
    if not is_virtual_hostable(call.bucket, subdomains=True):
        raise S3Error("InvalidBucketName", BucketName=call.bucket)
    settings = _new_settings(call)
    try:
        call.storage.create_bucket(call.bucket, settings)
    except S3Error as refusal:
        if refusal.code == "BucketAlreadyOwnedByYou" and owner_of(call.settings()) != owner_of(settings):
            raise S3Error("BucketAlreadyExists", BucketName=call.bucket) from None
        # In us-east-1, and there alone, creating a bucket that one owns already succeeds
        # (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html); not with tags.
        there = refusal.code == "BucketAlreadyOwnedByYou" and call.region == region_of(call, call.settings())
        if not there or call.region != "us-east-1" or "tags" in settings:
            raise
    location = f"/{call.bucket}" if "location" not in settings else f"http://{call.bucket}.s3.amazonaws.com/"
    return empty(headers=[("Location", location), ("x-amz-bucket-arn", ARN + call.bucket)])


def _new_settings(call: Call) -> dict[str, Any]:
    """What the request says of the bucket to be."""
    from .grants import settings_of_new_bucket

    settings = settings_of_new_bucket(call, call.defaults)
    asked = None
    if call.request.body.ended():
        call.check_body()
    else:
        document = call.document("CreateBucketConfiguration")
        document.only("LocationConstraint", "Tags")
        asked = document.value("LocationConstraint")
        settings["tags"] = _new_tags(document)
    _check_location(call, asked)
    settings["location"] = asked
    if (call.header("x-amz-bucket-object-lock-enabled") or "").lower() == "true":
        settings |= {"lock": {"enabled": True}, "versioning": "Enabled"}
    if not asked and call.region != call.home:
        settings["region"] = call.region
    return {name: value for name, value in settings.items() if value}


def _new_tags(document: Element) -> dict[str, str]:
    tags = document.one("Tags")
    keys = [] if tags is None else [tag.value("Key") for tag in tags.all("Tag")]
    if len(set(keys)) < len(keys):
        raise S3Error("InternalError")  # which is what S3 says
    return read_tags(document, NEW_BUCKET)


def _check_location(call: Call, asked: str | None) -> None:
    """The location constraint is the endpoint's region; us-east-1 is what its absence means, and is never written. The
    endpoint of us-east-1 takes those of all regions.
    """
    known = asked is None or asked == "EU" or _is_region(call, asked)
    if call.region == "us-east-1" and (asked == "us-east-1" or not known):
        raise S3Error("InvalidLocationConstraint", LocationConstraint=asked or "")
    allowed = (call.region, "EU") if call.region == "eu-west-1" else (call.region,)
    if call.region != "us-east-1" and asked not in allowed:
        raise S3Error(
            "IllegalLocationConstraintException",
            f"The {asked or 'unspecified'} location constraint is incompatible for the region specific endpoint "
            "this request was sent to.",
        )


def _is_region(call: Call, name: str) -> bool:
    from ...diagnosis.mistakes import REGIONS  # seldom wanted

    return name == call.region or name in REGIONS


@operation
def head_bucket(call: Call) -> Response:
    return empty(
        headers=[
            ("x-amz-bucket-region", region_of(call, call.settings())),
            ("x-amz-bucket-arn", ARN + call.bucket),
            ("x-amz-access-point-alias", "false"),
            ("Content-Type", "application/xml"),
        ]
    )


@operation
def delete_bucket(call: Call) -> Response:
    call.storage.delete_bucket(call.bucket)
    return empty(204)


@operation
def get_bucket_location(call: Call) -> Response:
    settings = call.settings()
    location = settings.get("location") or region_of(call, settings)
    return xml("LocationConstraint", [] if location == "us-east-1" else location)


# CORS


@operation
@reads_body
def put_bucket_cors(call: Call) -> Response:
    rules = cors.read_rules(call.document("CORSConfiguration"))
    call.storage.configure_bucket(call.bucket, "cors", rules)
    return empty()


@operation
def get_bucket_cors(call: Call) -> Response:
    rules = _setting(call, "cors")
    if rules is None:
        raise S3Error("NoSuchCORSConfiguration", BucketName=call.bucket)
    return xml("CORSConfiguration", cors.write_rules(rules))


@operation
def delete_bucket_cors(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "cors", None)
    return empty(204)


# Versioning


@operation
@reads_body
def put_bucket_versioning(call: Call) -> Response:
    document = call.document("VersioningConfiguration")
    status = document.value("Status")
    if document.value("MfaDelete") == "Enabled":
        raise S3Error("NotImplemented", "MfaDelete is not implemented by LocalS3.")
    if status is None:
        raise S3Error("IllegalVersioningConfigurationException", "The Versioning element must be specified")
    if status not in ("Enabled", "Suspended"):
        raise S3Error("MalformedXML")
    if status == "Suspended" and "lock" in call.settings():
        raise S3Error(
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
        )
    call.storage.configure_bucket(call.bucket, "versioning", status)
    return empty()


@operation
def get_bucket_versioning(call: Call) -> Response:
    return xml("VersioningConfiguration", [("Status", _setting(call, "versioning"))])


# Tags


@operation
@reads_body
def put_bucket_tagging(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "tags", read_tags(call.document("Tagging"), BUCKET) or None)
    return empty(204)


@operation
def get_bucket_tagging(call: Call) -> Response:
    tags = _setting(call, "tags")
    if tags is None:
        raise S3Error("NoSuchTagSet", BucketName=call.bucket)
    return tags_document(tags)


@operation
def delete_bucket_tagging(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "tags", None)
    return empty(204)


# ACL


@operation
@reads_body
def put_bucket_acl(call: Call) -> Response:
    from .grants import changed

    settings = call.settings()
    call.storage.configure_bucket(call.bucket, "acl", changed(call, settings, owner_of(settings)))
    return empty()


@operation
def get_bucket_acl(call: Call) -> Response:
    from .grants import acl_document

    settings = call.settings()
    return acl_document(settings.get("acl"), owner_of(settings), settings)


def _setting(call: Call, name: str) -> Any:
    return call.storage.bucket(call.bucket).settings.get(name)
