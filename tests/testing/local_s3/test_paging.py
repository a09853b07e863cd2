"""Listings page by page: in the order of UTF-8, none twice and none left out, each page at its own cost."""

from __future__ import annotations

import pytest

from sigv4.testing.local_s3.records import Page
from tests.testing.local_s3.stored import keys, put, refused

TREE = ["a", "a/b", "a/b/c", "a/d", "b", "b/", "b//x", "b/y/1", "b/y/2", "caf\u00e9/1", "caf\u00e9/2", "z\U0001f600"]


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_page_after_page_is_the_listing_in_order(storage, limit):
    """Page by page, what comes is the plain definition of a listing, whatever the prefix and the delimiter."""
    for key in TREE:
        put(storage, key)
    for prefix in ("", "a", "a/", "b/", "b/y/", "caf\u00e9", "none"):
        for delimiter in ("", "/", "b", "//", "\u00e9"):
            assert page_after_page(storage, prefix, delimiter, limit) == listing(prefix, delimiter), (prefix, delimiter)


def listing(prefix, delimiter):
    expected = set()
    for key in TREE:
        if key.startswith(prefix):
            cut = key.find(delimiter, len(prefix)) if delimiter else -1
            expected.add(key[: cut + len(delimiter)] if cut >= 0 else key)
    return sorted(expected, key=str.encode)


def page_after_page(storage, prefix, delimiter, limit):
    found, after = [], ""
    while True:
        page = storage.list_objects("b", prefix, delimiter, after, limit)
        assert len(page.entries) <= limit
        found += keys(page)
        if not page.truncated:
            return found
        after = found[-1]


def test_page_of_no_entries_ends_the_listing(storage):
    put(storage, "k")
    assert storage.list_objects("b", "", "", "", 0) == Page([], False)


def test_page_begins_after_a_key_that_need_not_exist(storage):
    for key in ("a", "b", "b/1", "c"):
        put(storage, key)
    assert keys(storage.list_objects("b", "", "", "b", 10)) == ["b/1", "c"]
    assert keys(storage.list_objects("b", "", "", "aa", 10)) == ["b", "b/1", "c"]
    assert keys(storage.list_objects("b", "", "/", "b/0", 10)) == ["c"]


def test_page_of_versions_goes_by_key_and_version(storage):
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


def test_page_of_uploads_goes_by_key_and_upload_id(storage):
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


def test_page_costs_a_page(storage):
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
