"""sigv4.testing.engines, its watchdog and the pytest plugin: real programs are started, killed and looked for."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sigv4 import Credentials, Signer
from sigv4.testing import engines
from sigv4.testing.engines import Engine, EngineFailed, EngineNotFound
from tests import ROOT

VARIABLES = ("URL", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION")


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch):
    """These tests choose themselves what the environment names."""
    for name in ("MINIO", "SEAWEEDFS"):
        for variable in VARIABLES:
            monkeypatch.delenv(f"SIGV4_{name}_{variable}", raising=False)


@pytest.fixture
def programs(tmp_path, monkeypatch) -> Path:
    """An empty directory that is the only one searched for programs."""
    directory = tmp_path / "programs"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setattr(engines.sysconfig, "get_path", lambda name: str(directory))
    return directory


def write_program(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(0o755)


def status(engine: Engine, credentials: Credentials | None = None) -> int:
    signer = Signer(credentials or engine.credentials, region=engine.region)
    return engines.send("GET", str(signer.presign("GET", engine.endpoint_url + "/")))[0]


def answers(endpoint_url: str) -> bool:
    host, port = endpoint_url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def wait_for(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


# --- Starting and ending ---


@pytest.mark.parametrize("name", ["minio", "seaweedfs"])
def test_an_engine_runs_inside_the_block_and_is_gone_after_it(name, request):
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


def test_an_error_in_the_block_ends_the_engine_too(minio):
    with pytest.raises(ZeroDivisionError), engines.minio() as engine:
        raise ZeroDivisionError
    assert not engine.log_path.parent.exists()
    assert not answers(engine.endpoint_url)


def test_two_engines_of_a_kind_run_side_by_side(minio):
    with engines.minio() as other:
        assert other.endpoint_url != minio.endpoint_url
        assert (status(minio), status(other)) == (200, 200)
        assert status(other, minio.credentials) == 403


@pytest.mark.parametrize("name", ["minio", "seaweedfs"])
def test_kill_9_of_the_test_process_ends_the_engine(name, request):
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


def test_the_end_of_the_watchdog_ends_the_engine(tmp_path):
    """A terminated watchdog takes its program with it."""
    directory = tmp_path / "site"
    directory.mkdir()
    watchdog = subprocess.Popen(
        [sys.executable, engines.WATCHDOG, str(directory), sys.executable, "-c", "import os, time\n"
         "open('pid', 'w').write(str(os.getpid()))\nos.rename('pid', 'ready')\ntime.sleep(60)"],
        stdin=subprocess.PIPE,
    )  # fmt: skip
    with watchdog:
        wait_for((directory / "ready").exists)
        pid = int((directory / "ready").read_text())
        watchdog.terminate()
        wait_for(lambda: not directory.exists())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_forked_child_that_lives_on_does_not_hold_up_the_end(minio):
    """It inherits the pipe to the watchdog, so that the pipe's end alone would not do."""
    script = (
        "import os, time\nfrom sigv4.testing.engines import minio\n"
        "with minio() as engine:\n    child = os.fork() or time.sleep(60)\n"
        "print(engine.log_path.parent.exists())\nos.kill(child, 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=50)
    assert (done.stdout, done.stderr) == ("False\n", "")


# --- Trouble ---


def test_a_port_taken_between_choosing_and_binding_costs_a_new_try(minio, monkeypatch):
    choose = engines.free_ports
    with socket.socket() as other:
        other.bind(("127.0.0.1", choose(1)[0]))
        taken = [[other.getsockname()[1], *choose(4)]]
        monkeypatch.setattr(engines, "free_ports", lambda count: taken.pop() if taken else choose(count))
        with engines.minio() as engine:
            assert not taken
            assert status(engine) == 200


def test_an_engine_that_ends_at_once_is_tried_again_and_then_named_with_its_log(programs, tmp_path):
    write_program(
        programs / "minio", f"#!/bin/sh\necho started >> {tmp_path}/starts\necho no licence found >&2\nexit 3\n"
    )
    with (
        pytest.raises(EngineFailed, match=r"(?s)minio did not start: it ended with status 3.*no licence found$"),
        engines.minio(),
    ):
        pass
    assert (tmp_path / "starts").read_text().count("started") == engines.START_TRIES


def test_an_engine_that_cannot_run_is_named_with_the_reason(programs):
    write_program(programs / "minio", "\x7fELF of another machine")
    with pytest.raises(EngineFailed, match=r"(?s)ended with status 127.*Exec format error"), engines.minio():
        pass


def test_an_engine_that_never_answers_is_given_up(programs, monkeypatch):
    monkeypatch.setattr(engines, "START_SECONDS", 0.2)
    write_program(programs / "weed", f"#!{sys.executable}\nimport time\ntime.sleep(60)\n")
    with (
        pytest.raises(EngineFailed, match=r"(?s)not ready after 0 s \(ConnectionRefusedError"),
        engines.seaweedfs(),
    ):
        pass


def test_no_engine_says_what_was_tried_and_how_to_get_it(programs):
    with pytest.raises(EngineNotFound, match=r"(?s)SIGV4_MINIO_URL.*on PATH.*Docker.*go install"), engines.minio():
        pass
    with pytest.raises(EngineNotFound, match=r"(?s)SIGV4_SEAWEEDFS_URL.*`weed`.*pip install"), engines.seaweedfs():
        pass


def test_a_docker_client_without_an_engine_counts_for_nothing(programs):
    write_program(programs / "docker", "#!/bin/sh\necho Cannot connect to the Docker daemon >&2\nexit 1\n")
    with pytest.raises(EngineNotFound), engines.minio():
        pass


# --- Where an engine comes from ---


def test_ci_installs_the_minio_that_the_message_names():
    assert engines.MINIO_MODULE in (ROOT / ".ci" / "run").read_text()


def test_a_container_where_docker_answers(monkeypatch, tmp_path, minio_program):
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


def test_an_endpoint_that_the_environment_names_is_used_and_left_running(minio, monkeypatch):
    monkeypatch.setenv("SIGV4_MINIO_URL", minio.endpoint_url + "/")
    monkeypatch.setenv("SIGV4_MINIO_ACCESS_KEY_ID", minio.credentials.access_key_id)
    monkeypatch.setenv("SIGV4_MINIO_SECRET_ACCESS_KEY", minio.credentials.secret_access_key)
    with engines.minio() as engine:
        assert (engine.endpoint_url, engine.region, engine.log_path) == (minio.endpoint_url, "us-east-1", None)
        assert status(engine) == 200
    assert status(minio) == 200


def test_an_endpoint_without_keys_says_which_are_missing(monkeypatch):
    monkeypatch.setenv("SIGV4_SEAWEEDFS_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("SIGV4_SEAWEEDFS_ACCESS_KEY_ID", "AK")
    with pytest.raises(EngineFailed, match=r"set SIGV4_SEAWEEDFS_SECRET_ACCESS_KEY$"), engines.seaweedfs():
        pass


def test_an_endpoint_that_refuses_the_keys_says_so_without_the_secret(minio, monkeypatch):
    environ = {"X_ACCESS_KEY_ID": minio.credentials.access_key_id, "X_SECRET_ACCESS_KEY": "not-the-secret"}
    with pytest.raises(EngineFailed, match="403 SignatureDoesNotMatch") as caught:
        engines.endpoint("minio", minio.endpoint_url, environ, "X_")
    assert "not-the-secret" not in str(caught.value)


def test_an_endpoint_where_nobody_listens_says_so():
    url = f"http://127.0.0.1:{engines.free_ports(1)[0]}"
    environ = {"X_ACCESS_KEY_ID": "AK", "X_SECRET_ACCESS_KEY": "not-the-secret"}
    with pytest.raises(EngineFailed, match="ConnectionRefusedError"):
        engines.endpoint("minio", url, environ, "X_")


def test_ports_are_free_distinct_and_below_those_of_outgoing_connections():
    ports = engines.free_ports(5)
    assert len(set(ports)) == 5
    assert all(port > 1024 and port + 10_000 < 32_768 for port in ports)


# --- The pytest plugin ---


@pytest.fixture
def inner(pytester, monkeypatch):
    """Run tests in a pytest of their own, as a user of the plugin would; gives its result."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(code: str, *arguments: str, **environ: str):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        pytester.makepyfile(code)
        loaded = "sigv4" in {point.name for point in engines_entry_points()}
        plugin = () if loaded else ("-p", "sigv4.testing.plugin")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-rs", *plugin, *arguments)

    return run


def engines_entry_points():
    from importlib.metadata import entry_points

    return entry_points(group="pytest11")


ROUND_TRIP = """
    from sigv4.testing.engines import send

    def test_round_trip(s3, s3_bucket):
        presigner = s3.presigner()
        assert send("PUT", str(presigner.put_object(s3_bucket, "a")), body=b"x")[0] == 200
        assert send("GET", str(presigner.get_object(s3_bucket, "a"))) == (200, b"x")
        print(s3.endpoint_url, s3_bucket)
"""


@pytest.mark.parametrize("choice", [(), ("--s3=local",), ("--s3=minio",), ("--s3=seaweedfs",)])
def test_the_option_chooses_the_engine(inner, request, choice):
    """The same test runs unchanged on each."""
    if choice and choice[0] != "--s3=local":
        request.getfixturevalue(choice[0].removeprefix("--s3="))
    inner(ROUND_TRIP, *choice).assert_outcomes(passed=1)


def test_the_option_may_be_an_endpoint_whose_bucket_is_deleted_afterwards(inner, minio):
    result = inner(
        ROUND_TRIP,
        "-s",
        f"--s3={minio.endpoint_url}",
        AWS_ACCESS_KEY_ID=minio.credentials.access_key_id,
        AWS_SECRET_ACCESS_KEY=minio.credentials.secret_access_key,
        AWS_REGION=minio.region,
    )
    result.assert_outcomes(passed=1)
    bucket = re.search(rf"{minio.endpoint_url} (test-\w+)", result.stdout.str())[1]
    assert engines.send("HEAD", str(minio.presigner().presign("head_bucket", Bucket=bucket)))[0] == 404


def test_an_unknown_choice_is_a_usage_error(inner):
    result = inner(ROUND_TRIP, "--s3=azure")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*--s3=azure: choose local, minio, seaweedfs or a URL*"])


def test_an_absent_engine_skips_with_the_reason(inner):
    result = inner("def test_it(minio): pass", PATH="/nowhere")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*MinIO is not here*"])


def test_an_absent_engine_fails_on_ci(inner):
    result = inner("def test_it(minio): pass", PATH="/nowhere", CI="true")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*MinIO is not here*", "*go install*"])


def test_a_failure_shows_the_engine_s_log(inner, tmp_path, minio_program):
    write_program(tmp_path / "minio", f'#!/bin/sh\necho the disk is on fire\nexec {minio_program} "$@"\n')
    result = inner("def test_it(minio): assert False", PATH=f"{tmp_path}:{os.environ['PATH']}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*end of the log of minio*", "the disk is on fire"])


def test_each_test_has_a_bucket_and_a_local_s3_of_its_own(inner):
    inner(
        """
        seen = set()

        def test_one(local_s3, s3, s3_bucket):
            assert s3 is local_s3
            seen.add((s3.endpoint_url, s3_bucket))

        def test_two(local_s3, s3, s3_bucket):
            seen.add((s3.endpoint_url, s3_bucket))
            assert len(seen) == 2
        """,
        "-p",
        "no:xdist",
    ).assert_outcomes(passed=2)


def test_the_fixtures_work_side_by_side_under_xdist(inner, minio):
    code = ROUND_TRIP + "\n    def test_again(s3, s3_bucket): test_round_trip(s3, s3_bucket)\n"
    inner(code, "-n2", "--s3=minio").assert_outcomes(passed=2)


def test_boto3_finds_its_way_by_the_environment_alone(inner):
    """And nothing of the developer's own AWS_* variables is left to mislead it."""
    inner(
        """
        import os

        def test_it(s3_environ, s3, s3_bucket):
            import boto3

            client = boto3.client("s3")
            assert "AWS_PROFILE" not in os.environ
            client.put_object(Bucket=s3_bucket, Key="a", Body=b"x")
            assert client.get_object(Bucket=s3_bucket, Key="a")["Body"].read() == b"x"

        def test_afterwards():
            assert os.environ["AWS_PROFILE"] == "mine"
        """,
        AWS_PROFILE="mine",
    ).assert_outcomes(passed=2)


def test_boto3_follows_from_one_server_to_the_next(inner):
    """Its default session would keep the keys of the first."""
    inner(
        """
        import boto3
        import pytest

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(s3_environ, s3_bucket, time):
            assert s3_bucket in [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
        """,
    ).assert_outcomes(passed=2)
