"""Operations on buckets and on what is set for them."""

from __future__ import annotations

from ...s3.addressing import is_virtual_hostable
from . import cors
from .acl import acl_document, canned_acl
from .call import OWNER, empty, operation, reads_body, xml
from .conditions import iso_date
from .errors import S3Error
from .tagging import read_tags, tags_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._http.messages import Response
    from .call import Call

MAX_BUCKETS = 10_000


@operation
def list_buckets(call: Call) -> Response:
    prefix, after = call.parameter("prefix") or "", call.parameter("continuation-token") or ""
    limit = call.number("max-buckets", MAX_BUCKETS, 1, MAX_BUCKETS)
    found = [bucket for bucket in call.storage.buckets() if bucket.name.startswith(prefix) and bucket.name > after]
    page = found[:limit]
    buckets = [
        ("Bucket", [("Name", b.name), ("CreationDate", iso_date(b.created)), ("BucketRegion", call.region)])
        for b in page
    ]
    return xml(
        "ListAllMyBucketsResult",
        [
            ("Owner", OWNER),
            ("Buckets", buckets),
            ("ContinuationToken", page[-1].name if len(found) > limit else None),
            ("Prefix", prefix or None),
        ],
    )


@operation
@reads_body
def create_bucket(call: Call) -> Response:
    if not is_virtual_hostable(call.bucket, subdomains=True):
        raise S3Error("InvalidBucketName", BucketName=call.bucket)
    _check_location(call)
    try:
        call.storage.create_bucket(call.bucket, {"acl": canned_acl(call)})
    except S3Error as refusal:
        # In us-east-1, and there alone, creating a bucket that one owns already succeeds
        # (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html).
        if refusal.code != "BucketAlreadyOwnedByYou" or call.region != "us-east-1":
            raise
    return empty(headers=[("Location", f"/{call.bucket}")])


def _check_location(call: Call) -> None:
    """The location constraint is the endpoint's region; us-east-1 is what its absence means, and is never written."""
    asked = None
    if call.request.body.ended():
        call.check_body()
    else:
        asked = call.document("CreateBucketConfiguration").value("LocationConstraint")
    if (asked or "us-east-1") != call.region:
        raise S3Error(
            "IllegalLocationConstraintException",
            f"The {asked or 'unspecified'} location constraint is incompatible for the region specific endpoint "
            "this request was sent to.",
        )
    if asked == "us-east-1":
        raise S3Error("InvalidLocationConstraint", LocationConstraint=asked)


@operation
def head_bucket(call: Call) -> Response:
    call.storage.bucket(call.bucket)
    return empty(headers=[("x-amz-bucket-region", call.region), ("x-amz-access-point-alias", "false")])


@operation
def delete_bucket(call: Call) -> Response:
    call.storage.delete_bucket(call.bucket)
    return empty(204)


@operation
def get_bucket_location(call: Call) -> Response:
    call.storage.bucket(call.bucket)
    return xml("LocationConstraint", "" if call.region == "us-east-1" else call.region)


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
        raise S3Error("IllegalVersioningConfigurationException")
    if status not in ("Enabled", "Suspended"):
        raise S3Error("MalformedXML")
    call.storage.configure_bucket(call.bucket, "versioning", status)
    return empty()


@operation
def get_bucket_versioning(call: Call) -> Response:
    return xml("VersioningConfiguration", [("Status", _setting(call, "versioning"))])


# Tags


@operation
@reads_body
def put_bucket_tagging(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "tags", read_tags(call.document("Tagging"), 50))
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
def put_bucket_acl(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "acl", canned_acl(call, from_body=True))
    return empty()


@operation
def get_bucket_acl(call: Call) -> Response:
    return acl_document(_setting(call, "acl"))


def _setting(call: Call, name: str) -> Any:
    return call.storage.bucket(call.bucket).settings.get(name)
