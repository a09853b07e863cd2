"""The command line: what it prints where, its exit status, and its words when something is wrong."""

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sigv4 import Credentials, Verifier
from sigv4.cli import main
from sigv4.testing import LocalS3

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET)
VERIFIER = Verifier({"AKIDEXAMPLE": CREDENTIALS}, region="eu-central-1")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    return status, out, err


@pytest.mark.parametrize(("verb", "method"), [("get", "GET"), ("put", "PUT"), ("head", "HEAD"), ("delete", "DELETE")])
def test_presign_prints_the_url_alone(capsys: pytest.CaptureFixture[str], verb: str, method: str) -> None:
    status, out, err = run(capsys, "presign", verb, "s3://my-bucket/a b/ü.txt")
    assert status == 0
    assert out.startswith("https://my-bucket.s3.eu-central-1.amazonaws.com/a%20b/%C3%BC.txt?")
    assert out.count("\n") == 1
    assert "no header is needed" in err
    verified = VERIFIER.verify(method, out.strip(), [])
    assert (verified.expires_at - verified.signed_at).total_seconds() == 900


def test_what_must_be_sent_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "presign", "put", "s3://my-bucket/k", "--content-type", "text/plain")
    assert status == 0
    assert "content-type: text/plain" in err
    VERIFIER.verify("PUT", out.strip(), [("Content-Type", "text/plain")])


@pytest.mark.parametrize(("time", "seconds"), [("60", 60), ("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604800)])
def test_times_are_written_as_people_write_them(capsys: pytest.CaptureFixture[str], time: str, seconds: int) -> None:
    _, out, _ = run(capsys, "presign", "get", "s3://my-bucket/k", "--expires-in", time)
    assert f"X-Amz-Expires={seconds}&" in out


def test_json_says_all_there_is_to_know(capsys: pytest.CaptureFixture[str]) -> None:
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


def test_any_operation_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "presign", "list-objects-v2", "s3://my-bucket", "--param", "MaxKeys=5")
    assert "/?list-type=2&max-keys=5&encoding-type=url&" in out
    VERIFIER.verify("GET", out.strip(), [])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["presign", "gte", "s3://my-bucket/k"], "no operation 'gte'"),
        (["presign", "get", "my-bucket/k"], "must be s3://bucket"),
        (["presign", "get", "s3://my-bucket"], "Key is missing"),
        (["presign", "get", "s3://my-bucket/a/../b"], "segment '..'"),
        (["presign", "get", "s3://my-bucket/k", "--expires-in", "8d"], "604800"),
        (["presign", "get", "s3://my-bucket/k", "--expires-in", "0"], "from 1 to"),
        (["presign", "get", "s3://my-bucket/k", "--region", "eu/west"], "region"),
        (["presign", "get", "s3://my-bucket/k", "--endpoint-url", "localhost:9000"], "http://"),
        (["presign", "get", "s3://my-bucket/k", "--param", "versionid=1"], "did you mean 'VersionId'"),
        (["presign", "get", "s3://my-bucket/k", "--param", "VersionId"], "NAME=VALUE"),
        (["create-bucket", "s3://my-bucket/k"], "a bucket alone"),
    ],
)
def test_a_mistake_is_one_line_with_its_mend(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("time", ["", "1.5h", "-5", "m", "10y", "٣"])
def test_times_that_are_none_are_refused(capsys: pytest.CaptureFixture[str], time: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["presign", "get", "s3://my-bucket/k", f"--expires-in={time}"])
    assert "15m" in capsys.readouterr().err


def test_without_credentials_it_says_what_to_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert run(capsys, "presign", "get", "s3://my-bucket/k")[0] == 2
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    status, _, err = run(capsys, "presign", "get", "s3://my-bucket/k")
    assert status == 2
    assert "AWS_SECRET_ACCESS_KEY is not" in err


def test_without_a_region_it_says_what_to_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    status, _, err = run(capsys, "presign", "get", "s3://my-bucket/k")
    assert status == 2
    assert "--region" in err


def test_create_bucket_makes_one_and_is_content_with_one_that_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        for says in ("created my-bucket", "is there already"):
            status, out, err = run(capsys, "create-bucket", "s3://my-bucket", "--endpoint-url", s3.endpoint_url)
            assert (status, out) == (0, "")
            assert says in err
        status, _, err = run(
            capsys, "create-bucket", "s3://other-bucket", "--endpoint-url", s3.endpoint_url, "--region", "us-east-1"
        )
    assert status == 1
    assert "the region 'us-east-1' is wrong; expecting 'eu-central-1'" in err


def test_a_server_that_is_not_there_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "create-bucket", "s3://my-bucket", "--endpoint-url", "http://127.0.0.1:1")
    assert status == 1
    assert "cannot reach http://127.0.0.1:1" in err


def test_the_curl_command_works_as_printed(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
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


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sigv4", "--help"], cwd=Path(__file__).parent.parent, capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "presign" in done.stdout
