"""Lifecycle rules: what they tell of objects, and what they do as the clock moves."""

from __future__ import annotations

import pytest

from tests.testing.local_s3.uploads import start

DAY = 86400


def configure(client, *rules):
    body = f"<LifecycleConfiguration>{''.join(rules)}</LifecycleConfiguration>".encode()
    answer = client.send("PUT", "bucket", query={"lifecycle": ""}, body=body)
    assert answer.status == 200, answer
    return answer


def rule(actions, where="<Prefix>tmp/</Prefix>", status="Enabled", name="r"):
    return f"<Rule><ID>{name}</ID><Filter>{where}</Filter><Status>{status}</Status>{actions}</Rule>"


def expire(days=1):
    return f"<Expiration><Days>{days}</Days></Expiration>"


def version_it(client):
    body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    assert client.send("PUT", "bucket", query={"versioning": ""}, body=body).status == 200


def versions(client):
    listed = client.send("GET", "bucket", query={"versions": ""})
    return len(listed.texts("Version")), len(listed.texts("DeleteMarker"))


def test_objects_expire_at_the_midnight_after_their_days(s3, client):
    configure(client, rule(expire(2)))
    put = client.put("tmp/k", b"x")
    assert put.headers["x-amz-expiration"].startswith('expiry-date="')
    assert put.headers["x-amz-expiration"].endswith(' 00:00:00 GMT", rule-id="r"')
    client.put("other", b"y")
    s3.clock.advance(2 * DAY - 1 - s3.clock.time() % DAY)
    assert client.get("tmp/k").body == b"x"
    s3.clock.advance(DAY + 1)
    assert client.get("tmp/k").code == "NoSuchKey"
    assert client.send("GET", "bucket").texts("Contents/Key") == ["other"]


def test_versions_get_a_delete_marker_and_go_later(s3, client):
    noncurrent = "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>"
    lone = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
    version_it(client)
    client.put("tmp/k", b"1")
    client.put("tmp/k", b"2")
    configure(client, rule(expire(1) + noncurrent, name="a"), rule(lone, name="b"))
    s3.clock.advance(2 * DAY)
    assert client.get("tmp/k").headers["x-amz-delete-marker"] == "true"
    assert versions(client) == (2, 1)
    s3.clock.advance(3 * DAY)
    assert versions(client) == (1, 1)
    s3.clock.advance(DAY)
    assert versions(client) == (0, 0)


def test_so_many_newer_versions_are_kept(s3, client):
    kept = "<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>2</NewerNoncurrentVersions>"
    version_it(client)
    for number in range(5):
        client.put("tmp/k", str(number).encode())
    configure(client, rule(f"<NoncurrentVersionExpiration>{kept}</NoncurrentVersionExpiration>"))
    s3.clock.advance(3 * DAY)
    assert versions(client) == (3, 0)
    assert client.get("tmp/k").body == b"4"


def test_uploads_are_aborted(s3, client):
    days = "<DaysAfterInitiation>1</DaysAfterInitiation>"
    abort = f"<AbortIncompleteMultipartUpload>{days}</AbortIncompleteMultipartUpload>"
    configure(client, rule(abort))
    start(client, "tmp/k")
    start(client, "other")
    s3.clock.advance(3 * DAY)
    assert client.send("GET", "bucket", query={"uploads": ""}).texts("Upload/Key") == ["other"]


def test_objects_change_their_storage_class(s3, client):
    of_any_size = "<ObjectSizeGreaterThan>0</ObjectSizeGreaterThan>"  # else only what has 128 KiB moves
    move = "<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"
    configure(client, rule(move, of_any_size))
    client.put("tmp/k", b"x")
    s3.clock.advance(3 * DAY)
    assert client.get("tmp/k").code == "InvalidObjectState"
    assert client.send("HEAD", "bucket", "tmp/k").headers["x-amz-storage-class"] == "GLACIER"


@pytest.mark.parametrize(
    ("where", "matches"),
    [
        ("", True),
        ("<Prefix>k</Prefix>", True),
        ("<Prefix>x</Prefix>", False),
        ("<Tag><Key>a</Key><Value>1</Value></Tag>", True),
        ("<Tag><Key>a</Key><Value>2</Value></Tag>", False),
        ("<ObjectSizeGreaterThan>4</ObjectSizeGreaterThan>", True),
        ("<ObjectSizeGreaterThan>5</ObjectSizeGreaterThan>", False),
        ("<ObjectSizeLessThan>5</ObjectSizeLessThan>", False),
        ("<And><Prefix>k</Prefix><Tag><Key>a</Key><Value>1</Value></Tag></And>", True),
        ("<And><Prefix>k</Prefix><Tag><Key>b</Key><Value>1</Value></Tag></And>", False),
    ],
)
def test_rules_are_for_what_their_filter_says(client, where, matches):
    configure(client, rule(expire(), where))
    put = client.put("k", b"12345", {"x-amz-tagging": "a=1"})
    assert ("x-amz-expiration" in put.headers) == matches
    configure(client, rule(expire(), where, "Disabled"))
    assert "x-amz-expiration" not in client.get("k").headers


def test_locked_versions_stay(s3, client):
    assert client.send("PUT", "locked", headers={"x-amz-bucket-object-lock-enabled": "true"}).status == 200
    for _ in range(2):
        client.send("PUT", "locked", "k", headers={"x-amz-object-lock-legal-hold": "ON"}, body=b"x")
    noncurrent = "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"
    body = f"<LifecycleConfiguration>{rule(noncurrent, '')}</LifecycleConfiguration>".encode()
    assert client.send("PUT", "locked", query={"lifecycle": ""}, body=body).status == 200
    s3.clock.advance(9 * DAY)
    assert len(client.send("GET", "locked", query={"versions": ""}).texts("Version")) == 2
