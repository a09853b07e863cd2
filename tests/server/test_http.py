"""Over a real socket: bounded bodies, HEAD, and a log that keeps secrets."""

from __future__ import annotations

import http.client
import json
import re
import socket

import pytest

from server.config import read
from server.http import listen
from sigv4.uploads import Uploads
from tests.server.routes_client import S3, Client

JSON = {"Content-Type": "application/json"}
UPLOAD = json.dumps({"action": "upload", "name": "a.txt", "type": "text/plain", "size": 1})


@pytest.fixture
def log():
    return []


@pytest.fixture
def connection(log):
    """A connection to a server with a token, and the lines that it logs."""
    with listen(Client(SERVER_TOKEN="token-token-token").routes, "127.0.0.1", 0, log.append) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        yield connection
        connection.close()


def ask(connection, method, target, body=None, **headers):
    connection.request(method, target, body, {"Authorization": "Bearer token-token-token", **headers})
    response = connection.getresponse()
    return response, response.read()


def test_several_requests_on_one_connection(connection):
    for _ in range(3):
        response, body = ask(connection, "POST", "/presign", UPLOAD, **JSON)
        assert response.status == 200
        assert json.loads(body)["method"] == "PUT"


def test_head_has_the_headers_alone(connection):
    response, body = ask(connection, "HEAD", "/")
    assert (response.status, body) == (200, b"")
    assert int(response.headers["Content-Length"]) > 1000


def test_a_query_changes_nothing(connection):
    assert ask(connection, "GET", "/healthz?probe=1")[0].status == 200


@pytest.mark.parametrize("size", [65_537, 10_000_000])
def test_a_long_body_is_refused_in_words(connection, size):
    """Up to 64 KiB; a client that sends 10 MB still gets to read why."""
    response, body = ask(connection, "POST", "/presign", b" " * size, **JSON)
    assert response.status == 413
    assert json.loads(body)["error"] == "body: must be at most 65536 bytes"


def test_log_shows_no_query_and_no_token(connection, log):
    ask(connection, "GET", "/presign?token=secret-in-query")
    ask(connection, "GET", "http://127.0.0.1/healthz?secret-in-query", Host="127.0.0.1")
    ask(connection, "GET", "/%0d%0aforged\x1b[31m".replace("\x1b", "%1b"))
    assert [line.partition(" ms")[0].rpartition(" ")[0] for line in log] == [
        "GET /presign 200",
        "GET /healthz 200",
        "GET /%0d%0aforged%1b[31m 404",
    ]
    assert "secret" not in "".join(log)
    assert "token" not in "".join(log)


def test_log_says_why_who_was_refused(connection, log):
    """Reason, origin and address; and what a proxy says of its client, as its word."""
    ask(connection, "POST", "/presign", UPLOAD, Origin="https://evil.example", **JSON)
    ask(connection, "POST", "/presign", UPLOAD, Authorization="Bearer wrong", **{"X-Forwarded-For": "203.0.113.7"})
    ask(connection, "POST", "/presign", "{", **JSON)
    ask(connection, "GET", "/presign")
    refusals = [line.partition(" ms")[2] for line in log]
    assert refusals[0].startswith(
        ", from 127.0.0.1, origin https://evil.example: Origin: is another site's; SERVER_ALL"
    )
    assert (
        refusals[1]
        == ", from 127.0.0.1 for 203.0.113.7: Authorization: send this server's token as Authorization: Bearer TOKEN"
    )
    assert refusals[2].startswith(", from 127.0.0.1: body: is not JSON")
    assert refusals[3] == ""


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [
        ("Origin", ["https://www.example", "https://evil.example"], 403),
        ("Origin", ["https://evil.example", "https://www.example"], 403),
        ("Authorization", ["Bearer token-token-token", "Bearer wrong"], 401),
        ("Content-Type", ["application/json", "text/plain"], 415),
        ("Sec-Fetch-Site", ["none", "cross-site"], 403),
        ("Sec-Fetch-Site", ["cross-site", "none"], 403),
    ],
)
def test_a_header_that_is_there_twice_is_not_half_read(log, name, values, status):
    """Whoever stands in front may go by the other one."""
    client = Client(SERVER_TOKEN="token-token-token", SERVER_ALLOWED_ORIGINS="https://www.example")
    once = {
        "Host": "localhost",
        "Authorization": "Bearer token-token-token",
        **JSON,
        "Content-Length": str(len(UPLOAD)),
    }
    once.pop(name, None)
    with listen(client.routes, "127.0.0.1", 0, log.append) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.putrequest("POST", "/presign", skip_host=True)
        for pair in [*once.items(), *((name, value) for value in values)]:
            connection.putheader(*pair)
        connection.endheaders(UPLOAD.encode())
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
    assert response.status == status, body
    assert response.headers["Access-Control-Allow-Origin"] is None


def test_every_address_is_that_of_ipv4_too(log):
    with listen(Client().routes, "::", 0, log.append) as server:
        for host in ("127.0.0.1", "::1"):
            connection = http.client.HTTPConnection(host, server.port, timeout=10)
            connection.request("GET", "/nothing")
            assert connection.getresponse().status == 404
            connection.close()
    assert ", from 127.0.0.1: there is nothing here" in log[0]
    assert ", from ::1: there is nothing here" in log[1]


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", r"no request 400, from 127\.0\.0\.1: .+"),
        (b"\x16\x03\x01 no HTTP at all\r\n\r\n", r"no request 400, from 127\.0\.0\.1: .+"),
        (
            b"POST /presign HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
            r"POST /presign 400, from 127\.0\.0\.1: .+",
        ),
    ],
)
def test_log_says_what_was_no_request(log, sent, line):
    with (
        listen(Client().routes, "127.0.0.1", 0, log.append) as server,
        socket.create_connection(("127.0.0.1", server.port), 10) as connection,
    ):
        connection.sendall(sent)
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert len(log) == 1
    assert re.fullmatch(line, log[0])


class Failing(Uploads):
    """Fails at each request, with a secret in its text."""

    def __init__(self):
        config = read(S3)
        super().__init__(config.store, config.policy, origins={"https://www.example"})

    def __call__(self, request):
        raise RuntimeError("wJalrXUtnFEMI")


def test_a_fault_of_ours_is_a_bare_500(log):
    """The answer is JSON without a detail; the log names type and place, and not the text, which may hold a secret.
    The page of an allowed origin can read it: it would say CORS else.
    """
    with listen(Failing(), "127.0.0.1", 0, log.append) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        response, body = ask(connection, "GET", "/", Origin="https://www.example")
        connection.close()
    assert response.status == 500
    assert response.headers["Access-Control-Allow-Origin"] == "https://www.example"
    assert set(json.loads(body)) == {"error", "field"}
    assert any(line.startswith("fault: RuntimeError at test_http.py:") for line in log)
    assert "wJalrXUtnFEMI" not in str(log) + body.decode()
