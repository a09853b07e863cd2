"""`python -m sigv4.testing`: says what to export, keeps what it acknowledged through kill -9, and ends when told to."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from http.client import HTTPException

import pytest

from sigv4 import Signer
from sigv4._http.client import send
from sigv4.s3 import S3Presigner
from tests.testing.local_s3.client import Client
from tests.testing.program import Server, running

BIG = os.urandom(3_000_000)


def test_it_serves_with_what_it_was_given_until_it_is_told_to_stop():
    with running("--access-key-id", "AK", "--secret-access-key", "S K/", "--region", "eu-west-1") as server:
        assert server.region == "eu-west-1"
        assert server.endpoint_url.startswith("http://127.0.0.1:")
        assert server.credentials.access_key_id == "AK"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=10) == 0


def test_it_takes_regions_domains_and_a_folder_to_begin_with(tmp_path):
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "k").write_bytes(b"1")
    regions = ["--region", "eu-west-1", "--region", "us-east-1"]
    with running(*regions, "--domain", "s3.test", "--domain", "other.test", "--seed", tmp_path) as server:
        client = Client(server)
        assert [client.send("GET", key="k", host=f"bucket.{name}.test").body for name in ("s3", "other")] == [b"1"] * 2
        client.signer = Signer(server.credentials, region="us-east-1")
        assert client.send("PUT", "second").status == 200
        assert client.send("GET", "bucket", "k").headers["x-amz-bucket-region"] == server.region == "eu-west-1"
        client.close()


def test_it_speaks_https_and_says_whom_to_trust():
    with running("--tls") as server:
        assert server.endpoint_url.startswith("https://")
        trust = ssl.create_default_context(cafile=server.exports["AWS_CA_BUNDLE"])
        url = S3Presigner(server.credentials, region=server.region, endpoint_url=server.endpoint_url)
        assert send("PUT", str(url.presign("create_bucket", Bucket="bucket")), ssl_context=trust)[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_under_load(number):
    """None is missed, whatever the threads are at."""
    with running() as server:
        client = Client(server)
        client.create_bucket()
        client.close()
        acknowledged: dict[str, int] = {}
        threads = [
            threading.Thread(target=write_until_killed, args=(server, key, acknowledged, {})) for key in "abcdefgh"
        ]
        for thread in threads:
            thread.start()
        while len(acknowledged) < len(threads):
            time.sleep(0.01)
        server.process.send_signal(number)
        assert server.process.wait(timeout=20) == 0
        for thread in threads:
            thread.join()


def test_made_up_credentials_are_printed_and_work():
    with running() as server:
        client = Client(server)
        client.create_bucket()
        client.put("k", b"1")
        assert client.get("k").body == b"1"
        client.close()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--access-key-id", "AK"], "together"),
        (["--region", "a b"], "region"),
        (["--access-key-id", " ", "--secret-access-key", "x"], "access_key_id"),
        (["--directory", "/dev/null/x"], "Not a directory"),
        (["--certificate", "/none.pem"], "No such file"),
        (["--seed", "/none"], "No such file"),
        (["--host", "256.0.0.1"], "Name or service not known"),
    ],
)
def test_bad_arguments_are_named(arguments, said):
    command = [sys.executable, "-m", "sigv4.testing", "--port", "0", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def begin_upload(client: Client, key: str) -> socket.socket:
    """A PUT whose body stops half way."""
    headers = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", "content-length": str(len(BIG))}
    signed = client.signer.sign("PUT", f"http://{client.host}/bucket/{key}", headers).headers
    lines = [f"{name}: {text}" for name, text in signed.items() if name.lower() != "host"]
    head = "\r\n".join([f"PUT /bucket/{key} HTTP/1.1", f"Host: {client.host}", *lines])
    host, _, port = client.host.partition(":")
    connection = socket.create_connection((host, int(port)), timeout=10)
    connection.sendall(head.encode() + b"\r\n\r\n" + BIG[:2_000_000])
    return connection


def test_kill_9_amid_an_upload(tmp_path):
    """The object is absent, or the old one whole; a restart serves everything acknowledged and sweeps the rest."""
    keys = ("--access-key-id", "AK", "--secret-access-key", "SK", "--directory", tmp_path)
    with running(*keys) as server:
        client = Client(server)
        client.create_bucket()
        client.put("old", BIG[::-1])
        client.put("small", b"1", {"x-amz-meta-a": "b"})
        uploads = [begin_upload(client, key) for key in ("old", "new")]
        bodies = tmp_path / "bodies"
        for _ in range(1000):  # until both have begun to be written
            assert client.get("small").body == b"1"
            if len(list(bodies.iterdir())) == 3:
                break
        assert len(list(bodies.iterdir())) == 3
        server.process.kill()
        server.process.wait()
        for connection in [*uploads, client]:
            connection.close()
    with running(*keys) as server:
        client = Client(server)
        assert client.send("GET", "bucket").texts("Contents/Key") == ["old", "small"]
        assert client.get("old").body == BIG[::-1]
        assert client.get("small").headers["x-amz-meta-a"] == "b"
        assert len(list(bodies.iterdir())) == 1
        client.close()


def test_two_programs_serve_one_directory(tmp_path):
    keys = ("--access-key-id", "AK", "--secret-access-key", "SK", "--directory", tmp_path)
    with running(*keys) as one, running(*keys) as two:
        first, second = Client(one), Client(two)
        first.create_bucket()
        for number in range(5):
            first.put(f"a{number}", BIG)
            second.put(f"b{number}", b"1")
        assert second.get("a3").body == BIG
        assert first.send("GET", "bucket").texts("Contents/Key") == [f"{side}{n}" for side in "ab" for n in range(5)]
        first.close()
        second.close()


KILLS = int(os.environ.get("LOCAL_S3_KILLS", "3"))  # more of them: LOCAL_S3_KILLS=200


def content(key: str, number: int) -> bytes:
    """The body of the key's n-th write: of a size below or above what the index holds, or a file of several pieces."""
    size = (100, 70_000, 400_000)[number % 3]
    return hashlib.sha256(f"{key}/{number}".encode()).digest() * (size // 32)


def write_until_killed(server: Server, key: str, acknowledged: dict[str, int], tried: dict[str, int]) -> None:
    client = Client(server)
    try:
        for number in range(tried.get(key, 0) + 1, 1 << 32):
            tried[key] = number
            client.put(key, content(key, number))
            acknowledged[key] = number
    except (OSError, HTTPException):
        pass
    finally:
        client.close()


def test_kill_9_at_any_moment(tmp_path):
    """Under load: every acknowledged write is whole, and none that was not acknowledged is half there."""
    keys = ("--access-key-id", "AK", "--secret-access-key", "SK", "--directory", tmp_path)
    moments = random.Random(3)
    acknowledged: dict[str, int] = {}
    tried: dict[str, int] = {}
    for kill in range(KILLS + 1):
        with running(*keys) as server:
            client = Client(server)
            client.create_bucket()
            for key, number in acknowledged.items():
                body = client.get(key).body
                assert body in [content(key, n) for n in range(number, tried[key] + 1)], (kill, key, number)
            listed = client.send("GET", "bucket").texts("Contents/Key")
            assert set(acknowledged) <= set(listed)
            client.close()
            threads = [
                threading.Thread(target=write_until_killed, args=(server, key, acknowledged, tried))
                for key in ("a", "b", "c")
            ]
            for thread in threads:
                thread.start()
            time.sleep(moments.uniform(0.05, 0.4))  # the moment is what is tested
            server.process.kill()
            for thread in threads:
                thread.join()
    assert len(acknowledged) == 3
    bodies = list((tmp_path / "bodies").iterdir())
    with running(*keys):
        assert len(list((tmp_path / "bodies").iterdir())) <= min(3, len(bodies))
