"""What an attacker tried, and what must be true: nobody gets more done than the key's holder has signed.

Each case is a request that the holder did sign, changed by somebody who has it but not the key.
"""

from __future__ import annotations

import asyncio
import io
import os
import socket
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from time import process_time

import pytest

from sigv4 import Credentials, Signer, VerificationError, Verifier
from sigv4.body import BodyClaim, BodyReader
from sigv4.integrations import asgi, wsgi
from sigv4.testing import LocalS3
from sigv4.uploads.policy import Policy, Refused

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

    parts = wsgi.SigV4Middleware(application, API_VERIFIER)(environ, lambda status, *_: answers.append(status))
    with closing(parts) if hasattr(parts, "close") else nullcontext():
        list(parts)
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


@pytest.mark.parametrize("path", ["/admin/../a", "/./a", "/a/.", "/a/b/..", "//a", "/a//b"])
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


def test_as_many_trailers_as_were_promised_cost_no_more_than_reading_them():
    """S3's CompleteMultipartUpload is the request whose trailers are not held to be one checksum."""
    names = [f"x-{number:05}" for number in range(12_000)]
    lines = "".join(f"{name}:1\r\n" for name in names)
    data = f"0\r\n{lines}\r\n".encode()
    claim = BodyClaim(
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        {"x-amz-decoded-content-length": "0", "x-amz-trailer": ",".join(names)},
        checksums=False,
    )
    started = process_time()
    reader = BodyReader(io.BytesIO(data), claim, None)
    assert reader.read() == b""
    assert len(reader.trailers) == 12_000
    assert process_time() - started < 1


# LocalS3 must do what the verifier has read, and must be able to answer for what it keeps.


@pytest.fixture
def s3():
    with LocalS3() as s3:
        s3.put("photos", "secret", b"secret")
        s3.put("photos", "secret,public", b"public")
        yield s3


def exchange(s3, head, headers, body=b""):
    """What comes back for a request that is sent as it is."""
    host, _, port = s3.endpoint_url.removeprefix("http://").rpartition(":")
    lines = [head, *(f"{name}: {value}" for name, value in headers), "Connection: close", "", ""]
    with socket.create_connection((host, int(port)), timeout=10) as connection, connection.makefile("rb") as answer:
        connection.sendall("\r\n".join(lines).encode() + body)
        return answer.read()


def test_a_slash_in_the_query_of_an_absolute_target_begins_no_path(s3):
    """A listing of the prefix `any/secret`, presigned, must not become the download of `secret`."""
    host = f"photos.localhost:{s3.endpoint_url.rpartition(':')[2]}"
    url = Signer(s3.credentials, region=s3.region).presign("GET", f"http://{host}/?prefix=any/secret?").url
    target = url.replace("/?", "?", 1).replace("%2F", "/", 1).replace("%3F", "?", 1)
    assert f"{host}?prefix=any/secret?&X-Amz-" in target
    answer = exchange(s3, f"GET {target} HTTP/1.1", [("Host", host)])
    assert b" 200 OK" in answer
    assert b"<Prefix>any/secret?</Prefix>" in answer


def test_a_signed_header_in_two_lines_means_what_was_signed(s3):
    """Cut at its comma, the signed source of a copy would begin with another object's name."""
    host = s3.endpoint_url.removeprefix("http://")
    copy = {"x-amz-copy-source": "/photos/secret,public"}
    headers = Signer(s3.credentials, region=s3.region).sign("PUT", f"http://{host}/photos/copy", copy).headers
    headers.pop("x-amz-copy-source")
    cut = [("x-amz-copy-source", "/photos/secret"), ("x-amz-copy-source", "public")]
    answer = exchange(
        s3, "PUT /photos/copy HTTP/1.1", [("Host", host), ("Content-Length", "0"), *cut, *headers.items()]
    )
    assert b" 200 OK" in answer
    assert s3.get("photos", "copy") == b"public"


@pytest.mark.parametrize(
    ("name", "value", "status", "header"),
    [
        ("Content-Type", "text/html\r\nSet-Cookie: a=b", 400, None),
        ("Cache-Control", "\0", 400, None),
        ("x-amz-meta-a b", "c", 400, None),
        ("x-amz-meta-\u00e9", "c", 400, None),
        ("x-amz-meta-a", "\u65e5", 204, b"x-amz-meta-a: =?UTF-8?B?5pel?="),
        ("x-amz-storage-class", "\u65e5", 400, None),
        ("x-amz-tagging", "\u65e5=\u65e5", 204, b"x-amz-tagging-count: 1"),
    ],
)
def test_a_form_stores_nothing_that_no_answer_can_carry(s3, name, value, status, header):
    host = s3.endpoint_url.removeprefix("http://")
    form = s3.presigner().post("photos", "posted", conditions=[["starts-with", f"${name}", ""]])
    parts = [f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in
             (form.fields | {name: value}).items()]  # fmt: skip
    parts.append('--B\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nfile\r\n--B--\r\n')
    body = "".join(parts).encode()
    headers = [("Host", host), ("Content-Length", len(body)), ("Content-Type", "multipart/form-data; boundary=B")]
    assert exchange(s3, "POST /photos HTTP/1.1", headers, body).startswith(b"HTTP/1.1 %d " % status)
    url = s3.presigner().get_object("photos", "posted").url.removeprefix(s3.endpoint_url)
    answer = exchange(s3, f"GET {url} HTTP/1.1", [("Host", host)])
    assert answer.startswith(b"HTTP/1.1 200 " if header else b"HTTP/1.1 404 ")
    assert header is None or header in answer


@pytest.mark.parametrize("folder", ["", "made"])
def test_what_a_directory_holds_is_for_its_owner_alone(tmp_path, folder):
    """Whether the folder is made or was there, open to all."""
    tmp_path.chmod(0o755)
    directory = tmp_path / folder
    mask = os.umask(0o022)
    try:
        with LocalS3(directory=directory) as s3:
            s3.put("bucket", "small", b"small and secret")
            s3.put("bucket", "large", bytes(100_000))
            open_to_others = [path for path in directory.iterdir() if path.stat().st_mode & 0o077]
            assert any(b"small and secret" in path.read_bytes() for path in directory.iterdir() if path.is_file())
    finally:
        os.umask(mask)
    assert open_to_others == []
    assert not folder or not directory.stat().st_mode & 0o077


# The server must hold uploads to what its owner allows.


@pytest.mark.parametrize(
    "content_type",
    ["image/png,text/html", "image/png;a=b, text/html", "image/", "image/<b>", "image/png text/html", "image/a/b"],
)
def test_a_type_that_browsers_take_for_another_is_not_among_those_allowed(content_type):
    with pytest.raises(Refused):
        Policy("uploads/", "{uuid}/{name}", ("image/*", "image/png"), 1).check_type("type", content_type)
