"""`sigv4 create-bucket`: the one command that sends something."""

from __future__ import annotations

import pytest

from sigv4._http.client import send
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


def test_uploads_that_nobody_completes_end(capsys: pytest.CaptureFixture[str]) -> None:
    """By a rule that LocalS3 acts on when its clock moves."""
    with LocalS3(CREDENTIALS) as s3:
        there = "--endpoint-url", s3.endpoint_url, "--region", "us-east-1"
        status, _, err = run(capsys, "create-bucket", "s3://my-bucket", *there, "--abort-incomplete", "7")
        assert (status, "end after 7 days" in err) == (0, True)
        begun = s3.presigner().presign("create_multipart_upload", Bucket="my-bucket", Key="k")
        assert send(begun.method, begun.url)[0] == 200
        for days, left in ((6, 1), (3, 0)):
            s3.clock.advance(seconds=days * 86_400)
            listed = s3.presigner().presign("list_multipart_uploads", signed_at=s3.clock.now(), Bucket="my-bucket")
            assert send("GET", listed.url)[2].count(b"<Upload>") == left
        status, _, err = run(capsys, "create-bucket", "s3://other", *there, "--abort-incomplete", "0")
    assert (status, "1 day or more" in err) == (2, True)
