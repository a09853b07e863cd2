"""Over a real socket: bounded bodies, HEAD, and a log that keeps secrets."""

from __future__ import annotations

import http.client
import json

import pytest

from server.http import listen
from tests.server.routes_client import Client

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
    assert [line.rsplit(" ", 2)[0] for line in log] == [
        "GET /presign 200",
        "GET /healthz 200",
        "GET /%0d%0aforged%1b[31m 404",
    ]
    assert "secret" not in "".join(log)
    assert "token" not in "".join(log)


def test_a_fault_of_ours_is_a_bare_500(log):
    """The answer is JSON without a detail; the log names type and place, and not the text, which may hold a secret."""

    def fail(_):
        raise RuntimeError("wJalrXUtnFEMI")

    with listen(fail, "127.0.0.1", 0, log.append) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        response, body = ask(connection, "GET", "/")
        connection.close()
    assert response.status == 500
    assert set(json.loads(body)) == {"error", "field"}
    assert any(line.startswith("fault: RuntimeError at test_http.py:") for line in log)
    assert "wJalrXUtnFEMI" not in str(log) + body.decode()
