"""The server's log: what becomes of its reader changes no response."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import socket
import sys
import threading
from http.client import HTTPConnection

import pytest

from server.log import log_to
from tests.server.program import address, program


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        with contextlib.suppress(OSError):
            os.close(descriptor)


def test_log_writes_a_line_with_the_time_before_it(pipe):
    reader, writer = pipe
    log_to(writer)("GET /healthz 200 0.1 ms")
    line = os.read(reader, 1000).decode()
    assert line[2] == line[5] == ":"
    assert line[8:] == " GET /healthz 200 0.1 ms\n"


def test_log_never_waits_for_a_reader_that_stalls_and_counts_what_it_loses(pipe):
    reader, writer = pipe
    log = log_to(writer)
    for number in range(2000):
        log(f"{number} " + "x" * 100)
    while select.select([reader], [], [], 0)[0]:
        os.read(reader, 1 << 20)
    log("read again")
    text = os.read(reader, 1000).decode()
    lost = int(text.split(" ")[0])
    assert text.splitlines()[0] == f"{lost} lines of this log were lost"
    assert 0 < lost < 2000
    assert text.endswith("read again\n")


def test_log_never_raises_for_a_reader_that_is_gone(pipe):
    reader, writer = pipe
    log = log_to(writer)
    os.close(reader)
    log("nobody reads this")
    log_to(writer)("nor this")
    os.close(writer)
    log("nor this")
    log_to(writer)("nor this")


def test_log_never_waits_where_another_program_fills_the_pipe_first(pipe, monkeypatch):
    """Two replicas share a pipe: what was writable a moment ago is full when the line is written."""
    _, writer = pipe
    other = os.open(f"/proc/self/fd/{writer}", os.O_WRONLY | os.O_NONBLOCK)
    write = os.write

    def fill_and_write(descriptor, data):
        with contextlib.suppress(BlockingIOError):
            while True:
                write(other, b"x" * 1000)
        return write(descriptor, data)

    log = log_to(writer)
    monkeypatch.setattr(os, "write", fill_and_write)
    thread = threading.Thread(target=log, args=("a line" * 300,), daemon=True)
    thread.start()
    thread.join(5)
    os.close(other)
    assert not thread.is_alive()


@pytest.mark.parametrize("is_gone", [False, True], ids=["stalled", "gone"])
def test_log_never_waits_for_the_other_end_of_a_socket(is_gone):
    """As under systemd, whose journal reads a socket."""
    here, there = socket.socketpair()
    log = log_to(here.fileno())
    log("the first")
    assert there.recv(100).endswith(b" the first\n")
    if is_gone:
        there.close()
    for _ in range(5000):
        log("x" * 100)
    here.close()
    there.close()


def test_log_keeps_the_descriptor_that_it_shares_as_it_is(pipe):
    _, writer = pipe
    log_to(writer)("a line")
    assert os.get_blocking(writer)


def test_log_writes_one_line_whatever_the_text_holds(pipe):
    reader, writer = pipe
    log_to(writer)("a\r\nforged\x1b[2J\x85\u2028\u202eb")
    assert os.read(reader, 1000).decode()[9:] == "a\\r\\nforged\\x1b[2J\\x85\\u2028\\u202eb\n"


def test_log_keeps_an_object_whole_however_long_its_texts_are(pipe):
    reader, writer = pipe
    log_to(writer, as_json=True)({"path": "é" * 300, "reason": "é" * 300, "key": "é" * 300, "status": 400})
    line = os.read(reader, 1 << 20)
    assert len(line) <= select.PIPE_BUF
    assert json.loads(line)["status"] == 400


def test_log_goes_on_in_a_file_behind_what_others_write_there(tmp_path):
    path = tmp_path / "log"
    with path.open("wb") as file:
        log = log_to(file.fileno())
        log("ours")
        os.write(file.fileno(), b"theirs\n")
        log("ours again")
    assert [line.split(" ", 1)[-1] for line in path.read_text().splitlines()] == ["ours", "theirs", "ours again"]


def test_log_shortens_a_line_that_could_have_to_wait(pipe):
    reader, writer = pipe
    log_to(writer)("é" * 10_000 + "\ud800")
    assert len(os.read(reader, 1 << 20)) <= select.PIPE_BUF


@pytest.mark.parametrize("target", ["/dev/full", "closed pipe", "stalled pipe"])
def test_server_answers_whatever_becomes_of_its_log(target):
    """Standard error is a full disk, has no reader any more, or one that does not read."""
    reader, writer = os.pipe()
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with program("--port", "0", stderr=full if target == "/dev/full" else writer, **CONFIGURED) as (_, banner):
            os.close(writer)
            if target == "closed pipe":
                os.close(reader)
            connection = HTTPConnection(address(banner), timeout=10)
            for _ in range(3000 if target == "stalled pipe" else 5):  # a pipe holds some 2000 lines
                connection.request("GET", "/healthz")
                with connection.getresponse() as response:
                    assert response.status == 200
                    response.read()
            connection.close()
    finally:
        os.close(full)
        if target != "closed pipe":
            os.close(reader)


def test_servers_own_s3_answers_whatever_becomes_of_the_log(tmp_path):
    """It explains each refusal, at some length."""
    reader, writer = os.pipe()
    try:
        with program("--port", "0", stderr=writer, SERVER_DATA_DIR=str(tmp_path)) as (_, banner):
            os.close(writer)
            s3 = HTTPConnection(re.search(r"http://(\S+): not AWS", banner)[1], timeout=10)
            for number in range(200):
                s3.request("GET", f"/local/a?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={'0' * 64}")
                with s3.getresponse() as response:
                    assert response.status in (400, 403), number
                    response.read()
            s3.close()
        assert b": GET '/local/a'" in os.read(reader, 1 << 16)
    finally:
        os.close(reader)


def test_server_answers_where_a_warning_cannot_be_written(tmp_path):
    """Credentials that end before the URL does are worth a warning, and standard error takes no byte more."""
    (tmp_path / ".aws").mkdir()
    ending = "datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=700)"
    (tmp_path / "program.py").write_text(
        "import datetime, json\n"
        "print(json.dumps(dict(Version=1, AccessKeyId='AK', SecretAccessKey='S', SessionToken='T',"
        f" Expiration=({ending}).isoformat())))\n"
    )
    program_line = f"credential_process = {sys.executable} {tmp_path / 'program.py'}"
    (tmp_path / ".aws" / "config").write_text(f"[default]\nregion = r-1\n{program_line}\n")
    environ = {
        "HOME": str(tmp_path),
        "S3_BUCKET_NAME": "bucket",
        "SERVER_CHECK": "0",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    reader, writer = os.pipe()
    try:
        with program("--port", "0", stderr=writer, **environ) as (_, banner):
            os.set_blocking(writer, False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(writer, b"x" * 4096)
            os.set_blocking(writer, True)  # it is the server's too
            connection = HTTPConnection(address(banner), timeout=20)
            asked = json.dumps({"action": "upload", "name": "a", "size": 1})
            connection.request("POST", "/presign", asked, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            assert 600 < answer["expires_in"] < 700
            connection.close()
    finally:
        os.close(reader)
        os.close(writer)


CONFIGURED = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_REGION": "eu-west-1",
    "S3_BUCKET_NAME": "my-bucket",
    "SERVER_CHECK": "0",
}
