"""Whether whoever sent a request may do what it asks for: the short way.

A user of the bucket's account who may do everything, in a bucket without a policy, may; that is all that most tests
ever ask, and it costs nothing. For everybody else it is worked out in authorization.py.
"""

from __future__ import annotations

from .acl import ANONYMOUS, ENFORCED, owner_of
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .call import Call


def check_access(
    call: Call, operation: str, bucket: str | None = None, key: str | None = None, version_id: str | None = None
) -> None:
    """Raises S3Error AccessDenied unless the sender may do `operation` on `key` in `bucket`, those of the request where
    None; and NoSuchBucket to somebody anonymous. To others it is for the operation to say that there is no bucket.
    """
    if bucket is None or key is None:
        bucket, key, version_id = call.bucket, call.key, call.parameter("versionId")
    settings: dict[str, Any] = {}
    if bucket and operation != "create_bucket":
        try:
            settings = call.settings_of(bucket)
        except S3Error:
            if call.verified is None:
                raise
            return
    principal = call.principal
    if (
        principal is not None
        and principal.policy is None
        and principal.account == owner_of(settings)
        and "policy" not in settings
        and "foreign" not in settings
    ):
        return
    from .authorization import Authorization

    Authorization(call, settings, bucket, key, version_id).check(operation)


def access_attributes(call: Call, settings: dict[str, Any]) -> dict[str, Any]:
    """The ACL and the owner of the object that the request brings, as far as they are not the usual ones."""
    principal = call.principal
    account = ANONYMOUS if principal is None else principal.account
    ours = account == owner_of(settings) or settings.get("ownership") == ENFORCED
    if ours and call.header("x-amz-acl") is None and not call.headers("x-amz-grant-"):
        return {}
    from .grants import new_object

    return new_object(call, settings, account)
