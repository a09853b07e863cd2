"""`sigv4 create-bucket`: the one command that sends something."""

from __future__ import annotations

import pytest

from sigv4.testing import LocalS3
from tests.cli.runner import CREDENTIALS, run


def test_create_bucket_makes_one_and_accepts_one_that_exists(capsys: pytest.CaptureFixture[str]) -> None:
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        for says in ("created my-bucket", "already exists"):
            status, out, err = run(capsys, "create-bucket", "s3://my-bucket", "--endpoint-url", s3.endpoint_url)
            assert (status, out) == (0, "")
            assert says in err
        status, _, err = run(
            capsys, "create-bucket", "s3://other-bucket", "--endpoint-url", s3.endpoint_url, "--region", "us-east-1"
        )
    assert status == 1
    assert "the region 'us-east-1' is wrong; expecting 'eu-central-1'" in err


def test_create_bucket_names_a_server_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "create-bucket", "s3://my-bucket", "--endpoint-url", "http://127.0.0.1:1")
    assert status == 1
    assert "cannot reach http://127.0.0.1:1" in err
