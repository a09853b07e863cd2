"""`/presign`: a presigned URL for one upload, whole, or for one download."""

from __future__ import annotations

from time import time

from ..errors import SigningError
from ..s3 import content_disposition
from .messages import Refused, Request, Response, check_fields, json_object, json_response, text_of
from .policy import checked_key, checked_name, without_turns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..signer import Presigned
    from .policy import Policy
    from .store import Store


class Presign:
    """`expires_in`: how long a URL lives, in seconds."""

    def __init__(self, store: Store, policy: Policy, expires_in: int) -> None:
        self.store = store
        self.policy = policy
        self.expires_in = expires_in

    def routes(self) -> dict[str, dict[str, Callable[[Request], Response]]]:
        return {"/presign": {"GET": self.describe, "POST": self.presign}}

    def describe(self, _: Request) -> Response:
        policy = self.policy
        what = {
            "bucket": self.store.bucket,
            "endpoint": self.store.endpoint_url,
            "embedded": self.store.embedded,
            "max_size": policy.max_size,
            "allowed_types": policy.allowed_types,
            "expires_in": self.expires_in,
        }
        return json_response(200, what)

    def presign(self, request: Request) -> Response:
        body = json_object(request)
        action = text_of(body, "action")
        if action == "upload":
            return self._upload(body)
        if action == "download":
            return self._download(body)
        raise Refused("action", 'must be "upload" or "download"')

    def _upload(self, body: dict[str, Any]) -> Response:
        check_fields(body, ("action", "name", "type", "size"))
        policy = self.policy
        name = checked_name("name", text_of(body, "name"))
        content_type = text_of(body, "type", "")
        policy.check_type("type", content_type)
        size = policy.check_size("size", body.get("size"))
        key = policy.new_key(name)
        new = not policy.makes_unique_keys
        return presigned_put(self.store, key, "name", content_type, size, self.expires_in, new=new)

    def _download(self, body: dict[str, Any]) -> Response:
        check_fields(body, ("action", "key", "file_name"))
        key = checked_key(text_of(body, "key"), "key")
        self.policy.check_downloadable("key", key)
        name = checked_name("file_name", text_of(body, "file_name", without_turns(key.rpartition("/")[2])))
        expires_in = self.expires_in
        now = int(time())
        try:
            presigned = self.store.presigner.get_object(
                self.store.bucket, key, expires_in, ResponseContentDisposition=content_disposition(name)
            )
        except SigningError as error:
            raise Refused("key", str(error)) from None
        return presigned_response(key, presigned, expires_in, now)


def presigned_put(
    store: Store,
    key: str,
    field: str,
    content_type: str,
    size: int | None,
    expires_in: int,
    acl: str | None = None,
    new: bool = False,
) -> Response:
    """A presigned PUT. The content type and the size become signed headers; the ACL goes into the query.

    `new`: S3 is to refuse it where the key is there already, by a signed If-None-Match.
    """
    parameters: dict[str, Any] = {}
    if content_type:
        parameters["ContentType"] = content_type
    if size is not None:
        parameters["ContentLength"] = size
    if new:
        parameters["IfNoneMatch"] = "*"
    if acl:
        parameters["ACL"] = acl
        parameters["hoist"] = True
    now = int(time())
    try:
        presigned = store.presigner.put_object(store.bucket, key, expires_in, **parameters)
    except SigningError as error:
        raise Refused(field, str(error)) from None
    return presigned_response(key, presigned, expires_in, now)


def presigned_response(key: str, presigned: Presigned, expires_in: int, now: int) -> Response:
    """`expires_in`: what was asked for; the credentials may end before. `now`: the time before it was signed."""
    expires_at = presigned.expires_at
    ends = expires_at.timestamp()
    unsent = ("host", "content-length")  # clients send these themselves, and browsers let nobody set them
    what = {
        "key": key,
        "method": presigned.method,
        "url": str(presigned),
        "headers": {name: value for name, value in presigned.headers.items() if name.lower() not in unsent},
        "expires_at": expires_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "expires_in": expires_in if ends >= now + expires_in else max(0, int(ends - time())),
    }
    return json_response(200, what)
