"""A full disk: what is stored is refused, what is there can be read and deleted, and then there is room again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from sigv4.testing.local_s3.reserve import SIZE, Reserve
from tests import ROOT

PROGRAM = """
import logging, os, sys
from sigv4.testing import LocalS3
from tests.testing.local_s3.client import Client

logging.disable()

def fill(name, size):
    for number in range(1000):
        if client.send("PUT", "bucket", f"{name}{number}", body=os.urandom(size)).status == 500:
            return number

with LocalS3(directory=sys.argv[1]) as s3:
    client = Client(s3)
    client.create_bucket()
    big, small = fill("big", 200_000), fill("small", 10_000)
    assert big and client.get("big0").status == 200
    deleted = [client.send("DELETE", "bucket", f"small{number}").status for number in range(small)]
    deleted += [client.send("DELETE", "bucket", f"big{number}").status for number in range(big)]
    assert client.send("PUT", "bucket", "again", body=bytes(200_000)).status == 200
    assert client.send("DELETE", "bucket", "again").status == 204
    assert client.send("DELETE", "bucket").status == 204
    client.close()
print(set(deleted), os.path.exists(sys.argv[1] + "/reserve"))
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="a disk of its own takes Linux' unshare")
def test_full_disk_lets_objects_be_deleted(tmp_path):
    mount = f"mount -t tmpfs -o size=4m tmpfs {tmp_path}"
    if subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    command = ["unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "sh", sys.executable, "-c", PROGRAM]
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([*command, f"{tmp_path}/s3"], env=environ, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("{204} True\n", "")


def test_reserve_is_laid_in_once_and_again(tmp_path):
    path = tmp_path / "reserve"
    reserve = Reserve(str(path))
    assert path.stat().st_size == SIZE
    first = path.read_bytes()
    Reserve(str(path))
    assert path.read_bytes() == first
    reserve.spend()
    assert not path.exists()
    reserve.spend()
    reserve.keep()
    assert path.stat().st_size == SIZE


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the device that is always full is Linux'")
def test_reserve_does_without_where_there_is_no_room(tmp_path, monkeypatch):
    monkeypatch.setattr("builtins.open", lambda path, *args, _open=open, **named: _open("/dev/full", "wb", buffering=0))
    Reserve(str(tmp_path / "reserve"))
    assert list(tmp_path.iterdir()) == []
