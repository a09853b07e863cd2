"""The engines of sigv4.testing: real programs are started, killed and looked for."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sigv4 import Credentials, Signer
from sigv4._http.client import send
from sigv4.testing import engines
from sigv4.testing.engines import Engine, EngineFailed, EngineNotFound
from tests import ROOT
from tests.testing.program import wait_for, write_program

pytestmark = pytest.mark.usefixtures("no_engine_named")


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """An empty directory that is the only one searched for programs."""
    directory = tmp_path / "programs"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setattr(engines.sysconfig, "get_path", lambda name: str(directory))
    return directory


def status(engine: Engine, credentials: Credentials | None = None) -> int:
    signer = Signer(credentials or engine.credentials, region=engine.region)
    return send("GET", str(signer.presign("GET", engine.endpoint_url + "/")))[0]


def answers(endpoint_url: str) -> bool:
    host, port = endpoint_url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


# --- Starting and ending ---


@pytest.mark.parametrize("name", ["minio", "seaweedfs"])
def test_engine_runs_inside_the_block_and_is_gone_after_it(name, request):
    """It takes its own keys and no others, and leaves neither a process nor a file."""
    request.getfixturevalue(name)  # skips, or fails on CI, where there is none
    with getattr(engines, name)() as engine:
        assert status(engine) == 200
        assert status(engine, Credentials(engine.credentials.access_key_id, "not-the-secret")) == 403
        assert engine.endpoint_url.startswith("http://127.0.0.1:")
        for shown in (repr(engine), engines.log_tail(engine.log_path)):
            assert engine.credentials.secret_access_key not in shown
        assert engine.presigner().get_object("bucket", "key").url.startswith(engine.endpoint_url + "/bucket/key?")
    assert not engine.log_path.parent.exists()
    assert not answers(engine.endpoint_url)


def test_engine_ends_with_an_error_in_the_block_too(minio):
    with pytest.raises(ZeroDivisionError), engines.minio() as engine:
        raise ZeroDivisionError
    assert not engine.log_path.parent.exists()
    assert not answers(engine.endpoint_url)


def test_engine_runs_beside_another_of_its_kind(minio):
    with engines.minio() as other:
        assert other.endpoint_url != minio.endpoint_url
        assert (status(minio), status(other)) == (200, 200)
        assert status(other, minio.credentials) == 403


@pytest.mark.parametrize("name", ["minio", "seaweedfs"])
def test_engine_ends_with_kill_9_of_the_test_process(name, request):
    """Nothing in the test process gets to run then; the watchdog sees its pipe close."""
    request.getfixturevalue(name)
    script = (
        f"import time\nfrom sigv4.testing.engines import {name}\n"
        f"with {name}() as engine:\n"
        "    print(engine.endpoint_url, engine.log_path.parent, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        endpoint_url, directory = process.stdout.readline().split()
        assert answers(endpoint_url)
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: not answers(endpoint_url) and not Path(directory).exists())


def test_engine_ends_though_a_forked_child_lives_on(minio):
    """It inherits the pipe to the watchdog, so that the pipe's end alone would not do."""
    script = (
        "import os, time\nfrom sigv4.testing.engines import minio\n"
        "with minio() as engine:\n    child = os.fork() or time.sleep(60)\n"
        "print(engine.log_path.parent.exists())\nos.kill(child, 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=50)
    assert (done.stdout, done.stderr) == ("False\n", "")


# --- Trouble ---


def test_engine_whose_port_is_taken_meanwhile_tries_another(minio, monkeypatch):
    choose = engines.free_ports
    with socket.socket() as other:
        other.bind(("127.0.0.1", choose(1)[0]))
        taken = [[other.getsockname()[1], *choose(4)]]
        monkeypatch.setattr(engines, "free_ports", lambda count: taken.pop() if taken else choose(count))
        with engines.minio() as engine:
            assert not taken
            assert status(engine) == 200


def test_engine_that_ends_at_once_is_tried_again_and_then_named_with_its_log(programs, tmp_path):
    write_program(
        programs / "minio", f"#!/bin/sh\necho started >> {tmp_path}/starts\necho no licence found >&2\nexit 3\n"
    )
    with (
        pytest.raises(EngineFailed, match=r"(?s)minio did not start: it ended with status 3.*no licence found$"),
        engines.minio(),
    ):
        pass
    assert (tmp_path / "starts").read_text().count("started") == engines.START_TRIES


def test_engine_that_cannot_run_is_named_with_the_reason(programs):
    write_program(programs / "minio", "\x7fELF of another machine")
    with pytest.raises(EngineFailed, match=r"(?s)ended with status 127.*Exec format error"), engines.minio():
        pass


def test_engine_that_never_answers_is_given_up(programs, monkeypatch):
    monkeypatch.setattr(engines, "START_SECONDS", 0.2)
    write_program(programs / "weed", f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    with (
        pytest.raises(EngineFailed, match=r"(?s)not ready after 0 s \(ConnectionRefusedError"),
        engines.seaweedfs(),
    ):
        pass


def test_engine_is_ready_when_it_can_refuse_a_stranger(programs, tmp_path):
    """MinIO, which reads its users after it knows its own keys. Here, two strangers are told to come again."""
    write_program(
        programs / "minio",
        f"""#!{sys.executable}
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
strangers = []
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status = 200
        if os.environ["MINIO_ROOT_USER"] not in self.path:
            strangers.append(self)
            status = 503 if len(strangers) <= 2 else 403
        open({str(tmp_path / "statuses")!r}, "a").write(f"{{status}} ")
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
host, port = sys.argv[sys.argv.index("--address") + 1].split(":")
HTTPServer((host, int(port)), Handler).serve_forever()
""",
    )
    with engines.minio():
        assert (tmp_path / "statuses").read_text() == "200 503 200 503 200 403 "


def test_engine_that_is_absent_says_what_was_tried_and_how_to_get_it(programs):
    with pytest.raises(EngineNotFound, match=r"(?s)SIGV4_MINIO_URL.*on PATH.*Docker.*go install"), engines.minio():
        pass
    with pytest.raises(EngineNotFound, match=r"(?s)SIGV4_SEAWEEDFS_URL.*`weed`.*pip install"), engines.seaweedfs():
        pass


def test_docker_client_without_an_engine_counts_for_nothing(programs):
    write_program(programs / "docker", "#!/bin/sh\necho Cannot connect to the Docker daemon >&2\nexit 1\n")
    with pytest.raises(EngineNotFound), engines.minio():
        pass


# --- Where an engine comes from ---


def test_minio_module_is_the_one_that_ci_installs():
    assert engines.MINIO_MODULE in (ROOT / ".ci" / "run").read_text()


def test_minio_runs_in_a_container_where_docker_answers(monkeypatch, tmp_path, minio_program):
    """The fake docker runs the real MinIO with what a container would get: the port, the variables, the command."""
    programs = tmp_path / "programs"
    programs.mkdir()
    write_program(
        programs / "docker",
        f"""#!{sys.executable}
import os, sys
if sys.argv[1] == "version":
    sys.exit(0)
open({str(tmp_path / "arguments")!r}, "w").write("\\n".join(sys.argv[1:]))
options, (image, command, *rest) = sys.argv[2:-6], sys.argv[-6:]
assert options[:3] == ["--rm", "--publish", options[2]], options
host, port, inner = options[2].split(":")
assert rest == ["--quiet", "/data", "--address", ":" + inner], rest
environ = {{name: os.environ[name] for name in options[4::2]}}
arguments = ["minio", command, "--quiet", "data", "--address", host + ":" + port]
os.execve({minio_program!r}, arguments, environ | {{"HOME": "."}})
""",
    )
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("MINIO_IMAGE", "registry.example/minio:latest")
    with engines.minio() as engine:
        assert status(engine) == 200
        arguments = (tmp_path / "arguments").read_text()
        assert "registry.example/minio:latest" in arguments
        assert engine.credentials.secret_access_key not in arguments
    assert not answers(engine.endpoint_url)


def test_endpoint_that_the_environment_names_is_used_and_left_running(minio, monkeypatch):
    monkeypatch.setenv("SIGV4_MINIO_URL", minio.endpoint_url + "/")
    monkeypatch.setenv("SIGV4_MINIO_ACCESS_KEY_ID", minio.credentials.access_key_id)
    monkeypatch.setenv("SIGV4_MINIO_SECRET_ACCESS_KEY", minio.credentials.secret_access_key)
    with engines.minio() as engine:
        assert (engine.endpoint_url, engine.region, engine.log_path) == (minio.endpoint_url, "us-east-1", None)
        assert status(engine) == 200
    assert status(minio) == 200


def test_endpoint_without_keys_says_which_are_missing(monkeypatch):
    monkeypatch.setenv("SIGV4_SEAWEEDFS_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SIGV4_SEAWEEDFS_ACCESS_KEY_ID", "AK")
    with pytest.raises(EngineFailed, match=r"set SIGV4_SEAWEEDFS_SECRET_ACCESS_KEY$"), engines.seaweedfs():
        pass


def test_endpoint_that_refuses_the_keys_says_so_without_the_secret(minio, monkeypatch):
    environ = {"X_ACCESS_KEY_ID": minio.credentials.access_key_id, "X_SECRET_ACCESS_KEY": "not-the-secret"}
    with pytest.raises(EngineFailed, match="403 SignatureDoesNotMatch") as caught:
        engines.endpoint("minio", minio.endpoint_url, environ, "X_")
    assert "not-the-secret" not in str(caught.value)


def test_endpoint_where_nobody_listens_says_so():
    url = f"http://127.0.0.1:{engines.free_ports(1)[0]}"
    environ = {"X_ACCESS_KEY_ID": "AK", "X_SECRET_ACCESS_KEY": "not-the-secret"}
    with pytest.raises(EngineFailed, match="ConnectionRefusedError"):
        engines.endpoint("minio", url, environ, "X_")


def test_free_ports_are_distinct_and_below_those_of_outgoing_connections():
    ports = engines.free_ports(5)
    assert len(set(ports)) == 5
    assert all(port > 1024 and port + 10_000 < 32_768 for port in ports)
