"""`sigv4 whoami`: who, from where, until when; never a secret."""

from __future__ import annotations

import json

import pytest

from sigv4 import Credentials
from sigv4.testing import LocalS3
from sigv4.testing.local_s3.call import ACCOUNT_ID
from tests.cli.runner import CREDENTIALS, run


def test_whoami_asks_sts(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", s3.endpoint_url)
        status, out, err = run(capsys, "whoami", "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == {
        "access_key_id": "AKIDEXAMPLE", "source": "environment", "profile": "default", "region": "eu-central-1",
        "expires_at": None, "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/AKIDEXAMPLE", "account": ACCOUNT_ID,
        "user_id": "AKIDEXAMPLE",
    }  # fmt: skip


def test_whoami_says_what_it_knows_where_sts_knows_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Credentials("AKIDOTHER", CREDENTIALS.secret_access_key)
    with LocalS3(other, region="eu-central-1") as s3:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", s3.endpoint_url)
        status, out, err = run(capsys, "whoami")
    assert status == 1
    assert out.splitlines()[:2] == ["access key id  AKIDEXAMPLE", "source         environment"]
    assert err.startswith("sigv4: STS GetCallerIdentity: InvalidAccessKeyId: ")


def test_whoami_offline_says_until_when(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEEXAMPLE")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2999-05-04T03:02:01Z")
    status, out, err = run(capsys, "whoami", "--offline")
    assert (status, err) == (0, "")
    assert "expires at     2999-05-04T03:02:01+00:00" in out
    assert "IQoJb3" not in out
