"""The middlewares under the servers that people run: the application sees what was signed, or nothing.

Each server is started once; where it cannot be had, the test says so, and fails on CI.
"""

from __future__ import annotations

import hashlib
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from sigv4 import Credentials, Signer
from tests.integrations.servers import COMMANDS, OF_WSGI, Cut, Server, running
from tests.nginx import nginx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
API, S3 = (Signer(CREDENTIALS, region="us-east-1", service=service) for service in ("my-api", "s3"))
HOST = "app.example:8080"
PATH = "/a%20b/%C3%A9/x+y"
ROUTED = "/a b/é/x+y"
QUERY = "q=1&q=%26&flag="
BODY = b"0123456789" * 20_000
BLIND = "granian-wsgi"  # it gives no raw target
HTTP2 = ["hypercorn", "granian-asgi"]

NAMES = [*COMMANDS, "nginx before gunicorn", "nginx before uvicorn-h11"]


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    name = request.param.removeprefix("nginx before ")
    with running(name, tmp_path_factory.mktemp(name)) as direct:
        if name == request.param:
            yield direct
        else:
            location = f"location / {{ proxy_pass http://127.0.0.1:{direct.port}; proxy_set_header Host $http_host; }}"
            with nginx(location) as port:
                yield direct.behind(request.param, port)


def frameworks(server: Server) -> list[str]:
    return ["plain", "flask", "django"] if is_wsgi(server) else ["plain", "starlette", "fastapi", "django", "flask"]


def is_wsgi(server: Server) -> bool:
    return server.name.removeprefix("nginx before ") in OF_WSGI


def wire(
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *more: tuple[str, str],
    chunked: bool = False,
) -> bytes:
    """A request, byte for byte."""
    fields = [("Host", HOST), *headers.items(), *more, ("Connection", "close")]
    if chunked:
        fields.append(("Transfer-Encoding", "chunked"))
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    elif not any(name.lower() == "content-length" for name, _ in fields):
        fields.append(("Content-Length", str(len(body))))
    lines = [f"{method} {target} HTTP/1.1", *[f"{name}: {value}" for name, value in fields], "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def signed(signer: Signer, target: str, body: bytes = BODY, **headers: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return dict(signer.sign("POST", f"http://{HOST}{target}", named, body).headers)


def test_the_application_sees_what_was_signed(server: Server) -> None:
    """Path, query, a header in several lines, and the body; at the root and mounted under a prefix."""
    if server.name == BLIND:
        status, _, body = server.ask(wire("POST", f"/plain{PATH}", signed(API, f"/plain{PATH}"), BODY))
        assert (status, json.loads(body)["code"]) == (400, "InvalidRequest")
        return
    for prefix in ["", *[f"/{name}" for name in frameworks(server)], *[f"/s3/{name}" for name in frameworks(server)]]:
        signer = S3 if prefix.startswith("/s3/") else API
        target = f"{prefix}{PATH}?{QUERY}"
        sent = wire("POST", target, signed(signer, target, X_Role="reader"), BODY)
        status, _, body = server.ask(sent)
        assert status == 200, (prefix, body)
        saw = json.loads(body)
        assert saw["sha256"] == hashlib.sha256(BODY).hexdigest(), prefix
        assert (saw["prefix"] + saw["routed"]).endswith(f"{prefix}{ROUTED}"), (prefix, saw)
        assert saw["query"] == [["q", "1"], ["q", "&"], ["flag", ""]]
        assert ["x-role", "reader"] in saw["headers"]


def test_a_body_that_is_not_the_one_that_was_signed_is_refused_whoever_reads_it(server: Server) -> None:
    """With S3's 400, although frameworks make a 500 of what is raised while they read."""
    before = len(server.seen())
    for name in frameworks(server) if server.name != BLIND else []:
        target = f"/s3/{name}/k"
        status, fields, body = server.ask(wire("POST", target, signed(S3, target), BODY[:-1] + b"x"))
        assert (status, json.loads(body)["code"]) == (400, "XAmzContentSHA256Mismatch"), (name, body)
        assert fields["x-amzn-errortype"] == "XAmzContentSHA256Mismatch"
        status, _, body = server.ask(wire("POST", f"/{name}/k", signed(API, f"/{name}/k"), BODY[:-1] + b"x"))
        assert (status, json.loads(body)["code"]) == (403, "SignatureDoesNotMatch")
    assert len(server.seen()) == before


def test_a_response_that_has_begun_ends_with_its_connection(server: Server) -> None:
    # uWSGI ends it as if it were whole, where there is no Content-Length; daphne leaves it open.
    if server.name in (BLIND, "uwsgi", "daphne"):
        return
    target = "/s3/plain/k?begin=1"
    assert server.ask(wire("POST", target, signed(S3, target), BODY))[::2] == (200, b"begundone")
    try:
        status, _, body = server.ask(wire("POST", target, signed(S3, target), BODY[:-1] + b"x"))
        assert b"done" not in body, (status, body)
        assert status != 200
    except Cut:
        return


def test_names_with_an_underscore_do_not_pass_for_signed_ones(server: Server) -> None:
    """`x_role` and `X-Role` are one in a CGI-style application."""
    if server.name in (BLIND, "uwsgi"):  # uWSGI joins the two before anybody can look
        return
    for name in frameworks(server):
        target = f"/{name}/k"
        more = ("x_role", "admin"), ("x_amz_acl", "public-read"), ("x_list", "b")
        status, _, body = server.ask(wire("POST", target, signed(API, target, X_Role="reader"), BODY, *more))
        if status == 200:
            saw = json.loads(body)
            assert [pair for pair in saw["headers"] if pair[0].startswith("x-")] == [["x-role", "reader"]], name
        else:
            assert status in (400, 403), (name, status)


def test_the_path_that_is_verified_is_the_path_that_is_served(server: Server) -> None:
    """gunicorn takes a header SCRIPT_NAME for the prefix, whoever sends it."""
    before = len(server.seen())
    target = "/plain/admin/wipe"
    for name in ("SCRIPT_NAME", "Script-Name", "SCRIPT-NAME"):
        status, _, body = server.ask(wire("POST", target, signed(API, target), BODY, (name, "/plain/admin")))
        if status == 200:
            assert json.loads(body)["routed"] == "/admin/wipe"
            before += 1
    assert len(server.seen()) == before


@pytest.mark.parametrize("stated", ["UNSIGNED-PAYLOAD", hashlib.sha256(BODY).hexdigest()], ids=["unsigned", "hash"])
def test_a_body_in_chunks_arrives_whole_or_not_at_all(server: Server, stated: str) -> None:
    """Django and others read no further than Content-Length says, and would take it for empty."""
    for name in frameworks(server):
        target = f"/s3/{name}/k"
        headers = signed(S3, target, b"", X_Amz_Content_Sha256=stated)
        status, _, body = server.ask(wire("POST", target, headers, BODY, chunked=True))
        if status == 200:
            assert json.loads(body)["sha256"] == hashlib.sha256(BODY).hexdigest(), name
        else:
            assert (server.name, status) in ((BLIND, 400), ("uwsgi", 411)), (name, body)


def test_two_lengths_are_refused(server: Server) -> None:
    """Content-Length beside chunked: server and application could each take another."""
    target = "/s3/plain/k"
    before = len(server.seen())
    headers = signed(S3, target, b"", X_Amz_Content_Sha256="UNSIGNED-PAYLOAD")
    sent = wire("POST", target, headers, b"helloworld", ("Content-Length", "5"), chunked=True)
    status, _, body = server.ask(sent)
    if status == 200:  # the server has told the application one length, which is that of the body
        assert json.loads(body)["length"] == 10
        assert ["content-length", "5"] not in json.loads(body)["headers"]
    else:
        assert status == 0 or 400 <= status < 500, status
        assert len(server.seen()) == before


@pytest.mark.parametrize(
    "server", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in HTTP2], indirect=True
)
def test_over_http_2_the_application_sees_what_was_signed(server: Server) -> None:
    """No Content-Length says how long the body is, and the host stands in :authority."""
    for name in frameworks(server):
        target = f"/s3/{name}{PATH}?{QUERY}"
        fields = http2_fields(target, HOST, signed(S3, target, X_Role="reader"))
        status, body = server.ask_http2([*fields, ("x_role", "admin")], BODY)
        saw = json.loads(body)
        assert (status, saw["sha256"], saw["routed"]) == (200, hashlib.sha256(BODY).hexdigest(), ROUTED), name
        assert ["x-role", "reader"] in saw["headers"]
        assert ["x-role", "admin"] not in saw["headers"]
        status, body = server.ask_http2(fields, BODY[:-1] + b"x")
        assert (status, json.loads(body)["code"]) == (400, "XAmzContentSHA256Mismatch"), name


@pytest.mark.parametrize(
    "server", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in HTTP2], indirect=True
)
def test_over_http_2_nothing_has_two_hosts_or_another_length(server: Server) -> None:
    target = "/s3/plain/k"
    before = len(server.seen())
    fields = http2_fields(target, HOST, signed(S3, target))
    for more in [("host", "other.example")], [("content-length", "5")], [(":path", "/s3/plain/other")]:
        status, _ = server.ask_http2([*fields, *more], BODY)
        assert status == 0 or 400 <= status < 500, more
    assert len(server.seen()) == before


def http2_fields(target: str, authority: str, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    fields = [(name.lower(), value) for name, value in headers.items() if name.lower() != "host"]
    return [(":method", "POST"), (":scheme", "http"), (":path", target), (":authority", authority), *fields]


def test_a_websocket_opens_for_a_signed_request_alone(server: Server) -> None:
    if is_wsgi(server) or server.name.startswith("nginx"):  # nginx has to be told of each protocol
        return
    opening = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    url = API.presign("GET", f"ws://{HOST}/plain/a%20b").url
    before = len(server.seen())
    for target in (url.partition(HOST)[2], url.partition(HOST)[2].replace("a%20b", "c"), "/plain/a%20b"):
        lines = [f"GET {target} HTTP/1.1", f"Host: {HOST}", "Connection: Upgrade"]
        lines += [f"{name}: {value}" for name, value in opening.items()]
        status, _, _ = server.ask("\r\n".join([*lines, "", ""]).encode(), head_alone=True)
        assert status == (101 if target == url.partition(HOST)[2] else 403), target
    assert [record["routed"] for record in server.seen()[before:]] == ["/a b"]


def test_strangers_are_refused_before_they_send_a_body(server: Server) -> None:
    """A length that nobody would keep, and no signature: judged by the head alone."""
    if server.name == "daphne":  # it reads all of a body before it asks anybody
        return
    sent = wire("POST", "/plain/k", {}, b"", ("Content-Length", "99999999999"))
    status, _, body = server.ask(sent + b"0123456789")
    assert 400 <= status < 500, (status, body)


@pytest.mark.parametrize("known", [False, True], ids=["unsigned", "wrong signature"])
def test_strangers_cost_no_memory(server: Server, known: bool) -> None:
    """20 connections that send 10 MB each, all but the end: without a signature, and with a wrong one."""
    headers = signed(Signer(Credentials("AKIDEXAMPLE", "wrong"), region="us-east-1", service="my-api"), "/plain/k")
    sent = wire("POST", "/plain/k", headers if known else {}, bytes((10 << 20) - 1), ("Content-Length", str(10 << 20)))
    server.ask(wire("GET", "/plain/k", {}))
    before = server.most_memory()
    with ThreadPoolExecutor(20) as threads, ExitStack() as connections:
        for _ in range(20):
            connection = connections.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=1))
            threads.submit(connection.sendall, sent)
        threads.shutdown()  # all is sent, or refused, or not read
        assert server.most_memory() - before < 60 << 20
