"""The endpoint of @uppy/aws-s3's `signRequest` (6.0 and newer): it asks for a URL, and speaks to S3 itself.

POST {method, key, contentType?, uploadId?, partNumber?} to /s3/sign:

    PUT                               a form (PutObject)           -> {key, url, fields}
    POST                              CreateMultipartUpload        -> {key, url}
    PUT + uploadId + partNumber       UploadPart                   -> {key, url}
    GET + uploadId                    ListParts                    -> {key, url}
    POST + uploadId                   CompleteMultipartUpload      -> {key, url, headers}
    DELETE + uploadId                 AbortMultipartUpload         -> {key, url}

- A new upload gets a key of the server's; the client goes on with it. A key that it names must be under its prefix.
- `uploadId` is S3's own: only who began the upload knows it. A plain DELETE is refused.
- The protocol says no sizes: a form is held to the policy's range, and parts cannot be; where the policy has a largest
  size, uploads in parts are refused here, and Companion's protocol takes them.
- `If-None-Match: *` is signed on completing: nothing is overwritten.
- The client names the type of an upload in parts to S3 alone: where the policy names types, it is refused as well.
"""

from __future__ import annotations

from .forms import form
from .messages import Refused, issued, json_object, text_of
from .multipart import MAX_PARTS
from .policy import LARGEST, checked_key, checked_name
from .presign import sent_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .grants import Grant
    from .messages import Request, Response
    from .presign import Handler
    from .store import Store

OF_UPLOAD = {
    "GET": "list_parts", "POST": "complete_multipart_upload", "DELETE": "abort_multipart_upload", "PUT": "upload_part",
}  # fmt: skip
MAX_ID = 1024  # characters


class SignRequest:
    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> dict[str, dict[str, Handler]]:
        return {"/s3/sign": {"POST": self.sign}}

    def sign(self, request: Request, grant: Grant) -> Response:
        body = json_object(request, any_type=True)
        method, key = text_of(body, "method"), text_of(body, "key")
        if body.get("uploadId") is None:
            return self._new(method, key, text_of(body, "contentType", ""), grant)
        checked_key(key, "key")
        grant.policy.check_downloadable("key", key)
        operation = OF_UPLOAD.get(method)
        if operation is None:
            raise Refused("method", f"must be one of {', '.join(OF_UPLOAD)}")
        upload_id = text_of(body, "uploadId")
        if not 0 < len(upload_id) <= MAX_ID:
            raise Refused("uploadId", f"must be 1 to {MAX_ID} characters")
        parameters: dict[str, Any] = {"UploadId": upload_id}
        if method == "PUT":
            number = body.get("partNumber")
            if type(number) is not int or not 1 <= number <= MAX_PARTS:
                raise Refused("partNumber", f"must be a number from 1 to {MAX_PARTS}")
            parameters["PartNumber"] = number
        elif method == "POST":
            parameters["IfNoneMatch"] = "*"
        return self._signed(operation, key, grant, parameters)

    def _new(self, method: str, key: str, content_type: str, grant: Grant) -> Response:
        name = checked_name("key", key.rpartition("/")[2])
        if method == "PUT":
            grant.policy.check_type("contentType", content_type)
            post = form(self._store, grant, grant.policy.new_key(name), content_type)
            what = {"key": post.fields["key"], "url": post.url, "fields": dict(post.fields)}
            return issued(what, ("form", post.fields["key"]))
        if method != "POST":
            raise Refused("method", f"{method[:10]} is for an upload that was begun, with its uploadId")
        grant.policy.check_type("contentType", content_type)
        if grant.policy.max_size < LARGEST or grant.policy.min_size:
            raise Refused("method", "uploads in parts have no size here; use Companion's protocol for them", 403)
        return self._signed("create_multipart_upload", grant.policy.new_key(name), grant, {})

    def _signed(self, operation: str, key: str, grant: Grant, parameters: dict[str, Any]) -> Response:
        signed = self._store.presign(operation, key, grant.policy.expires_in, "key", **parameters)
        headers = sent_headers(signed.headers)
        what = {"key": key, "url": str(signed)}
        return issued({**what, "headers": headers} if headers else what, (operation, key))
