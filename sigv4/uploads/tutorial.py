"""The endpoint of a well-known Next.js tutorial, to the letter.

POST /api/generatePresignedUrl takes {"fileName", "fileType"} and returns {"url"} and the fields that /presign returns.
The key is `fileName` as it is, and never one under the other routes' prefix. Where the policy has a `max_size`, it
wants `fileSize` too; without it S3 could not hold the upload to it.
"""

from __future__ import annotations

from .messages import Refused, Request, Response, json_object, text_of
from .policy import MAX_KEY_BYTES, checked_key, checked_name
from .presign import presigned_put
from .store import LARGEST_PUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .grants import Grant
    from .policy import Policy
    from .presign import Handler
    from .store import Store


PATH = "/api/generatePresignedUrl"


class Tutorial:
    """`expires_in`: how long a URL lives, in seconds. `upload_acl`: a canned ACL that it asks for, in its query.
    `policies`: whose keys are out of its reach, beside those of who asks.
    """

    def __init__(
        self, store: Store, expires_in: int, upload_acl: str | None = None, policies: Iterable[Policy] = ()
    ) -> None:
        self.store = store
        self.expires_in = expires_in
        self.upload_acl = upload_acl
        self.policies = tuple(policies)

    def routes(self) -> dict[str, dict[str, Handler]]:
        return {PATH: {"POST": self.presign}}

    def presign(self, request: Request, grant: Grant) -> Response:
        grant.check("upload")
        body = json_object(request)
        policy = grant.policy
        key = checked_name("fileName", text_of(body, "fileName"), MAX_KEY_BYTES)
        checked_key(key, "fileName")
        if policy.is_ours(key):
            raise Refused(
                "fileName", f"must not start with {policy.key_prefix!r}: those keys are made by /presign", 403
            )
        if any(other.may_make(key) for other in self.policies):
            raise Refused("fileName", "must not be such as another one's keys are", 403)
        content_type = text_of(body, "fileType", "")
        policy.check_type("fileType", content_type)
        size = body.get("fileSize")
        if size is not None or policy.max_size < LARGEST_PUT or policy.min_size:
            size = policy.check_size("fileSize", size)
        expires_in = min(self.expires_in, policy.tutorial_expires_in or self.expires_in)
        return presigned_put(self.store, key, "fileName", content_type, size, expires_in, self.upload_acl)
