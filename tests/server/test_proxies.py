"""What server/README.md tells Caddy and Next.js; nginx has tests of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from sigv4._http.client import send
from sigv4.testing.engines import free_ports
from sigv4.uploads import PROTOCOLS
from tests import ROOT
from tests.nginx import wait_for
from tests.server.program import address, program
from tests.server.test_nginx import ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

README = (ROOT / "server" / "README.md").read_text()
CADDY = re.search(r"```caddyfile\n(.*?)```", README, re.DOTALL)[1]
OWN = "127.0.0.1:8000"
ASKED = ("/presign", "/api/generatePresignedUrl", "/s3/params", "/s3/multipart", "/s3/multipart/x/1", "/s3/sign",
         "/api/s3-upload", "/api/upload")  # fmt: skip
REWRITES = re.findall(r'source: "(.*?)", destination: "(.*?)"', README)


@contextmanager
def caddy(site: str, directory: Path) -> Iterator[int]:
    """A real Caddy with this site, without TLS; gives its port. Skips where there is none, and fails on CI."""
    caddy = shutil.which("caddy")
    if caddy is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no program `caddy` on PATH")
    (port,) = free_ports(1)
    file = directory / "Caddyfile"
    file.write_text(f"{{\n admin off\n auto_https off\n}}\nhttp://{site.replace(' {', f':{port} {{', 1)}")
    process = subprocess.Popen(
        [caddy, "run", "--config", file, "--adapter", "caddyfile"],
        env={"HOME": str(directory)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for(process, port)
        yield port
    finally:
        process.kill()
        process.communicate()


def test_caddy_hands_on_the_host(tmp_path):
    settings = {"SERVER_DATA_DIR": str(tmp_path / "data"), "SERVER_ALLOWED_HOSTS": "upload.example.com"}
    with program("--port", "0", **settings) as (_, banner):
        assert OWN in CADDY
        with caddy(CADDY.replace(OWN, address(banner)), tmp_path) as proxy:
            assert ask(proxy, "upload.example.com", "https://upload.example.com")[0] == 200
            assert ask(proxy, "upload.example.com", "https://other.example.com")[0] == 403


def test_the_rewrites_of_nextjs_are_for_every_route_and_for_no_other(tmp_path):
    """As Next.js reads them: `:path*` is any number of steps."""
    for source, destination in REWRITES:
        assert destination == f"http://{OWN}{source}"
    patterns = [re.compile(re.escape(source).replace(r"/:path\*", "(/.*)?")) for source, _ in REWRITES]
    settings = {"SERVER_DATA_DIR": str(tmp_path), "SERVER_PROTOCOLS": ",".join(PROTOCOLS)}
    with program("--port", "0", **settings) as (_, banner):
        for path in ASKED:
            assert send("OPTIONS", f"http://{address(banner)}{path}")[0] == 204, path
            assert len([pattern for pattern in patterns if pattern.fullmatch(path)]) == 1, path
    for pattern in patterns:
        assert any(pattern.fullmatch(path) for path in ASKED), pattern
