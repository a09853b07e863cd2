"""Operations on objects: what is put comes back, under any key."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode

import pytest

from tests.testing.local_s3.client import checksum_value, md5

HARD_KEYS = [
    "a b",
    "plus+and%20percent%",
    "~tilde-._",
    "//",
    "/leading",
    "trailing/",
    "a//b",
    ".",
    "..",
    "a/../b",
    "caf\u00e9",
    "cafe\u0301",
    "UPPER",
    "upper",
    "'\"<&>;:@=,$*()!?#[]{}|\\^`",
    "\x00\x01\x1f\x7f",
    "\r\n\t",
    "\U0001f600\uffff",
    "k" * 1024,
]


# Keys


@pytest.mark.parametrize("key", HARD_KEYS, ids=ascii)
def test_key_is_its_own_however_hard(client, key):
    client.put(key, key.encode())
    assert client.get(key).body == key.encode()
    assert client.send("GET", "bucket", query={"list-type": "2", "encoding-type": "url"}).status == 200
    assert client.send("DELETE", "bucket", key).status == 204
    assert client.get(key).code == "NoSuchKey"


def test_key_is_decoded_once_whatever_its_spelling(client):
    """%7e and ~ are one key, %2F and / are one key, + is a plus; %2520 is not a space."""
    client.put("~/+ %20", b"1")
    for path in ("/bucket/~/+%20%2520", "/bucket/%7e%2f%2B%20%2520", "/%62ucket/~/+%20%2520"):
        url = f"http://{client.host}{path}"
        headers = client.signer.sign("GET", url, {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}).headers
        answer = client.raw("GET", path, {"Host": client.host, **headers})
        assert answer.body == b"1", path


def test_key_that_is_too_long_or_no_text_is_refused(client):
    answer = client.send("PUT", "bucket", "k" * 1025)
    assert (answer.status, answer.code, answer.text("Size")) == (400, "KeyTooLongError", "1025")
    for path in ("/bucket/%ff", "/bucket/%zz", "/bucket/%"):
        answer = client.raw("GET", path, {"Host": client.host})
        assert (answer.status, answer.code) == (400, "InvalidURI")


# Putting and getting


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 1_000_000])
def test_get_object_gives_back_every_byte(client, size):
    data = os.urandom(size)
    put = client.put("k", data)
    assert put.headers["etag"] == f'"{md5(data)}"'
    got = client.get("k")
    assert got.body == data
    assert got.headers["etag"] == f'"{md5(data)}"'
    assert got.headers["content-length"] == str(size)
    assert got.headers["content-type"] == "binary/octet-stream"
    assert got.headers["accept-ranges"] == "bytes"
    head = client.send("HEAD", "bucket", "k")
    unlike = ("date", "x-amz-request-id", "x-amz-id-2")
    assert {name: text for name, text in head.headers.items() if name not in unlike} == {
        name: text for name, text in got.headers.items() if name not in unlike
    }
    assert head.body == b""


def test_get_object_gives_back_headers_and_metadata(client):
    kept = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "max-age=60",
        "content-disposition": 'attachment; filename="a.txt"',
        "content-language": "de, en",
        "content-encoding": "gzip",
        "expires": "Thu, 01 Dec 2033 16:00:00 GMT",
        "x-amz-meta-one": "1",
        "x-amz-meta-two-words": "1  2",
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-website-redirect-location": "/other",
        "x-amz-server-side-encryption": "AES256",
    }
    client.put("k", b"x", kept)
    answer = client.get("k")
    assert {name: answer.headers.get(name) for name in kept} == kept


def test_put_object_takes_some_headers_from_a_presigned_query(s3, client):
    """Metadata, the ACL and the storage class; a header of the same name counts first. Encryption must be a header."""
    presigned = s3.presigner().put_object(
        "bucket", "k", Metadata={"one": "1"}, ACL="public-read", StorageClass="STANDARD_IA", hoist=True
    )
    assert set(presigned.headers) <= {"Host"}
    assert client.raw("PUT", presigned.url.partition(client.host)[2], {"Host": client.host}, b"x").status == 200
    answer = client.send("GET", "bucket", "k", signed=False)
    assert (answer.headers["x-amz-meta-one"], answer.headers["x-amz-storage-class"]) == ("1", "STANDARD_IA")
    query = {"x-amz-meta-a": "query", "x-amz-meta-b": "caf\u00e9", "x-amz-server-side-encryption": "aws:kms"}
    assert client.send("PUT", "bucket", "k", query, {"x-amz-meta-a": "header"}, b"x").status == 200
    answer = client.get("k")
    assert answer.headers["x-amz-meta-a"] == "header"
    assert answer.headers["x-amz-meta-b"] == "=?UTF-8?Q?caf=C3=A9?="
    assert answer.headers["x-amz-server-side-encryption"] == "AES256"
    assert client.send("PUT", "bucket", "k", {"x-amz-meta-a": "\n"}, {}, b"x").status == 200
    assert client.get("k").headers["x-amz-meta-a"] == "=?UTF-8?B?Cg==?="


def test_put_object_keeps_no_aws_chunked(client):
    client.put("k", b"x", {"content-encoding": "aws-chunked"})
    assert "content-encoding" not in client.get("k").headers
    client.put("k", b"x", {"content-encoding": "gzip, aws-chunked"})
    assert client.get("k").headers["content-encoding"] == "gzip"


def test_put_object_limits_metadata(client):
    answer = client.send("PUT", "bucket", "k", headers={"x-amz-meta-a": "x" * 2048})
    assert (answer.status, answer.code) == (400, "MetadataTooLarge")


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5"])
def test_put_object_checks_keeps_and_tells_a_checksum(client, algorithm):
    name = f"x-amz-checksum-{algorithm.lower()}"
    good = checksum_value(algorithm, b"body")
    put = client.put("k", b"body", {name: good})
    assert put.headers[name] == good
    answer = client.get("k", x_amz_checksum_mode="ENABLED")
    assert (answer.headers[name], answer.headers["x-amz-checksum-type"]) == (good, "FULL_OBJECT")
    assert name not in client.get("k").headers
    assert name not in client.get("k", x_amz_checksum_mode="ENABLED", range="bytes=0-1").headers
    wrong = client.send("PUT", "bucket", "k", headers={name: good}, body=b"other")
    assert (wrong.code, wrong.text("Message")) == (
        "BadDigest",
        f"The {algorithm} you specified did not match the calculated checksum.",
    )
    bad = client.send("PUT", "bucket", "k", headers={name: "AAA="}, body=b"body")
    assert (bad.code, bad.text("Message")) == ("InvalidRequest", f"Value for {name} header is invalid.")
    listed = client.send("GET", "bucket", query={"list-type": "2"})
    assert listed.texts("Contents/ChecksumAlgorithm") == [algorithm]


def test_get_object_takes_response_overrides_for_the_answer_alone(client):
    client.put("k", b"x", {"content-type": "text/plain"})
    query = {
        "response-content-type": "text/html",
        "response-content-disposition": 'attachment; filename="\u00fc.txt"',
        "response-cache-control": "no-cache",
        "response-expires": "Thu, 01 Dec 2033 16:00:00 GMT",
        "response-content-language": "de",
        "response-content-encoding": "br",
    }
    answer = client.get("k", query)
    for name, chosen in query.items():
        assert answer.headers[name.removeprefix("response-")] == chosen
    assert client.get("k").headers["content-type"] == "text/plain"
    assert client.get("k", {"response-content-type": "a\r\nx: y"}).code == "InvalidArgument"


def test_get_object_refuses_an_override_beyond_latin_1(client):
    """Recorded of S3 on 2026-02-21."""
    client.put("k", b"x")
    answer = client.get("k", {"response-cache-control": "non-ascii-\u2014"})
    assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert answer.text("Message") == "Header value cannot be represented using ISO-8859-1."
    assert (answer.text("ArgumentName"), answer.text("ArgumentValue")) == ("response-cache-control", "non-ascii-\u2014")


def test_get_object_names_what_is_missing(client):
    answer = client.get("none")
    assert (answer.status, answer.code, answer.text("Key")) == (404, "NoSuchKey", "none")
    assert answer.headers["content-type"] == "application/xml"
    assert answer.text("RequestId") == answer.headers["x-amz-request-id"]
    assert client.send("PUT", "none", "k", body=b"x").code == "NoSuchBucket"
    assert client.send("HEAD", "bucket", "none").status == 404
    assert client.send("DELETE", "bucket", "none").status == 204


def test_get_object_attributes_gives_those_asked_for(client):
    client.put("k", b"body", {"x-amz-checksum-crc32": checksum_value("CRC32", b"body")})
    wanted = {"x-amz-object-attributes": "ETag,Checksum,ObjectSize,StorageClass,ObjectParts"}
    answer = client.send("GET", "bucket", "k", {"attributes": ""}, wanted)
    assert (answer.text("ETag"), answer.text("ObjectSize"), answer.text("StorageClass")) == (
        md5(b"body"),
        "4",
        "STANDARD",
    )
    assert answer.text("Checksum/ChecksumCRC32") == checksum_value("CRC32", b"body")
    assert answer.xml.find("ObjectParts") is None
    answer = client.send("GET", "bucket", "k", {"attributes": ""}, {"x-amz-object-attributes": "ObjectSize"})
    assert [element.tag for element in answer.xml] == ["ObjectSize"]
    answer = client.send("GET", "bucket", "k", {"attributes": ""}, {"x-amz-object-attributes": "Nonsense"})
    assert answer.code == "InvalidArgument"


# Deleting


def delete_objects(client, body: str):
    digest = b64encode(hashlib.md5(body.encode()).digest()).decode()
    return client.send("POST", "bucket", query={"delete": ""}, headers={"content-md5": digest}, body=body.encode())


def test_delete_objects_deletes_many(client):
    for key in ("a", "b", "c"):
        client.put(key)

    def delete(body: str):
        return delete_objects(client, body)

    answer = delete("<Delete><Object><Key>a</Key></Object><Object><Key>none</Key></Object></Delete>")
    assert answer.texts("Deleted/Key") == ["a", "none"]
    answer = delete("<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>")
    assert (answer.status, answer.texts("Deleted/Key")) == (200, [])
    assert client.send("GET", "bucket").texts("Contents/Key") == ["c"]
    long = "k" * 1025
    assert delete(f"<Delete><Object><Key>{long}</Key></Object></Delete>").texts("Error/Code") == ["KeyTooLongError"]
    assert delete("<Delete></Delete>").code == "MalformedXML"
    objects = "<Object><Key>k</Key></Object>" * 1001
    assert delete(f"<Delete>{objects}</Delete>").code == "MalformedXML"
    bare = client.send("POST", "bucket", query={"delete": ""}, body=b"<Delete><Object><Key>c</Key></Object></Delete>")
    assert bare.code == "InvalidRequest"


def test_delete_objects_deletes_under_a_condition(client):
    """An element that names the ETag: the object goes only if it is still that one."""
    etag = client.put("same", b"1").headers["etag"]
    client.put("changed", b"2")
    listed = "".join(f"<Object><Key>{key}</Key><ETag>{etag}</ETag></Object>" for key in ("same", "changed"))
    answer = delete_objects(client, f"<Delete>{listed}</Delete>")
    assert answer.texts("Deleted/Key") == ["same"]
    assert (answer.texts("Error/Key"), answer.texts("Error/Code")) == (["changed"], ["PreconditionFailed"])
    assert client.get("changed").body == b"2"


@pytest.mark.parametrize("element", ["Size", "LastModifiedTime", "Anything"])
def test_delete_objects_names_an_element_that_it_would_not_act_on(client, element):
    client.put("k", b"kept")
    answer = delete_objects(client, f"<Delete><Object><Key>k</Key><{element}>1</{element}></Object></Delete>")
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert element in answer.text("Message")
    assert client.get("k").body == b"kept"
