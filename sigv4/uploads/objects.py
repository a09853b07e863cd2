"""What was uploaded: list and delete, as actions of `/presign`; each principal sees what is under its own prefix.

{"action": "list", "after": ""}      -> {"objects": [{"key", "name", "size", "modified"}, ...], "next": ""}
{"action": "delete", "key": ...}     -> {}
"""

from __future__ import annotations

from .messages import check_fields, json_response, text_of
from .policy import checked_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .bucket import Bucket
    from .grants import Grant
    from .messages import Response
    from .presign import Action

PAGE = 100  # objects


class Objects:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def table(self) -> dict[str, tuple[str, Action]]:
        """By name, with the right that each needs."""
        return {"list": ("list", self.list), "delete": ("delete", self.delete)}

    def list(self, body: dict[str, Any], grant: Grant) -> Response:
        check_fields(body, ("action", "after"))
        found, more = self._bucket.list(grant.policy.key_prefix, PAGE, text_of(body, "after", ""))
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
