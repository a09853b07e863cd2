"""What a test wants of LocalS3 besides S3: to look inside, to see what arrived, to break things, to go back."""

from __future__ import annotations

import os
import time
from http.client import HTTPException, IncompleteRead
from xml.etree import ElementTree

import pytest

from sigv4 import Credentials, Signer, SigningError
from sigv4.testing.local_s3 import LocalS3, Recorded
from sigv4.testing.local_s3.faults import camel_case, snake_case
from tests.testing.local_s3.client import Client

BIG = os.urandom(200_000)


@pytest.fixture
def s3(local_s3):
    local_s3.put("bucket", "k", b"there")
    return local_s3


@pytest.fixture
def client(s3):
    client = Client(s3)
    yield client
    client.close()


# Helpers that skip HTTP


def test_objects_can_be_put_and_looked_at_without_http(s3, client):
    s3.put("new-bucket", "a", BIG, content_type="text/plain")
    assert client.send("GET", "new-bucket", "a").body == BIG
    assert client.send("GET", "new-bucket", "a").headers["content-type"] == "text/plain"
    client.put("copy", headers={"x-amz-copy-source": "new-bucket/a"})
    assert s3.get("bucket", "copy") == BIG
    assert s3.objects("bucket") == {"copy": BIG, "k": b"there"}
    assert s3.objects("bucket", prefix="co") == {"copy": BIG}
    assert s3.objects("none") == {}
    for bucket, key in (("bucket", "none"), ("none", "k")):
        with pytest.raises(KeyError, match=f"{bucket}/{key}"):
            s3.get(bucket, key)
    assert len(s3.requests) == 3


def test_more_objects_than_a_page(s3):
    for number in range(1500):
        s3.put("many", f"{number:04}")
    assert len(s3.objects("many")) == 1500


# The journal


def test_the_journal_says_what_arrived_and_how_it_was_answered(s3, client):
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
def test_names(camel, snake):
    assert (camel_case(snake), snake_case(camel), snake_case(snake)) == (camel, snake, snake)


# Faults


def test_a_fault_is_met_as_often_as_was_said(s3, client):
    s3.fail("PutObject", "SlowDown", times=2, skip=1)
    statuses = [client.send("PUT", "bucket", f"k{number}").status for number in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    assert list(s3.objects("bucket")) == ["k", "k0", "k3", "k4"]
    assert client.send("GET", "bucket", "k").status == 200
    assert [record.code for record in s3.requests].count("SlowDown") == 2


def test_faults_queue_and_can_be_dropped(s3, client):
    s3.fail("GetObject", "SlowDown")
    s3.fail("GetObject", times=None)
    assert [client.get("k").code for _ in range(3)] == ["SlowDown", "InternalError", "InternalError"]
    s3.recover()
    assert client.get("k").body == b"there"


def test_a_fault_comes_after_verification(s3, client):
    s3.fail("GetObject", "SlowDown")
    assert client.send("GET", "bucket", "k", signed=False).code == "AccessDenied"
    assert client.get("k").code == "SlowDown"


def test_a_delay(s3, client):
    s3.fail("GetObject", delay=0.2)
    began = time.monotonic()
    assert client.get("k").body == b"there"
    assert time.monotonic() - began >= 0.2


def test_a_body_cut_short(s3, client):
    s3.put("bucket", "big", BIG)
    s3.fail("GetObject", cut_after=1000)
    with pytest.raises(IncompleteRead) as caught:
        client.get("big")
    assert caught.value.partial == BIG[:1000]
    client.close()
    assert client.get("big").body == BIG


def test_a_connection_reset_after_the_work_was_done(s3, client):
    s3.fail("PutObject", reset=True)
    with pytest.raises((ConnectionError, HTTPException)):
        client.send("PUT", "bucket", "new", body=b"1")
    assert s3.get("bucket", "new") == b"1"


def test_a_wrong_checksum(s3, client):
    s3.fail("PutObject", wrong_checksum=True)
    right = "NhCmhg=="  # CRC-32 of hello
    answer = client.send("PUT", "bucket", "new", headers={"x-amz-checksum-crc32": right}, body=b"hello")
    assert answer.status == 200
    assert answer.headers["x-amz-checksum-crc32"] not in (right, "")
    assert answer.headers["x-amz-checksum-type"] == "FULL_OBJECT"


def test_a_fault_that_makes_no_sense(s3):
    with pytest.raises(SigningError, match="put_object"):
        s3.fail("PutObjects")
    with pytest.raises(ValueError, match="Nonsense"):
        s3.fail("PutObject", "Nonsense")


# Snapshots


def test_there_and_back(s3, client):
    s3.put("bucket", "big", BIG)
    snapshot = s3.snapshot()
    before = s3.objects("bucket")
    for _ in range(2):
        client.send("DELETE", "bucket", "big")
        s3.put("bucket", "k", b"other")
        s3.put("bucket", "new", BIG)
        s3.put("other", "x", BIG)
        s3.restore(snapshot)
        assert s3.objects("bucket") == before
        assert s3.objects("other") == {}
        assert len(s3._storage._files.names()) == 1
        client.put("k", b"after")
        assert client.get("k").body == b"after"


def test_what_is_deleted_while_it_is_read_is_not_there(s3, monkeypatch):
    """An object overwritten between finding and reading is read anew."""
    for key in ("deleted", "overwritten"):
        s3.put("races", key, BIG)
    read = s3._storage.read

    def race(version):
        monkeypatch.undo()
        s3._storage.delete_object("races", version.key)
        if version.key == "overwritten":
            s3.put("races", version.key, b"new")
        return read(version)

    monkeypatch.setattr(s3._storage, "read", race)
    assert s3.get("races", "overwritten") == b"new"
    monkeypatch.setattr(s3._storage, "read", race)
    assert s3.objects("races") == {"overwritten": b"new"}


def test_a_directory_takes_no_snapshot(tmp_path):
    with LocalS3(directory=tmp_path) as s3, pytest.raises(ValueError, match="copy it"):
        s3.snapshot()


# Users and temporary credentials


def test_several_users(s3):
    user = s3.add_user()
    other = s3.add_user(Credentials("OTHER", "secret"))
    for credentials in (user, other):
        mine = Client(s3)
        mine.signer = Signer(credentials, region=s3.region)
        assert mine.get("k").body == b"there"
        mine.close()
    assert [record.principal for record in s3.requests] == [user.access_key_id, "OTHER"]


def sts(s3, credentials, body: str):
    client = Client(s3)
    signer = Signer(credentials, region=s3.region, service="sts")
    headers = {"content-type": "application/x-www-form-urlencoded"}
    signed = signer.sign("POST", s3.endpoint_url + "/", headers, body.encode(), signed_at=s3.clock.now())
    answer = client.raw("POST", "/", {"Host": client.host, **signed.headers}, body.encode())
    client.close()
    return answer


def issued(answer) -> Credentials:
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    root = ElementTree.fromstring(answer.body)
    values = [root.find(f".//{{https://sts.amazonaws.com/doc/2011-06-15/}}{name}").text for name in names]
    return Credentials(*values)


@pytest.mark.parametrize(
    "body",
    [
        "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=900",
        "Action=AssumeRole&RoleArn=arn:aws:iam::123456789012:role/r&RoleSessionName=s&DurationSeconds=900",
    ],
)
def test_temporary_credentials_work_until_they_expire(s3, body):
    temporary = issued(sts(s3, s3.credentials, body))
    client = Client(s3)
    client.signer = Signer(temporary, region=s3.region)
    assert client.get("k").body == b"there"
    assert sts(s3, temporary, "Action=GetCallerIdentity").text(".//UserId") == temporary.access_key_id
    client.signer = Signer(Credentials(temporary.access_key_id, temporary.secret_access_key), region=s3.region)
    assert client.get("k").code == "InvalidToken"
    client.signer = Signer(temporary, region=s3.region)
    s3.clock.advance(seconds=901)
    assert client.get("k").code == "ExpiredToken"
    client.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("Action=AssumeRole", "InvalidArgument"),
        ("Action=GetSessionToken&DurationSeconds=1", "InvalidArgument"),
        ("Action=GetFederationToken", "NotImplemented"),
        ("", "NotImplemented"),
        ("%zz", "InvalidRequest"),
        ("Action=" + "x" * 70_000, "EntityTooLarge"),
    ],
)
def test_sts_refuses(s3, body, code):
    assert sts(s3, s3.credentials, body).code == code


def test_a_refused_role_makes_no_user(s3):
    before = dict(s3._users)
    for body in ("Action=AssumeRole", "Action=AssumeRole&RoleArn=arn:aws:iam::123456789012:role/r"):
        assert sts(s3, s3.credentials, body).code == "InvalidArgument"
    assert s3._users == before


def test_sts_knows_whom_it_speaks_to(s3):
    assert sts(s3, Credentials("NOBODY", "secret"), "Action=GetSessionToken").code == "InvalidAccessKeyId"
    wrong = Credentials(s3.credentials.access_key_id, "wrong")
    assert sts(s3, wrong, "Action=GetSessionToken").code == "SignatureDoesNotMatch"
    client = Client(s3)
    assert client.raw("POST", "/", {"Host": client.host}, b"Action=GetSessionToken").code == "AccessDenied"
    client.close()
