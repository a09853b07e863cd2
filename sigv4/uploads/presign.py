"""`/presign`: a presigned URL for one upload, whole, or for one download.

    {"action": "upload", "name": "a.png", "type": "image/png", "size": 1234}
      -> {"key", "method", "url", "headers", "expires_at", "expires_in"}
    {"action": "download", "key": "uploads/.../a.png", "file_name": "a.png"}
      -> the same

The server makes the key. `headers` is what the user of the URL must send; Host and Content-Length are not in it,
because clients send those themselves. `size` is signed as Content-Length, so S3 accepts a file of exactly that size;
`type` is signed as Content-Type, unless it is "" or left out; `If-None-Match: *` is signed, so nothing is replaced.
`expires_at` is an ISO 8601 time in UTC and `expires_in` the seconds until then. A download is saved under `file_name`,
or the key's last part.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import time

from ..s3 import content_disposition
from .messages import Refused, Request, Response, check_fields, issued, json_object, json_response, text_of
from .policy import checked_key, checked_name, without_turns
from .store import LARGEST_PUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from ..signer import Presigned
    from .grants import Grant
    from .store import Store

    Handler = Callable[[Request, Grant], Response]
    Action = Callable[[dict[str, Any], Grant], Response]


class Presign:
    """`actions`: further ones, by name, each with the right that it needs. `reports`: clients are to say when an upload
    has arrived, with the action "done".
    """

    def __init__(self, store: Store, actions: Mapping[str, tuple[str, Action]] = {}, *, reports: bool = False) -> None:
        self._store = store
        self._reports = reports
        self._actions: dict[str, tuple[str, Action]] = {
            "upload": ("upload", self._upload),
            "download": ("download", self._download),
            **actions,
        }

    @property
    def rights(self) -> dict[str, str]:
        """What each action needs."""
        return {name: right for name, (right, _) in self._actions.items()}

    def routes(self) -> dict[str, dict[str, Handler]]:
        return {"/presign": {"GET": self.describe, "POST": self.presign}}

    def describe(self, _: Request, grant: Grant) -> Response:
        policy = grant.policy
        what = {
            "bucket": self._store.bucket,
            "endpoint": self._store.endpoint_url,
            "embedded": self._store.embedded,
            "max_size": policy.max_size,
            "max_put": min(policy.max_size, LARGEST_PUT),
            "allowed_types": policy.allowed_types,
            "expires_in": policy.expires_in,
            "rights": policy.rights,
            "actions": list(self._actions),
            "reports": self._reports,
        }
        return json_response(200, what)

    def presign(self, request: Request, grant: Grant) -> Response:
        body = json_object(request)
        known = self._actions.get(text_of(body, "action"))
        if known is None:
            raise Refused("action", f"must be one of {', '.join(self._actions)}")
        right, action = known
        grant.check(right)
        return action(body, grant)

    def _upload(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "name", "type", "size"))
        policy = grant.policy
        name, content_type = policy.asked_file(body)
        size = policy.check_size("size", body.get("size"))
        if size > LARGEST_PUT:
            raise Refused("size", f"is more than the {LARGEST_PUT} bytes of one PUT; upload it in parts", 413)
        key = policy.new_key(name)
        return presigned_put(self._store, key, "name", content_type, size, policy.expires_in, only_new=True)

    def _download(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "key", "file_name"))
        key = checked_key(text_of(body, "key"), "key")
        grant.policy.check_downloadable("key", key)
        name = checked_name("file_name", text_of(body, "file_name", without_turns(key.rpartition("/")[2])))
        expires_in = grant.policy.expires_in
        now = int(time())
        presigned = self._store.presign(
            "get_object", key, expires_in, "key", ResponseContentDisposition=content_disposition(name)
        )
        return presigned_response(key, presigned, expires_in, now)


def presigned_put(
    store: Store,
    key: str,
    field: str,
    content_type: str,
    size: int | None,
    expires_in: int,
    acl: str | None = None,
    only_new: bool = False,
) -> Response:
    """A presigned PUT. The content type and the size become signed headers; the ACL goes into the query.

    `only_new`: with a signed `If-None-Match: *`, so that it replaces nothing.
    """
    parameters: dict[str, Any] = {"IfNoneMatch": "*"} if only_new else {}
    if content_type:
        parameters["ContentType"] = content_type
    if size is not None:
        parameters["ContentLength"] = size
    if acl:
        parameters["ACL"] = acl
        parameters["hoist"] = True
    now = int(time())
    presigned = store.presign("put_object", key, expires_in, field, **parameters)
    return presigned_response(key, presigned, expires_in, now)


def presigned_response(key: str, presigned: Presigned, expires_in: int, now: int) -> Response:
    """`expires_in`: what was asked for; the credentials may end before. `now`: the time before it was signed."""
    expires_at = presigned.expires_at
    ends = expires_at.timestamp()
    what = {
        "key": key,
        "method": presigned.method,
        "url": str(presigned),
        "headers": sent_headers(presigned.headers),
        "expires_at": iso_time(ends),
        "expires_in": expires_in if ends >= now + expires_in else max(0, int(ends - time())),
    }
    return issued(what, (presigned.method, key))


def sent_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Those that the user of a URL has to send; clients send the others themselves, and no page may set them."""
    return {name: value for name, value in headers.items() if name.lower() not in ("host", "content-length")}


def iso_time(seconds: float) -> str:
    """Epoch seconds as an ISO 8601 time in UTC."""
    return datetime.fromtimestamp(int(seconds), UTC).isoformat().replace("+00:00", "Z")
