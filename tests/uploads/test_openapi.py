"""The OpenAPI document says what the routes do, leaves none out, and schemathesis finds them to keep to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from server.http import listen
from server.operations import Metrics, Ready
from sigv4.uploads import BearerToken, BearerTokens, Bucket, Request
from sigv4.uploads.messages import json_response
from sigv4.uploads.openapi import ROUTES, OpenAPI
from sigv4.uploads.schemas import ACTIONS
from tests.interop import kits
from tests.server.routes_client import Client
from tests.uploads.harness import BUCKET, RULES, Asker, site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigv4.uploads import Uploads

HERE = Path(__file__).with_name("schemathesis")
TOKEN = "a-token-for-the-tests"
SECONDS = 150  # that schemathesis may take; without other work on the machine it takes some 20


@pytest.fixture(scope="module")
def uploads() -> Iterator[Uploads]:
    """With all that can be on, and a bearer token."""
    ok = json_response(200, {"status": "ok"})
    public: dict[str, Any] = {"/healthz": ok, "/metrics": Metrics(), "/page.css": ok}
    public["/readyz"] = lambda request: Ready(Bucket(made[0].store.direct, BUCKET))(request)
    everything = {"tutorial_expires_in": 900, "authenticate": BearerTokens([("alice", BearerToken(TOKEN))])}
    made: list[Uploads] = []
    with site(RULES, **everything, public=public) as (_, uploads):
        made.append(uploads)
        yield uploads


@contextmanager
def serving(uploads: Uploads) -> Iterator[int]:
    """Gives the port."""
    server = listen(uploads, "127.0.0.1", 0, lambda line: None)
    server.start()
    try:
        yield server.port
    finally:
        server.close(0)


def asked(uploads: Uploads, path: str) -> Any:
    headers = {"host": "localhost", "authorization": f"Bearer {TOKEN}", "x-user": "alice"}
    response = uploads(Request("GET", path, headers))
    assert response.status == 200
    return json.loads(response.body)


def document(uploads: Uploads) -> Any:
    return asked(uploads, "/openapi.json")


def test_every_route_and_action_is_described(uploads: Uploads):
    """The document has what the tables have, no more and no less: making it of a route unknown to it raises."""
    found = document(uploads)
    described = {(path, method.upper()) for path, methods in found["paths"].items() for method in methods}
    assert described == {(path, method) for path, methods in ROUTES.items() for method in methods} | {
        ("/presign", "POST")
    }
    presign = found["paths"]["/presign"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert set(presign["discriminator"]["mapping"]) == set(ACTIONS) == set(asked(uploads, "/presign")["actions"])


def test_an_action_or_a_route_that_is_not_described_is_noticed():
    with pytest.raises(KeyError, match="rename"):
        OpenAPI({"/presign": ("POST",)}, {}, {"rename": "upload"}, False).document()
    with pytest.raises(KeyError, match="/new"):
        OpenAPI({"/new": ("GET",)}, {}, {}, False).document()


def test_what_is_off_is_not_described():
    with site(RULES, seal=None, protocols=()) as (_, uploads):
        found = document(uploads)
    assert set(found["paths"]) == {"/openapi.json", "/presign"}
    assert "create-request" not in found["components"]["schemas"]
    assert "securitySchemes" not in found["components"]


def test_bearer_tokens_are_asked_for_where_they_are_checked(uploads: Uploads):
    paths = document(uploads)["paths"]
    guarded = {path for path, methods in paths.items() if any("security" in one for one in methods.values())}
    assert set(paths) - guarded == {"/openapi.json", "/healthz", "/readyz", "/metrics", "/d/{token}"}


def test_the_server_serves_it():
    """The program too, with what its settings leave on; and to nobody under a foreign name."""
    response = Client(SERVER_TUTORIAL="0", SERVER_TOKEN=TOKEN).ask("GET", "/openapi.json")
    assert response.status == 200
    paths = json.loads(response.body)["paths"]
    assert {"/healthz", "/presign", "/links"} <= set(paths)
    assert "/api/generatePresignedUrl" not in paths
    assert Client().ask("GET", "/openapi.json", host="evil.example").status == 421


def test_whole_numbers_may_have_a_point():
    """As JSON Schema has them; what is none is still refused."""
    with site(RULES) as (_, uploads):
        ask = Asker(uploads, "alice")
        for size, status in ((b"5.0", 200), (b"5e3", 200), (b"5.5", 400), (b"-1.0", 400), (b"1e400", 400)):
            body = b'{"action": "upload", "name": "a", "size": %s}' % size
            assert ask.ask("POST", "/presign", body)[0] == status, size


def test_list_goes_on_from_its_own_pages_alone():
    with site(RULES) as (_, uploads):
        status, answer = Asker(uploads, "alice").presign("list", after="\u00b2<")
    assert (status, answer["field"]) == (403, "after")


@pytest.mark.timeout(SECONDS + kits.INSTALL_SECONDS)
def test_schemathesis_finds_nothing(uploads: Uploads, tmp_path: Path):
    """Thousands of requests made from the document, right and wrong ones, answered as it says."""
    kit = kits.installed(lambda: kits.packages_kit("schemathesis", HERE / "requirements.txt"))
    with serving(uploads) as port:
        command = [
            sys.executable, "-S", "-m", "schemathesis.cli", "--config-file", HERE / "schemathesis.toml",
            "run", f"http://127.0.0.1:{port}/openapi.json", "--max-examples", "10", "--seed", "1", "--no-color",
            "--header", f"Authorization: Bearer {TOKEN}", "--generation-database", "none",
        ]  # fmt: skip
        environ = {**kits.python_environ(kit), "PATH": os.environ["PATH"]}
        environ["PYTHONPATH"] += f"{os.pathsep}{HERE}"
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "20 selected / 20 total" in done.stdout
