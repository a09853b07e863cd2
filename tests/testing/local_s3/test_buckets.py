"""Operations on buckets."""

from __future__ import annotations

import pytest

from sigv4.testing import LocalS3
from tests.testing.local_s3.client import Client


def test_create_head_list_and_delete_bucket(client):
    created = client.send("PUT", "other-bucket")
    assert (created.status, created.headers["location"], created.body) == (200, "/other-bucket", b"")
    assert client.send("GET").texts("Buckets/Bucket/Name") == ["bucket", "other-bucket"]
    assert client.send("HEAD", "other-bucket").headers["x-amz-bucket-region"] == "us-east-1"
    assert client.send("GET", "other-bucket", query={"location": ""}).xml.text is None
    assert client.send("DELETE", "other-bucket").status == 204
    assert client.send("HEAD", "other-bucket").status == 404
    answer = client.send("DELETE", "other-bucket")
    assert (answer.status, answer.code, answer.text("BucketName")) == (404, "NoSuchBucket", "other-bucket")


def test_list_buckets_gives_pages(client):
    for name in ("bucket-a", "bucket-b", "other"):
        client.create_bucket(name)
    page = client.send("GET", query={"max-buckets": "2", "prefix": "bucket"})
    assert page.texts("Buckets/Bucket/Name") == ["bucket", "bucket-a"]
    query = {"prefix": "bucket", "continuation-token": page.text("ContinuationToken")}
    page = client.send("GET", query=query)
    assert (page.texts("Buckets/Bucket/Name"), page.text("ContinuationToken")) == (["bucket-b"], None)


@pytest.mark.parametrize(
    "name", ["ab", "a" * 64, "Upper", "under_score", "-a-", "a..b", "192.168.0.1", "a b", "a\x00b"]
)
def test_create_bucket_refuses_a_bad_name(client, name):
    answer = client.send("PUT", name)
    assert (answer.status, answer.code) == (400, "InvalidBucketName")


def test_create_bucket_of_one_that_is_there_already(client):
    assert client.send("PUT", "bucket").status == 200  # us-east-1's own way
    with LocalS3(region="eu-west-1") as s3:
        other = Client(s3)
        body = (
            b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
        )
        assert other.send("PUT", "bucket", body=body).status == 200
        answer = other.send("PUT", "bucket", body=body)
        assert (answer.status, answer.code) == (409, "BucketAlreadyOwnedByYou")
        assert other.send("PUT", "bucket2").code == "IllegalLocationConstraintException"
        assert other.send("PUT", "bucket2", body=body.replace(b"west", b"north")).code == (
            "IllegalLocationConstraintException"
        )
        other.close()


def test_delete_bucket_takes_an_empty_one_alone(client):
    client.put("k")
    answer = client.send("DELETE", "bucket")
    assert (answer.status, answer.code) == (409, "BucketNotEmpty")
