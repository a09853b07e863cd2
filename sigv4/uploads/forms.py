"""An upload by form, for protocols that do not say how large the file is: S3 holds it to a range instead."""

from __future__ import annotations

from ..errors import SigningError
from .messages import Refused
from .store import LARGEST_PUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..s3.presigned_post import PresignedPost
    from .grants import Grant
    from .store import Store


def form(store: Store, grant: Grant, key: str, content_type: str) -> PresignedPost:
    """A POST policy for this very key and type, and a size that the principal's policy admits."""
    if "${" in key:
        raise Refused("filename", "must not hold ${, which S3 fills in itself in forms")
    policy = grant.policy
    policy.check_unique("filename")
    fields = {"success_action_status": "201"} | ({"Content-Type": content_type} if content_type else {})
    limits = ["content-length-range", policy.min_size, min(policy.max_size, LARGEST_PUT)]
    try:
        return store.presigner.post(
            store.bucket,
            key,
            expires_in=policy.expires_in,
            conditions=[limits, *({name: value} for name, value in fields.items())],
            fields=fields,
        )
    except SigningError as error:
        raise Refused("filename", str(error)) from None
