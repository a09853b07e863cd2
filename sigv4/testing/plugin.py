"""The pytest plugin: S3 as a fixture.

Fixtures of a test:
- `local_s3`: a LocalS3. One server serves the session, on one port with one pair of keys, and what a test does with it
  is undone after the test (`LocalS3.sandbox`). `@pytest.mark.local_s3(region="eu-central-1", tls=True)` asks for one
  with these arguments of LocalS3.
- `sigv4_s3`, and `s3` where the suite has no fixture of that name: the S3 that `--sigv4-s3=local|minio|seaweedfs|URL`
  chooses; local unless told otherwise. A URL takes its keys from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
  AWS_SESSION_TOKEN and AWS_REGION. A test that must run on several engines says so:
  `@pytest.mark.parametrize("sigv4_s3", ["local", "minio"], indirect=True)`.
- `s3_bucket`: the name of an empty bucket there, made for the test.
- `s3_environ`, `local_s3_environ`: AWS_* variables that lead the program under test, boto3 for one, there, and to the
  LocalS3.

Fixtures of the session (under xdist, of each worker):
- `local_s3_server`: the LocalS3 behind `local_s3`.
- `minio`, `seaweedfs`: the real engines, started at first use.
- `s3_bucket_factory`: called, it gives the name of a new bucket on the S3 of the session. What a fixture of the session
  or of a module makes stays to the end; what a test makes on LocalS3 goes with the test.

The S3s give `.endpoint_url`, `.region`, `.credentials`, `.presigner()` and `.environ()`. The ini file may have
sigv4_s3 (the option's default), sigv4_s3_region, sigv4_s3_tls, sigv4_s3_open_cors, sigv4_s3_open_acls, sigv4_s3_port,
sigv4_s3_keys, and sigv4_s3_environ = true: AWS_* lead to the session's LocalS3 from before the first test module is
imported, for programs that make their clients at import.

Rules:
- A test whose engine is absent is skipped with the reason and the way to get it. Where CI=true it fails instead: there,
  nobody reads what was skipped.
- A test that fails shows the end of its engine's log.
- No fixture needs the one named `s3`, which a suite may have of its own.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from ..credentials import Credentials
from . import engines
from .engines import Engine, EngineNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager
    from typing import Any

    from .environ import Environ
    from .local_s3 import LocalS3

_FIXTURES = {"local": "local_s3", "minio": "minio", "seaweedfs": "seaweedfs"}


def pytest_addoption(parser: pytest.Parser) -> None:
    what = "the S3 behind the fixtures `s3`, `s3_bucket` and `s3_environ`: local, minio, seaweedfs or a URL"
    parser.getgroup("sigv4").addoption("--sigv4-s3", metavar="local|minio|seaweedfs|URL", help=what)
    parser.addini("sigv4_s3", what, default="local")
    parser.addini("sigv4_s3_region", "the region of LocalS3", default="us-east-1")
    parser.addini("sigv4_s3_tls", "whether LocalS3 speaks HTTPS", type="bool", default=False)
    parser.addini("sigv4_s3_open_cors", "whether LocalS3 lets pages of any origin in", type="bool", default=True)
    parser.addini("sigv4_s3_open_acls", "whether LocalS3's new buckets take ACLs and may be public", type="bool")
    parser.addini("sigv4_s3_port", "the port of LocalS3; under xdist the workers take those after it", default="0")
    parser.addini("sigv4_s3_keys", "access key id and secret of LocalS3; made up by default", type="args", default=[])
    parser.addini("sigv4_s3_environ", "set AWS_* for LocalS3 before tests are imported", type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "local_s3(region=..., tls=..., ...): arguments for the test's LocalS3")
    _set_environ_early(config)  # no news, unless the plugin was loaded too late for the hook below


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    _set_environ_early(early_config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if (servers := config.stash.get(_SERVERS, None)) is not None:
        servers.close()


# LocalS3, for the session


class _Servers:
    """The LocalS3s of a session, by the arguments that tests ask for; each is started at its first use."""

    def __init__(self, usual: dict[str, Any]) -> None:
        self._usual = usual
        self._running: dict[str, LocalS3] = {}
        self._stack = ExitStack()
        self._set_environ = False
        self.close = self._stack.close

    def get(self, **arguments: Any) -> LocalS3:
        name = repr(sorted(arguments.items()))
        if name not in self._running:
            from .local_s3 import LocalS3

            free_port = {"port": 0} if arguments else {}
            self._running[name] = self._stack.enter_context(LocalS3(**{**self._usual, **free_port, **arguments}))
        return self._running[name]

    def set_environ(self) -> None:
        if not self._set_environ:
            self._set_environ = True
            self._stack.enter_context(self.get().environ())


_SERVERS = pytest.StashKey[_Servers]()


def _servers(config: pytest.Config) -> _Servers:
    if _SERVERS not in config.stash:
        keys = config.getini("sigv4_s3_keys")
        if len(keys) not in (0, 2):
            raise pytest.UsageError("sigv4_s3_keys: give an access key id and a secret, with a space between them")
        arguments = {name: config.getini(f"sigv4_s3_{name}") for name in ("region", "tls", "open_cors", "open_acls")}
        arguments["credentials"] = Credentials(*keys) if keys else None
        arguments["port"] = _port(config.getini("sigv4_s3_port"))
        config.stash[_SERVERS] = _Servers(arguments)
    return config.stash[_SERVERS]


def _port(text: str) -> int:
    """The session's own port, or that of the worker."""
    if not text.isdecimal():
        raise pytest.UsageError(f"sigv4_s3_port: {text!r} is no port")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    return int(text) and int(text) + (int(worker.removeprefix("gw")) + 1 if worker else 0)


def _set_environ_early(config: pytest.Config) -> None:
    if config.getini("sigv4_s3_environ"):
        _servers(config).set_environ()


@pytest.fixture(scope="session")
def local_s3_server(request: pytest.FixtureRequest) -> LocalS3:
    """The session's LocalS3."""
    return _servers(request.config).get()


@pytest.fixture
def local_s3(request: pytest.FixtureRequest) -> Iterator[LocalS3]:
    """A LocalS3 on which all that the test does is undone after it."""
    mark = request.node.get_closest_marker("local_s3")
    with _servers(request.config).get(**(mark.kwargs if mark else {})).sandbox() as s3:
        yield s3


@pytest.fixture
def local_s3_environ(local_s3: LocalS3) -> Iterator[Environ]:
    """The AWS_* variables that lead to `local_s3`, set for this test; every other AWS_* variable is unset."""
    with local_s3.environ() as environ:
        yield environ


# Real engines


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
    return engines.endpoint("s3", _session_choice(request), os.environ, "AWS_")


# Whichever was chosen


def _session_choice(request: pytest.FixtureRequest) -> str:
    choice: str = request.config.getoption("--sigv4-s3") or request.config.getini("sigv4_s3")
    return _checked(choice)


def _checked(choice: str) -> str:
    if not _is_choice(choice):
        raise pytest.UsageError(f"--sigv4-s3={choice}: choose local, minio, seaweedfs or a URL")
    return choice


def _is_choice(choice: object) -> bool:
    return choice in _FIXTURES or (isinstance(choice, str) and choice.startswith(("http://", "https://")))


@pytest.fixture
def sigv4_s3(request: pytest.FixtureRequest) -> Engine | LocalS3:
    """The S3 that `--sigv4-s3` chooses, or the parameter of the test's `sigv4_s3` or `s3`."""
    parameters = getattr(getattr(request.node, "callspec", None), "params", {})
    chosen = [parameters[name] for name in ("sigv4_s3", "s3") if _is_choice(parameters.get(name))]
    choice: str = chosen[0] if chosen else _session_choice(request)
    engine: Engine | LocalS3 = request.getfixturevalue(_FIXTURES.get(choice, "_s3_at_url"))
    return engine


@pytest.fixture
def s3(request: pytest.FixtureRequest, sigv4_s3: Engine | LocalS3) -> Engine | LocalS3:
    """The same, where the suite has no fixture of this name."""
    _checked(getattr(request, "param", "local"))
    return sigv4_s3


@pytest.fixture
def s3_bucket(sigv4_s3: Engine | LocalS3) -> Iterator[str]:
    """The name of an empty bucket. On an engine that outlives the tests, it is emptied and deleted afterwards."""
    with ExitStack() as stack:
        yield _new_bucket(sigv4_s3, stack)


@pytest.fixture(scope="session")
def s3_bucket_factory(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Gives the name of a new, empty bucket on the session's S3 each time that it is called."""
    fixtures = {**_FIXTURES, "local": "local_s3_server"}
    engine: Engine | LocalS3 = request.getfixturevalue(fixtures.get(_session_choice(request), "_s3_at_url"))
    with ExitStack() as stack:
        yield lambda: _new_bucket(engine, stack)


def _new_bucket(s3: Engine | LocalS3, stack: ExitStack) -> str:
    """A bucket that is deleted when the stack closes, where its engine outlives the tests."""
    from . import buckets  # not at the start of every pytest that never asks for a bucket

    name = buckets.new_name()
    buckets.create_bucket(s3, name)
    if isinstance(s3, Engine) and s3.log_path is None:
        stack.callback(buckets.delete_bucket, s3, name)
    return name


@pytest.fixture
def s3_environ(sigv4_s3: Engine | LocalS3) -> Iterator[Environ]:
    """The AWS_* variables that lead to that S3, set for this test; every other AWS_* variable is unset."""
    with sigv4_s3.environ() as environ:
        yield environ


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
