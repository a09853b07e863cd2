"""`python -m server` as a program: it starts with nothing, says what runs where, keeps what it got, and ends well."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from server.config import SETTINGS
from sigv4.testing.engines import free_ports
from tests import ROOT
from tests.server.program import address, program
from tests.server.routes_client import S3, SECRET


def run(*arguments, **environment):
    """The program where it is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=30,
    )


def send(method, url, body=None, **headers):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request(method, f"{parts.path}?{parts.query}", body, headers)
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def presign(netloc, **body):
    status, answer = send("POST", f"http://{netloc}/presign", json.dumps(body), **{"Content-Type": "application/json"})
    assert status == 200, answer
    return json.loads(answer)


def upload(netloc, name, data):
    """What the page does; gives the key."""
    answer = presign(netloc, action="upload", name=name, type="text/plain", size=len(data))
    assert send(answer["method"], answer["url"], data, **answer["headers"])[0] == 200
    return answer["key"]


def listens(netloc):
    try:
        socket.create_connection(tuple(netloc.split(":")), 10).close()
    except ConnectionError:
        return False
    return True


def test_with_nothing_configured(tmp_path):
    """It uploads and downloads, and says where the files are and that it is not AWS."""
    with program("--port", "0", SERVER_DATA_DIR=str(tmp_path / "data")) as (_, banner):
        assert "not AWS" in banner
        assert str(tmp_path / "data") in banner
        key = upload(address(banner), "a é%.txt", b"hello")
        assert send("GET", presign(address(banner), action="download", key=key)["url"]) == (200, b"hello")


def test_what_was_uploaded_is_kept(tmp_path):
    """A second start has the same keys and the same files, and both are this user's alone."""
    with program("--port", "0", SERVER_DATA_DIR=str(tmp_path)) as (process, banner):
        key = upload(address(banner), "a.txt", b"hello")
        keys = (tmp_path / "credentials.json").read_text()
        process.terminate()
        assert process.wait(10) == 0
    assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600
    with program("--port", "0", SERVER_DATA_DIR=str(tmp_path)) as (_, banner):
        assert (tmp_path / "credentials.json").read_text() == keys
        assert json.loads(keys)["secret_access_key"] not in banner
        assert send("GET", presign(address(banner), action="download", key=key)["url"]) == (200, b"hello")


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(name, tmp_path):
    """Exit code 0, nothing on standard error but the log."""
    with program("--port", "0", SERVER_DATA_DIR=str(tmp_path)) as (process, banner):
        send("GET", f"http://{address(banner)}/healthz")
        process.send_signal(name)
        _, errors = process.communicate(timeout=10)
        assert process.returncode == 0
        assert re.fullmatch(r"\d\d:\d\d:\d\d GET /healthz 200 [\d.]+ ms\n", errors)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("module", ["server", "sigv4.testing"])
def test_a_banner_that_nobody_reads_is_no_reason_not_to_serve(module, unbuffered, tmp_path):
    """As with `| head -1`, or on a full disk: it serves, ends well, and complains of nothing."""
    reader, writer = os.pipe()
    os.close(reader)
    (port,) = free_ports(1)
    environment = {"PATH": os.environ["PATH"], "SERVER_DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": unbuffered}
    command = [sys.executable, "-m", module, "--port", str(port)]
    with (
        os.fdopen(writer, "w") as output,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.PIPE) as process,
    ):
        deadline = time.monotonic() + 20
        while not listens(f"127.0.0.1:{port}"):
            assert time.monotonic() < deadline
        process.terminate()
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, b"")


def test_what_is_in_flight_is_finished(tmp_path):
    """SIGTERM in the middle of an upload: the upload ends as it would have."""
    with program("--port", "0", SERVER_DATA_DIR=str(tmp_path)) as (process, banner):
        answer = presign(address(banner), action="upload", name="a", type="", size=10)
        parts = urlsplit(answer["url"])
        with socket.create_connection((parts.hostname, parts.port), 10) as s3:
            target = f"{parts.path}?{parts.query}"
            head = (
                "PUT",
                target,
                "HTTP/1.1\r\nHost:",
                parts.netloc,
                "\r\nContent-Length: 10\r\nIf-None-Match: *\r\nExpect: 100-continue",
            )
            s3.sendall(" ".join(head).encode() + b"\r\n\r\n")
            assert s3.recv(100).startswith(b"HTTP/1.1 100 ")  # it reads the body now
            s3.sendall(b"01234")
            process.terminate()
            deadline = time.monotonic() + 10
            while listens(parts.netloc):  # until it has heard the signal
                assert time.monotonic() < deadline
            s3.sendall(b"56789")
            assert s3.recv(100).startswith(b"HTTP/1.1 200 ")
        assert process.wait(10) == 0


def test_default_port_or_a_free_one(tmp_path):
    """Where 8000 is taken and no port was asked for, another is found; one that was asked for is not given up."""
    with program(SERVER_DATA_DIR=str(tmp_path / "1")) as (_, banner):
        taken = address(banner).split(":")[1]
        with program(SERVER_DATA_DIR=str(tmp_path / "2")) as (_, other):
            assert address(other) != address(banner)
            assert send("GET", f"http://{address(other)}/healthz")[0] == 200
        ended = run(PORT=taken, SERVER_DATA_DIR=str(tmp_path / "3"))
        assert ended.returncode == 1
        assert f"cannot listen on 127.0.0.1 port {taken}" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_one_server_per_folder(tmp_path):
    with program("--port", "0", SERVER_DATA_DIR=str(tmp_path)):
        ended = run("--port", "0", SERVER_DATA_DIR=str(tmp_path))
    assert ended.returncode == 1
    assert f"another server uses {tmp_path}" in ended.stderr


def test_spoilt_folder(tmp_path):
    (tmp_path / "credentials.json").write_text("{")
    ended = run("--port", "0", SERVER_DATA_DIR=str(tmp_path))
    assert ended.returncode == 1
    assert "does not hold keys; delete it" in ended.stderr
    assert "Traceback" not in ended.stderr
    ended = run("--port", "0", SERVER_DATA_DIR="/dev/null/data")
    assert ended.returncode == 1
    assert "set SERVER_DATA_DIR to another folder" in ended.stderr


def test_help_lists_every_setting():
    ended = run("--help")
    assert ended.returncode == 0
    for name, (_, _, meaning) in SETTINGS.items():
        assert re.search(rf"\n  {name} +{re.escape(meaning)}\n", ended.stdout)


def test_mistakes_end_it_at_once():
    """Exit code 2, every mistake on its own line, no secret, no traceback."""
    ended = run("--port", "http", **{**S3, "S3_BUCKET_NAME": "", "SERVER_EXPIRES_IN": "1.5"})
    assert ended.returncode == 2
    for name in ("PORT must", "S3_BUCKET_NAME is missing", "SERVER_EXPIRES_IN must"):
        assert f"\n  {name}" in ended.stderr
    assert SECRET not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_banner_of_a_configured_store():
    with program("--port", "0", **S3, SERVER_CHECK="0") as (_, banner):
        assert "to the bucket my-bucket at AWS" in banner
        assert SECRET not in banner


def test_start_is_light():
    """The program loads nothing heavy before its first answer, and the embedded S3's parts only where it is wanted."""
    heavy = "asyncio email http.server ssl sqlite3 urllib.parse tempfile uuid dataclasses sigv4.testing.local_s3"
    code = f"import server.__main__, sys; print([name for name in {heavy.split()} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
