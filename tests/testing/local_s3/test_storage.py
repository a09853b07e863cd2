"""The storage under LocalS3: every rule holds in memory and in a directory alike."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from sigv4.testing.local_s3.bodies import INLINE_LIMIT
from sigv4.testing.local_s3.errors import S3Error
from sigv4.testing.local_s3.index import SCHEMA_VERSION
from sigv4.testing.local_s3.records import Page, Slice, Version
from sigv4.testing.local_s3.storage import Storage, Vanished

BIG = bytes(range(256)) * 1024  # a file of its own
HARD_KEYS = [
    "plain",
    "a b+c%20~",
    "//",
    "/",
    "a//b/",
    ".",
    "..",
    "../../etc/passwd",
    "con",
    "UPPER",
    "upper",
    "caf\u00e9",
    "cafe\u0301",
    "\x00",
    "\x01\x1f\x7f\n",
    "\U0001f600",
    "\uffff",
    "'\"; DROP TABLE versions; --",
    "k" * 1024,
]


@pytest.fixture(params=["memory", "directory"])
def storage(request, tmp_path):
    with closing(Storage(None if request.param == "memory" else tmp_path / "s3")) as storage:
        storage.create_bucket("b", {})
        yield storage


def put(storage: Storage, key: str, data: bytes = b"", bucket: str = "b", **attributes: object) -> Version:
    with storage.receive() as body:
        for start in range(0, len(data), 50_000):
            body.write(data[start : start + 50_000])
        return storage.put_object(bucket, key, body, attributes)


def read(storage: Storage, version: Version, start: int = 0, size: int | None = None) -> bytes:
    body = storage.open_body(version, start, size)
    if isinstance(body, bytes):
        return body
    wanted = version.size - start if size is None else size
    data = b""
    with closing(body):
        while len(data) < wanted:
            data += body.read(wanted - len(data))
    return data


def get(storage: Storage, key: str, version_id: str | None = None) -> bytes:
    return read(storage, storage.version("b", key, version_id))


def put_part(storage: Storage, upload, number: int, data: bytes):
    with storage.receive() as body:
        body.write(data)
        return storage.put_part(upload, number, body, {})


def complete(storage: Storage, upload, numbers: list[int]) -> Version:
    return storage.complete_upload(upload, lambda upload, parts, current: (numbers, "etag-2", {}))


def files(storage: Storage) -> list[str]:
    return storage._files.names()


def refused(code: str):
    return pytest.raises(S3Error, match=f"^{code}:")


def keys(page: Page) -> list[str]:
    return [entry if isinstance(entry, str) else entry.key for entry in page.entries]


# Buckets


def test_a_bucket_is_kept_with_its_settings(storage):
    storage.create_bucket("a", {"acl": "private"})
    storage.configure_bucket("a", "cors", [{"x": 1}])
    storage.configure_bucket("a", "acl", None)
    assert [bucket.name for bucket in storage.buckets()] == ["a", "b"]
    assert storage.bucket("a").settings == {"cors": [{"x": 1}]}


def test_a_second_bucket_of_the_name_is_refused(storage):
    with refused("BucketAlreadyOwnedByYou"):
        storage.create_bucket("b", {})


def test_only_an_empty_bucket_can_be_deleted(storage):
    put(storage, "k")
    with refused("BucketNotEmpty"):
        storage.delete_bucket("b")
    storage.delete_object("b", "k")
    put_part(storage, storage.create_upload("b", "k", {}), 1, BIG)
    storage.delete_bucket("b")
    with refused("NoSuchBucket"):
        storage.bucket("b")
    assert files(storage) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.version("none", "k"),
        lambda s: s.delete_object("none", "k"),
        lambda s: s.list_objects("none", "", "", "", 1),
        lambda s: s.create_upload("none", "k", {}),
        lambda s: s.configure_bucket("none", "x", 1),
        lambda s: s.delete_bucket("none"),
        lambda s: put(s, "k", BIG, "none"),
    ],
)
def test_a_bucket_that_is_not_there_is_named(storage, call):
    with pytest.raises(S3Error) as caught:
        call(storage)
    assert (caught.value.code, caught.value.extra) == ("NoSuchBucket", [("BucketName", "none")])
    assert files(storage) == []


# Objects


@pytest.mark.parametrize("size", [0, 1, INLINE_LIMIT, INLINE_LIMIT + 1, len(BIG)])
def test_an_object_comes_back_as_it_went_in(storage, size):
    data = BIG[:size]
    stored = put(storage, "k", data, headers={"content-type": "text/plain"})
    assert storage.version("b", "k") == stored
    assert (stored.size, stored.version_id, stored.attributes) == (
        size,
        "null",
        {"headers": {"content-type": "text/plain"}},
    )
    assert get(storage, "k") == data
    assert len(files(storage)) == (size > INLINE_LIMIT)


@pytest.mark.parametrize(("start", "size"), [(0, 1), (1, 10), (100_000, 100_000), (len(BIG) - 1, 1), (5, 0)])
def test_a_span_of_an_object(storage, start, size):
    assert read(storage, put(storage, "k", BIG), start, size) == BIG[start : start + size]


def test_every_key_is_its_own(storage):
    """No key collides with another, escapes the directory, or changes on its way."""
    for number, key in enumerate(HARD_KEYS):
        put(storage, key, b"%d" % number)
    assert [get(storage, key) for key in HARD_KEYS] == [b"%d" % number for number in range(len(HARD_KEYS))]
    assert keys(storage.list_objects("b", "", "", "", 1000)) == sorted(HARD_KEYS, key=str.encode)


def test_an_overwritten_body_leaves_nothing_behind(storage):
    put(storage, "k", BIG)
    put(storage, "k", BIG[1:])
    assert get(storage, "k") == BIG[1:]
    assert len(files(storage)) == 1
    put(storage, "k", b"small")
    assert files(storage) == []


def test_a_body_that_was_not_stored_leaves_nothing_behind(storage):
    def break_off() -> None:
        with storage.receive() as body:
            body.write(BIG)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    with storage.receive() as body:
        body.write(BIG)
    assert files(storage) == []


def test_a_stored_body_survives_what_goes_wrong_afterwards(storage):
    def break_off() -> None:
        with storage.receive() as body:
            body.write(BIG)
            storage.put_object("b", "k", body, {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert get(storage, "k") == BIG


def test_a_check_sees_the_current_object_and_can_refuse(storage):
    seen = []

    def check(current):
        seen.append(current)
        raise S3Error("PreconditionFailed")

    with refused("PreconditionFailed"), storage.receive() as body:
        storage.put_object("b", "k", body, {}, check)
    stored = put(storage, "k", b"1")
    with refused("PreconditionFailed"), storage.receive() as body:
        body.write(BIG)
        storage.put_object("b", "k", body, {}, check)
    assert seen == [None, stored]
    assert get(storage, "k") == b"1"
    assert files(storage) == []


def test_an_open_body_outlives_its_object(storage):
    """A download that has begun ends well, and the file goes when it does."""
    upload = storage.create_upload("b", "k", {})
    for number in (1, 2):
        put_part(storage, upload, number, BIG)
    body = storage.open_body(complete(storage, upload, [1, 2]))
    storage.delete_object("b", "k")
    assert body.read(-1) == BIG + BIG
    body.close()
    assert files(storage) == []


def test_a_deleted_version_cannot_be_opened(storage):
    for data in (b"small", BIG):
        version = put(storage, "k", data)
        storage.delete_object("b", "k")
        with pytest.raises(Vanished):
            storage.open_body(version)


def test_a_lost_file_is_no_deleted_version(storage):
    """Looking again would find the same version for ever."""
    version = put(storage, "k", BIG)
    os.unlink(storage._files.path(files(storage)[0]))
    with pytest.raises(FileNotFoundError):
        storage.open_body(version)


def test_deleting_what_is_not_there_is_no_error(storage):
    assert storage.delete_object("b", "k") is None
    with refused("NoSuchKey"):
        storage.version("b", "k")
    with refused("NoSuchVersion"):
        storage.version("b", "k", "v")


def test_attributes_can_change(storage):
    put(storage, "k", b"1", acl="private", tags={"a": "b"})
    storage.set_attribute(storage.version("b", "k"), "acl", "public-read")
    storage.set_attribute(storage.version("b", "k"), "tags", None)
    assert storage.version("b", "k").attributes == {"acl": "public-read"}


def test_a_copy_shares_its_bytes_and_lives_on_its_own(storage):
    source = put(storage, "source", BIG)
    storage.put_object("b", "copy", Slice(source, 0, source.size, source.etag), {})
    storage.put_object("b", "span", Slice(source, 1000, 100_000, "e"), {})
    storage.put_object("b", "itself", Slice(storage.version("b", "span"), 1, 2, "e"), {})
    assert len(files(storage)) == 1
    storage.delete_object("b", "source")
    assert get(storage, "copy") == BIG
    assert get(storage, "span") == BIG[1000:101_000]
    assert get(storage, "itself") == BIG[1001:1003]
    for key in ("copy", "span", "itself"):
        storage.delete_object("b", key)
    assert files(storage) == []


def test_an_object_copied_onto_itself_keeps_its_bytes(storage):
    source = put(storage, "k", BIG, meta="old")
    storage.put_object("b", "k", Slice(source, 0, source.size, source.etag), {"meta": "new"})
    assert get(storage, "k") == BIG
    assert storage.version("b", "k").attributes == {"meta": "new"}


# Versioning


def test_versions_and_delete_markers(storage):
    null = put(storage, "k", b"null")
    storage.configure_bucket("b", "versioning", "Enabled")
    first = put(storage, "k", b"first")
    second = put(storage, "k", BIG)
    marker = storage.delete_object("b", "k")
    assert len({null.version_id, first.version_id, second.version_id, marker.version_id}) == 4
    assert storage.version("b", "k").delete_marker
    assert get(storage, "k", "null") == b"null"
    assert get(storage, "k", first.version_id) == b"first"
    listed = storage.list_versions("b", "", "", "", "", 10).entries
    assert [(v.version_id, v.latest) for v in listed] == [
        (marker.version_id, True),
        (second.version_id, False),
        (first.version_id, False),
        ("null", False),
    ]
    assert storage.list_objects("b", "", "", "", 10).entries == []
    storage.delete_object("b", "k", marker.version_id)
    assert get(storage, "k") == BIG
    storage.delete_object("b", "k", second.version_id)
    assert get(storage, "k") == b"first"
    assert keys(storage.list_objects("b", "", "", "", 10)) == ["k"]
    assert files(storage) == []


def test_suspended_versioning_writes_the_null_version(storage):
    storage.configure_bucket("b", "versioning", "Enabled")
    kept = put(storage, "k", b"kept")
    storage.configure_bucket("b", "versioning", "Suspended")
    put(storage, "k", b"1")
    put(storage, "k", b"2")
    assert [v.version_id for v in storage.list_versions("b", "", "", "", "", 10).entries] == ["null", kept.version_id]
    marker = storage.delete_object("b", "k")
    assert (marker.version_id, marker.delete_marker) == ("null", True)
    assert [v.version_id for v in storage.list_versions("b", "", "", "", "", 10).entries] == ["null", kept.version_id]


def test_versions_page_by_key_and_version(storage):
    storage.configure_bucket("b", "versioning", "Enabled")
    for key in ("a", "b/1", "b/2", "c"):
        put(storage, key)
        put(storage, key)
    whole = storage.list_versions("b", "", "", "", "", 100).entries
    paged, key, version_id = [], "", ""
    while True:
        page = storage.list_versions("b", "", "", key, version_id, 3)
        paged += page.entries
        if not page.truncated:
            break
        key, version_id = page.entries[-1].key, page.entries[-1].version_id
    assert paged == whole
    assert keys(storage.list_versions("b", "", "/", "", "", 100)) == ["a", "a", "b/", "c", "c"]
    assert keys(storage.list_versions("b", "", "/", "b/", "", 100)) == ["c", "c"]
    with refused("InvalidArgument"):
        storage.list_versions("b", "", "", "a", "none", 3)


# Listings

TREE = ["a", "a/b", "a/b/c", "a/d", "b", "b/", "b//x", "b/y/1", "b/y/2", "caf\u00e9/1", "caf\u00e9/2", "z\U0001f600"]


@pytest.mark.parametrize("delimiter", ["", "/", "b", "//", "\u00e9"])
@pytest.mark.parametrize("prefix", ["", "a", "a/", "b/", "b/y/", "caf\u00e9", "none"])
@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_pages_are_the_listing_in_order(storage, prefix, delimiter, limit):
    """Page by page, what comes is the plain definition of a listing."""
    for key in TREE:
        put(storage, key)
    expected = set()
    for key in TREE:
        if key.startswith(prefix):
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            expected.add(key[: cut + len(delimiter)] if cut >= 0 else key)
    found, after = [], ""
    while True:
        page = storage.list_objects("b", prefix, delimiter, after, limit)
        assert len(page.entries) <= limit
        found += keys(page)
        if not page.truncated:
            break
        after = found[-1]
    assert found == sorted(expected, key=str.encode)


def test_a_page_of_no_entries_ends_the_listing(storage):
    put(storage, "k")
    assert storage.list_objects("b", "", "", "", 0) == Page([], False)


def test_listing_begins_after_a_key_that_need_not_exist(storage):
    for key in ("a", "b", "b/1", "c"):
        put(storage, key)
    assert keys(storage.list_objects("b", "", "", "b", 10)) == ["b/1", "c"]
    assert keys(storage.list_objects("b", "", "", "aa", 10)) == ["b", "b/1", "c"]
    assert keys(storage.list_objects("b", "", "/", "b/0", 10)) == ["c"]


def test_a_page_costs_a_page(storage):
    """A listing by prefix and delimiter reads what it answers, not what lies under the common prefixes."""
    with storage._index.transaction() as db:
        rows = [("b", b"%02d/%05d" % divmod(n, 100), "null", 1, 0, 0.0, 0, "", "{}") for n in range(10_000)]
        db.executemany(
            "INSERT INTO versions (bucket, key, version_id, latest, delete_marker, modified, size, etag, attributes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    steps = 0

    def count():
        nonlocal steps
        steps += 1

    with storage._index.reading() as db:
        db.set_progress_handler(count, 1)  # one virtual machine instruction
        readers = [db]
    storage.list_objects("b", "", "/", "50/", 10)
    readers[0].set_progress_handler(None, 0)
    assert 0 < steps < 2000


# Multipart uploads


def test_parts_become_an_object(storage):
    upload = storage.create_upload("b", "k", {"acl": "private"})
    put_part(storage, upload, 2, b"tail")
    put_part(storage, upload, 1, BIG)
    put_part(storage, upload, 3, BIG)
    put_part(storage, upload, 1, BIG[:100_000])
    assert storage.upload("b", "k", upload.upload_id) == upload
    assert [(part.number, part.size) for part in storage.parts(upload)] == [(1, 100_000), (2, 4), (3, len(BIG))]
    assert [part.number for part in storage.parts(upload, after=1, limit=1)] == [2]
    version = complete(storage, upload, [1, 2])
    assert (version.size, version.etag) == (100_004, "etag-2")
    assert get(storage, "k") == BIG[:100_000] + b"tail"
    assert read(storage, version, 99_999, 3) == BIG[99_999:100_000] + b"ta"
    assert len(files(storage)) == 1
    with refused("NoSuchUpload"):
        storage.upload("b", "k", upload.upload_id)


def test_a_refused_completion_changes_nothing(storage):
    upload = storage.create_upload("b", "k", {})
    put_part(storage, upload, 1, BIG)

    def refuse(upload, parts, current):
        raise S3Error("InvalidPart")

    with refused("InvalidPart"):
        storage.complete_upload(upload, refuse)
    assert len(storage.parts(upload)) == 1
    with refused("NoSuchKey"):
        storage.version("b", "k")


def test_an_aborted_upload_leaves_nothing_behind(storage):
    upload = storage.create_upload("b", "k", {})
    put_part(storage, upload, 1, BIG)
    storage.abort_upload(upload)
    assert files(storage) == []
    with refused("NoSuchUpload"):
        put_part(storage, upload, 2, BIG)
    assert files(storage) == []


def test_a_part_can_be_a_span_of_an_object(storage):
    source = put(storage, "source", BIG)
    upload = storage.create_upload("b", "k", {})
    storage.put_part(upload, 1, Slice(source, 10, 100_000, "e"), {})
    put_part(storage, upload, 2, b"tail")
    complete(storage, upload, [1, 2])
    storage.delete_object("b", "source")
    assert get(storage, "k") == BIG[10:100_010] + b"tail"


def test_an_upload_is_found_under_its_own_key_only(storage):
    upload = storage.create_upload("b", "k", {})
    storage.create_bucket("other", {})
    for bucket, key in (("b", "other"), ("other", "k")):
        with refused("NoSuchUpload"):
            storage.upload(bucket, key, upload.upload_id)


def test_uploads_page_by_key_and_upload_id(storage):
    for key in ("a", "a", "a", "b/1", "b/2", "c"):
        storage.create_upload("b", key, {})
    whole = storage.list_uploads("b", "", "", "", "", 100).entries
    paged, key, upload_id = [], "", ""
    while True:
        page = storage.list_uploads("b", "", "", key, upload_id, 2)
        paged += page.entries
        if not page.truncated:
            break
        key, upload_id = page.entries[-1].key, page.entries[-1].upload_id
    assert paged == whole
    assert keys(storage.list_uploads("b", "", "/", "", "", 100)) == ["a", "a", "a", "b/", "c"]


# Threads, processes, restarts


def test_threads_do_not_disturb_each_other(storage):
    errors = []

    def work(name: str) -> None:
        try:
            for number in range(20):
                data = name.encode() * (40_000 if number % 2 else 10)
                put(storage, f"{name}/{number}", data)
                put(storage, "shared", data)
                assert get(storage, f"{name}/{number}") == data
                storage.list_objects("b", "", "/", "", 10)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("ab", "cd", "ef", "gh")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(storage.list_objects("b", "", "", "", 1000).entries) == 81


def test_what_was_stored_is_there_after_a_restart(tmp_path):
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


def test_two_at_once_serve_one_directory(tmp_path):
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


def test_a_download_outlives_what_another_process_deletes(tmp_path, monkeypatch):
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


def test_a_download_of_many_files_does_not_hold_them_all(tmp_path, monkeypatch):
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


def test_a_killed_process_leaves_whole_objects_and_no_leftovers(tmp_path):
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


def test_a_directory_of_another_version_is_refused(tmp_path):
    with closing(Storage(tmp_path)) as storage, storage._index.transaction() as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(ValueError, match="version 2; this release reads version 1"):
        Storage(tmp_path)


def test_a_body_being_written_outlives_a_restore():
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


def test_memory_leaves_nothing_on_the_disk():
    storage = Storage()
    storage.create_bucket("b", {})
    put(storage, "k", BIG)
    folder = storage._files.folder
    assert os.listdir(folder)
    storage.close()
    assert not os.path.exists(folder)
