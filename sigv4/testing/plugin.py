"""The pytest plugin: S3 as a fixture.

Fixtures:
- `local_s3`: a LocalS3 of the test's own, with its own clock and storage.
- `minio`, `seaweedfs`: the real engines, one of each a session (under xdist, one a worker), started at first use.
- `s3`: whichever of them `--s3=local|minio|seaweedfs|URL` chooses; local unless told otherwise. A URL takes its keys
  from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION. A test that must run on several
  engines says so: `@pytest.mark.parametrize("s3", ["local", "minio"], indirect=True)`.
- `s3_bucket`: the name of an empty bucket on `s3`, made for the test.
- `s3_environ`: AWS_* variables that lead the program under test, boto3 for one, to `s3`.

All of the first four give `.endpoint_url`, `.region`, `.credentials` and `.presigner()`.

Rules:
- A test whose engine is absent is skipped with the reason and the way to get it. Where CI=true it fails instead: there,
  nobody reads what was skipped.
- A test that fails shows the end of its engine's log.
"""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import pytest

from .._http.client import send
from . import engines
from .engines import Engine, EngineFailed, EngineNotFound

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from contextlib import AbstractContextManager

    from .local_s3 import LocalS3


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("sigv4").addoption(
        "--s3",
        default="local",
        metavar="local|minio|seaweedfs|URL",
        help="the S3 behind the fixture `s3` (default: local); a URL takes its keys from AWS_*",
    )


@pytest.fixture
def local_s3() -> Iterator[LocalS3]:
    """A LocalS3 for this test."""
    from . import LocalS3

    with LocalS3() as s3:
        yield s3


@pytest.fixture(scope="session")
def minio() -> Iterator[Engine]:
    """A MinIO for the session."""
    yield from _or_skip(engines.minio())


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[Engine]:
    """A SeaweedFS for the session."""
    yield from _or_skip(engines.seaweedfs())


@pytest.fixture(scope="session")
def _s3_at_url(request: pytest.FixtureRequest) -> Engine:
    return engines.endpoint("s3", request.config.getoption("--s3"), os.environ, "AWS_")


@pytest.fixture
def s3(request: pytest.FixtureRequest) -> Engine | LocalS3:
    """The S3 that `--s3` chooses, or the test's own parameter."""
    choice = getattr(request, "param", request.config.getoption("--s3"))
    fixtures = {"local": "local_s3", "minio": "minio", "seaweedfs": "seaweedfs"}
    if choice not in fixtures and not choice.startswith(("http://", "https://")):
        raise pytest.UsageError(f"--s3={choice}: choose local, minio, seaweedfs or a URL")
    engine: Engine | LocalS3 = request.getfixturevalue(fixtures.get(choice, "_s3_at_url"))
    return engine


@pytest.fixture
def s3_bucket(s3: Engine | LocalS3) -> Iterator[str]:
    """The name of an empty bucket. On an engine that outlives the tests, it is emptied and deleted afterwards."""
    bucket = f"test-{secrets.token_hex(10)}"
    _create_bucket(s3, bucket)
    yield bucket
    if isinstance(s3, Engine) and s3.log_path is None:
        _delete_bucket(s3, bucket)


@pytest.fixture
def s3_environ(s3: Engine | LocalS3, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The AWS_* variables that lead to `s3`, set for this test; every other AWS_* variable is unset."""
    environ = {
        "AWS_ACCESS_KEY_ID": s3.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": s3.credentials.secret_access_key,
        "AWS_REGION": s3.region,
        "AWS_DEFAULT_REGION": s3.region,
        "AWS_ENDPOINT_URL_S3": s3.endpoint_url,
        # Files and the instance metadata service are where other keys, and long time-outs, would come from.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if s3.credentials.session_token:
        environ["AWS_SESSION_TOKEN"] = s3.credentials.session_token
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    if boto3 := sys.modules.get("boto3"):  # its default session keeps the keys that it found first
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return environ


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        used = {id(value): value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Engine)}
        for engine in used.values():
            if engine.log_path is not None:
                report.sections.append((f"end of the log of {engine.name}", engines.log_tail(engine.log_path)))
    return report


def _or_skip(context: AbstractContextManager[Engine]) -> Iterator[Engine]:
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(context)
        except EngineNotFound as reason:
            if os.environ.get("CI", "").lower() in ("true", "1"):
                pytest.fail(str(reason), pytrace=False)
            pytest.skip(str(reason))
        yield engine


def _create_bucket(s3: Engine | LocalS3, bucket: str) -> None:
    from ..s3.create_bucket import location_constraint  # not at the start of every pytest that never asks for a bucket

    url = s3.presigner().presign("create_bucket", Bucket=bucket)
    status, _, answer = send("PUT", str(url), url.headers, location_constraint(s3.region))
    if status != 200:
        raise EngineFailed(f"no bucket on {s3.endpoint_url}: {status} {answer.decode('utf-8', 'replace')}")


def _delete_bucket(s3: Engine | LocalS3, bucket: str) -> None:
    """Delete a bucket and what is in it, as far as the engine allows."""
    presigner = s3.presigner()
    while keys := _listed_keys(s3, bucket):
        statuses = [send("DELETE", str(presigner.delete_object(bucket, key)))[0] for key in keys]
        if set(statuses) != {204}:
            break
    send("DELETE", str(presigner.presign("delete_bucket", Bucket=bucket)))


def _listed_keys(s3: Engine | LocalS3, bucket: str) -> list[str]:
    """The first thousand keys. The presigner asks for them percent-encoded: XML cannot write control characters."""
    status, _, answer = send("GET", str(s3.presigner().presign("list_objects_v2", Bucket=bucket)))
    if status != 200:
        return []
    return [unquote_plus(key.text or "") for key in ElementTree.fromstring(answer).iterfind("{*}Contents/{*}Key")]  # noqa: S314
