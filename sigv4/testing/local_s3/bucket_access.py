"""Operations on who may reach a bucket: its policy, Block Public Access, and who owns its objects.

Texts are those that S3 gave in February 2026.
"""

from __future__ import annotations

from ..._http.messages import Response
from .acl import BLOCK_ALL, ENFORCED, OWNERSHIPS
from .call import empty, operation, reads_body, xml
from .errors import S3Error
from .grammar import BOOLEAN, check
from .grants import blocked
from .policy import is_public
from .policy_document import read_policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .call import Call


@operation
@reads_body
def put_bucket_policy(call: Call) -> Response:
    data = call.text()
    settings = call.settings()
    policy = read_policy(data, call.bucket)
    if settings.get("public_access_block", {}).get("BlockPublicPolicy") and is_public(policy):
        raise blocked(
            call,
            "because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
        )
    call.storage.configure_bucket(call.bucket, "policy", data.decode("utf-8-sig"))
    return empty(204)


@operation
def get_bucket_policy(call: Call) -> Response:
    """The document as it was put, to the byte."""
    return Response(200, [("Content-Type", "application/json")], _policy(call).encode())


@operation
def delete_bucket_policy(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "policy", None)
    return empty(204)


@operation
def get_bucket_policy_status(call: Call) -> Response:
    from .authorization import parsed

    return xml("PolicyStatus", [("IsPublic", is_public(parsed(_policy(call))))])


def _policy(call: Call) -> str:
    found: str | None = call.storage.bucket(call.bucket).settings.get("policy")
    if found is None:
        raise S3Error("NoSuchBucketPolicy", BucketName=call.bucket)
    return found


# Block Public Access

_BLOCK = {"PublicAccessBlockConfiguration": " ".join(f"{name}?" for name in BLOCK_ALL)} | dict.fromkeys(
    BLOCK_ALL, BOOLEAN
)


@operation
@reads_body
def put_public_access_block(call: Call) -> Response:
    document = call.document("PublicAccessBlockConfiguration")
    check(document, _BLOCK)
    value = {name: document.value(name) == "true" for name in BLOCK_ALL}
    call.storage.configure_bucket(call.bucket, "public_access_block", value)
    return empty()


@operation
def get_public_access_block(call: Call) -> Response:
    found: dict[str, bool] | None = call.settings().get("public_access_block")
    if found is None:
        raise S3Error("NoSuchPublicAccessBlockConfiguration", BucketName=call.bucket)
    return xml("PublicAccessBlockConfiguration", list(found.items()))


@operation
def delete_public_access_block(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "public_access_block", None)
    return empty(204)


# Who owns objects

_OWNERSHIP = {
    "OwnershipControls": "Rule",
    "Rule": "ObjectOwnership",
    "ObjectOwnership": "=" + " ".join(OWNERSHIPS),
}


@operation
@reads_body
def put_bucket_ownership_controls(call: Call) -> Response:
    document = call.document("OwnershipControls")
    check(document, _OWNERSHIP)
    wanted = document.all("Rule")[0].required("ObjectOwnership")
    if wanted == ENFORCED and call.settings().get("acl") is not None:
        raise S3Error("InvalidBucketAclWithObjectOwnership")
    call.storage.configure_bucket(call.bucket, "ownership", wanted)
    return empty()


@operation
def get_bucket_ownership_controls(call: Call) -> Response:
    found: str | None = call.settings().get("ownership")
    if found is None:
        raise S3Error("OwnershipControlsNotFoundError", BucketName=call.bucket)
    return xml("OwnershipControls", [("Rule", [("ObjectOwnership", found)])])


@operation
def delete_bucket_ownership_controls(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "ownership", None)
    return empty(204)
