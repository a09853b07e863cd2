"""Multipart uploads, from beginning to completion or end."""

from __future__ import annotations

import hashlib

import pytest

from tests.testing.local_s3.client import checksum_value, md5
from tests.testing.local_s3.uploads import PART, complete, start, upload


def test_complete_multipart_upload_makes_one_object_of_the_parts(client):
    upload_id = start(client, headers={"content-type": "text/plain", "x-amz-meta-a": "1"})
    assert client.get("k").code == "NoSuchKey"
    parts = [
        (number, upload(client, upload_id, number, body)) for number, body in ((2, PART), (7, b"tail"), (1, b"old"))
    ]
    parts[2] = (1, upload(client, upload_id, 1, PART[::-1]))
    listed = client.send("GET", "bucket", "k", {"uploadId": upload_id})
    assert listed.texts("Part/PartNumber") == ["1", "2", "7"]
    assert listed.texts("Part/Size") == [str(5 << 20), str(5 << 20), "4"]
    page = client.send("GET", "bucket", "k", {"uploadId": upload_id, "max-parts": "1", "part-number-marker": "1"})
    assert (page.texts("Part/PartNumber"), page.text("IsTruncated"), page.text("NextPartNumberMarker")) == (
        ["2"],
        "true",
        "2",
    )
    answer = complete(client, upload_id, sorted(parts))
    digests = b"".join(hashlib.md5(data).digest() for data in (PART[::-1], PART, b"tail"))
    assert answer.text("ETag") == f'"{md5(digests)}-3"'
    assert answer.text("Location") == f"http://{client.host}/bucket/k"
    got = client.get("k")
    assert got.body == PART[::-1] + PART + b"tail"
    assert (got.headers["content-type"], got.headers["x-amz-meta-a"]) == ("text/plain", "1")
    middle = client.get("k", {"partNumber": "2"})
    assert (middle.status, middle.body, middle.headers["x-amz-mp-parts-count"]) == (206, PART, "3")
    across = client.get("k", range=f"bytes={(5 << 20) - 2}-{(5 << 20) + 1}")
    assert across.body == PART[::-1][-2:] + PART[:2]
    assert client.get("k", {"partNumber": "4"}).code == "InvalidPartNumber"
    assert client.send("GET", "bucket", "k", {"uploadId": upload_id}).code == "NoSuchUpload"


def test_complete_multipart_upload_wants_parts_with_checksums_numbered_from_one(client):
    plain, checked = start(client), start(client, headers={"x-amz-checksum-algorithm": "CRC32"})
    crc32 = {"x-amz-checksum-crc32": "jNwWgw=="}
    listed = "<ChecksumCRC32>jNwWgw==</ChecksumCRC32>"
    parts = [(2, upload(client, checked, 2, b"x", crc32), listed)]
    assert complete(client, checked, parts).code == "InvalidPartOrder"
    assert complete(client, plain, [(2, upload(client, plain, 2, b"x"))]).status == 200


def test_complete_multipart_upload_refused_can_be_tried_again(client):
    upload_id = start(client)
    one, two = upload(client, upload_id, 1, b"small"), upload(client, upload_id, 2, b"tail")
    assert complete(client, upload_id, [(1, one), (2, two)]).code == "EntityTooSmall"
    assert complete(client, upload_id, [(2, two), (1, one)]).code == "InvalidPartOrder"
    assert complete(client, upload_id, [(1, one), (1, one)]).code == "InvalidPartOrder"
    assert complete(client, upload_id, [(1, two)]).code == "InvalidPart"
    assert complete(client, upload_id, [(3, one)]).code == "InvalidPart"
    assert complete(client, upload_id, []).text("Message") == "You must specify at least one part"
    assert complete(client, upload_id, [(1, one)], {"x-amz-mp-object-size": "6"}).code == "InvalidRequest"
    client.put("k", b"there")
    assert complete(client, upload_id, [(1, one)], {"if-none-match": "*"}).code == "PreconditionFailed"
    assert client.get("k").body == b"there"
    assert complete(client, upload_id, [(1, one)]).status == 200
    assert client.get("k").body == b"small"
    assert client.send("GET", "bucket", "k", {"uploadId": upload_id}).code == "NoSuchUpload"


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", ""])
def test_upload_part_takes_numbers_from_1_to_10000(client, number):
    answer = client.send("PUT", "bucket", "k", {"partNumber": number, "uploadId": start(client)})
    assert (answer.code, answer.text("ArgumentName")) == ("InvalidArgument", "partNumber")


def test_abort_multipart_upload_leaves_nothing(client):
    upload_id = start(client)
    upload(client, upload_id, 1, PART)
    assert client.send("DELETE", "bucket", "k", {"uploadId": upload_id}).status == 204
    assert client.send("DELETE", "bucket", "k", {"uploadId": upload_id}).code == "NoSuchUpload"
    query = {"partNumber": "1", "uploadId": upload_id}
    assert client.send("PUT", "bucket", "k", query, body=b"x").code == "NoSuchUpload"
    assert not client.s3._storage._files.names()


def test_list_multipart_uploads_by_prefix_and_page(client):
    ids = {key: start(client, key) for key in ("a", "b/1", "b/2")}
    answer = client.send("GET", "bucket", query={"uploads": "", "delimiter": "/"})
    assert (answer.texts("Upload/Key"), answer.texts("Upload/UploadId")) == (["a"], [ids["a"]])
    assert answer.texts("CommonPrefixes/Prefix") == ["b/"]
    page = client.send("GET", "bucket", query={"uploads": "", "max-uploads": "1"})
    query = {
        "uploads": "",
        "key-marker": page.text("NextKeyMarker"),
        "upload-id-marker": page.text("NextUploadIdMarker"),
    }
    assert client.send("GET", "bucket", query=query).texts("Upload/Key") == ["b/1", "b/2"]


def test_upload_part_copy_takes_a_span(client):
    client.put("source", PART + PART)
    upload_id = start(client)
    query = {"partNumber": "1", "uploadId": upload_id}
    headers = {"x-amz-copy-source": "/bucket/source", "x-amz-copy-source-range": f"bytes=1-{5 << 20}"}
    copied = client.send("PUT", "bucket", "k", query, headers)
    expected = (PART + PART)[1 : (5 << 20) + 1]
    assert copied.text("ETag") == f'"{md5(expected)}"'
    tail = upload(client, upload_id, 2, b"tail")
    assert complete(client, upload_id, [(1, copied.text("ETag")), (2, tail)]).status == 200
    assert client.get("k").body == expected + b"tail"
    for bad in ("bytes=0-", "bytes=5-1", f"bytes=0-{10 << 20}", "0-1"):
        headers["x-amz-copy-source-range"] = bad
        assert client.send("PUT", "bucket", "k", query, headers).code in ("InvalidArgument", "NoSuchUpload")


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT"), ("SHA256", "COMPOSITE")]
)
def test_complete_multipart_upload_joins_the_checksums_of_parts(client, algorithm, kind):
    name = f"x-amz-checksum-{algorithm.lower()}"
    upload_id = start(client, headers={"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": kind})
    parts = []
    for number, body in ((1, PART), (2, b"tail")):
        value = checksum_value(algorithm, body)
        etag = upload(client, upload_id, number, body, {name: value})
        parts.append((number, etag, f"<Checksum{algorithm}>{value}</Checksum{algorithm}>"))
    answer = complete(client, upload_id, parts)
    joined = answer.text(f"Checksum{algorithm}")
    if kind == "FULL_OBJECT":
        assert joined == checksum_value(algorithm, PART + b"tail")
    else:
        assert joined.endswith("-2")
    told = client.get("k", x_amz_checksum_mode="ENABLED").headers
    assert (told[name], told["x-amz-checksum-type"]) == (joined, kind)


def test_upload_part_without_its_checksum_is_refused(client):
    upload_id = start(client, headers={"x-amz-checksum-algorithm": "SHA256"})
    query = {"partNumber": "1", "uploadId": upload_id}
    assert client.send("PUT", "bucket", "k", query, body=b"x").code == "InvalidRequest"
    bad = {"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-type": "FULL_OBJECT"}
    assert client.send("POST", "bucket", "k", {"uploads": ""}, bad).code == "InvalidRequest"


def test_complete_multipart_upload_says_again_what_it_said(client):
    """A client whose answer got lost sends the same request again, as every SDK does."""
    upload_id = start(client)
    parts = [(1, upload(client, upload_id, 1, PART)), (2, upload(client, upload_id, 2, b"tail"))]
    first, second = complete(client, upload_id, parts), complete(client, upload_id, parts)
    assert first.status == 200
    assert (second.status, second.body) == (first.status, first.body)
    assert complete(client, upload_id, parts[:1]).code == "NoSuchUpload"
    assert complete(client, "another", parts).code == "NoSuchUpload"
    client.put("k", b"another object")
    assert complete(client, upload_id, parts).code == "NoSuchUpload"
    assert client.get("k").body == b"another object"
