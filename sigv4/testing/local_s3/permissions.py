"""What a policy calls the things that can be done: the actions, and which of them an operation needs.

Most operations are their own action, `get_bucket_acl` s3:GetBucketAcl; the tables hold the others.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

from functools import cache

from .policy_conditions import like

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# Operations whose action has another name.
_ACTIONS = {
    "complete_multipart_upload": "PutObject",
    "copy_object": "PutObject",
    "create_multipart_upload": "PutObject",
    "post_object": "PutObject",
    "upload_part": "PutObject",
    "upload_part_copy": "PutObject",
    "head_object": "GetObject",
    "select_object_content": "GetObject",
    "delete_bucket_cors": "PutBucketCORS",
    "get_bucket_cors": "GetBucketCORS",
    "put_bucket_cors": "PutBucketCORS",
    "delete_bucket_encryption": "PutEncryptionConfiguration",
    "get_bucket_encryption": "GetEncryptionConfiguration",
    "put_bucket_encryption": "PutEncryptionConfiguration",
    "delete_bucket_lifecycle": "PutLifecycleConfiguration",
    "get_bucket_lifecycle_configuration": "GetLifecycleConfiguration",
    "put_bucket_lifecycle_configuration": "PutLifecycleConfiguration",
    "delete_bucket_ownership_controls": "PutBucketOwnershipControls",
    "delete_bucket_replication": "PutReplicationConfiguration",
    "get_bucket_replication": "GetReplicationConfiguration",
    "put_bucket_replication": "PutReplicationConfiguration",
    "delete_bucket_tagging": "PutBucketTagging",
    "get_bucket_accelerate_configuration": "GetAccelerateConfiguration",
    "put_bucket_accelerate_configuration": "PutAccelerateConfiguration",
    "get_bucket_notification_configuration": "GetBucketNotification",
    "put_bucket_notification_configuration": "PutBucketNotification",
    "get_object_lock_configuration": "GetBucketObjectLockConfiguration",
    "put_object_lock_configuration": "PutBucketObjectLockConfiguration",
    "delete_public_access_block": "PutBucketPublicAccessBlock",
    "get_public_access_block": "GetBucketPublicAccessBlock",
    "put_public_access_block": "PutBucketPublicAccessBlock",
    "head_bucket": "ListBucket",
    "list_buckets": "ListAllMyBuckets",
    "list_multipart_uploads": "ListBucketMultipartUploads",
    "list_object_versions": "ListBucketVersions",
    "list_objects": "ListBucket",
    "list_objects_v2": "ListBucket",
    "list_parts": "ListMultipartUploadParts",
} | {
    f"{verb}_bucket_{kind}_configuration{plural}": f"{action}{name}Configuration"
    for kind, name in (
        ("analytics", "Analytics"), ("inventory", "Inventory"), ("metrics", "Metrics"),
        ("intelligent_tiering", "IntelligentTiering"),
    )
    for verb, action, plural in (("get", "Get", ""), ("put", "Put", ""), ("delete", "Put", ""), ("list", "Get", "s"))
}  # fmt: skip
# Those that have another action where a version is named.
_OF_VERSIONS = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}
_WRITES = ("copy_object", "create_multipart_upload", "post_object", "put_object")

OBJECT_ACTIONS = frozenset((
    *_OF_VERSIONS, *_OF_VERSIONS.values(), "AbortMultipartUpload", "BypassGovernanceRetention", "GetObjectLegalHold",
    "GetObjectRetention", "GetObjectTorrent", "GetObjectVersionForReplication", "GetObjectVersionTorrent",
    "InitiateReplication", "ListMultipartUploadParts", "ObjectOwnerOverrideToBucketOwner", "PutObject",
    "PutObjectLegalHold", "PutObjectRetention", "ReplicateDelete", "ReplicateObject", "ReplicateTags", "RestoreObject",
    "UpdateObjectEncryption",
))  # fmt: skip
BUCKET_ACTIONS = frozenset((
    "CreateBucket", "CreateBucketMetadataTableConfiguration", "DeleteBucket",
    "DeleteBucketMetadataTableConfiguration", "DeleteBucketPolicy", "DeleteBucketWebsite",
    "GetAccelerateConfiguration", "GetAnalyticsConfiguration", "GetBucketAcl", "GetBucketCORS", "GetBucketLocation",
    "GetBucketLogging", "GetBucketMetadataTableConfiguration", "GetBucketNotification",
    "GetBucketObjectLockConfiguration", "GetBucketOwnershipControls", "GetBucketPolicy", "GetBucketPolicyStatus",
    "GetBucketPublicAccessBlock", "GetBucketRequestPayment", "GetBucketTagging", "GetBucketVersioning",
    "GetBucketWebsite", "GetEncryptionConfiguration", "GetIntelligentTieringConfiguration", "GetInventoryConfiguration",
    "GetLifecycleConfiguration", "GetMetricsConfiguration", "GetReplicationConfiguration", "ListBucket",
    "ListBucketMultipartUploads", "ListBucketVersions", "PutAccelerateConfiguration", "PutAnalyticsConfiguration",
    "PutBucketAcl", "PutBucketCORS", "PutBucketLogging", "PutBucketNotification", "PutBucketObjectLockConfiguration",
    "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock", "PutBucketRequestPayment",
    "PutBucketTagging", "PutBucketVersioning", "PutBucketWebsite", "PutEncryptionConfiguration",
    "PutIntelligentTieringConfiguration", "PutInventoryConfiguration", "PutLifecycleConfiguration",
    "PutMetricsConfiguration", "PutReplicationConfiguration", "TagResource", "UntagResource", "ListTagsForResource",
))  # fmt: skip


def actions_of(operation: str, versioned: bool, headers: Iterable[str] = ()) -> list[str]:
    """The actions that an operation needs, without `s3:`; `versioned`: on a version that it names. `headers` are the
    names that the request has.
    """
    first = _ACTIONS.get(operation) or "".join(word.capitalize() for word in operation.split("_"))
    found = [_OF_VERSIONS.get(first, first) if versioned else first]
    if operation == "get_object_attributes":
        found.append("GetObjectVersion" if versioned else "GetObject")
    if operation in _WRITES:
        found += _of_headers(list(headers))
    return found


def _of_headers(headers: list[str]) -> list[str]:
    """What a write does besides."""
    found = []
    if any(name == "x-amz-acl" or name.startswith("x-amz-grant-") for name in headers):
        found.append("PutObjectAcl")
    if "x-amz-tagging" in headers:
        found.append("PutObjectTagging")
    if "x-amz-object-lock-mode" in headers:
        found.append("PutObjectRetention")
    if "x-amz-object-lock-legal-hold" in headers:
        found.append("PutObjectLegalHold")
    return found


@cache
def _lower(actions: frozenset[str]) -> list[str]:
    return [f"s3:{action}".lower() for action in actions]


def reach(pattern: str) -> tuple[list[str], list[str]]:
    """The actions on objects and those on buckets that a policy means by a pattern, in lower case."""
    wanted = pattern.lower()
    return (
        [action for action in _lower(OBJECT_ACTIONS) if like(action, wanted)],
        [action for action in _lower(BUCKET_ACTIONS) if like(action, wanted)],
    )
