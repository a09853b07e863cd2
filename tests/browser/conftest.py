"""Chromium, the server in front of the embedded S3 and of MinIO, and what the tests ask of both."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sigv4 import Credentials
from sigv4._http.client import send
from sigv4.s3 import S3Presigner
from sigv4.testing import LocalS3, engines
from tests.browser.chromium import Chromium
from tests.server.program import address, program

if TYPE_CHECKING:
    from collections.abc import Iterator

AXIOS = "axios@1.21.1"
AXE = "axe-core@4.14.1"


def absent(what: str) -> None:
    """A test that cannot run is skipped with the reason, but on CI, where nobody reads what was skipped, it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


class Site(NamedTuple):
    """A running server: its page, and a presigner for the S3 behind it."""

    url: str
    presigner: S3Presigner
    bucket: str

    def read(self, key: str) -> bytes:
        """The object, straight from S3."""
        status, _, body = send("GET", self.presigner.get_object(self.bucket, key).url)
        assert status == 200, body
        return body


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    try:
        with Chromium.found() as browser:
            yield browser
    except FileNotFoundError as error:
        absent(f"NO BROWSER TEST HAS RUN: {error}")


@contextmanager
def embedded(directory: Path, **settings: str) -> Iterator[Site]:
    """The server with nothing configured but its folder."""
    with program("--port", "0", SERVER_DATA_DIR=str(directory), **settings) as (_, banner):
        keys = json.loads((directory / "credentials.json").read_text())
        endpoint_url = re.search(r"(http://\S+): not AWS", banner)[1]
        presigner = S3Presigner(Credentials(**keys), region="us-east-1", endpoint_url=endpoint_url)
        yield Site(f"http://{address(banner)}/", presigner, "local")


@contextmanager
def in_front_of(engine: engines.Engine | LocalS3, **settings: str) -> Iterator[Site]:
    """The server with the environment that a user of this engine would set."""
    presigner = engine.presigner()
    status, _, body = send("PUT", presigner.presign("create_bucket", Bucket="pictures").url)
    assert status in (200, 409), body
    with program("--port", "0", **{**environment(engine), **settings}) as (_, banner):
        yield Site(f"http://{address(banner)}/", presigner, "pictures")


def environment(engine: engines.Engine | LocalS3) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY": engine.credentials.access_key_id,
        "AWS_SECRET_KEY": engine.credentials.secret_access_key,
        "AWS_REGION": engine.region,
        "S3_BUCKET_NAME": "pictures",
        "S3_ENDPOINT_URL": engine.endpoint_url,
    }


@pytest.fixture(params=["embedded", "minio"])
def serve(request, tmp_path):
    """A function that runs the server with some settings, in front of the embedded S3 and of MinIO in turn."""
    if request.param == "embedded":
        return lambda **settings: embedded(tmp_path / "data", **settings)
    engine = request.getfixturevalue("minio")
    return lambda **settings: in_front_of(engine, **settings)


@pytest.fixture(scope="session")
def axios(tmp_path_factory) -> bytes:
    """The real axios."""
    return of_npm(AXIOS, "dist/axios.min.js", tmp_path_factory.mktemp("axios"))


@pytest.fixture(scope="session")
def axe(tmp_path_factory) -> str:
    """The script of axe-core, which looks for what keeps people from using a page."""
    return of_npm(AXE, "axe.min.js", tmp_path_factory.mktemp("axe")).decode()


def of_npm(package: str, name: str, folder: Path) -> bytes:
    """A file of a package in the npm registry."""
    npm = shutil.which("npm")
    if npm is None:
        absent(f"npm is not on PATH, so there is no {package} (Debian: apt-get install npm)")
    command = [npm, "pack", package, "--pack-destination", folder]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if ended.returncode:
        absent(f"npm does not give {package}: {ended.stderr[-500:]}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        return archive.extractfile(f"package/{name}").read()
