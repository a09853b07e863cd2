"""A request's way through LocalS3: where it goes, who may, what it asks for, what is said and logged of a refusal."""

from __future__ import annotations

import logging
import os

import pytest

from sigv4 import Credentials, Signer
from sigv4.testing import LocalS3
from tests.testing.local_s3.client import Client
from tests.testing.local_s3.uploads import PART


def test_answer_always_has_an_id_and_a_date(client):
    for answer in (client.send("GET"), client.send("GET", "none"), client.send("HEAD", "none")):
        assert answer.headers["x-amz-request-id"]
        assert answer.headers["x-amz-id-2"]
        assert answer.headers["date"].endswith("GMT")


# Where it goes


def test_address_is_virtual_hosted_under_the_domain_alone(s3, client):
    """Under the domain the host names the bucket, with dots and with any port; under other hosts the path does."""
    client.create_bucket("my.bucket")
    port = client.host.partition(":")[2]
    for host in ("my.bucket.localhost", f"my.bucket.localhost:{port}", "MY.BUCKET.LOCALHOST"):
        assert client.send("PUT", key="a/b", body=b"1", host=host).status == 200
        assert client.send("GET", key="a/b", host=host).body == b"1"
    assert client.send("GET", "my.bucket", "a/b").body == b"1"
    assert client.send("GET", host="my.bucket.localhost", query={"list-type": "2"}).texts("Contents/Key") == ["a/b"]
    for host in ("localhost", f"localhost:{port}", "example.com"):
        assert client.send("GET", key="my.bucket/a/b", host=host).body == b"1"


def test_address_follows_the_domain_that_was_chosen():
    with LocalS3(domain="s3.example.com") as s3:
        client = Client(s3)
        client.create_bucket()
        assert client.send("PUT", key="k", host="bucket.s3.example.com").status == 200
        assert client.send("GET", "bucket", "k", host=None).status == 200
        client.close()


# Who may


def test_anonymous_request_is_refused(client):
    client.put("k", b"secret")
    for method, bucket, key in [("GET", "", ""), ("GET", "bucket", ""), ("GET", "bucket", "k"), ("PUT", "bucket", "k")]:
        answer = client.send(method, bucket, key, signed=False)
        assert (answer.status, answer.code, answer.text("Message")) == (403, "AccessDenied", "Access Denied")
    assert client.send("GET", "bucket", "none", signed=False).code == "AccessDenied"
    assert client.send("HEAD", "bucket", "k", signed=False).status == 403


def test_signature_is_verified_before_everything_else(client):
    """A wrong signature is refused before anything is said of buckets, keys or operations."""
    url = str(client.s3.presigner().get_object("none", "k"))
    target = url.partition(client.host)[2]
    forged = target[:-4] + ("0000" if not target.endswith("0000") else "1111")
    answer = client.raw("GET", forged, {"Host": client.host})
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert answer.text("CanonicalRequest").startswith("GET\n/none/k\n")
    assert client.raw("GET", target, {"Host": client.host}).code == "NoSuchBucket"
    assert client.raw("GET", target + "&x=1", {"Host": client.host}).code == "SignatureDoesNotMatch"


def test_expected_bucket_owner_must_be_the_owner(client):
    client.put("k", headers={"x-amz-expected-bucket-owner": "123456789012"})
    answer = client.get("k", x_amz_expected_bucket_owner="999999999999")
    assert (answer.status, answer.code) == (403, "AccessDenied")


# What it asks for


@pytest.mark.parametrize(
    ("method", "key", "query", "name"),
    [
        ("GET", "", {"abac": ""}, "GetBucketAbac"),
        ("PUT", "", {"abac": ""}, "PutBucketAbac"),
        ("GET", "k", {"torrent": ""}, "GetObjectTorrent"),
        ("POST", "k", {"select": "", "select-type": "2"}, "SelectObjectContent"),
        ("PUT", "k", {"encryption": ""}, "UpdateObjectEncryption"),
    ],
)
def test_operation_that_is_not_done_is_named(client, method, key, query, name):
    answer = client.send(method, "bucket", key, query)
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert name in answer.text("Message")


def test_method_that_s3_does_not_know_is_refused(client):
    answer = client.send("PATCH", "bucket", "k")
    assert (answer.status, answer.code, answer.text("Method")) == (405, "MethodNotAllowed", "PATCH")


# What is logged


def test_refusal_is_logged_once_without_secrets(client, caplog):
    caplog.set_level(logging.INFO, logger="sigv4.testing.local_s3")
    target = str(client.s3.presigner().get_object("bucket", "k\n")).partition(client.host)[2]
    signature = target.rpartition("=")[2]
    client.s3.clock.advance(seconds=901)
    assert client.raw("GET", target, {"Host": client.host}).status == 403
    (record,) = caplog.records
    text = record.getMessage()
    assert text.startswith("403 AccessDenied: GET '/bucket/k%0A': Request has expired\n")
    assert "(expired)" in text
    assert signature not in text
    assert client.s3.credentials.secret_access_key not in text
    assert [line[:6] for line in text.split("\n")[1:]] == ["The pr", "    It", "Fix: M"]


def test_refused_signature_is_logged_with_its_cause(client, caplog):
    """The place that differs is shown on both sides; a session token is shown to nobody."""
    caplog.set_level(logging.WARNING, logger="sigv4.testing.local_s3")
    user = client.s3.add_user(Credentials("TEMPORARY", "secret", "a-session-token"))
    signed = Signer(user, region=client.s3.region).sign(
        "PUT", f"{client.s3.endpoint_url}/bucket/k", {"Content-Type": "text/plain"}, b"x"
    )
    answer = client.raw("PUT", "/bucket/k", {"Host": client.host, **signed.headers, "Content-Type": "text/html"}, b"x")
    assert answer.code == "SignatureDoesNotMatch"
    (record,) = caplog.records
    page = record.getMessage()
    assert "its header content-type is 'text/plain', and another value arrived" in page
    assert "    signed   content-type: text/plain\n    arrived  content-type: text/html\n" in page
    assert "(content-type)" in page
    assert "a-session-token" not in page
    assert signed.signature not in page


def test_internal_error_is_told_as_s3_does(client, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("disk full")

    monkeypatch.setattr(client.s3._storage, "buckets", fail)
    answer = client.send("GET")
    assert (answer.status, answer.code) == (500, "InternalError")
    assert b"disk full" not in answer.body
    assert "disk full" in caplog.text


def test_internal_error_is_the_answer_for_a_lost_body(tmp_path, caplog):
    """Its file is named in the log, and nobody waits for it to come back."""
    with LocalS3(directory=tmp_path) as s3:
        client = Client(s3)
        s3.put("bucket", "k", PART)
        [file] = os.listdir(tmp_path / "bodies")
        os.unlink(tmp_path / "bodies" / file)
        answer = client.get("k")
        assert (answer.status, answer.code) == (500, "InternalError")
        assert file in caplog.text
        with pytest.raises(FileNotFoundError):
            s3.get("bucket", "k")
        client.close()
