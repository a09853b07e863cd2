"""The WSGI and ASGI middlewares under gunicorn and uvicorn: what is signed comes through whole, nothing else does."""

import asyncio
import importlib
import io
import json
import os
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from importlib.util import find_spec

import httpx
import httpx2
import pytest
import requests

from sigv4 import Credentials, Signer, Verifier
from sigv4.integrations import _responses, asgi, wsgi
from tests.listening import serving

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

# The same application twice: it answers who signed, what arrived, and the body's length and end.
APPLICATIONS = """
import json
from sigv4 import Credentials, Verifier
from sigv4.integrations import asgi, wsgi

known = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
verifiers = [
    Verifier({"AKIDEXAMPLE": known}, region="us-east-1", service=service) for service in ("my-api", "s3")
]

def wsgi_application(environ, start_response):
    body = environ["wsgi.input"].read(100) + environ["wsgi.input"].read()
    answer = json.dumps([
        environ["sigv4.verified"].credentials.access_key_id, len(body), body[-5:].decode("latin-1"),
        environ.get("CONTENT_LENGTH"), environ.get("HTTP_CONTENT_ENCODING"),
    ]).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return [answer]

async def asgi_application(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    headers = dict(scope["headers"])
    answer = json.dumps([
        scope["state"]["sigv4_verified"].credentials.access_key_id, len(body), body[-5:].decode("latin-1"),
        *(headers[name].decode() if name in headers else None for name in (b"content-length", b"content-encoding")),
    ]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": answer})

wsgi_api, wsgi_s3 = (wsgi.SigV4Middleware(wsgi_application, verifier) for verifier in verifiers)
asgi_api, asgi_s3 = (asgi.SigV4Middleware(asgi_application, verifier) for verifier in verifiers)
"""


def application_served(tmp_path, server, application):
    """The port of a server that runs one of the applications."""
    (tmp_path / "applications.py").write_text(APPLICATIONS)
    name = f"applications:{application}"
    module = {
        "gunicorn": ["gunicorn", "--bind", "fd://{}", "--no-control-socket", name],
        "uvicorn": ["uvicorn", "--fd", "{}", "--lifespan", "off", "--no-access-log", name],
    }[server]
    return serving(module, tmp_path / "log", tmp_path, PYTHONWARNINGS="default")


@pytest.fixture(params=["gunicorn", "uvicorn"])
def server(request, tmp_path):
    """A function that gives the port of the application for one service."""
    if find_spec(request.param) is None:
        # Where CI=true nobody reads what was skipped.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"{request.param} is not installed")
    prefix = {"gunicorn": "wsgi", "uvicorn": "asgi"}[request.param]
    return lambda service: application_served(tmp_path, request.param, f"{prefix}_{service}")


def send(port, method, path, headers, body):
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.getheader("x-amzn-errortype"), json.loads(answer.read() or b"null")
    finally:
        connection.close()


def signer(service="my-api"):
    return Signer(CREDENTIALS, region="us-east-1", service=service)


PATH = "/a%20b/%C3%A9%2Fx/y?q=1&q=%26&flag"


@pytest.mark.parametrize("library", [requests, httpx, httpx2], ids=lambda library: library.__name__)
def test_an_application_takes_what_an_adapter_signs(server, library):
    adapter = importlib.import_module(f"sigv4.integrations.{library.__name__}")
    with server("api") as port:
        url = f"http://127.0.0.1:{port}{PATH}"
        answer = library.post(url, json={"name": "é"}, auth=adapter.SigV4Auth(signer()), timeout=30)
        assert answer.status_code == 200
        assert library.post(url, json={"name": "é"}, timeout=30).status_code == 403


def test_an_api_takes_what_is_signed_and_nothing_else(server):
    with server("api") as port:
        url = f"http://127.0.0.1:{port}{PATH}"
        body = b"0123456789" * 30_000
        signed = signer().sign("POST", url, {"Content-Type": "text/plain"}, body)
        status, _, said = send(port, "POST", PATH, signed.headers, body)
        assert (status, said[:3]) == (200, ["AKIDEXAMPLE", 300_000, "56789"])

        presigned = signer().presign("GET", url)
        target = presigned.url.removeprefix(f"http://127.0.0.1:{port}")
        assert send(port, "GET", target, {}, None)[0] == 200

        refused = {
            "another body": ("POST", PATH, signed.headers, body[:-1] + b"x", 403, "SignatureDoesNotMatch"),
            "another path": ("POST", PATH.replace("a%20b", "c"), signed.headers, body, 403, "SignatureDoesNotMatch"),
            "an escape undone": ("POST", PATH.replace("%2F", "/"), signed.headers, body, 403, "SignatureDoesNotMatch"),
            "another query": ("POST", PATH + "&a", signed.headers, body, 403, "SignatureDoesNotMatch"),
            "another method": ("PUT", PATH, signed.headers, body, 403, "SignatureDoesNotMatch"),
            "a header more": ("POST", PATH, signed.headers | {"X-Amz-A": "b"}, body, 403, "AccessDenied"),
            "nothing signed": ("GET", "/", {}, None, 403, "AccessDenied"),
            "too much to hold": ("POST", PATH, signed.headers, bytes((10 << 20) + 1), 400, "EntityTooLarge"),
        }
        for name, (method, path, headers, sent, status, code) in refused.items():
            try:
                answer = send(port, method, path, headers, sent)
            except (BrokenPipeError, ConnectionResetError):
                assert name == "too much to hold"  # refused before all of it was sent
                continue
            assert answer[:2] == (status, code), name
            assert answer[2]["code"] == code


def test_bodies_stream_and_are_checked(server):
    """S3's rules: a hash in the header, chunks with signatures, and trailers; larger than what would be buffered."""
    body = bytes(11 << 20)
    with server("s3") as port:
        url = f"http://127.0.0.1:{port}{PATH}"
        signed = signer("s3").sign("PUT", url, None, body)
        status, _, said = send(port, "PUT", PATH, signed.headers, body)
        assert (status, said[1], said[3]) == (200, len(body), str(len(body)))
        assert send(port, "PUT", PATH, signed.headers, body[:-1] + b"x")[:2] == (400, "XAmzContentSHA256Mismatch")

        for options in ({}, {"checksum": "CRC32"}, {"checksum": "SHA256", "unsigned_payload": True}):
            stream = signer("s3").sign_stream("PUT", url, {"Content-Encoding": "gzip"}, body, **options)
            status, _, said = send(port, "PUT", PATH, stream.headers, iter(stream.body))
            assert (status, said[1], said[3], said[4]) == (200, len(body), str(len(body)), "gzip")

        encoded = bytearray(b"".join(stream.body))
        encoded[1 << 20] ^= 1
        assert send(port, "PUT", PATH, stream.headers, bytes(encoded))[:2] == (400, "BadDigest")


# What real servers do not do


def verifier(service="my-api"):
    return Verifier({CREDENTIALS.access_key_id: CREDENTIALS}, region="us-east-1", service=service)


def environ(signed, body=b"", **changed):
    path, _, query = signed.url.replace("http://localhost", "", 1).partition("?")
    made = {
        "REQUEST_METHOD": signed.method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": query,
        "RAW_URI": f"{path}?{query}" if query else path, "HTTP_HOST": "localhost",
        "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)) if body else "",
    }  # fmt: skip
    made |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed.headers.items()}
    return {name: value for name, value in (made | changed).items() if value is not None}


def call_wsgi(environ, application=None, service="my-api", **options):
    answers = []

    def echo(environ, start_response):
        body = environ["wsgi.input"].read()
        start_response("200 OK", [])
        return [body]

    def start_response(status, headers, exc_info=None):
        answers.append((status, dict(headers)))

    parts = wsgi.SigV4Middleware(application or echo, verifier(service), **options)(environ, start_response)
    body = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    return answers[-1][0], body


def test_wsgi_without_a_raw_target_verifies_nothing(caplog):
    """Every request is refused, and the operator is told once, not with a traceback each time."""
    _responses._complained.clear()
    signed = signer().sign("GET", "http://localhost/a")
    for _ in range(3):
        assert call_wsgi(environ(signed, RAW_URI=None))[0] == "400 Bad Request"
    (record,) = caplog.records
    assert "neither RAW_URI nor REQUEST_URI" in record.getMessage()
    assert call_wsgi(environ(signed, RAW_URI=None, REQUEST_URI="/a")) == ("200 OK", b"")
    assert call_wsgi(environ(signed, RAW_URI=None, REQUEST_URI="http://localhost/a")) == ("200 OK", b"")


@pytest.mark.parametrize(
    "changed", [{"PATH_INFO": "/b"}, {"SCRIPT_NAME": "/b"}, {"QUERY_STRING": "b"}, {"PATH_INFO": ""}], ids=str
)
def test_wsgi_serves_only_what_was_signed(changed):
    """A server or a middleware before this one that rewrites the path would have another served than was signed."""
    signed = signer().sign("GET", "http://localhost/a")
    assert call_wsgi(environ(signed))[0] == "200 OK"
    assert call_wsgi(environ(signed, **changed))[0] == "400 Bad Request"
    assert call_wsgi(environ(signed, SCRIPT_NAME="/a", PATH_INFO=""))[0] == "200 OK"


@pytest.mark.parametrize("path", ["/a://b", "//a", "/http://localhost/a"])
def test_wsgi_a_path_may_look_like_a_url(path):
    """S3's rules, under which `//` is a part of the path."""
    signed = signer("s3").sign("GET", f"http://localhost{path}")
    assert call_wsgi(environ(signed, PATH_INFO=path, RAW_URI=path), service="s3")[0] == "200 OK"


def test_wsgi_reads_no_further_than_the_request():
    """Without Content-Length there is no body, whatever else the stream holds."""
    signed = signer().sign("GET", "http://localhost/a")
    stream = io.BytesIO(b"GET / HTTP/1.1\r\n")
    assert call_wsgi(environ(signed, **{"wsgi.input": stream})) == ("200 OK", b"")
    assert stream.tell() == 0


def test_wsgi_a_body_found_bad_while_the_answer_is_made_makes_it_a_refusal():
    signed = signer("s3").sign("PUT", "http://localhost/a", None, b"hello")

    def lazily(environ, start_response):
        start_response("200 OK", [])
        yield environ["wsgi.input"].read()

    assert call_wsgi(environ(signed, b"hello"), lazily, "s3") == ("200 OK", b"hello")
    status, body = call_wsgi(environ(signed, b"hallo"), lazily, "s3")
    assert (status, json.loads(body)["code"]) == ("400 Bad Request", "XAmzContentSHA256Mismatch")


def test_wsgi_head_is_refused_without_a_body():
    signed = signer().sign("GET", "http://localhost/a")
    assert call_wsgi(environ(signed, REQUEST_METHOD="HEAD")) == ("403 Forbidden", b"")


def test_wsgi_the_buffer_has_a_limit():
    signed = signer().sign("POST", "http://localhost/a", None, b"12345")
    assert call_wsgi(environ(signed, b"12345"), max_buffered_bytes=5)[0] == "200 OK"
    for changed in ({}, {"CONTENT_LENGTH": None, "wsgi.input_terminated": True}, {"CONTENT_LENGTH": "9" * 5000}):
        assert call_wsgi(environ(signed, b"12345", **changed), max_buffered_bytes=4)[0] == "400 Bad Request"


def scope(signed, **changed):
    path, _, query = signed.url.removeprefix("http://localhost").partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in signed.headers.items()]
    made = {
        "type": "http", "method": signed.method, "path": path, "raw_path": path.encode(),
        "query_string": query.encode(), "headers": [(b"host", b"localhost"), *headers],
    }  # fmt: skip
    return made | changed


def call_asgi(scope, messages=(), application=None, service="my-api", **options):
    """What the application's side sent, as (type, status or body)."""
    incoming, sent = [*messages, {"type": "http.disconnect"}], []

    async def echo(scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body, more = body + message["body"], message["more_body"]
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": body})

    async def receive():
        return incoming.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(asgi.SigV4Middleware(application or echo, verifier(service), **options)(scope, receive, send))
    return [(message["type"], message.get("status", message.get("body"))) for message in sent]


def parts(body, size):
    cuts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    return [
        {"type": "http.request", "body": cut, "more_body": number + 1 < len(cuts)} for number, cut in enumerate(cuts)
    ]


@pytest.mark.parametrize("size", [1, 2, 90, 4000, 1 << 20])
@pytest.mark.parametrize(
    "options", [{}, {"checksum": "CRC32"}, {"checksum": "CRC32", "unsigned_payload": True}], ids=str
)
def test_asgi_messages_may_cut_the_chunks_anywhere(size, options):
    body = bytes(range(256)) * 40
    stream = signer("s3").sign_stream("PUT", "http://localhost/a", None, body, chunk_size=8192, **options)
    sent = call_asgi(scope(stream), parts(b"".join(stream.body), size), service="s3")
    assert sent == [("http.response.start", 200), ("http.response.body", body)]


def test_asgi_an_unfinished_body_is_no_body():
    stream = signer("s3").sign_stream("PUT", "http://localhost/a", None, bytes(100))
    assert call_asgi(scope(stream), parts(b"".join(stream.body), 50)[:2], service="s3") == []


def test_asgi_without_a_raw_target_verifies_nothing(caplog):
    _responses._complained.clear()
    signed = signer().sign("GET", "http://localhost/a")
    for _ in range(3):
        assert call_asgi(scope(signed, raw_path=None), parts(b"", 1))[0] == ("http.response.start", 400)
    (record,) = caplog.records
    assert "no raw_path" in record.getMessage()


def test_asgi_serves_only_what_was_signed():
    signed = signer().sign("GET", "http://localhost/a")
    assert call_asgi(scope(signed), parts(b"", 1))[0] == ("http.response.start", 200)
    assert call_asgi(scope(signed, path="/b"), parts(b"", 1))[0] == ("http.response.start", 400)


def test_asgi_the_buffer_has_a_limit():
    signed = signer().sign("POST", "http://localhost/a", None, b"12345")
    assert call_asgi(scope(signed), parts(b"12345", 2), max_buffered_bytes=5)[0] == ("http.response.start", 200)
    assert call_asgi(scope(signed), parts(b"12345", 2), max_buffered_bytes=4)[0] == ("http.response.start", 400)


def test_asgi_an_answer_that_has_begun_cannot_become_a_refusal():
    signed = signer("s3").sign("PUT", "http://localhost/a", None, b"hello")

    async def hasty(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await receive()

    with pytest.raises(Exception, match="XAmzContentSHA256Mismatch"):
        call_asgi(scope(signed), parts(b"hallo", 5), hasty, "s3")


def test_asgi_a_response_is_held_until_its_first_bytes():
    """Until then, whatever the application makes of a bad body, the refusal goes out in its place."""
    signed = signer("s3").sign("PUT", "http://localhost/a", None, b"hello")

    async def swallowing(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        try:
            await receive()
        except Exception:
            await send({"type": "http.response.start", "status": 500})
        await send({"type": "http.response.body", "body": b"failed"})

    sent = call_asgi(scope(signed), parts(b"hallo", 5), swallowing, "s3")
    assert sent[0] == ("http.response.start", 400)
    assert b"XAmzContentSHA256Mismatch" in sent[1][1]
    assert len(sent) == 2


def test_asgi_headers_with_an_underscore_are_dropped():
    signed = signer().sign("GET", "http://localhost/a", {"X-Role": "reader"})
    opening = scope(signed)
    opening["headers"] = [(b"x_role", b"admin"), (b"X_Amz_Acl", b"public-read"), *opening["headers"]]
    seen = []

    async def look(scope, receive, send):
        seen.extend(name for name, _ in scope["headers"])
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    assert call_asgi(opening, parts(b"", 1), look)[0] == ("http.response.start", 200)
    assert b"x-role" in seen
    assert not [name for name in seen if b"_" in name]


def test_asgi_a_websocket_is_verified_as_it_opens():
    async def accept(scope, receive, send):
        await send({"type": "websocket.accept"})

    presigned = signer().presign("GET", "http://localhost/a")
    opening = [{"type": "websocket.connect"}]
    assert call_asgi(scope(presigned, type="websocket"), opening, accept) == [("websocket.accept", None)]
    late = signer().presign("GET", "http://localhost/a", expires_in=1, signed_at=datetime.now(UTC) - timedelta(days=1))
    assert call_asgi(scope(late, type="websocket"), opening, accept) == [("websocket.close", None)]


def test_asgi_the_lifespan_passes_through():
    async def started(scope, receive, send):
        await send({"type": "lifespan.startup.complete"})

    assert call_asgi({"type": "lifespan"}, (), started) == [("lifespan.startup.complete", None)]


def test_the_cause_of_a_wrong_signature_is_logged_where_somebody_debugs(caplog):
    caplog.set_level("DEBUG", logger="sigv4.integrations")
    signed = signer().sign("GET", "http://localhost/a")
    assert call_wsgi(environ(signed, REQUEST_METHOD="PUT"))[0] == "403 Forbidden"
    (record,) = caplog.records
    assert "(method)" in record.getMessage()
    assert signed.signature not in record.getMessage()
