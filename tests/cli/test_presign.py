"""`sigv4 presign`: the URL alone on standard output, and beside it what its user must know."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from sigv4 import Verifier
from sigv4.testing import LocalS3
from tests.cli.runner import CREDENTIALS, VERIFIER, run


@pytest.mark.parametrize(("verb", "method"), [("get", "GET"), ("put", "PUT"), ("head", "HEAD"), ("delete", "DELETE")])
def test_presign_prints_the_url_alone(capsys: pytest.CaptureFixture[str], verb: str, method: str) -> None:
    status, out, err = run(capsys, "presign", verb, "s3://my-bucket/a b/ü.txt")
    assert status == 0
    assert out.startswith("https://my-bucket.s3.eu-central-1.amazonaws.com/a%20b/%C3%BC.txt?")
    assert out.count("\n") == 1
    assert "no header is needed" in err
    verified = VERIFIER.verify(method, out.strip(), [])
    assert (verified.expires_at - verified.signed_at).total_seconds() == 900


def test_presign_says_on_standard_error_what_must_be_sent(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "presign", "put", "s3://my-bucket/k", "--content-type", "text/plain")
    assert status == 0
    assert "content-type: text/plain" in err
    VERIFIER.verify("PUT", out.strip(), [("Content-Type", "text/plain")])


def test_presign_as_json_says_all_there_is_to_know(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, err = run(
        capsys,
        "presign",
        "put",
        "s3://my-bucket/k",
        "--json",
        "--param",
        "Metadata=who=me",
        "--param",
        "ContentLength=3",
    )
    said = json.loads(out)
    assert err == ""
    assert said["method"] == "PUT"
    assert said["headers"] == {"x-amz-meta-who": "me", "content-length": "3"}
    assert said["expires_at"].endswith("+00:00")
    VERIFIER.verify("PUT", said["url"], said["headers"])


def test_presign_takes_any_operation(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "presign", "list-objects-v2", "s3://my-bucket", "--param", "MaxKeys=5")
    assert "/?list-type=2&max-keys=5&encoding-type=url&" in out
    VERIFIER.verify("GET", out.strip(), [])


def test_presign_as_curl_works_as_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        target, at = "s3://my-bucket/it's a file.txt", ["--endpoint-url", s3.endpoint_url]
        run(capsys, "create-bucket", "s3://my-bucket", *at)
        (tmp_path / "it's a file.txt").write_bytes(b"content")
        upload = run(capsys, "presign", "put", target, "--content-type", "text/plain", "--curl", *at)[1]
        subprocess.run(["sh", "-c", upload], cwd=tmp_path, check=True, capture_output=True)
        (tmp_path / "it's a file.txt").unlink()
        download = run(capsys, "presign", "get", target, "--curl", *at)[1]
        assert shlex.split(download)[0] == "curl"
        subprocess.run(["sh", "-c", download], cwd=tmp_path, check=True, capture_output=True)
        assert (tmp_path / "it's a file.txt").read_bytes() == b"content"
        delete = run(capsys, "presign", "delete", target, "--curl", *at)[1]
        subprocess.run(["sh", "-c", delete], cwd=tmp_path, check=True, capture_output=True)
        gone = run(capsys, "presign", "get", target, "--curl", *at)[1]
        assert subprocess.run(["sh", "-c", gone], cwd=tmp_path, check=False, capture_output=True).returncode != 0


def test_presign_as_curl_takes_a_file_name_for_no_pattern(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("a[1-2].txt", "a1.txt", "a2.txt"):
        (tmp_path / name).write_text(name)
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        s3.put("my-bucket", "other")
        target = "s3://my-bucket/a[1-2].txt"
        upload = run(capsys, "presign", "put", target, "--curl", "--endpoint-url", s3.endpoint_url)[1]
        subprocess.run(["sh", "-c", upload], cwd=tmp_path, check=True, capture_output=True)
        assert s3.get("my-bucket", "a[1-2].txt") == b"a[1-2].txt"


def test_presign_as_curl_adds_no_file_name_to_a_key_that_ends_in_a_slash(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "folder").write_text("content")
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        s3.put("my-bucket", "other")
        at = ["--endpoint-url", s3.endpoint_url]
        upload = run(capsys, "presign", "put", "s3://my-bucket/folder/", "--curl", *at)[1]
        subprocess.run(["sh", "-c", upload], cwd=tmp_path, check=True, capture_output=True)
        assert s3.get("my-bucket", "folder/") == b"content"


def test_presign_takes_a_url_of_any_service(capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://sts.eu-central-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15"
    status, out, err = run(capsys, "presign", "get", url, "--service", "sts", "-H", "X-Id: a", "--expires-in", "60")
    assert status == 0
    assert out.startswith(f"{url}&")
    assert "  X-Id: a\n" in err
    verifier = Verifier({"AKIDEXAMPLE": CREDENTIALS}, region="eu-central-1", service="sts")
    verifier.verify("GET", out.strip(), [("X-Id", "a")])


def test_presign_takes_a_url_of_s3_with_a_content_type(capsys: pytest.CaptureFixture[str]) -> None:
    url = "https://my-bucket.s3.eu-central-1.amazonaws.com/a%20b/c.txt"
    out = run(capsys, "presign", "PUT", url, "--content-type", "text/plain", "--curl")[1]
    words = shlex.split(out)
    assert words[:4] == ["curl", "--fail-with-body", "--upload-file", "c.txt"]
    VERIFIER.verify("PUT", words[-1], [("Content-Type", "text/plain")])
