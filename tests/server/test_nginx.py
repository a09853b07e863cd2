"""What server/README.md tells a proxy works with a real nginx, and without it the refusal names the setting."""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection

import pytest

from tests import ROOT
from tests.nginx import nginx
from tests.server.program import address, program

RECIPE = re.search(r"```nginx\n(.*?)```", (ROOT / "server" / "README.md").read_text(), re.DOTALL)[1]
BODY = json.dumps({"action": "upload", "name": "cat.png", "type": "image/png", "size": 1234})


def ask(port, host, origin):
    """Ask for a URL as a page in a browser does; gives the status and the JSON of the response."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    headers = {"Host": host, "Origin": origin, "Content-Type": "application/json"}
    connection.request("POST", "/presign", BODY, headers)
    response = connection.getresponse()
    answer = response.status, json.loads(response.read())
    connection.close()
    return answer


@pytest.mark.parametrize("port", ["", ":8443"])
def test_recipe_hands_on_the_host(tmp_path, port):
    """On the scheme's own port and on another."""
    settings = {"SERVER_DATA_DIR": str(tmp_path), "SERVER_ALLOWED_HOSTS": "upload.example.com"}
    with program("--port", "0", **settings) as (_, banner):
        assert "127.0.0.1:8000" in RECIPE
        with nginx(RECIPE.replace("127.0.0.1:8000", address(banner))) as proxy:
            host = f"upload.example.com{port}"
            assert ask(proxy, host, f"https://{host}")[0] == 200
            assert ask(proxy, "other.example.com", "https://other.example.com")[0] == 421
            assert ask(proxy, host, "https://other.example.com")[0] == 403


def test_allowed_origin_does_where_the_host_is_not_handed_on(tmp_path):
    """As behind nginx without the recipe, or the rewrites of Next.js."""
    origin = "https://www.example.com"
    for settings, expected in (({}, 403), ({"SERVER_ALLOWED_ORIGINS": origin}, 200)):
        with (
            program("--port", "0", SERVER_DATA_DIR=str(tmp_path), **settings) as (_, banner),
            nginx(f"location / {{ proxy_pass http://{address(banner)}; }}") as proxy,
        ):
            status, said = ask(proxy, "www.example.com", origin)
        assert status == expected
        assert status == 200 or "SERVER_ALLOWED_ORIGINS" in said["error"]
