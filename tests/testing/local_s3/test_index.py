"""The index: what a restart, another process, kill -9 and a snapshot leave."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing

import pytest

from sigv4.testing.local_s3.index import SCHEMA_VERSION
from sigv4.testing.local_s3.storage import Storage
from tests.testing.local_s3.stored import BIG, HARD_KEYS, complete, files, get, keys, put, put_part


def test_index_has_what_was_stored_after_a_restart(tmp_path):
    with closing(Storage(tmp_path)) as storage:
        storage.create_bucket("b", {"acl": "private"})
        for number, key in enumerate(HARD_KEYS):
            put(storage, key, BIG[: number * 10_000])
        upload = storage.create_upload("b", "k", {})
        put_part(storage, upload, 1, BIG)
    with closing(Storage(tmp_path)) as storage:
        for number, key in enumerate(HARD_KEYS):
            assert get(storage, key) == BIG[: number * 10_000]
        complete(storage, upload, [1])
        assert get(storage, "k") == BIG
    assert os.listdir(tmp_path / "owners") == []


def test_index_serves_two_at_once(tmp_path):
    with closing(Storage(tmp_path)) as one, closing(Storage(tmp_path)) as two:
        one.create_bucket("b", {})
        put(two, "k", BIG)
        assert get(one, "k") == BIG
        with one.receive() as body:
            body.write(BIG)
            with closing(Storage(tmp_path)):  # its sweep must leave alone what a living one is writing
                pass
            one.put_object("b", "mine", body, {})
        assert get(two, "mine") == BIG


def test_index_after_kill_9_has_whole_objects_and_no_leftovers(tmp_path):
    """kill -9 amid an upload: what was acknowledged is whole, the rest is absent, and the next start sweeps."""
    program = """
import os, signal, sys
from sigv4.testing.local_s3.storage import Storage
storage = Storage(sys.argv[1])
storage.create_bucket("b", {})
for key in ("old", "new"):
    with storage.receive() as body:
        body.write(key.encode() * 100_000)
        if key == "new":
            storage.put_object("b", "old", body, {}, lambda current: os.kill(os.getpid(), signal.SIGKILL))
        storage.put_object("b", key, body, {})
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)
    assert done.returncode == -9
    assert len(os.listdir(tmp_path / "bodies")) == 2
    with closing(Storage(tmp_path)) as storage:
        assert get(storage, "old") == b"old" * 100_000
        assert keys(storage.list_objects("b", "", "", "", 10)) == ["old"]
        assert len(files(storage)) == 1
        assert len(os.listdir(tmp_path / "owners")) == 1


def test_index_of_another_version_is_refused(tmp_path):
    with closing(Storage(tmp_path)) as storage, storage._index.transaction() as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(ValueError, match="version 2; this release reads version 1"):
        Storage(tmp_path)


def test_restore_lets_a_body_be_written_on():
    """It is stored as whole as any other, or removed; and a file that was being written at the snapshot is no rest."""
    with closing(Storage()) as storage:
        storage.create_bucket("b", {})
        with storage.receive() as early:
            early.write(BIG)
            snapshot = storage.snapshot()
            with storage.receive() as stored, storage.receive() as dropped:
                stored.write(BIG)
                dropped.write(BIG)
                put(storage, "gone", BIG)
                storage.restore(snapshot)
                assert len(files(storage)) == 3
                stored.write(BIG)
                storage.put_object("b", "k", stored, {})
            assert get(storage, "k") == BIG + BIG
            storage.put_object("b", "early", early, {})
        assert get(storage, "early") == BIG
        assert len(files(storage)) == 2
        storage.restore(snapshot)
        assert keys(storage.list_objects("b", "", "", "", 10)) == files(storage) == []
