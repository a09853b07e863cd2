"""A request in, an answer out: where it goes, who sent it, whether they may, what it asks for.

The order of steps, each of which can refuse:

1. Address: bucket and key from the Host header and the path, as they arrived. Paths are decoded once and never
   normalised.
2. A CORS preflight is answered; it is the one request that is never signed.
3. Authentication by `Verifier`; of a POST form, by what stands in it. What carries no signature at all is anonymous.
4. The operation, by the same table that presigns. What LocalS3 does not do is 501 NotImplemented, by name.
5. Whether the sender may: access.py.
6. The body is what the request says of it: read by the operation, or before it where the operation takes none.

Every refusal is logged once, with its reason, and answered as S3 does: XML with the request's id; nothing but the
status for HEAD.
"""

from __future__ import annotations

import os
from base64 import b64encode
from contextlib import suppress

from ..._http.body import BodyError
from ..._http.messages import Request, Response
from ...claim import UNSUPPORTED
from ...dates import http_date
from ...encoding import decode, is_number
from ...errors import SigningError, VerificationError
from ...s3.matching import match
from . import attributes, buckets, copy, cors, documents, listing, multipart, objects
from .access import check_access
from .acl import TODAY, owner_of
from .call import ACCOUNT_ID, BODY_READERS, HANDLERS, Call, check_headers, region_of
from .errors import S3Error
from .faults import POST_OBJECT, Faults, Recorded, camel_case, new_journal
from .form import is_form, post_object
from .listeners import Listeners
from .principals import Principals
from .regions import Regions
from .sts import TokenService

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from logging import Logger
    from typing import Any

    from ...credentials import Credentials
    from ...post import VerifiedPost
    from .call import Handler, Signed
    from .storage import Storage

__all__ = ["Service"]

_SIGNS = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "Signature", "AWSAccessKeyId")
# S3 says no more of it, and in us-east-1 it does take what boto3 makes by default.
_SIGN_BY_4 = 'Sign with Version 4: in boto3, Config(signature_version="s3v4").'
_HINTS = {UNSUPPORTED: [("Hint", f"{_SIGN_BY_4} LocalS3(version_2=True) takes Version 2 where S3 does.")]}
_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")

# The modules whose operations are on offer; importing them has registered them.
OPERATION_MODULES = (attributes, buckets, copy, listing, multipart, objects)


class Service:
    """S3 as a function: call it with a Request, get a Response.

    `users` are those whose requests it takes, by access key id; STS adds to them. `domain` and `domains` are the hosts
    under which `bucket.domain` is virtual-hosted style. `regions` are others than `region` that it stands for. `now`
    gives epoch seconds. With `open_cors`, buckets without a CORS configuration let pages of any origin in; with
    `version_2`, Signature Version 2 is taken too.
    """

    def __init__(
        self,
        storage: Storage,
        users: dict[str, Credentials],
        region: str,
        domain: str,
        now: Callable[[], float],
        open_cors: bool = True,
        defaults: dict[str, Any] = TODAY,
        *,
        regions: Iterable[str] = (),
        domains: Iterable[str] = (),
        version_2: bool = False,
    ) -> None:
        self.storage = storage
        self.defaults = defaults
        self.faults = Faults()
        self.listeners = Listeners()
        self.journal = new_journal()
        self.principals = Principals(ACCOUNT_ID)
        self._users = users
        self._regions = Regions(users, region, regions, now)
        self._tokens = TokenService(users, Regions(users, region, regions, now, "sts"), now, self.principals)
        self._domains = sorted({name.lower() for name in (domain, *domains)}, key=len, reverse=True)
        self._now = now
        self._open_cors = open_cors
        self._version_2 = version_2
        self._acted: dict[str, object] = {}  # when a bucket's lifecycle rules were acted on, and by which

    def __call__(self, request: Request) -> Response:
        request_id = os.urandom(8).hex().upper()
        call = Call(request, self.storage, self._regions.home)
        call.principals, call.defaults, call.listeners = self.principals, self.defaults, self.listeners
        try:
            response = self._website(call, request_id) if self._address(call) else self._route(call, request_id)
            if self.listeners.all and call.bucket and call.operation:
                self._tell(call, response, request_id)
            code = None
        except Exception as error:
            refusal = _as_refusal(error)
            self._log_refusal(call, refusal)
            response = _refuse(call, refusal, request_id)
            code = refusal.code
        headers = [
            *response.headers,
            ("Date", http_date(self._now())),
            ("x-amz-request-id", request_id),
            ("x-amz-id-2", _host_id(request_id)),
            ("Server", "LocalS3"),
        ]
        if request.method != "OPTIONS":
            self._record(call, response, code)
            headers += self._cross_origin(call) or []
        response.headers = headers
        return response

    def _tell(self, call: Call, response: Response, request_id: str) -> None:
        """Tell the listeners what was done, where the bucket's configuration says so."""
        if "notification" in call.settings():
            from .notifications import tell

            tell(call, response, request_id)

    def _website(self, call: Call, request_id: str) -> Response:
        from .website import serve  # loaded with the first request to one

        return serve(call, request_id, _host_id(request_id))

    def _route(self, call: Call, request_id: str) -> Response:
        if call.request.method == "OPTIONS":
            return self._preflight(call)
        if call.request.method == "POST" and not call.bucket:
            return self._tokens(call, request_id)
        return self._serve(call)

    def _record(self, call: Call, response: Response, code: str | None) -> None:
        principal = None if call.verified is None else call.verified.credentials.access_key_id
        what = (camel_case(call.operation), call.bucket, call.key, principal, response.status, code)
        names = tuple([name for name, _ in call.query])
        self.journal.append(Recorded(*what, names, _size_received(call.request), _size_sent(call.request, response)))

    def _serve(self, call: Call) -> Response:
        request = call.request
        signed = "authorization" in call.fields or any(name in _SIGNS for name, _ in call.query)
        if signed:
            call.verified = self._verify(call)
        if call.key and not call.bucket:
            raise S3Error("InvalidBucketName", BucketName="")
        if is_form(call):
            call.operation = POST_OBJECT
            return self._carry_out(call, lambda call: post_object(call, self._verify_post))
        if not signed:
            self._regions.receive_anonymous(call)
        name = match(request.method, bool(call.bucket), bool(call.key), call.query, call.fields)
        call.operation = name or ""
        self._regions.check_place(call)
        if call.operation:
            check_access(call, call.operation)
        elif not signed:
            raise S3Error("AccessDenied")
        _check_expected_owner(call)
        check_headers(call)
        if call.bucket:
            self.act_on_rules(call.bucket, call.settings)
        handler = HANDLERS.get(call.operation) or _seldom_used(call.operation)
        if handler is None:
            raise _unknown_operation(call)
        if call.operation not in BODY_READERS:
            call.check_body()
        return self._carry_out(call, handler)

    def act_on_rules(self, bucket: str, settings: Callable[[], dict[str, Any]]) -> None:
        """Let the bucket's lifecycle rules do what is due."""
        with suppress(S3Error):  # of a bucket that is not there
            if "lifecycle" in settings():
                from .lifecycle import act_daily

                act_daily(self._acted, self.storage, bucket, settings())

    def _carry_out(self, call: Call, handler: Callable[[Call], Response]) -> Response:
        fault = self.faults.take(call)
        return handler(call) if fault is None else fault.meet(call, handler)

    def _log_refusal(self, call: Call, refusal: S3Error | VerificationError) -> None:
        """Once, with the reason. A query is never logged as it came: it may hold a signature that still works."""
        import logging

        level = logging.WARNING if isinstance(refusal, VerificationError) else logging.INFO
        log = _logger()
        if not log.isEnabledFor(level):
            return
        request = call.request
        what = f"{request.method} {request.target.partition('?')[0]!a}"
        if call.operation:
            what += f" ({call.operation})"
        why = ""
        if isinstance(refusal, VerificationError):
            found = self._regions.explain(call, refusal)
            why = f"\n{found}" if found.causes else ""
        log.log(level, "%d %s: %s: %s%s", refusal.status, refusal.code, what, _one_line(refusal.message), why)

    # Where it goes

    def _address(self, call: Call) -> bool:
        """Bucket and key: virtual-hosted style under the domain, path style under any other host. Whether it is the
        endpoint of the bucket's website.
        """
        call.read()
        try:
            resource = decode(call.received.path).decode().removeprefix("/")
        except (SigningError, UnicodeDecodeError):
            raise S3Error("InvalidURI") from None
        name = (call.received.host or "").lower().partition(":")[0]
        site = _site_of(name) if ".s3-website" in name else None
        if site is not None:
            call.bucket, call.key, call.hosted = site, resource, True
            self._regions.receive_anonymous(call)
            return True
        suffix = self._domain_of(name)
        if suffix:
            call.bucket, call.key, call.hosted = name.removesuffix(suffix), resource, True
        else:
            call.bucket, _, call.key = resource.partition("/")
        return False

    def _domain_of(self, host: str) -> str:
        """The longest domain under which the host is a bucket's, with the dot before it; empty where there is none, or
        where the host is a domain itself.
        """
        for domain in self._domains:
            if host == domain:
                return ""
            if host.endswith("." + domain):
                return "." + domain
        return ""

    # Who sent it

    def _verify(self, call: Call) -> Signed:
        if self._version_2:
            from . import version_2

            if version_2.is_version_2(call):
                self._regions.receive_anonymous(call)  # which region it came to, its signature does not say
                if call.region in version_2.REGIONS:
                    return version_2.verify(call, self._users, self._now())
        return self._regions.verify(call)

    def _verify_post(self, call: Call, fields: list[tuple[str, str]]) -> VerifiedPost:
        if self._version_2:
            from . import version_2

            if version_2.is_form_of_version_2(fields):
                self._regions.receive_anonymous(call)
                if call.region in version_2.REGIONS:
                    return version_2.verify_post(fields, call.bucket, self._users, self._now)
        return self._regions.verify_post(call, fields)

    # Cross-origin requests

    def _preflight(self, call: Call) -> Response:
        if call.header("origin") is None:
            raise S3Error("BadRequest", "Insufficient information. Origin request header needed.")
        method = call.header("access-control-request-method") or "OPTIONS"
        try:
            rules = self._cors_rules(call)
        except S3Error:
            why = "CORSResponse: Bucket not found"
            raise S3Error("AccessForbidden", why, Method=method, ResourceType="BUCKET") from None
        if not rules:
            why = "CORSResponse: CORS is not enabled for this bucket."
            raise S3Error("AccessForbidden", why, Method=method, ResourceType="BUCKET")
        headers = self._cross_origin(call)
        if headers is None:
            raise S3Error(
                "AccessForbidden",
                "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, "
                "request method / Access-Control-Request-Method or Access-Control-Request-Headers are not "
                "whitelisted by the resource's CORS spec.",
                Method=method,
                ResourceType="OBJECT" if call.key else "BUCKET",
            )
        return Response(200, headers)

    def _cross_origin(self, call: Call) -> list[tuple[str, str]] | None:
        """The headers that the bucket's rules give the page that asks; None where they give none."""
        request = call.request
        origin = request.header("origin")
        if origin is None or not call.bucket:
            return None
        # What a preflight asks counts in any request, as S3 has it.
        method = request.header("access-control-request-method") or request.method
        asked = request.header("access-control-request-headers") or ""
        names = [name.strip().lower() for name in asked.split(",") if name.strip()]
        try:
            rules = self._cors_rules(call)
        except S3Error:
            return None
        return cors.answer(rules, origin, method, names)

    def _cors_rules(self, call: Call) -> list[dict[str, object]]:
        """Raises S3Error NoSuchBucket, unless all buckets are open to all origins: one that is not there is, too."""
        default = cors.OPEN if self._open_cors else []
        try:
            settings = self.storage.bucket(call.bucket).settings
        except S3Error:
            if not self._open_cors:
                raise
            settings = {}
        rules: list[dict[str, object]] = settings.get("cors", default)
        return rules


def _size_received(request: Request) -> int:
    """The bytes of the request's body; of one that comes in chunks, those that were asked for."""
    length = request.content_length
    return request.body.size_of_chunks if length is None else length


def _size_sent(request: Request, response: Response) -> int:
    if request.method == "HEAD" or response.status in (204, 304):
        return 0
    if response.length is not None:
        return response.length
    return len(response.body) if isinstance(response.body, bytes) else 0


def _check_expected_owner(call: Call) -> None:
    expected = call.header("x-amz-expected-bucket-owner")
    if expected is None:
        return
    if not (is_number(expected, 12) and len(expected) == 12):
        raise S3Error(
            "InvalidBucketOwnerAWSAccountID",
            f"The value of the expected bucket owner parameter must be an AWS Account ID... [{expected}]",
        )
    if expected != owner_of(call.settings() if call.bucket else {}):
        raise S3Error("AccessDenied")


def _seldom_used(name: str) -> Handler | None:
    """The operations that a start should not wait for: all of them are loaded when the first is asked for."""
    from . import (  # noqa: F401 - registered
        bucket_access,
        configurations,
        default_encryption,
        lifecycle,
        notifications,
        retention,
    )

    return HANDLERS.get(name)


def _unknown_operation(call: Call) -> S3Error:
    if call.operation:
        return S3Error("NotImplemented", f"{camel_case(call.operation)} is not implemented by LocalS3.")
    if call.request.method not in _METHODS:
        kind = "OBJECT" if call.key else "BUCKET" if call.bucket else "SERVICE"
        return S3Error("MethodNotAllowed", Method=call.request.method, ResourceType=kind)
    return S3Error("NotImplemented", "S3 has no operation with this method, path, query and headers.")


def _place(call: Call) -> list[tuple[str, str]]:
    """Where the bucket lies."""
    try:
        return [("x-amz-bucket-region", region_of(call, call.settings()))]
    except S3Error:
        return []


def _site_of(host: str) -> str | None:
    from .website import bucket_of

    return bucket_of(host)


def _host_id(request_id: str) -> str:
    """Another id, which follows from the first: so an answer's header and its XML agree."""
    return b64encode(b"local/" + request_id[::-1].encode()).decode()


def _one_line(text: str) -> str:
    """The text with all that does not print escaped: a message may quote the peer, who must not write our log."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _logger() -> Logger:
    import logging  # here and above, with the first line to log: it would be a tenth of what a start costs

    return logging.getLogger("sigv4.testing.local_s3")


def _as_refusal(error: Exception) -> S3Error | VerificationError:
    """What to answer to an exception. One that nobody raised on purpose is logged with all that is known of it."""
    if isinstance(error, (S3Error, VerificationError)):
        return error
    if isinstance(error, BodyError):
        return S3Error("RequestTimeout" if error.status == 408 else "IncompleteBody")
    _logger().error("an error of LocalS3's own", exc_info=error)
    return S3Error("InternalError")


def _refuse(call: Call, refusal: S3Error | VerificationError, request_id: str) -> Response:
    """The answer that says no."""
    headers = list(getattr(refusal, "headers", []))
    if call.request.method == "HEAD" and not call.key and refusal.status in (400, 403):
        headers += _place(call)  # S3 says it to all who ask
    if refusal.status == 304:
        return Response(304, headers)
    content = [
        ("Code", refusal.code),
        ("Message", documents.readable(refusal.message)),
        *((name, documents.readable(text)) for name, text in refusal.extra),
        *_HINTS.get(refusal.message, ()),
        ("RequestId", request_id),
        ("HostId", _host_id(request_id)),
    ]
    headers.append(("Content-Type", "application/xml"))
    body = documents.render("Error", content, namespace=None)
    if call.request.method == "HEAD":
        return Response(refusal.status, headers)
    return Response(refusal.status, headers, body)
