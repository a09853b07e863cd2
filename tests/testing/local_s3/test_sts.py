"""LocalS3's small STS: temporary credentials, and who one is."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from sigv4 import Credentials, Signer
from tests.testing.local_s3.client import Client


@pytest.fixture
def s3(s3):
    s3.put("bucket", "k", b"there")
    return s3


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
def test_sts_refuses_what_it_does_not_give(s3, body, code):
    assert sts(s3, s3.credentials, body).code == code


def test_sts_makes_no_user_of_a_refused_role(s3):
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
