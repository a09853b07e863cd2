"""Versions and delete markers."""

from __future__ import annotations


def test_versions_and_delete_markers_are_kept_told_and_deleted(client):
    def versioning(status: str):
        body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>".encode()
        return client.send("PUT", "bucket", query={"versioning": ""}, body=body)

    assert client.send("GET", "bucket", query={"versioning": ""}).text("Status") is None
    assert versioning("Enabled").status == 200
    assert client.send("GET", "bucket", query={"versioning": ""}).text("Status") == "Enabled"
    first = client.put("k", b"1").headers["x-amz-version-id"]
    second = client.put("k", b"2").headers["x-amz-version-id"]
    assert client.get("k").headers["x-amz-version-id"] == second
    assert client.get("k", {"versionId": first}).body == b"1"
    deleted = client.send("DELETE", "bucket", "k")
    marker = deleted.headers["x-amz-version-id"]
    assert deleted.headers["x-amz-delete-marker"] == "true"
    gone = client.get("k")
    assert (gone.status, gone.code, gone.headers["x-amz-delete-marker"]) == (404, "NoSuchKey", "true")
    refused = client.get("k", {"versionId": marker})
    assert (refused.status, refused.code, refused.headers["allow"]) == (405, "MethodNotAllowed", "DELETE")
    listed = client.send("GET", "bucket", query={"versions": ""})
    assert listed.texts("Version/VersionId") == [second, first]
    assert listed.texts("DeleteMarker/VersionId") == [marker]
    assert listed.texts("DeleteMarker/IsLatest") == ["true"]
    assert client.send("GET", "bucket").texts("Contents/Key") == []
    copied = client.send("PUT", "bucket", "copy", headers={"x-amz-copy-source": f"bucket/k?versionId={first}"})
    assert copied.headers["x-amz-copy-source-version-id"] == first
    assert client.get("copy").body == b"1"
    assert client.send("DELETE", "bucket", "k", {"versionId": marker}).headers["x-amz-delete-marker"] == "true"
    assert client.get("k").body == b"2"
    assert client.get("k", {"versionId": "none"}).code == "InvalidArgument"
    assert client.get("k", {"versionId": marker}).code == "NoSuchVersion"
    assert client.send("DELETE", "bucket").code == "BucketNotEmpty"
    assert versioning("Nonsense").code == "MalformedXML"
    assert versioning("Suspended").status == 200
    assert "x-amz-version-id" not in client.put("k", b"3").headers
    deleted = client.send("DELETE", "bucket", "k")
    assert (deleted.headers["x-amz-version-id"], deleted.headers["x-amz-delete-marker"]) == ("null", "true")
