"""What a test wants to see and to break: the journal of what arrived, and faults put in its way."""

from __future__ import annotations

import os
import time
from http.client import HTTPConnection, HTTPException, IncompleteRead

import pytest

from sigv4 import SigningError
from sigv4.testing.local_s3.faults import camel_case, snake_case

BIG = os.urandom(200_000)


@pytest.fixture
def s3(s3):
    s3.put("bucket", "k", b"there")
    return s3


# The journal


def test_requests_say_what_arrived_and_how_it_was_answered(s3, client):
    client.put("a b")
    client.send("GET", "bucket", "none")
    client.send("GET", "bucket", "k", signed=False)
    client.send("GET", "bucket", query={"list-type": "2"})
    client.send("GET")
    me = s3.credentials.access_key_id
    found = [(each.operation, each.bucket, each.key, each.principal, each.status, each.code) for each in s3.requests]
    assert found == [
        ("PutObject", "bucket", "a b", me, 200, None),
        ("GetObject", "bucket", "none", me, 404, "NoSuchKey"),
        ("GetObject", "bucket", "k", None, 403, "AccessDenied"),
        ("ListObjectsV2", "bucket", "", me, 200, None),
        ("ListBuckets", "", "", me, 200, None),
    ]


def test_requests_say_the_query_s_names_and_both_sizes(s3, client):
    client.put("big", BIG)
    assert client.get("big", range="bytes=0-9").body == BIG[:10]
    client.get("big")
    client.send("HEAD", "bucket", "big")
    client.send("DELETE", "bucket", "big")
    listed = client.send("GET", "bucket", query={"list-type": "2", "prefix": "secret"})
    found = [(each.query, each.received, each.sent) for each in s3.requests]
    assert found == [
        ((), len(BIG), 0),
        ((), 0, 10),
        ((), 0, len(BIG)),
        ((), 0, 0),
        ((), 0, 0),
        (("list-type", "prefix"), 0, len(listed.body)),
    ]
    assert "secret" not in repr(s3.requests)


def test_requests_count_a_body_that_comes_in_chunks(s3, client):
    url = s3.presigner().presign("delete_objects", Bucket="bucket", ChecksumCRC32="AAAAAA==")
    sender = HTTPConnection(client.host)
    sender.request("POST", str(url).partition(client.host)[2], iter([b"he", b"llo"]), dict(url.headers))
    assert sender.getresponse().status == 400
    sender.close()
    assert s3.requests[-1].received == 5


@pytest.mark.parametrize(
    ("camel", "snake"),
    [("PutObject", "put_object"), ("ListObjectsV2", "list_objects_v2"), ("GetObjectAcl", "get_object_acl")],
)
def test_camel_case_and_snake_case_are_each_other_s_way_back(camel, snake):
    assert (camel_case(snake), snake_case(camel), snake_case(snake)) == (camel, snake, snake)


# Faults


def test_fail_is_met_as_often_as_was_said(s3, client):
    s3.fail("PutObject", "SlowDown", times=2, skip=1)
    statuses = [client.send("PUT", "bucket", f"k{number}").status for number in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    assert list(s3.objects("bucket")) == ["k", "k0", "k3", "k4"]
    assert client.send("GET", "bucket", "k").status == 200
    assert [record.code for record in s3.requests].count("SlowDown") == 2


def test_fail_queues_and_recover_drops(s3, client):
    s3.fail("GetObject", "SlowDown")
    s3.fail("GetObject", times=None)
    assert [client.get("k").code for _ in range(3)] == ["SlowDown", "InternalError", "InternalError"]
    s3.recover()
    assert client.get("k").body == b"there"


def test_fail_comes_after_verification(s3, client):
    s3.fail("GetObject", "SlowDown")
    assert client.send("GET", "bucket", "k", signed=False).code == "AccessDenied"
    assert client.get("k").code == "SlowDown"


def test_fail_delays(s3, client):
    s3.fail("GetObject", delay=0.2)
    began = time.monotonic()
    assert client.get("k").body == b"there"
    assert time.monotonic() - began >= 0.2


def test_fail_cuts_a_body_short(s3, client):
    s3.put("bucket", "big", BIG)
    s3.fail("GetObject", cut_after=1000)
    with pytest.raises(IncompleteRead) as caught:
        client.get("big")
    assert caught.value.partial == BIG[:1000]
    client.close()
    assert client.get("big").body == BIG


def test_fail_resets_the_connection_after_the_work_was_done(s3, client):
    s3.fail("PutObject", reset=True)
    with pytest.raises((ConnectionError, HTTPException)):
        client.send("PUT", "bucket", "new", body=b"1")
    assert s3.get("bucket", "new") == b"1"


def test_fail_gives_a_wrong_checksum(s3, client):
    s3.fail("PutObject", wrong_checksum=True)
    right = "NhCmhg=="  # CRC-32 of hello
    answer = client.send("PUT", "bucket", "new", headers={"x-amz-checksum-crc32": right}, body=b"hello")
    assert answer.status == 200
    assert answer.headers["x-amz-checksum-crc32"] not in (right, "")
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"


def test_fail_is_for_a_bucket_and_a_key_or_for_any_operation(s3, client):
    for key in ("logs/1", "logs/2", "other"):
        s3.put("bucket", key)
        s3.put("calm", key)
    s3.fail("GetObject", "SlowDown", bucket="bucket", key="logs/*", times=None)
    s3.fail("*", "AccessDenied", key="other", times=None)
    codes = {
        (bucket, key): client.send("GET", bucket, key).code
        for bucket in ("bucket", "calm")
        for key in ("logs/1", "logs/2", "other")
    }
    assert codes == {
        ("bucket", "logs/1"): "SlowDown", ("bucket", "logs/2"): "SlowDown", ("bucket", "other"): "AccessDenied",
        ("calm", "logs/1"): None, ("calm", "logs/2"): None, ("calm", "other"): "AccessDenied",
    }  # fmt: skip
    assert client.send("DELETE", "bucket", "other").code == "AccessDenied"
    assert client.send("DELETE", "bucket", "logs/1").status == 204
    s3.recover()
    s3.fail(bucket="calm")
    assert [client.send("GET", bucket).status for bucket in ("bucket", "calm", "calm")] == [200, 500, 200]


def test_fail_lets_requests_through_that_others_do_not_count_for(s3, client):
    s3.put("bucket", "other")
    s3.fail("GetObject", "SlowDown", key="k", skip=1)
    assert [client.get(key).status for key in ("other", "k", "other", "k", "k")] == [200, 200, 200, 503, 200]


def test_fail_strikes_as_often_as_its_probability_says_the_same_in_every_run(s3, client):
    def struck(**how):
        s3.recover()
        s3.fail("GetObject", "SlowDown", times=None, **how)
        return [client.get("k").status == 503 for _ in range(200)]

    often = struck(probability=0.3)
    assert 40 <= sum(often) <= 80
    assert struck(probability=0.3) == often != struck(probability=0.3, seed=1)
    assert not any(struck(probability=0))


def test_fail_answers_with_any_code_status_and_message(s3, client):
    for code, status in (
        ("ServiceUnavailable", 503), ("OperationAborted", 409), ("ConditionalRequestConflict", 409),
        ("RequestTimeTooSkewed", 403), ("ExpiredToken", 400), ("RequestTimeout", 400),
    ):  # fmt: skip
        s3.fail("GetObject", code)
        answer = client.get("k")
        assert (answer.status, answer.code) == (status, code)
    s3.fail("GetObject", "Throttling", status=429, message="Rate exceeded")
    answer = client.get("k")
    assert (answer.status, answer.code, answer.text("Message")) == (429, "Throttling", "Rate exceeded")
    s3.fail("GetObject", "SlowDown", message="Gently.")
    answer = client.get("k")
    assert (answer.status, answer.text("Message")) == (503, "Gently.")


def test_fail_may_say_error_in_an_answer_of_200(s3, client):
    """Clients must look inside: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html"""
    s3.fail("CopyObject", "InternalError", status=200)
    answer = client.send("PUT", "bucket", "copy", headers={"x-amz-copy-source": "bucket/k"})
    assert (answer.status, answer.xml.tag, answer.code) == (200, "Error", "InternalError")
    assert list(s3.objects("bucket")) == ["k"]
    assert (s3.requests[-1].status, s3.requests[-1].code) == (200, "InternalError")


def test_fail_refuses_what_makes_no_sense(s3):
    with pytest.raises(SigningError, match="put_object"):
        s3.fail("PutObjects")
    with pytest.raises(ValueError, match=r"Nonsense.*status"):
        s3.fail("PutObject", "Nonsense")
    with pytest.raises(ValueError, match="go with a code"):
        s3.fail("PutObject", status=503, delay=1)
    with pytest.raises(ValueError, match="200 to 599"):
        s3.fail("PutObject", "SlowDown", status=99)
    with pytest.raises(ValueError, match="probability"):
        s3.fail("PutObject", probability=2)
