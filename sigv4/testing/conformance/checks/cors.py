"""What a bucket's CORS configuration lets pages of other origins do."""

from __future__ import annotations

from base64 import b64encode
from hashlib import md5

from ..answers import NO_CORS, NOT_IN_CORS
from ..check import ANYTHING, Check, refused, taken
from ..recipes import NEW, OBJECT, OBJECT_BODY, Plain, Signed
from ..sources import CORS_RULES, OWN, recorded

_ORIGIN = "https://app.example.com"
_DOCUMENT = (
    b'<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule>'
    b"<AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod>"
    b"<AllowedMethod>PUT</AllowedMethod><AllowedHeader>content-*</AllowedHeader>"
    b"<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>300</MaxAgeSeconds></CORSRule></CORSConfiguration>"
)
_CONFIGURED = Signed(
    "PUT", "/{bucket}", "cors", body=_DOCUMENT,
    headers=[("Content-MD5", b64encode(md5(_DOCUMENT, usedforsecurity=False).digest()).decode())],
)  # fmt: skip
_WITH = [_CONFIGURED]
_WITHOUT = [Signed("DELETE", "/{bucket}", "cors")]

_ALLOWED = {
    "Access-Control-Allow-Origin": _ORIGIN,
    "Access-Control-Allow-Methods": "GET, PUT",
    "Access-Control-Expose-Headers": "ETag",
    "Access-Control-Max-Age": "300",
    "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
}
_OF_THE_ORIGIN = {"Access-Control-Allow-Origin": _ORIGIN}
_OF_NO_ORIGIN = {"Access-Control-Allow-Origin": None}


def _preflight(origin: str = _ORIGIN, method: str = "PUT", headers: str = "") -> Plain:
    asked = [("Origin", origin), ("Access-Control-Request-Method", method)]
    if headers:
        asked.append(("Access-Control-Request-Headers", headers))
    return Plain("OPTIONS", OBJECT, headers=asked)


def _get(path: str, origin: str) -> Signed:
    return Signed(path=path, headers=[("Origin", origin)])


CORS = [
    Check("a configuration", _CONFIGURED, taken(), recorded("test_put_cors", "2023-07-31")),
    Check("preflight of a bucket without one", _preflight(), NO_CORS,
          recorded("test_cors_http_options_no_config", "2023-07-31"), _WITHOUT),
    Check("GET from a bucket without one", _get(OBJECT, _ORIGIN), taken(body=OBJECT_BODY, headers=_OF_NO_ORIGIN),
          recorded("test_cors_http_get_no_config", "2023-07-31"),
          _WITHOUT),
    Check("preflight", _preflight(), taken(headers=_ALLOWED), recorded("test_cors_match_methods", "2025-03-17"), _WITH),
    Check("preflight that asks for headers", _preflight(headers="content-type"),
          taken(headers={**_ALLOWED, "Access-Control-Allow-Headers": "content-type"}),
          recorded("test_cors_match_headers", "2025-07-07"), _WITH),
    Check("preflight, another origin", _preflight("https://example.org"), NOT_IN_CORS, CORS_RULES, _WITH),
    Check("preflight, an origin that only ends so", _preflight("https://badexample.com"), NOT_IN_CORS,
          CORS_RULES, _WITH),
    Check("preflight, another method", _preflight(method="DELETE"), NOT_IN_CORS, CORS_RULES, _WITH),
    Check("preflight, another header", _preflight(headers="content-type, x-amz-acl"), NOT_IN_CORS, CORS_RULES, _WITH),
    Check("GET", _get(OBJECT, _ORIGIN), taken(body=OBJECT_BODY, headers={**_OF_THE_ORIGIN, "Vary": ANYTHING}),
          recorded("test_cors_match_methods", "2025-03-17"), _WITH),
    Check("GET, another origin", _get(OBJECT, "https://example.org"),
          taken(body=OBJECT_BODY, headers=_OF_NO_ORIGIN), recorded("test_cors_match_origins", "2023-07-31"), _WITH),
    Check("an error", _get(NEW, _ORIGIN), refused(404, "NoSuchKey", headers=_OF_THE_ORIGIN), OWN, _WITH),
    Check("an authentication error", Plain(headers=[("Origin", _ORIGIN)]),
          refused(403, "AccessDenied", headers=_OF_THE_ORIGIN), OWN, _WITH),
]  # fmt: skip
