"""Operations on who may reach a bucket: its policy."""

from __future__ import annotations

from ..._http.messages import Response
from .call import empty, operation, reads_body, xml
from .errors import S3Error
from .policy import is_public
from .policy_document import read_policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .call import Call


@operation
@reads_body
def put_bucket_policy(call: Call) -> Response:
    data = call.text()
    call.storage.bucket(call.bucket)
    read_policy(data, call.bucket)
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
