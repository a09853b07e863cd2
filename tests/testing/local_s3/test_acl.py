"""Canned ACLs: what is public-read, and what is told of it."""

from __future__ import annotations


def test_public_read_lets_all_read_and_nothing_else(client):
    client.put("public", b"for all", {"x-amz-acl": "public-read"})
    client.put("private", b"for us")
    assert client.send("GET", "bucket", "public", signed=False).body == b"for all"
    assert client.send("HEAD", "bucket", "public", signed=False).headers["content-length"] == "7"
    assert client.send("GET", "bucket", "private", signed=False).code == "AccessDenied"
    assert client.send("PUT", "bucket", "public", signed=False).code == "AccessDenied"
    assert client.send("DELETE", "bucket", "public", signed=False).code == "AccessDenied"
    assert client.send("GET", "bucket", "public", {"acl": ""}, signed=False).code == "AccessDenied"
    override = client.send("GET", "bucket", "public", {"response-content-type": "text/html"}, signed=False)
    assert override.code == "InvalidRequest"
    assert client.send("GET", "bucket", signed=False).code == "AccessDenied"
    assert client.send("PUT", "bucket", query={"acl": ""}, headers={"x-amz-acl": "public-read"}).status == 200
    assert client.send("GET", "bucket", signed=False).texts("Contents/Key") == ["private", "public"]
    assert client.send("GET", "bucket", "private", signed=False).code == "AccessDenied"
    assert client.send("GET", "bucket", "none", signed=False).code == "NoSuchKey"


def test_acl_is_told_and_changed(client):
    client.put("k", headers={"x-amz-acl": "public-read"})
    acl = client.send("GET", "bucket", "k", {"acl": ""})
    assert acl.texts("AccessControlList/Grant/Permission") == ["FULL_CONTROL", "READ"]
    assert client.send("PUT", "bucket", "k", {"acl": ""}, {"x-amz-acl": "private"}).status == 200
    acl = client.send("GET", "bucket", "k", {"acl": ""})
    assert acl.texts("AccessControlList/Grant/Permission") == ["FULL_CONTROL"]
    assert client.send("GET", "bucket", query={"acl": ""}).texts("AccessControlList/Grant/Permission") == [
        "FULL_CONTROL"
    ]
    assert client.send("PUT", "bucket", "k", headers={"x-amz-acl": "public-read-write"}).code == "NotImplemented"
    assert client.send("PUT", "bucket", "k", headers={"x-amz-acl": "nonsense"}).code == "InvalidArgument"
    assert client.send("PUT", "bucket", "k", headers={"x-amz-grant-read": 'id="x"'}).code == "NotImplemented"
    assert client.send("PUT", "bucket", "k", {"acl": ""}, body=b"<AccessControlPolicy/>").code == "NotImplemented"
