"""Uppy's Companion protocol for S3, which @uppy/aws-s3 speaks with `companionEndpoint`; here under /s3.

    GET    /s3/params?filename&type                         -> {method, url, fields, expires}: a form
    POST   /s3/multipart {filename, type}                   -> {key, uploadId, bucket}
    GET    /s3/multipart/ID?key                             -> [{PartNumber, Size, ETag}, ...]
    GET    /s3/multipart/ID/NUMBER?key                      -> {url, expires}
    GET    /s3/multipart/ID/batch?key&partNumbers=1,2       -> {presignedUrls: {"1": url, ...}}
    POST   /s3/multipart/ID/complete?key {parts: [{PartNumber, ETag}, ...]}      -> {location, key, bucket}
    DELETE /s3/multipart/ID?key                             -> {}

- Companion never asks whose upload it is. Here the `uploadId` that a client sees is a token, which binds the upload to
  its key and its owner; nobody else's works, and S3's own id stays here.
- The protocol says no sizes beforehand: a form is held to the policy's range by S3, and an upload in parts is measured
  before it is completed. One that is too large is aborted.
- Metadata of the client is not stored.

Source: https://uppy.io/docs/companion/, and what the client sends
"""

from __future__ import annotations

from ..encoding import is_number
from .forms import form
from .messages import LARGEST_BODY, Refused, issued, json_object, json_response, query_of
from .multipart import MAX_PARTS, MAX_SIGNED
from .policy import checked_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .grants import Grant
    from .messages import Request, Response
    from .multipart import Multipart, Upload
    from .presign import Handler
    from .store import Store


class Companion:
    def __init__(self, store: Store, multipart: Multipart) -> None:
        self._store = store
        self._multipart = multipart

    def routes(self) -> dict[str, dict[str, Handler]]:
        return {
            "/s3/params": {"GET": self.params},
            "/s3/multipart": {"POST": self.create},
            "/s3/multipart/{upload}": {"GET": self.parts, "DELETE": self.abort},
            "/s3/multipart/{upload}/batch": {"GET": self.batch},
            "/s3/multipart/{upload}/complete": {"POST": self.complete},
            "/s3/multipart/{upload}/{number}": {"GET": self.part},
        }

    def params(self, request: Request, grant: Grant) -> Response:
        asked = query_of(request)
        name = checked_name("filename", asked.get("filename", ""))
        content_type = asked.get("type", "")
        grant.policy.check_type("type", content_type)
        post = form(self._store, grant, grant.policy.new_key(name), content_type)
        what = {"method": "POST", "url": post.url, "fields": dict(post.fields), "expires": grant.policy.expires_in}
        return issued(what, ("form", post.fields["key"]))

    def create(self, request: Request, grant: Grant) -> Response:
        body = json_object(request)
        name, content_type = grant.policy.asked_file(body, "filename")
        token, upload = self._multipart.begin(grant, name, content_type, None)
        return json_response(200, {"key": upload.key, "uploadId": token, "bucket": self._store.bucket})

    def parts(self, request: Request, grant: Grant) -> Response:
        rows = self._multipart.parts(self._opened(request, grant))
        return json_response(200, [{"PartNumber": row.number, "Size": row.size, "ETag": row.etag} for row in rows])

    def part(self, request: Request, grant: Grant) -> Response:
        upload = self._opened(request, grant)
        url = self._signed(upload, request.parts["number"], grant)
        return issued({"url": url, "expires": grant.policy.expires_in}, ("part", upload.key))

    def batch(self, request: Request, grant: Grant) -> Response:
        upload = self._opened(request, grant)
        numbers = query_of(request).get("partNumbers", "").split(",")
        if len(numbers) > MAX_SIGNED:
            raise Refused("partNumbers", f"must be at most {MAX_SIGNED} at a time")
        urls = {number: self._signed(upload, number, grant) for number in numbers}
        return issued({"presignedUrls": urls}, ("parts", upload.key))

    def complete(self, request: Request, grant: Grant) -> Response:
        upload = self._opened(request, grant)
        rows = json_object(request, LARGEST_BODY).get("parts")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Refused("parts", 'must be a list such as [{"PartNumber": 1, "ETag": "..."}]')
        self._multipart.complete(upload, grant, numbers=[row.get("PartNumber") for row in rows])
        location = str(self._store.presigner.get_object(self._store.bucket, upload.key)).partition("?")[0]
        return json_response(200, {"location": location, "key": upload.key, "bucket": self._store.bucket})

    def abort(self, request: Request, grant: Grant) -> Response:
        self._multipart.abort(self._opened(request, grant))
        return json_response(200, {})

    def _opened(self, request: Request, grant: Grant) -> Upload:
        upload = self._multipart.opened(grant, request.parts["upload"], "uploadId")
        if query_of(request).get("key") != upload.key:
            raise Refused("key", "is not the key of this upload", 403)
        return upload

    def _signed(self, upload: Upload, number: str, grant: Grant) -> str:
        if not (is_number(number, 5) and 1 <= int(number) <= MAX_PARTS):
            raise Refused("partNumber", f"must be a number from 1 to {MAX_PARTS}")
        return str(self._multipart.signed_part(upload, int(number), grant.policy.expires_in))
