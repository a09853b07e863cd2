"""compose.yml cannot be run without a Docker engine, so its own commands and environments are run without one.

Each service starts as the file says, in the order it says, with its health check: what changes is where things are.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from server.config import read
from sigv4._http.client import send
from sigv4._http.messages import Response
from sigv4._http.server import HTTPServer
from sigv4.testing import engines
from sigv4.testing.engines import Launch, free_ports, log_tail, running
from tests import ROOT
from tests.nginx import nginx

PORTS = ("9000", "9001", "8000")


def compose(environ: dict[str, str] | None = None) -> dict[str, Any]:
    """The file, its variables filled in as Compose fills them in."""

    def value(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else (environ or {}).get(match[1]) or match[2]

    text = (ROOT / "compose.yml").read_text()
    return yaml.safe_load(re.sub(r"\$\$|\$\{(\w+):-([^}]*)\}", value, text))


def services(environ: dict[str, str] | None = None) -> dict[str, dict[str, Any]]:
    return compose(environ)["services"]


def test_everything_is_published_on_loopback_alone():
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert published
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for port in published)


def test_the_image_is_the_one_that_the_tests_would_run_and_can_be_changed():
    assert services()["minio"]["image"] == engines.MINIO_IMAGE
    assert services({"MINIO_IMAGE": "example/minio:1"})["minio"]["image"] == "example/minio:1"


def test_the_keys_can_be_changed_and_are_the_same_everywhere():
    for environ in ({}, {"MINIO_ROOT_USER": "someone", "MINIO_ROOT_PASSWORD": "a long one"}):
        minio, bucket, server = (services(environ)[name]["environment"] for name in ("minio", "bucket", "server"))
        keys = (minio["MINIO_ROOT_USER"], minio["MINIO_ROOT_PASSWORD"])
        assert environ == {} or keys == tuple(environ.values())
        for service in (bucket, server):
            assert (service["AWS_ACCESS_KEY_ID"], service["AWS_SECRET_ACCESS_KEY"]) == keys


def test_the_developer_s_own_aws_keys_stay_out():
    """MinIO must not be started with what opens an AWS account."""
    text = (ROOT / "compose.yml").read_text()
    assert not re.search(r"\$\{?AWS_", text)


def test_the_data_is_in_a_named_volume():
    assert "minio-data" in compose()["volumes"]
    assert services()["minio"]["volumes"] == ["minio-data:/data"]
    assert "/data" in services()["minio"]["command"]


def test_the_python_services_need_no_build_and_cannot_write():
    for name in ("bucket", "server"):
        assert services()[name]["volumes"] == [".:/app:ro"]
        assert services()[name]["read_only"]
        assert "build" not in services()[name]


def test_the_server_takes_its_configuration_as_it_stands():
    """On 0.0.0.0, which it would refuse if the file had not said that another gate stands in front."""
    server = services()["server"]
    environ = server["environment"]
    options = dict(zip(server["command"][3::2], server["command"][4::2], strict=True))
    config = read(environ, host=options["--host"], port=options["--port"])
    assert (config.host, config.port, config.store.bucket) == ("0.0.0.0", 8000, "uploads")


def test_the_replicas_are_the_same_server_and_nginx_takes_its_configuration(tmp_path):
    """What stands behind the proxy differs from `server` in nothing but its number."""
    replica, proxy = services()["replica"], services()["proxy"]
    for name in ("environment", "command", "image", "volumes"):
        assert replica[name] == services()["server"][name]
    assert replica["profiles"] == proxy["profiles"] == ["replicas"]
    (place,) = proxy["configs"]
    text = compose()["configs"][place["source"]]["content"]
    port = free_ports(1)[0]
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}").replace("$replica:8000", "127.0.0.1:{port}")
    with HTTPServer(lambda request: Response(200, (), request.header("host").encode())) as server:
        text = text.replace("{port}", str(server.port))
        with nginx("", text):
            assert send("GET", f"http://127.0.0.1:{port}/")[2] == f"127.0.0.1:{port}".encode()


class Machine:
    """Runs services of the file as programs of this machine, under other ports and in a directory of its own."""

    def __init__(self, directory: Path, stack: ExitStack, programs: dict[str, str]) -> None:
        self.directory = directory
        self.stack = stack
        self.programs = programs
        self.ports = dict(zip(PORTS, map(str, free_ports(3)), strict=True))
        (directory / "data").mkdir()

    def here(self, text: str) -> str:
        """The same text, with the places of the containers replaced by those of this machine."""
        text = re.sub(r"(^|//)(?:minio|0\.0\.0\.0|127\.0\.0\.1)?:?(?=:9)", r"\g<1>127.0.0.1", text)
        text = re.sub(r"^0\.0\.0\.0$", "127.0.0.1", text)
        text = re.sub(r"^/data$", str(self.directory / "data"), text)
        return re.sub(r"\b(?:9000|9001|8000)\b", lambda match: self.ports[match[0]], text)

    def command(self, words: list[str]) -> list[str]:
        if words[0] == "server":  # MinIO's image puts its program before this
            words = ["minio", *words]
        return [self.programs.get(words[0], words[0]), *map(self.here, words[1:])]

    def environ(self, service: dict[str, Any]) -> dict[str, str]:
        given = {name: self.here(value) for name, value in service["environment"].items()}
        return {"PATH": os.environ["PATH"], "HOME": str(self.directory), "PYTHONPATH": str(ROOT)} | given

    def run_to_its_end(self, service: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(service["command"]),
            env=self.environ(service),
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def start(self, name: str, service: dict[str, Any]) -> None:
        """Start a service and wait until its own health check says so."""
        directory = self.directory / name
        directory.mkdir()
        launch = Launch(self.command(service["command"]), self.environ(service))
        process = self.stack.enter_context(running(directory, launch))
        deadline = time.monotonic() + 30
        while not self.is_healthy(service):
            assert not process.ended, log_tail(process.log_path)
            assert time.monotonic() < deadline, log_tail(process.log_path)
            time.sleep(0.05)

    def is_healthy(self, service: dict[str, Any]) -> bool:
        kind, *command = service["healthcheck"]["test"]
        assert kind == "CMD"
        return subprocess.run(self.command(command), capture_output=True, timeout=20).returncode == 0


@pytest.fixture
def machine(tmp_path, minio_program):
    with ExitStack() as stack:
        yield Machine(tmp_path, stack, {"minio": minio_program, "python": sys.executable})


def test_it_starts_in_its_own_order_and_serves_an_upload_and_a_download(machine):
    """minio gets healthy, then bucket ends well, also where the bucket is there, then server gets healthy and works."""
    minio, bucket, server = (services()[name] for name in ("minio", "bucket", "server"))
    assert bucket["depends_on"] == {"minio": {"condition": "service_healthy"}}
    assert server["depends_on"] == {"bucket": {"condition": "service_completed_successfully"}}

    assert not machine.is_healthy(minio)
    machine.start("minio", minio)
    for _ in range(2):
        made = machine.run_to_its_end(bucket)
        assert made.returncode == 0, made.stderr
    assert not machine.is_healthy(server)
    machine.start("server", server)

    origin = f"http://127.0.0.1:{machine.ports['8000']}"
    upload = ask(origin, {"action": "upload", "name": "a b.txt", "type": "text/plain", "size": 5})
    assert upload["url"].startswith(f"http://127.0.0.1:{machine.ports['9000']}/uploads/")
    assert send(upload["method"], upload["url"], upload["headers"], b"hello")[0] == 200
    download = ask(origin, {"action": "download", "key": upload["key"]})
    assert send(download["method"], download["url"], download["headers"])[::2] == (200, b"hello")


def ask(origin: str, question: dict[str, object]) -> dict[str, Any]:
    """Ask the server for a URL, as a page of its own would."""
    headers = {"Content-Type": "application/json", "Origin": origin}
    status, _, answer = send("POST", f"{origin}/presign", headers, json.dumps(question).encode())
    assert status == 200, answer
    return json.loads(answer)
