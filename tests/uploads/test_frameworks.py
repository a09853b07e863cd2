"""Uploads under the servers that people run, alone and mounted in the frameworks that they use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sigv4._http.client import send
from sigv4.s3 import S3Presigner
from sigv4.testing import LocalS3
from tests.integrations.servers import OF_WSGI, Cut, Server, running
from tests.uploads.harness import BUCKET, sent

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVERS = ["gunicorn", "waitress", "granian-wsgi", "uvicorn-h11", "hypercorn", "granian-asgi"]


@pytest.fixture(scope="module", params=[pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in SERVERS])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp(f"uploads-{request.param}")
    with LocalS3() as s3:
        presigner = S3Presigner(s3.credentials, region=s3.region, endpoint_url=s3.endpoint_url)
        made = presigner.presign("create_bucket", Bucket=BUCKET)
        assert send(made.method, made.url, made.headers)[0] == 200
        keys = [s3.credentials.access_key_id, s3.credentials.secret_access_key]
        store = {"keys": keys, "region": s3.region, "endpoint": s3.endpoint_url, "bucket": BUCKET}
        (directory / "store").write_text(json.dumps(store))
        kind = "wsgi" if request.param in OF_WSGI else "asgi"
        program = f"tests.uploads.programs.{kind}_program"
        with running(request.param, directory, environ={"STORE": str(directory / "store")}, program=program) as it:
            yield it


def places(server: Server) -> list[str]:
    names = ["/flask", "/django"] if server.name in OF_WSGI else ["/fastapi", "/starlette", "/django"]
    return ["", *[f"{name}/uploads" for name in names]]


def asked(server: Server, place: str, **body: object) -> tuple[int, dict]:
    data = json.dumps(body).encode()
    head = f"POST {place}/presign HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    status, _, answer = server.ask(f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data)
    return status, json.loads(answer)


def test_an_upload_whole_and_in_parts(server: Server) -> None:
    for place in places(server):
        status, answer = asked(server, place, action="upload", name="a b.txt", type="text/plain", size=2)
        assert status == 200, place
        assert sent(answer["url"], b"hi", answer["headers"]) == 200
        status, made = asked(server, place, action="create", name="film.mp4", type="video/mp4", size=3)
        assert status == 200
        _, signed = asked(server, place, action="sign", upload=made["upload"], parts=[{"number": 1}])
        assert sent(signed["parts"][0]["url"], b"abc", signed["parts"][0]["headers"]) == 200
        status, done = asked(server, place, action="complete", upload=made["upload"])
        assert (status, done["size"]) == (200, 3)
        _, found = asked(server, place, action="list")
        assert {"film.mp4", "a b.txt"} <= {row["name"] for row in found["objects"]}


def test_the_rest_is_the_application_s(server: Server) -> None:
    for place in places(server)[1:]:
        own = place.replace("/uploads", "/own")
        status, _, body = server.ask(f"GET {own} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        if "django" not in place:  # its view answers whatever is asked, in a form of its own
            assert (status, b"own" in body) == (200, True), place
        assert b"there is nothing here" not in body


@pytest.mark.parametrize("place", range(2))
def test_refusals_and_their_headers(server: Server, place: int) -> None:
    under = places(server)[place]
    ask = f"GET {under}/presign HTTP/1.1\r\nHost: localhost\r\n"
    status, headers, body = server.ask(f"{ask}Origin: https://evil.example\r\n\r\n".encode())
    assert (status, json.loads(body)["field"]) == (403, "Origin")
    assert headers["cache-control"] == "no-store"
    # Two Origin headers are one list, which is allowed nowhere; a server may refuse them itself.
    assert server.ask(f"{ask}Origin: http://localhost\r\nOrigin: https://evil.example\r\n\r\n".encode())[0] in (
        400,
        403,
    )
    preflight = f"OPTIONS {under}/presign HTTP/1.1\r\nHost: localhost\r\n\r\n"
    status, headers, _ = server.ask(preflight.encode(), head_alone=True)
    assert (status, "content-length" in headers) == (204, False)
    large = b"x" * (2 * 1024**2)
    head = f"POST {under}/presign HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    try:
        status, _, _ = server.ask(f"{head}Content-Length: {len(large)}\r\n\r\n".encode() + large)
    except Cut:  # the server hung up before all of it was read
        return
    assert status in (413, 0)
