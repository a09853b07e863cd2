"""The storage under LocalS3: every rule holds in memory and in a directory alike."""

from __future__ import annotations

import threading

import pytest

from sigv4.testing.local_s3.bodies import INLINE_LIMIT
from sigv4.testing.local_s3.errors import S3Error
from sigv4.testing.local_s3.records import Slice
from sigv4.testing.local_s3.storage import Vanished
from tests.testing.local_s3.stored import BIG, HARD_KEYS, complete, files, get, keys, put, put_part, read, refused

# Buckets


def test_bucket_is_kept_with_its_settings(storage):
    storage.create_bucket("a", {"acl": "private"})
    storage.configure_bucket("a", "cors", [{"x": 1}])
    storage.configure_bucket("a", "acl", None)
    assert [bucket.name for bucket in storage.buckets()] == ["a", "b"]
    assert storage.bucket("a").settings == {"cors": [{"x": 1}]}


def test_create_bucket_refuses_a_second_one_of_the_name(storage):
    with refused("BucketAlreadyOwnedByYou"):
        storage.create_bucket("b", {})


def test_delete_bucket_takes_an_empty_one_alone(storage):
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
def test_bucket_that_is_not_there_is_named(storage, call):
    with pytest.raises(S3Error) as caught:
        call(storage)
    assert (caught.value.code, caught.value.extra) == ("NoSuchBucket", [("BucketName", "none")])
    assert files(storage) == []


# Objects


@pytest.mark.parametrize("size", [0, 1, INLINE_LIMIT, INLINE_LIMIT + 1, len(BIG)])
def test_put_object_and_open_body_keep_every_byte(storage, size):
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
def test_open_body_gives_a_span(storage, start, size):
    assert read(storage, put(storage, "k", BIG), start, size) == BIG[start : start + size]


def test_key_is_its_own_however_hard(storage):
    """No key collides with another, escapes the directory, or changes on its way."""
    for number, key in enumerate(HARD_KEYS):
        put(storage, key, b"%d" % number)
    assert [get(storage, key) for key in HARD_KEYS] == [b"%d" % number for number in range(len(HARD_KEYS))]
    assert keys(storage.list_objects("b", "", "", "", 1000)) == sorted(HARD_KEYS, key=str.encode)


def test_put_object_leaves_nothing_of_what_it_replaced(storage):
    put(storage, "k", BIG)
    put(storage, "k", BIG[1:])
    assert get(storage, "k") == BIG[1:]
    assert len(files(storage)) == 1
    put(storage, "k", b"small")
    assert files(storage) == []


def test_receive_leaves_nothing_of_what_was_not_stored(storage):
    def break_off() -> None:
        with storage.receive() as body:
            body.write(BIG)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    with storage.receive() as body:
        body.write(BIG)
    assert files(storage) == []


def test_receive_keeps_what_was_stored_whatever_goes_wrong_afterwards(storage):
    def break_off() -> None:
        with storage.receive() as body:
            body.write(BIG)
            storage.put_object("b", "k", body, {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert get(storage, "k") == BIG


def test_put_object_lets_a_check_see_the_current_object_and_refuse(storage):
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


def test_open_body_of_a_deleted_version_says_that_it_vanished(storage):
    for data in (b"small", BIG):
        version = put(storage, "k", data)
        storage.delete_object("b", "k")
        with pytest.raises(Vanished):
            storage.open_body(version)


def test_delete_object_takes_what_is_not_there(storage):
    assert storage.delete_object("b", "k") is None
    with refused("NoSuchKey"):
        storage.version("b", "k")
    with refused("NoSuchVersion"):
        storage.version("b", "k", "v")


def test_set_attribute_changes_and_removes(storage):
    put(storage, "k", b"1", acl="private", tags={"a": "b"})
    storage.set_attribute(storage.version("b", "k"), "acl", "public-read")
    storage.set_attribute(storage.version("b", "k"), "tags", None)
    assert storage.version("b", "k").attributes == {"acl": "public-read"}


def test_slice_shares_its_bytes_and_lives_on_its_own(storage):
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


def test_slice_put_onto_itself_keeps_its_bytes(storage):
    source = put(storage, "k", BIG, meta="old")
    storage.put_object("b", "k", Slice(source, 0, source.size, source.etag), {"meta": "new"})
    assert get(storage, "k") == BIG
    assert storage.version("b", "k").attributes == {"meta": "new"}


# Versioning


def test_versions_and_delete_markers_come_and_go(storage):
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


def test_versioning_suspended_writes_the_null_version(storage):
    storage.configure_bucket("b", "versioning", "Enabled")
    kept = put(storage, "k", b"kept")
    storage.configure_bucket("b", "versioning", "Suspended")
    put(storage, "k", b"1")
    put(storage, "k", b"2")
    assert [v.version_id for v in storage.list_versions("b", "", "", "", "", 10).entries] == ["null", kept.version_id]
    marker = storage.delete_object("b", "k")
    assert (marker.version_id, marker.delete_marker) == ("null", True)
    assert [v.version_id for v in storage.list_versions("b", "", "", "", "", 10).entries] == ["null", kept.version_id]


# Multipart uploads


def test_complete_upload_makes_one_object_of_the_parts(storage):
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


def test_complete_upload_refused_changes_nothing(storage):
    upload = storage.create_upload("b", "k", {})
    put_part(storage, upload, 1, BIG)

    def refuse(upload, parts, current):
        raise S3Error("InvalidPart")

    with refused("InvalidPart"):
        storage.complete_upload(upload, refuse)
    assert len(storage.parts(upload)) == 1
    with refused("NoSuchKey"):
        storage.version("b", "k")


def test_abort_upload_leaves_nothing_behind(storage):
    upload = storage.create_upload("b", "k", {})
    put_part(storage, upload, 1, BIG)
    storage.abort_upload(upload)
    assert files(storage) == []
    with refused("NoSuchUpload"):
        put_part(storage, upload, 2, BIG)
    assert files(storage) == []


def test_put_part_takes_a_span_of_an_object(storage):
    source = put(storage, "source", BIG)
    upload = storage.create_upload("b", "k", {})
    storage.put_part(upload, 1, Slice(source, 10, 100_000, "e"), {})
    put_part(storage, upload, 2, b"tail")
    complete(storage, upload, [1, 2])
    storage.delete_object("b", "source")
    assert get(storage, "k") == BIG[10:100_010] + b"tail"


def test_upload_is_found_under_its_own_key_only(storage):
    upload = storage.create_upload("b", "k", {})
    storage.create_bucket("other", {})
    for bucket, key in (("b", "other"), ("other", "k")):
        with refused("NoSuchUpload"):
            storage.upload(bucket, key, upload.upload_id)


# Threads


def test_storage_serves_many_threads(storage):
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
