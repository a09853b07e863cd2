"""`sigv4 sign`: the headers alone on standard output; the curl command does what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sigv4 import Verifier
from sigv4.testing import LocalS3
from tests import ROOT
from tests.cli.runner import CREDENTIALS, VERIFIER, run


def test_sign_prints_the_headers_alone(capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://my-bucket.s3.amazonaws.com/a%20b?x=1"
    status, out, err = run(capsys, "sign", "PUT", url, "-H", "Content-Type: text/plain", "-d", "hello")
    assert status == 0
    headers = [tuple(line.split(": ", 1)) for line in out.splitlines()]
    assert [name for name, _ in headers] == ["Content-Type", "X-Amz-Content-Sha256", "X-Amz-Date", "Authorization"]
    VERIFIER.verify("PUT", url, headers, b"hello")
    assert err == "PUT https://my-bucket.s3.amazonaws.com/a%20b with all of these within 15 minutes.\n"


def test_sign_says_how_the_url_must_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = run(capsys, "sign", "GET", "https://my-bucket.s3.amazonaws.com/a b")
    assert err.endswith("\n  https://my-bucket.s3.amazonaws.com/a%20b\n")
    assert "%20" not in out


def test_sign_makes_the_documented_signature(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 API Reference, "Examples: Signature calculations"."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    url = "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J"
    for moment in ("20130524T000000Z", "2013-05-24", "2013-05-24T02:00:00+02:00"):
        _, out, _ = run(capsys, "sign", "GET", url, "--region", "us-east-1", "--signed-at", moment)
        assert out.endswith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7\n")


def test_sign_takes_other_services_and_gives_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = run(capsys, "sign", "POST", "https://iam.amazonaws.com/", "--service", "iam", "-d", "a=b", "--json")
    said = json.loads(out)
    assert err == ""
    assert said["headers"]["Content-Type"] == "application/x-www-form-urlencoded"
    verifier = Verifier({"AKIDEXAMPLE": CREDENTIALS}, region="us-east-1", service="iam")
    verifier.verify(said["method"], said["url"], said["headers"], b"a=b")


@pytest.mark.parametrize(
    ("url", "service", "aws_region", "options", "region"),
    [
        ("https://iam.amazonaws.com/", "iam", "", [], "us-east-1"),
        ("https://iam.cn-north-1.amazonaws.com.cn/", "iam", "cn-northwest-1", [], "cn-north-1"),
        ("https://iam.amazonaws.com/", "iam", "eu-west-1", ["--region", "eu-west-3"], "eu-west-3"),
        ("https://sts.amazonaws.com/", "sts", "eu-west-1", [], "us-east-1"),
        ("https://sts.eu-west-1.amazonaws.com/", "sts", "eu-west-1", [], "eu-west-1"),
    ],
)
def test_sign_and_presign_know_a_global_services_region(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    service: str,
    aws_region: str,
    options: list[str],
    region: str,
) -> None:
    monkeypatch.setenv("AWS_REGION", aws_region)
    assert f"/{region}/{service}/aws4_request" in run(capsys, "sign", "GET", url, "--service", service, *options)[1]
    presigned = run(capsys, "presign", "GET", url, "--service", service, *options)[1]
    assert f"%2F{region}%2F{service}%2Faws4_request" in presigned


@pytest.mark.parametrize("given", [[], ["-H", "content-type: application/x-amz-json-1.1"]])
def test_sign_sends_data_to_other_services_than_s3_as_curl_does(
    capsys: pytest.CaptureFixture[str], given: list[str]
) -> None:
    """AWS's Query API reads a body of curl's own type alone: https://curl.se/docs/manpage.html#-d"""
    sts = ["https://sts.amazonaws.com/", "--service", "sts"]
    out = run(capsys, "sign", "POST", *sts, "-d", "a=b", "--curl", *given)[1]
    expected = given[1] if given else "Content-Type: application/x-www-form-urlencoded"
    assert f"--header '{expected}'" in out
    assert out.lower().count("content-type: ") == 1
    assert "SignedHeaders=content-type;host" in out


def test_sign_and_presign_take_a_session_token_as_a_header(capsys: pytest.CaptureFixture[str]) -> None:
    url, header = "https://my-bucket.s3.amazonaws.com/k", ["-H", "X-Amz-Security-Token: a+b"]
    assert "X-Amz-Security-Token: a+b\n" in run(capsys, "sign", "GET", url, *header)[1]
    assert "&X-Amz-Security-Token=a%2Bb&" in run(capsys, "presign", "GET", url, *header)[1]


def test_sign_leaves_the_body_unsigned_when_asked_to(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "sign", "PUT", "https://my-bucket.s3.amazonaws.com/k", "-d", "x", "--unsigned-payload")
    assert "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD\n" in out


def test_sign_for_several_regions(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    _, out, _ = run(capsys, "sign", "GET", "https://api.example.com/", "--service", "api", "--region-set", "eu-*")
    assert "X-Amz-Region-Set: eu-*\n" in out
    assert "AWS4-ECDSA-P256-SHA256" in out


@pytest.mark.parametrize("data", ["a text, it's 'quoted'", "@a file", "@-", ""])
@pytest.mark.parametrize("content_type", [[], ["-H", "Content-Type: text/plain"]])
def test_sign_as_curl_works_as_printed(tmp_path: Path, data: str, content_type: list[str]) -> None:
    (tmp_path / "a file").write_bytes(bytes(range(256)))
    body = bytes(range(256)) if data.startswith("@") else data.encode()
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        s3.put("my-bucket", "other")
        url = f"{s3.endpoint_url}/my-bucket/a.bin"
        command = [sys.executable, "-m", "sigv4", "sign", "PUT", url, "-d", data, *content_type, "--curl"]
        environ = os.environ | {"PYTHONPATH": str(ROOT)}
        signed = subprocess.run(command, cwd=tmp_path, env=environ, input=body, check=True, stdout=subprocess.PIPE)
        subprocess.run(["sh", "-c", signed.stdout.decode()], cwd=tmp_path, input=body, check=True, capture_output=True)
        assert s3.get("my-bucket", "a.bin") == body
        answer = s3.presigner().head_object("my-bucket", "a.bin").url
        head = subprocess.run(["curl", "-sI", answer], check=True, capture_output=True, text=True).stdout
    assert ("text/plain" if content_type else "binary/octet-stream") in head


def test_sign_as_curl_keeps_the_url_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        s3.put("my-bucket", "a/../[b]{c}")
        url = f"{s3.endpoint_url}/my-bucket/a/../[b]{{c}}"
        command = run(capsys, "sign", "GET", url, "--curl")[1]
        subprocess.run(["sh", "-c", command], check=True, capture_output=True)
        head = run(capsys, "sign", "HEAD", url, "--curl")[1]
        subprocess.run(["sh", "-c", head], check=True, capture_output=True)
