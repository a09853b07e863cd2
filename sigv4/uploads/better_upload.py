"""The endpoint of the npm package @better-upload/client: POST /api/upload.

    {"route": "images", "files": [{"name": "a.png", "size": 5, "type": "image/png"}, ...]}
      -> {"files": [{signedUrl, file: {name, size, type, objectInfo: {key, metadata}}, headers}, ...], "metadata": {}}
      or {"multipart": {"files": [{file, parts: [{signedUrl, partNumber, size}, ...], uploadId, completeSignedUrl,
         abortSignedUrl}, ...], "partSize"}, "metadata": {}}

- A file is put whole; where one of them is larger than IN_PARTS, all are sent in parts. Sizes and types are signed.
- `route` may be any: what may be uploaded is the policy's. Metadata of the client is not stored.
- An error is {"error": {"type", "message"}}, as this client wants it.

Source: https://better-upload.com/docs, and what the client sends
"""

from __future__ import annotations

from .messages import Refused, check_fields, issued, json_object, json_response, text_of
from .multipart import MIB, part_size_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .bucket import Bucket
    from .grants import Grant
    from .messages import Request, Response
    from .presign import Handler
    from .store import Store

IN_PARTS = 100 * MIB
PART_SIZE = 50 * MIB
MAX_FILES = 100  # in one request
TYPES = {413: "file_too_large", 415: "invalid_file_type"}


class BetterUpload:
    def __init__(self, store: Store, bucket: Bucket) -> None:
        self._store = store
        self._bucket = bucket

    def routes(self) -> dict[str, dict[str, Handler]]:
        return {"/api/upload": {"POST": self.upload}}

    def upload(self, request: Request, grant: Grant) -> Response:
        try:
            answer = self._answer(json_object(request, any_type=True), grant)
            files = answer["files"] if "files" in answer else answer["multipart"]["files"]
            keys = [("upload", each["file"]["objectInfo"]["key"]) for each in files]
            return issued({**answer, "metadata": {}}, *keys)
        except Refused as refused:
            what = {"type": TYPES.get(refused.status, "rejected"), "message": str(refused)}
            return json_response(400 if refused.status < 500 else refused.status, {"error": what})

    def _answer(self, body: dict[str, Any], grant: Grant) -> dict[str, Any]:
        text_of(body, "route")
        files = body.get("files")
        if not isinstance(files, list) or not 1 <= len(files) <= MAX_FILES:
            raise Refused("files", f"must be a list of 1 to {MAX_FILES} files")
        checked = [self._checked(each, grant) for each in files]
        if max(size for _, size, _ in checked) > IN_PARTS:
            part_size = max(PART_SIZE, *[part_size_for(size) for _, size, _ in checked])
            return {"multipart": {"files": [self._in_parts(*each, part_size, grant) for each in checked],
                                  "partSize": part_size}}  # fmt: skip
        return {"files": [self._whole(*each, grant) for each in checked]}

    def _checked(self, file: object, grant: Grant) -> tuple[str, int, str]:
        if not isinstance(file, dict):
            raise Refused("files", 'must hold objects such as {"name": "a.png", "size": 5, "type": "image/png"}')
        check_fields(file, ("name", "size", "type"))
        name, content_type = grant.policy.asked_file(file)
        return name, grant.policy.check_size("size", file.get("size")), content_type

    def _whole(self, name: str, size: int, content_type: str, grant: Grant) -> dict[str, Any]:
        key = grant.policy.new_key(name)
        parameters: dict[str, Any] = {"ContentType": content_type} if content_type else {}
        signed = self._store.presign(
            "put_object", key, grant.policy.expires_in, None, ContentLength=size, IfNoneMatch="*", **parameters
        )
        return {
            "signedUrl": str(signed),
            "file": _file(name, size, content_type, key),
            "headers": {"if-none-match": "*"},
        }

    def _in_parts(self, name: str, size: int, content_type: str, part_size: int, grant: Grant) -> dict[str, Any]:
        grant.policy.check_unique("name")
        key = grant.policy.new_key(name)
        upload_id, _ = self._bucket.create(key, content_type, summed=False)

        def signed(operation: str, **parameters: Any) -> str:
            expires_in = grant.policy.expires_in
            return str(self._store.presign(operation, key, expires_in, None, UploadId=upload_id, **parameters))

        parts = []
        for start in range(0, max(size, 1), part_size):  # an empty file has a part too
            number, length = start // part_size + 1, min(part_size, size - start)
            url = signed("upload_part", PartNumber=number, ContentLength=length)
            parts.append({"signedUrl": url, "partNumber": number, "size": length})
        return {
            "file": _file(name, size, content_type, key), "parts": parts, "uploadId": upload_id,
            "completeSignedUrl": signed("complete_multipart_upload"),
            "abortSignedUrl": signed("abort_multipart_upload"),
        }  # fmt: skip


def _file(name: str, size: int, content_type: str, key: str) -> dict[str, Any]:
    return {"name": name, "size": size, "type": content_type, "objectInfo": {"key": key, "metadata": {}}}
