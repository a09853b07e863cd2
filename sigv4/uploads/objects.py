"""What was uploaded: as actions of `/presign`; each principal reaches what is under its own prefix.

{"action": "done", "key": ...}       -> {"key", "size", "etag"}: an upload, whole, has arrived; the bucket is asked
{"action": "list", "after": ""}      -> {"objects": [{"key", "name", "size", "modified"}, ...], "next": ""}
{"action": "delete", "key": ...}     -> {}
"""

from __future__ import annotations

from .bucket import StoreError
from .messages import Refused, check_fields, json_response, text_of
from .policy import checked_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .bucket import Bucket
    from .grants import Grant
    from .messages import Response
    from .presign import Action

PAGE = 100  # objects


class Arrivals:
    """Tells whoever wants to know of each upload that has arrived: `told(principal, key, size, etag)`, after the bucket
    was asked. What it raises is the client's answer, so that the client asks again: it may be told more than once.
    """

    def __init__(self, bucket: Bucket, told: Callable[[str, str, int, str], object] | None) -> None:
        self._bucket = bucket
        self.told = told

    def check(self, key: str, grant: Grant) -> tuple[int, str]:
        """Size and ETag of an object that is there; raises Refused where there is none."""
        fields = self._bucket.head(key)
        if fields is None:
            raise Refused("key", "has not arrived", 404)
        size, etag = int(fields.get("content-length", "0")), fields.get("etag", "")
        if self.told is not None:
            self.told(grant.name, key, size, etag)
        return size, etag


class Objects:
    def __init__(self, bucket: Bucket, arrivals: Arrivals) -> None:
        self._bucket = bucket
        self._arrivals = arrivals

    def table(self) -> dict[str, tuple[str, Action]]:
        """By name, with the right that each needs."""
        return {"done": ("upload", self.done), "list": ("list", self.list), "delete": ("delete", self.delete)}

    def done(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "key"))
        key = checked_key(text_of(body, "key"), "key")
        grant.policy.check_downloadable("key", key)
        size, etag = self._arrivals.check(key, grant)
        return json_response(200, {"key": key, "size": size, "etag": etag})

    def list(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "after"))
        after = text_of(body, "after", "")
        try:
            found, more = self._bucket.list(grant.policy.key_prefix, PAGE, after)
        except StoreError as error:
            if after and error.code == "InvalidArgument":
                raise Refused("after", "is not the `next` of a page before", 403) from None
            raise
        rows = [
            {"key": each.key, "name": each.key.rpartition("/")[2], "size": each.size, "modified": each.modified}
            for each in found
        ]
        return json_response(200, {"objects": rows, "next": more})

    def delete(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "key"))
        key = checked_key(text_of(body, "key"), "key")
        grant.policy.check_downloadable("key", key)
        self._bucket.delete(key)
        return json_response(200, {})
