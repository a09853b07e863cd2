"""Several regions on one server: a bucket lies in one of them, and who signs for another is sent there."""

from __future__ import annotations

from contextlib import closing
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sigv4 import Signer
from sigv4.s3 import S3Presigner
from sigv4.testing import LocalS3
from tests.testing.local_s3.client import Client

EU = b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"


@pytest.fixture
def s3():
    with LocalS3(regions=["eu-west-1", "ap-south-1"]) as s3:
        s3.put("home", "k", b"1")
        yield s3


@pytest.fixture
def clients(s3):
    """By region."""
    clients = {region: Client(s3) for region in ("us-east-1", "eu-west-1", "ap-south-1", "eu-north-1")}
    for region, client in clients.items():
        client.signer = Signer(s3.credentials, region=region)
    yield clients
    for client in clients.values():
        client.close()


def boto(s3, region: str):
    return boto3.client(
        "s3",
        region_name=region,
        endpoint_url=s3.endpoint_url,
        aws_access_key_id=s3.credentials.access_key_id,
        aws_secret_access_key=s3.credentials.secret_access_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_bucket_lies_in_the_region_that_it_was_made_in(s3, clients):
    assert clients["eu-west-1"].send("PUT", "one", body=EU).status == 200
    assert clients["us-east-1"].send("PUT", "two", body=EU).status == 200  # which may make them anywhere
    assert clients["us-east-1"].send("PUT", "three").status == 200
    assert clients["ap-south-1"].send("PUT", "four", body=EU).code == "IllegalLocationConstraintException"
    listed = clients["ap-south-1"].send("GET")
    found = dict(zip(listed.texts("Buckets/Bucket/Name"), listed.texts("Buckets/Bucket/BucketRegion"), strict=True))
    assert found == {"home": "us-east-1", "one": "eu-west-1", "three": "us-east-1", "two": "eu-west-1"}
    assert clients["us-east-1"].send("GET", "one", query={"location": ""}).xml.text == "eu-west-1"


def test_bucket_made_in_us_east_1_lies_there_on_a_server_of_another_region():
    with LocalS3(region="eu-west-1", regions=["us-east-1"]) as s3, closing(boto(s3, "us-east-1")) as client:
        s3.put("home", "k")
        client.create_bucket(Bucket="bucket")
        assert {bucket["Name"]: bucket["BucketRegion"] for bucket in client.list_buckets()["Buckets"]} == {
            "bucket": "us-east-1",
            "home": "eu-west-1",
        }


def test_request_signed_for_another_region_is_sent_to_the_bucket_s(s3, clients):
    clients["eu-west-1"].send("PUT", "one", body=EU)
    answer = clients["us-east-1"].send("PUT", "one", "k", body=b"1")
    assert (answer.status, answer.code, answer.text("Endpoint")) == (
        301,
        "PermanentRedirect",
        clients["us-east-1"].host,
    )
    assert (answer.text("Bucket"), answer.headers["x-amz-bucket-region"]) == ("one", "eu-west-1")
    answer = clients["us-east-1"].send("HEAD", "one")
    assert (answer.status, answer.headers["x-amz-bucket-region"]) == (301, "eu-west-1")
    assert s3.objects("one") == {}
    assert clients["eu-west-1"].send("PUT", "one", "k", body=b"1").status == 200


def test_request_signed_for_no_region_of_the_server_is_refused(s3, clients):
    clients["eu-west-1"].send("PUT", "one", body=EU)
    for bucket, expected in (("one", "eu-west-1"), ("home", "us-east-1"), ("none", "us-east-1")):
        answer = clients["eu-north-1"].send("GET", bucket)
        assert (answer.status, answer.code) == (400, "AuthorizationHeaderMalformed")
        assert answer.text("Region") == expected


def test_boto3_finds_its_way_to_the_bucket_s_region(s3, clients):
    clients["eu-west-1"].send("PUT", "one", body=EU)
    for region in ("us-east-1", "ap-south-1"):
        with closing(boto(s3, region)) as client:
            client.put_object(Bucket="one", Key=region, Body=b"1")
            assert client.get_bucket_location(Bucket="one")["LocationConstraint"] == "eu-west-1"
    assert list(s3.objects("one")) == ["ap-south-1", "us-east-1"]


def test_presigned_urls_and_forms_are_held_to_the_bucket_s_region(s3, clients):
    clients["eu-west-1"].send("PUT", "one", body=EU)
    client = clients["us-east-1"]
    codes = {}
    for region in ("us-east-1", "eu-west-1"):
        presigner = S3Presigner(s3.credentials, region=region, endpoint_url=s3.endpoint_url)
        url = urlsplit(str(presigner.put_object("one", "k")))
        answer = client.raw("PUT", f"{url.path}?{url.query}", {"Host": client.host}, b"1")
        form = presigner.post("one", "form")
        parts = [*form.fields.items(), ("file", "x")]
        body = (
            "".join(f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in parts) + "--b--\r\n"
        )
        headers = {"Host": client.host, "Content-Type": "multipart/form-data; boundary=b"}
        posted = client.raw("POST", "/one", headers, body.encode())
        codes[region] = answer.status, posted.status
    assert codes == {"us-east-1": (301, 301), "eu-west-1": (200, 204)}
    assert list(s3.objects("one")) == ["form", "k"]


def test_anonymous_requests_came_to_where_the_bucket_lies(s3, clients):
    clients["eu-west-1"].send("PUT", "one", body=EU)
    assert clients["us-east-1"].send("GET", "one", signed=False).code == "AccessDenied"
    assert clients["us-east-1"].send("GET", "none", signed=False).code in ("NoSuchBucket", "AccessDenied")


def test_tokens_are_given_in_every_region(s3):
    for region in ("us-east-1", "ap-south-1"):
        client = boto3.client(
            "sts",
            region_name=region,
            endpoint_url=s3.endpoint_url,
            aws_access_key_id=s3.credentials.access_key_id,
            aws_secret_access_key=s3.credentials.secret_access_key,
        )
        with closing(client):
            assert client.get_caller_identity()["Account"] == "123456789012"


def test_all_regions_are_a_star_and_one_is_a_word():
    with LocalS3(regions="*") as s3, closing(boto(s3, "sa-east-1")) as client:
        client.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "sa-east-1"})
        assert client.head_bucket(Bucket="bucket")["BucketRegion"] == "sa-east-1"
    with LocalS3(regions="eu-west-1") as s3, closing(boto(s3, "eu-west-1")) as client:
        assert client.list_buckets()["Buckets"] == []


def test_one_region_alone_redirects_nobody():
    """Though buckets of us-east-1 may say that they lie elsewhere."""
    with LocalS3() as s3, closing(boto(s3, "us-east-1")) as client:
        client.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        client.put_object(Bucket="bucket", Key="k")
        with closing(boto(s3, "eu-west-1")) as other, pytest.raises(ClientError, match="us-east-1"):
            other.list_buckets()


# Domains


def test_domains_are_several_and_the_longest_counts():
    with LocalS3(domain="localhost", domains=["s3.localhost", "s3.test"]) as s3, closing(Client(s3)) as client:
        for host in ("one.localhost", "two.s3.localhost", "three.S3.test:9000", "a.b.s3.test"):
            assert client.send("PUT", host=host).status == 200, host
        for host in ("localhost", "s3.localhost", "s3.test", "elsewhere.test"):
            assert client.send("GET", host=host).texts("Buckets/Bucket/Name") == ["a.b", "one", "three", "two"], host
