"""Listings of objects."""

from __future__ import annotations

import pytest

from tests.testing.local_s3.client import md5


def test_list_objects_v2_in_full(client):
    for key in ("a", "b/1", "b/2", "c"):
        client.put(key, b"x")
    answer = client.send("GET", "bucket", query={"list-type": "2", "delimiter": "/", "fetch-owner": "true"})
    assert answer.texts("Contents/Key") == ["a", "c"]
    assert answer.texts("Contents/ETag") == [f'"{md5(b"x")}"'] * 2
    assert answer.texts("Contents/Size") == ["1", "1"]
    assert answer.texts("Contents/StorageClass") == ["STANDARD"] * 2
    assert len(answer.texts("Contents/Owner/ID")) == 2
    assert answer.texts("CommonPrefixes/Prefix") == ["b/"]
    assert (answer.text("KeyCount"), answer.text("IsTruncated"), answer.text("Name")) == ("3", "false", "bucket")


@pytest.mark.parametrize("delimiter", ["", "/"])
def test_list_objects_pages_join_into_the_whole(client, delimiter):
    keys = [f"{number % 7}/{number}" for number in range(25)] + ["x", "y"]
    for key in keys:
        client.put(key)
    expected = sorted({key.partition("/")[0] + "/" if delimiter and "/" in key else key for key in keys})
    found, query = [], {"list-type": "2", "delimiter": delimiter, "max-keys": "4"}
    while True:
        page = client.send("GET", "bucket", query=query)
        found += page.texts("Contents/Key") + page.texts("CommonPrefixes/Prefix")
        if page.text("IsTruncated") == "false":
            break
        query["continuation-token"] = page.text("NextContinuationToken")
    assert sorted(found) == expected
    found, query = [], {"delimiter": delimiter, "max-keys": "4"}
    while True:
        page = client.send("GET", "bucket", query=query)
        batch = sorted(page.texts("Contents/Key") + page.texts("CommonPrefixes/Prefix"))
        found += batch
        if page.text("IsTruncated") == "false":
            break
        assert page.text("NextMarker") == (batch[-1] if delimiter else None)
        query["marker"] = batch[-1]
    assert sorted(found) == expected


def test_list_objects_encodes_names_when_asked(client):
    client.put("a b/+\x01\u00fc/x", b"")
    client.put("~*(", b"")
    query = {"list-type": "2", "encoding-type": "url", "prefix": "a b/", "delimiter": "\u00fc", "start-after": "a b"}
    answer = client.send("GET", "bucket", query=query)
    assert answer.texts("CommonPrefixes/Prefix") == ["a+b/%2B%01%C3%BC"]
    assert (answer.text("Prefix"), answer.text("Delimiter"), answer.text("StartAfter")) == ("a+b/", "%C3%BC", "a+b")
    assert b"&#x1;" in client.send("GET", "bucket").body
    assert client.send("GET", "bucket", query={"encoding-type": "url"}).texts("Contents/Key")[1:] == ["%7E*%28"]


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ({"max-keys": "-1"}, "max-keys"),
        ({"max-keys": "x"}, "max-keys"),
        ({"max-keys": "99999999999"}, "max-keys"),
        ({"encoding-type": "base64"}, "encoding-type"),
        ({"list-type": "2", "continuation-token": "!"}, "continuation-token"),
    ],
)
def test_list_objects_refuses_bad_parameters(client, query, argument):
    answer = client.send("GET", "bucket", query=query)
    assert (answer.status, answer.code, answer.text("ArgumentName")) == (400, "InvalidArgument", argument)


def test_list_objects_gives_a_thousand_keys_a_page_at_most(client):
    with client.s3._storage._index.transaction() as db:
        rows = [("bucket", b"%05d" % number) for number in range(2500)]
        db.executemany("INSERT INTO versions VALUES (NULL, ?, ?, 'null', 1, 0, 0.0, 0, '', '{}', NULL)", rows)
    page = client.send("GET", "bucket", query={"list-type": "2", "max-keys": "5000"})
    assert (len(page.texts("Contents/Key")), page.text("MaxKeys"), page.text("IsTruncated")) == (1000, "1000", "true")


def versions_page(client, markers, size):
    query = {"versions": "", "max-keys": str(size)} | markers
    answer = client.send("GET", "bucket", query=query)
    assert answer.status == 200, answer
    return answer


def test_list_object_versions_goes_on_from_a_marker_that_has_been_deleted(client):
    """A bucket is emptied page by page, as boto3's `Bucket.object_versions.delete()` does it."""
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    client.put("a", b"before versioning")
    assert client.send("PUT", "bucket", query={"versioning": ""}, body=body).status == 200
    for number in range(7):
        client.put(("a", "b")[number % 2], str(number).encode())
    client.send("DELETE", "bucket", "a")
    deleted, markers = [], {}
    while True:
        page = versions_page(client, markers, 2)
        found = [
            (entry.findtext("Key"), entry.findtext("VersionId"))
            for entry in page.xml
            if entry.tag in ("Version", "DeleteMarker")
        ]
        for key, version_id in found:
            assert client.send("DELETE", "bucket", key, {"versionId": version_id}).status == 204
        deleted += found
        if page.text("IsTruncated") == "false":
            break
        markers = {"key-marker": page.text("NextKeyMarker"), "version-id-marker": page.text("NextVersionIdMarker")}
    assert len(deleted) == len(set(deleted)) == 9
    assert client.send("DELETE", "bucket").status == 204


def test_list_object_versions_refuses_a_marker_that_no_s3_has_made(client):
    client.put("a")
    for marker in ("0" * 32, "x", "é", "null "):
        answer = client.send("GET", "bucket", query={"versions": "", "key-marker": "a", "version-id-marker": marker})
        assert (answer.status, answer.code, answer.text("ArgumentName")) == (
            400,
            "InvalidArgument",
            "version-id-marker",
        )
