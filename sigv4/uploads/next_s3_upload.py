"""The endpoint of the npm package next-s3-upload's presigned uploads: POST /api/s3-upload.

    {"filename": "a.png", "filetype": "image/png", "_nextS3": {"strategy": "presigned"}}
      -> {key, bucket, region, endpoint, url}

The client PUTs the file to `url` with its type. It says no size, so S3 can be held to none: where the policy has a
largest size below that of a PUT, it is refused.
"""

from __future__ import annotations

from .messages import Refused, issued, json_object
from .store import LARGEST_PUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .grants import Grant
    from .messages import Request, Response
    from .presign import Handler
    from .store import Store


class NextS3Upload:
    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> dict[str, dict[str, Handler]]:
        return {"/api/s3-upload": {"POST": self.presign}}

    def presign(self, request: Request, grant: Grant) -> Response:
        body = json_object(request)
        strategy = body.get("_nextS3")
        if not isinstance(strategy, dict) or strategy.get("strategy") != "presigned":
            raise Refused("_nextS3", 'must be {"strategy": "presigned"}: use usePresignedUpload')
        policy = grant.policy
        if policy.max_size < LARGEST_PUT or policy.min_size:
            raise Refused("filename", "this protocol says no size, and this server holds uploads to one", 403)
        policy.check_unique("filename")
        name, content_type = policy.asked_file(body, "filename", "filetype")
        key = policy.new_key(name)
        parameters = {"ContentType": content_type} if content_type else {}
        signed = self._store.presign("put_object", key, policy.expires_in, "filename", **parameters)
        bucket, region, url = self._store.bucket, self._store.presigner.region, str(signed)
        what = {"key": key, "bucket": bucket, "region": region, "endpoint": _endpoint(url, bucket, region), "url": url}
        return issued(what, ("PUT", key))


def _endpoint(url: str, bucket: str, region: str) -> str | None:
    """What the client makes the object's address of: it puts /BUCKET/KEY behind it, and takes AWS's own for None."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0]
    if host == f"{bucket}.s3.{region}.amazonaws.com":
        return None
    return f"{scheme}://{host.removeprefix(bucket + '.')}"
