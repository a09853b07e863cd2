"""What an attacker tried, and what must be true: nobody gets more done than the key's holder has signed.

Each case is a request that the holder did sign, changed by somebody who has it but not the key.
"""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, datetime
from time import process_time

import pytest

from sigv4 import Credentials, Signer, VerificationError, Verifier
from sigv4.integrations import asgi, wsgi

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SIGNED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SIGNER = Signer(CREDENTIALS, region="us-east-1")
VERIFIER = Verifier({CREDENTIALS.access_key_id: CREDENTIALS}, region="us-east-1", now=SIGNED_AT.timestamp)


def signed(method, url, headers=(), body=None):
    """The headers to send, without Host."""
    return [*SIGNER.sign(method, url, list(headers), body, signed_at=SIGNED_AT).headers.items()]


def without(headers, *names):
    return [(name, value) for name, value in headers if name.lower() not in names]


def more_body_than_its_length():
    """Bytes after Content-Length are part of no signature, so a body that has them is not the one signed."""
    headers = signed("PUT", "http://h/b/k", body=b"signed")
    return "PUT", "/b/k", [("Host", "h"), ("Content-Length", "6"), *headers], b"signed and more"


def a_signed_header_inside_the_urls_host():
    """A line end in the host would stand for the header that was signed and left out."""
    headers = signed("PUT", "http://h/b/k", [("if-match", '"etag"')])
    return "PUT", 'http://h\nif-match:"etag"/b/k', without(headers, "if-match"), None


def a_host_beyond_unicode():
    return "GET", "http://h\ud800/b/k", signed("GET", "http://h/b/k"), None


def two_signed_headers_inside_a_parameter():
    """A signed header may stand in the query, but a line end in it would make it two."""
    url = "http://h/b/k?x-first=1%0Ax-second:2"
    headers = signed("GET", url, [("x-first", "1"), ("x-second", "2")])
    return "GET", "/b/k?x-first=1%0Ax-second:2", [("Host", "h"), *without(headers, "x-first", "x-second")], None


@pytest.mark.parametrize(
    "attack",
    [
        more_body_than_its_length,
        a_signed_header_inside_the_urls_host,
        a_host_beyond_unicode,
        two_signed_headers_inside_a_parameter,
    ],
)
def test_a_request_changed_without_the_key_is_refused(attack):
    method, url, headers, body = attack()
    with pytest.raises(VerificationError):
        VERIFIER.verify(method, url, headers, body)


# What an application behind a middleware is given must be what was signed.

API_SIGNER = Signer(CREDENTIALS, region="us-east-1", service="api")
API_VERIFIER = Verifier(
    {CREDENTIALS.access_key_id: CREDENTIALS}, region="us-east-1", service="api", now=SIGNED_AT.timestamp
)


def api_headers(url, headers=()):
    return API_SIGNER.sign("GET", url, dict(headers), signed_at=SIGNED_AT).headers


def wsgi_status(target, path, host, headers):
    environ = {
        "REQUEST_METHOD": "GET", "RAW_URI": target, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
        "wsgi.input": io.BytesIO(), "HTTP_HOST": host,
    }  # fmt: skip
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    answers = []

    def application(environ, start_response):
        start_response("200 OK", [])
        return []

    list(wsgi.SigV4Middleware(application, API_VERIFIER)(environ, lambda status, *_: answers.append(status)))
    return answers[-1]


def asgi_served(path, headers):
    """The scope that the application was called with; None where it was not."""
    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    scope["headers"] = [(name.lower().encode(), value.encode()) for name, value in headers]
    scopes = []

    async def application(scope, receive, send):
        scopes.append(scope)

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        pass

    asyncio.run(asgi.SigV4Middleware(application, API_VERIFIER)(scope, receive, send))
    return scopes[0] if scopes else None


def test_wsgi_an_application_sees_the_host_that_was_signed():
    """The host of an absolute target counts for HTTP, but an application reads HTTP_HOST."""
    headers = api_headers("http://h/a")
    assert wsgi_status("http://h/a", "/a", "h", headers) == "200 OK"
    assert wsgi_status("http://h/a", "/a", "other", headers) == "403 Forbidden"


@pytest.mark.parametrize("path", ["/admin/../a", "/./a", "/a/.", "/a/b/.."])
def test_an_application_sees_no_path_that_was_signed_as_another(path):
    """The signature is over the normal form of the path, and applications go by what arrived."""
    headers = api_headers("http://h/a")
    assert asgi_served("/a", [("Host", "h"), *headers.items()])
    assert wsgi_status(path, path, "h", headers) == "400 Bad Request"
    assert not asgi_served(path, [("Host", "h"), *headers.items()])


def test_asgi_a_signed_header_is_one_however_it_is_cut():
    """Two lines mean their join, which was signed; an application that looks at the first would see another value."""
    headers = api_headers("http://h/a", {"x-role": "reader,admin"})
    headers.pop("x-role")
    scope = asgi_served("/a", [("Host", "h"), ("x-role", "reader"), *headers.items(), ("x-role", "admin")])
    assert [value for name, value in scope["headers"] if name == b"x-role"] == [b"reader,admin"]


def test_work_grows_with_the_request_and_not_with_its_square():
    """Thousands of signed headers sought among thousands of parameters cost milliseconds, not seconds."""
    names = [f"{number:04x}" for number in range(20_000)]
    credential = "AKIDEXAMPLE/20260304/us-east-1/s3/aws4_request"
    signed_headers = ";".join([*names, "host", "x-amz-content-sha256", "x-amz-date"])
    headers = [
        ("Host", "h"),
        ("x-amz-date", "20260304T050607Z"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        (
            "Authorization",
            f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed_headers}, Signature={'0' * 64}",
        ),
    ]
    started = process_time()
    with pytest.raises(VerificationError):
        VERIFIER.verify("GET", f"/?{'&'.join(names)}", headers)
    assert process_time() - started < 1
