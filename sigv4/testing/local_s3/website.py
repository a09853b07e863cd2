"""A bucket as a website: what its website endpoint answers to browsers.

The endpoint of a bucket is a host of its own, `BUCKET.s3-website.DOMAIN` or, as AWS has it,
`BUCKET.s3-website-REGION.amazonaws.com`. Nobody signs there, so that everyone must be allowed to read; what goes wrong
is told in HTML.

1. RedirectAllRequestsTo, and routing rules without an error code: a redirect, whatever lies there.
2. The object; of a path that ends with a slash, its index document. One with x-amz-website-redirect-location: a
   redirect.
3. Of a path without a slash under which there is an index document: a redirect to the path with one.
4. Routing rules for the error; the error document; a page that names the error.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html; pages as S3 gave them in February 2026.
"""

from __future__ import annotations

from html import escape

from ..._http.messages import Response
from ...encoding import encode
from .access import check_access
from .errors import S3Error
from .grammar import within
from .objects import get_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .call import Call

_MARK = ".s3-website"
_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    412: "Precondition Failed",
}


def bucket_of(host: str) -> str | None:
    """The bucket whose website endpoint the host is; None where it is none."""
    bucket, mark, rest = host.partition(_MARK)
    return bucket if bucket and mark and rest[:1] in (".", "-") else None


def serve(call: Call, request_id: str, host_id: str) -> Response:
    """The answer to a request to the endpoint."""
    site = Site(call, [("RequestId", request_id), ("HostId", host_id)])
    try:
        return site.answer()
    except S3Error as error:
        return site.page(error)


class Site:
    """A request to a website; `ids` are those of the answer."""

    def __init__(self, call: Call, ids: list[tuple[str, str]]) -> None:
        self._call = call
        self._ids = ids
        self._path = call.key
        self._configuration: Any = []
        call.query = []
        call.operation = "get_object"

    def answer(self) -> Response:
        """Raises S3Error for what no document of the site tells."""
        self._configuration = self._call.settings().get("website")
        if self._configuration is None:
            raise S3Error("NoSuchWebsiteConfiguration", BucketName=self._call.bucket)
        method = self._call.request.method
        if method not in ("GET", "HEAD"):
            raise S3Error("MethodNotAllowed", Method=method, ResourceType="OBJECT")
        everything = within(self._configuration, "RedirectAllRequestsTo")
        redirect = everything if everything is not None else self._rule(None)
        if redirect is not None:
            return self._redirect(redirect)
        try:
            return self._object(self._key())
        except S3Error as error:
            if error.status not in (403, 404):
                raise
            return self._missing(error)

    def _key(self) -> str:
        if self._path and not self._path.endswith("/"):
            return self._path
        return self._path + self._index()

    def _index(self) -> str:
        found: str = within(within(self._configuration, "IndexDocument") or [], "Suffix") or ""
        return found

    def _object(self, key: str) -> Response:
        self._call.key = key
        check_access(self._call, "get_object", self._call.bucket, key)
        response = get_object(self._call)
        for name, value in response.headers:
            if name == "x-amz-website-redirect-location":
                return Response(301, [("Location", value)])
        return response

    def _missing(self, error: S3Error) -> Response:
        if error.status == 404 and self._path and not self._path.endswith("/") and self._is_folder():
            return Response(302, [("Location", "/" + encode(self._path, keep_slash=True) + "/")])
        redirect = self._rule(str(error.status))
        if redirect is not None:
            return self._redirect(redirect)
        document = within(within(self._configuration, "ErrorDocument") or [], "Key")
        if document is None:
            raise error
        try:
            response = self._object(document)
        except S3Error as second:
            return self.page(error, second)
        if response.status == 200:
            response.status = error.status
        return response

    def _is_folder(self) -> bool:
        try:
            check_access(self._call, "get_object", self._call.bucket, f"{self._path}/{self._index()}")
            self._call.storage.version(self._call.bucket, f"{self._path}/{self._index()}")
        except S3Error:
            return False
        return True

    # Redirects

    def _rule(self, code: str | None) -> Any:
        """The redirect of the first routing rule for the path and the error code; of one for none, before there is any
        error. None where there is no such rule.
        """
        for name, rule in within(self._configuration, "RoutingRules") or []:
            condition = within(rule, "Condition") or []
            prefix, wanted = (
                within(condition, "KeyPrefixEquals") or "",
                within(condition, "HttpErrorCodeReturnedEquals"),
            )
            if name == "RoutingRule" and self._path.startswith(prefix) and wanted == code:
                return [*within(rule, "Redirect"), ("Prefix", prefix)]
        return None

    def _redirect(self, redirect: Any) -> Response:
        call = self._call
        protocol = within(redirect, "Protocol") or ("https" if call.request.tls else "http")
        host = within(redirect, "HostName") or call.received.host or ""
        key = within(redirect, "ReplaceKeyWith")
        prefix = within(redirect, "ReplaceKeyPrefixWith")
        if key is None and prefix is not None:
            key = prefix + self._path.removeprefix(within(redirect, "Prefix") or "")
        target = encode(self._path if key is None else key, keep_slash=True)
        status = int(within(redirect, "HttpRedirectCode") or 301)
        return Response(status, [("Location", f"{protocol}://{host}/{target}")])

    # Pages

    def page(self, error: S3Error, second: S3Error | None = None) -> Response:
        """The error in HTML; `second` is what became of the error document."""
        if error.status == 304 or self._call.request.method == "HEAD":
            return Response(error.status, error.headers)
        title = f"{error.status} {_REASONS.get(error.status, error.code)}"
        lines = [f"<html>\n<head><title>{title}</title></head>\n<body>\n<h1>{title}</h1>", *_items(error, self._ids)]
        if second is not None:
            lines += [
                "<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>",
                *_items(second),
            ]
        text = "\n".join([*lines, "<hr/>\n</body>\n</html>\n"])
        headers = [*error.headers, ("Content-Type", "text/html; charset=utf-8")]
        return Response(error.status, headers, text.encode("utf-8", "backslashreplace"))


def _items(error: S3Error, ids: list[tuple[str, str]] | None = None) -> list[str]:
    pairs = [("Code", error.code), ("Message", error.message), *error.extra, *(ids or [])]
    return ["<ul>", *(f"<li>{name}: {escape(text)}</li>" for name, text in pairs), "</ul>"]
