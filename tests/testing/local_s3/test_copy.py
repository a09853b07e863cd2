"""CopyObject: from one key to another, without a byte sent."""

from __future__ import annotations

import pytest

from tests.testing.local_s3.client import md5
from tests.testing.local_s3.uploads import PART, complete, start, upload


def test_copy_object_takes_bytes_headers_and_metadata(client):
    client.put(
        "s o\u00fcrce", b"x" * 100_000, {"content-type": "text/plain", "x-amz-meta-a": "1", "x-amz-tagging": "t=1"}
    )
    source = "/bucket/s%20o%C3%BCrce"
    answer = client.send("PUT", "bucket", "copy", headers={"x-amz-copy-source": source})
    assert (answer.status, answer.text("ETag")) == (200, f'"{md5(b"x" * 100_000)}"')
    assert answer.text("LastModified")
    copy = client.get("copy")
    assert copy.body == b"x" * 100_000
    assert (copy.headers["content-type"], copy.headers["x-amz-meta-a"]) == ("text/plain", "1")
    assert copy.headers["x-amz-tagging-count"] == "1"


def test_copy_object_can_replace_metadata_and_tags(client):
    client.put("source", b"x", {"content-type": "text/plain", "x-amz-meta-a": "1", "x-amz-tagging": "t=1"})
    headers = {
        "x-amz-copy-source": "bucket/source",
        "x-amz-metadata-directive": "REPLACE",
        "x-amz-tagging-directive": "REPLACE",
        "x-amz-tagging": "u=2",
        "content-type": "text/html",
        "x-amz-meta-b": "2",
    }
    assert client.send("PUT", "bucket", "source", headers=headers).status == 200
    answer = client.get("source")
    assert (answer.body, answer.headers["content-type"], answer.headers["x-amz-meta-b"]) == (b"x", "text/html", "2")
    assert "x-amz-meta-a" not in answer.headers
    assert client.get("source", {"tagging": ""}).texts("TagSet/Tag/Key") == ["u"]


def test_copy_object_onto_itself_must_change_something(client):
    client.put("k", b"x")
    answer = client.send("PUT", "bucket", "k", headers={"x-amz-copy-source": "bucket/k"})
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    headers = {"x-amz-copy-source": "bucket/k", "x-amz-storage-class": "STANDARD_IA"}
    assert client.send("PUT", "bucket", "k", headers=headers).status == 200
    assert client.get("k").headers["x-amz-storage-class"] == "STANDARD_IA"


def test_copy_object_of_a_multipart_one_has_an_etag_of_its_own(client):
    upload_id = start(client)
    complete(client, upload_id, [(1, upload(client, upload_id, 1, PART))])
    answer = client.send("PUT", "bucket", "copy", headers={"x-amz-copy-source": "bucket/k"})
    assert answer.text("ETag") == f'"{md5(PART)}"'


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-amz-copy-source": "bucket"}, "InvalidArgument"),
        ({"x-amz-copy-source": "bucket/%zz"}, "InvalidArgument"),
        ({"x-amz-copy-source": "bucket/none"}, "NoSuchKey"),
        ({"x-amz-copy-source": "none/k"}, "NoSuchBucket"),
        ({"x-amz-copy-source": "bucket/k?versionId=none"}, "InvalidArgument"),
        ({"x-amz-copy-source": "bucket/k", "x-amz-copy-source-if-match": '"other"'}, "PreconditionFailed"),
        ({"x-amz-copy-source": "bucket/k", "x-amz-copy-source-if-none-match": "*"}, "PreconditionFailed"),
        ({"x-amz-copy-source": "bucket/k", "x-amz-metadata-directive": "x"}, "InvalidArgument"),
        ({"x-amz-copy-source": "bucket/k", "if-none-match": "*"}, "PreconditionFailed"),
        ({"x-amz-copy-source": "bucket/k", "x-amz-server-side-encryption-customer-key": "x"}, "InvalidArgument"),
    ],
)
def test_copy_object_refused_changes_nothing(client, headers, code):
    client.put("k", b"x")
    client.put("target", b"y")
    assert client.send("PUT", "bucket", "target", headers=headers).code == code
    assert client.get("target").body == b"y"
