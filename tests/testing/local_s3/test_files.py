"""The files of large bodies: gone with their last piece, but not before their last reader."""

from __future__ import annotations

import os
from contextlib import closing

import pytest

from sigv4.testing.local_s3.records import Version
from sigv4.testing.local_s3.storage import Storage, Vanished
from tests.testing.local_s3.stored import BIG, complete, files, put, put_part


def test_file_outlives_its_object_while_it_is_read(storage):
    """A download that has begun ends well, and the file goes when it does."""
    upload = storage.create_upload("b", "k", {})
    for number in (1, 2):
        put_part(storage, upload, number, BIG)
    body = storage.open_body(complete(storage, upload, [1, 2]))
    storage.delete_object("b", "k")
    assert body.read(-1) == BIG + BIG
    body.close()
    assert files(storage) == []


def test_file_lost_is_no_version_deleted(storage):
    """Looking again would find the same version for ever."""
    version = put(storage, "k", BIG)
    storage._files._store.delete(files(storage)[0])
    with pytest.raises(FileNotFoundError):
        storage.open_body(version)


def test_file_is_read_to_its_end_though_another_process_deletes_it(tmp_path, monkeypatch):
    """Where the object goes before its files are open, it has vanished, and nothing has been read of it."""

    def upload(key: str) -> Version:
        upload = one.create_upload("b", key, {})
        for number in range(1, 5):
            put_part(one, upload, number, BIG if number % 2 else b"small")
        return complete(one, upload, [1, 2, 3, 4])

    with closing(Storage(tmp_path)) as one, closing(Storage(tmp_path)) as two:
        one.create_bucket("b", {})
        body = one.open_body(upload("k"))
        assert body.read(10) == BIG[:10]
        two.delete_object("b", "k")
        assert files(two) == []
        assert body.read() == BIG[10:] + b"small" + BIG + b"small"
        body.close()
        version, reader = upload("k"), one._files.reader
        monkeypatch.setattr(one._files, "reader", lambda pieces: (two.delete_object("b", "k"), reader(pieces))[1])
        with pytest.raises(Vanished):
            one.open_body(version)
        assert (one._files._open_ahead, one._files._pins) == (0, {})


def test_files_of_a_download_are_not_all_held_open(tmp_path, monkeypatch):
    monkeypatch.setattr("sigv4.testing.local_s3.files.MAX_OPEN_AHEAD", 3)
    with closing(Storage(tmp_path)) as storage:
        storage.create_bucket("b", {})
        upload = storage.create_upload("b", "k", {})
        for number in (1, 2):
            put_part(storage, upload, number, BIG + bytes([number]))
        version = complete(storage, upload, [1, 2])
        bodies = [storage.open_body(version) for _ in range(3)]
        assert [len(body._files) for body in bodies] == [2, 1, 0]
        assert {body.read() for body in bodies} == {BIG + b"\1" + BIG + b"\2"}
        for body in bodies:
            body.close()
        assert storage._files._open_ahead == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the name until the file is closed")
def test_files_of_the_memory_have_no_name_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with closing(Storage()) as storage:
        storage.create_bucket("b", {})
        assert storage.read(put(storage, "k", BIG)) == BIG
        assert os.listdir(tmp_path) == []
