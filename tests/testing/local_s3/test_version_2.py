"""Signature Version 2, where LocalS3 is told to take it. The oracle is botocore, which signs so by itself."""

from __future__ import annotations

import logging
from xml.sax.saxutils import unescape

import boto3
import pytest
import requests
from botocore.config import Config

from sigv4.testing import LocalS3
from tests.testing.local_s3.boto import boto_client
from tests.testing.local_s3.client import Client


@pytest.fixture(scope="module")
def old_s3():
    with LocalS3(version_2=True) as s3:
        yield s3


@pytest.fixture
def s3(old_s3):
    empty = old_s3.snapshot()
    old_s3._storage.create_bucket("bucket", {})
    yield old_s3
    old_s3.restore(empty)
    old_s3.clock.reset()


@pytest.fixture
def boto(s3):
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=s3.endpoint_url,
        region_name=s3.region,
        aws_access_key_id=s3.credentials.access_key_id,
        aws_secret_access_key=s3.credentials.secret_access_key,
        config=Config(signature_version="s3", s3={"addressing_style": "path"}, retries={"max_attempts": 0}),
    )
    yield client
    client.close()


def test_requests_are_taken_in_the_header(boto):
    boto.put_object(Bucket="bucket", Key="a b/\u00fc", Body=b"x", Metadata={"one": "1"}, ContentType="text/plain")
    got = boto.get_object(Bucket="bucket", Key="a b/\u00fc", ResponseContentType="text/html")
    assert (got["Body"].read(), got["ContentType"], got["Metadata"]) == (b"x", "text/html", {"one": "1"})
    assert boto.list_objects_v2(Bucket="bucket")["KeyCount"] == 1
    assert boto.get_object_tagging(Bucket="bucket", Key="a b/\u00fc")["TagSet"] == []


def test_presigned_urls_are_taken_until_they_expire(s3, boto):
    put = boto.generate_presigned_url("put_object", {"Bucket": "bucket", "Key": "k", "Metadata": {"foo": "bar"}}, 60)
    assert "AWSAccessKeyId=" in put
    assert requests.put(put, data=b"hello", timeout=10).status_code == 200
    assert s3.get("bucket", "k") == b"hello"
    wrong = requests.put(put, data=b"x", headers={"x-amz-meta-wrong": "1"}, timeout=10)
    assert (wrong.status_code, "<StringToSign>PUT" in wrong.text) == (403, True)
    assert "SignatureDoesNotMatch" in wrong.text
    assert "CanonicalRequest" not in wrong.text
    get = boto.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"}, 60)
    answer = requests.get(get, timeout=10)
    assert (answer.content, answer.headers["x-amz-meta-foo"]) == (b"hello", "bar")
    s3.clock.advance(seconds=61)
    expired = requests.get(get, timeout=10)
    assert expired.status_code == 403
    assert "Request has expired" in expired.text
    assert "<Expires>" in expired.text


def test_forms_are_taken_by_their_policy(s3, boto):
    post = boto.generate_presigned_post("bucket", "up/${filename}", Conditions=[["content-length-range", 1, 5]])
    assert "AWSAccessKeyId" in post["fields"]
    answer = requests.post(post["url"], post["fields"], files={"file": ("n", b"hello")}, timeout=10)
    assert (answer.status_code, s3.get("bucket", "up/n")) == (204, b"hello")
    long = requests.post(post["url"], post["fields"], files={"file": ("n", b"too long")}, timeout=10)
    assert "EntityTooLarge" in long.text
    for name in ("AWSAccessKeyId", "signature"):
        fields = {field: value for field, value in post["fields"].items() if field != name}
        refused = requests.post(post["url"], fields, files={"file": ("n", b"hello")}, timeout=10)
        assert (refused.status_code, f"'{name[0].upper()}{name[1:]}'" in refused.text) == (400, True)
    other = requests.post(post["url"], post["fields"] | {"policy": "e30="}, files={"file": b"hello"}, timeout=10)
    assert "SignatureDoesNotMatch" in other.text


def test_what_is_not_whole_is_refused(s3):
    client = Client(s3)
    answer = client.send("GET", "bucket", "k", {"AWSAccessKeyId": "x", "Expires": "1"}, signed=False)
    assert answer.text("Message") == (
        "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
    )
    key = s3.credentials.access_key_id
    query = {"AWSAccessKeyId": key, "Expires": "9999999999", "Signature": "x"}
    assert client.send("GET", "bucket", "k", query, signed=False).code == "SignatureDoesNotMatch"
    nobody = query | {"AWSAccessKeyId": "nobody"}
    assert client.send("GET", "bucket", "k", nobody, signed=False).code == "InvalidAccessKeyId"
    never = query | {"Expires": "soon"}
    assert client.send("GET", "bucket", "k", never, signed=False).code == "AccessDenied"
    headers = {"authorization": f"AWS {key}:x"}
    assert client.send("GET", "bucket", "k", headers=headers, signed=False).code == "AccessDenied"
    old = headers | {"date": "Sun, 06 Nov 1994 08:49:37 GMT"}
    assert client.send("GET", "bucket", "k", headers=old, signed=False).code == "RequestTimeTooSkewed"
    client.close()


def test_version_4_is_taken_beside_it_and_alone_by_default(s3, local_s3):
    boto_client(s3).put_object(Bucket="bucket", Key="k")
    local_s3._storage.create_bucket("bucket", {})
    old = boto3.session.Session().client(
        "s3",
        endpoint_url=local_s3.endpoint_url,
        region_name=local_s3.region,
        aws_access_key_id=local_s3.credentials.access_key_id,
        aws_secret_access_key=local_s3.credentials.secret_access_key,
        config=Config(signature_version="s3"),
    )
    url = old.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"})
    assert "Please use AWS4-HMAC-SHA256" in requests.get(url, timeout=10).text


# Where it is not taken


def by_default(server):
    """boto3 as it is for an endpoint_url, unless it is told otherwise."""
    return boto3.session.Session().client(
        "s3",
        endpoint_url=server.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=server.credentials.access_key_id,
        aws_secret_access_key=server.credentials.secret_access_key,
        config=Config(retries={"max_attempts": 0}),
    )


def sent_by_default(server):
    """What a presigned URL and a form that boto3 makes by default are answered with."""
    client = by_default(server)
    url = client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "k"})
    form = client.generate_presigned_post("bucket", "form")
    client.close()
    assert "AWSAccessKeyId" in url
    assert "AWSAccessKeyId" in form["fields"]
    return requests.get(url, timeout=10), requests.post(form["url"], form["fields"], files={"file": b"x"}, timeout=10)


def test_refusal_and_log_name_the_way_out(caplog):
    caplog.set_level(logging.WARNING, "sigv4.testing.local_s3")
    with LocalS3() as s3:
        s3.put("bucket", "k", b"there")
        for answer in sent_by_default(s3):
            assert answer.status_code == 400
            assert 'Config(signature_version="s3v4")' in unescape(answer.text, {"&quot;": '"'})
    assert caplog.text.count('Config(signature_version="s3v4")') == 2


def test_what_boto3_makes_by_default_is_taken():
    with LocalS3(version_2=True) as s3:
        s3.put("bucket", "k", b"there")
        assert [answer.status_code for answer in sent_by_default(s3)] == [200, 204]


def test_regions_younger_than_2014_do_not_take_it():
    with LocalS3(region="eu-central-1", version_2=True) as s3:
        s3.put("bucket", "k", b"there")
        assert [answer.status_code for answer in sent_by_default(s3)] == [400, 400]
