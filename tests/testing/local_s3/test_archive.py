"""Storage classes and what lies in archives, by the server's clock."""

from __future__ import annotations

from tests.testing.local_s3.boto import code

HOUR, DAY = 3600, 86400


def test_restored_objects_are_read_after_hours_and_for_days(s3, client):
    client.put("k", b"cold", {"x-amz-storage-class": "GLACIER"})
    assert client.get("k").code == "InvalidObjectState"
    copy = client.send("PUT", "bucket", "copy", headers={"x-amz-copy-source": "bucket/k"})
    assert copy.code == "InvalidObjectState"
    tier = "<GlacierJobParameters><Tier>Standard</Tier></GlacierJobParameters>"
    body = f"<RestoreRequest><Days>2</Days>{tier}</RestoreRequest>".encode()

    def restore():
        return client.send("POST", "bucket", "k", {"restore": ""}, body=body)

    def told():
        return client.send("HEAD", "bucket", "k").headers.get("x-amz-restore")

    assert restore().status == 202
    assert told() == 'ongoing-request="true"'
    assert restore().code == "RestoreAlreadyInProgress"
    s3.clock.advance(5 * HOUR)
    assert client.get("k").body == b"cold"
    assert told().startswith('ongoing-request="false", expiry-date="')
    assert restore().status == 200
    s3.clock.advance(4 * DAY)
    assert client.get("k").code == "InvalidObjectState"
    assert told() is None


def test_restore_object_is_for_archives(boto):
    boto.put_object(Bucket="bucket", Key="k", Body=b"warm")
    boto.put_object(Bucket="bucket", Key="deep", Body=b"cold", StorageClass="DEEP_ARCHIVE")
    assert code(boto.restore_object, Bucket="bucket", Key="k", RestoreRequest={"Days": 1}) == "InvalidObjectState"
    quick = {"Days": 1, "GlacierJobParameters": {"Tier": "Expedited"}}
    assert code(boto.restore_object, Bucket="bucket", Key="deep", RestoreRequest=quick) == "InvalidArgument"
    assert code(boto.restore_object, Bucket="bucket", Key="deep", RestoreRequest={"Days": 0}) == "MalformedXML"
