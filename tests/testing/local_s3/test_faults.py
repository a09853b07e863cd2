"""What a test wants to see and to break: the journal of what arrived, and faults put in its way."""

from __future__ import annotations

import os
import time
from http.client import HTTPException, IncompleteRead

import pytest

from sigv4 import SigningError
from sigv4.testing.local_s3 import Recorded
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
    assert s3.requests == [
        Recorded("PutObject", "bucket", "a b", me, 200, None),
        Recorded("GetObject", "bucket", "none", me, 404, "NoSuchKey"),
        Recorded("GetObject", "bucket", "k", None, 403, "AccessDenied"),
        Recorded("ListObjectsV2", "bucket", "", me, 200, None),
        Recorded("ListBuckets", "", "", me, 200, None),
    ]


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


def test_fail_refuses_what_makes_no_sense(s3):
    with pytest.raises(SigningError, match="put_object"):
        s3.fail("PutObjects")
    with pytest.raises(ValueError, match="Nonsense"):
        s3.fail("PutObject", "Nonsense")
