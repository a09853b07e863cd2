"""The command line: what it prints where, its exit status, and its words when something is wrong."""

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sigv4 import Credentials, Signer, Verifier
from sigv4.cli import main
from sigv4.testing import LocalS3
from tests import ROOT

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
        (["sign", "get", "https://h/"], "in capitals"),
        (["sign", "GET", "h/"], "https://"),
        (["sign", "GET", "https://h/", "--region", "eu/west"], "region"),
        (
            ["sign", "PUT", "https://h/", "-d", "x", "--unsigned-payload", "-H", "x-amz-content-sha256: y"],
            "given twice",
        ),
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


def test_curl_takes_a_file_name_for_no_pattern(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("a[1-2].txt", "a1.txt", "a2.txt"):
        (tmp_path / name).write_text(name)
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        s3.put("my-bucket", "other")
        target = "s3://my-bucket/a[1-2].txt"
        upload = run(capsys, "presign", "put", target, "--curl", "--endpoint-url", s3.endpoint_url)[1]
        subprocess.run(["sh", "-c", upload], cwd=tmp_path, check=True, capture_output=True)
        assert s3.get("my-bucket", "a[1-2].txt") == b"a[1-2].txt"


def test_curl_adds_no_file_name_to_a_key_that_ends_in_a_slash(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "folder").write_text("content")
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        s3.put("my-bucket", "other")
        at = ["--endpoint-url", s3.endpoint_url]
        upload = run(capsys, "presign", "put", "s3://my-bucket/folder/", "--curl", *at)[1]
        subprocess.run(["sh", "-c", upload], cwd=tmp_path, check=True, capture_output=True)
        assert s3.get("my-bucket", "folder/") == b"content"


def test_it_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "sigv4", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert "presign" in done.stdout


# --- sign ---


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
    verifier = Verifier({"AKIDEXAMPLE": CREDENTIALS}, region="eu-central-1", service="iam")
    verifier.verify(said["method"], said["url"], said["headers"], b"a=b")


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
def test_the_curl_command_of_sign_works_as_printed(tmp_path: Path, data: str, content_type: list[str]) -> None:
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


def test_curl_does_not_tidy_the_url(capsys: pytest.CaptureFixture[str]) -> None:
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        s3.put("my-bucket", "a/../[b]{c}")
        url = f"{s3.endpoint_url}/my-bucket/a/../[b]{{c}}"
        command = run(capsys, "sign", "GET", url, "--curl")[1]
        subprocess.run(["sh", "-c", command], check=True, capture_output=True)
        head = run(capsys, "sign", "HEAD", url, "--curl")[1]
        subprocess.run(["sh", "-c", head], check=True, capture_output=True)


# --- verify ---


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def raw_request(body: bytes = b"hello", line_end: str = "\r\n", service: str = "s3", **options: str) -> bytes:
    signer = Signer(CREDENTIALS, region="eu-central-1", service=service)
    signed = signer.sign("PUT", "https://my-bucket.s3.amazonaws.com/a%20b?x=1", options, body)
    lines = ["PUT /a%20b?x=1 HTTP/1.1", "Host: my-bucket.s3.amazonaws.com"]
    lines += [f"{name}: {value}" for name, value in signed.headers.items()]
    return line_end.join([*lines, "", ""]).encode() + body


def test_verify_accepts_a_presigned_url(capsys: pytest.CaptureFixture[str]) -> None:
    url = run(capsys, "presign", "put", "s3://my-bucket/k", "--content-type", "text/plain")[1].strip()
    request = ["verify", url, "--method", "PUT", "-H", "Content-Type: text/plain"]
    status, out, err = run(capsys, *request)
    assert (status, out) == (0, "accepted\n")
    assert "Signed by AKIDEXAMPLE for s3 in eu-central-1" in err
    assert "content-type, host" in err
    assert run(capsys, *request, "--at", "2020-01-01")[:2] == (1, "AccessDenied: Request is not valid yet\n")
    status, out, err = run(capsys, *request, "--at", "2100-01-01T00:00:00Z")
    assert (status, out) == (1, "AccessDenied: Request has expired\n")
    assert "X-Amz-Expires: 900" in err


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_verify_reads_a_raw_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, line_end: str
) -> None:
    feed(monkeypatch, raw_request(line_end=line_end))
    status, out, err = run(capsys, "verify")
    assert (status, out) == (0, "accepted\n")
    assert err.endswith(", checked.\n")
    feed(monkeypatch, raw_request().replace(b"hello", b"hullo"))
    status, out, _ = run(capsys, "verify")
    assert status == 1
    assert out.startswith("XAmzContentSHA256Mismatch: ")


def test_verify_checks_the_body_for_other_services_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = raw_request(service="my-api")
    assert b"x-amz-content-sha256" not in request.lower()
    feed(monkeypatch, request)
    assert run(capsys, "verify", "--service", "my-api")[:2] == (0, "accepted\n")
    feed(monkeypatch, request + b"!")
    assert run(capsys, "verify", "--service", "my-api")[0] == 1


def test_verify_checks_a_body_in_chunks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    signer = Signer(CREDENTIALS, region="eu-central-1")
    signed = signer.sign_stream("PUT", "https://h.example/b/k", body=b"x" * 100_000, checksum="CRC32")
    lines = [f"{name}: {value}" for name, value in signed.headers.items()]
    head = "\n".join(["PUT /b/k HTTP/1.1", "Host: h.example", *lines, "", ""]).encode()
    body = b"".join(signed.body)
    feed(monkeypatch, head + body)
    assert run(capsys, "verify")[:2] == (0, "accepted\n")
    feed(monkeypatch, head + body.replace(b"x" * 10 + b"\r", b"x" * 9 + b"y\r", 1))
    assert run(capsys, "verify")[1].startswith("SignatureDoesNotMatch")


def test_verify_shows_where_the_two_canonical_requests_part(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, raw_request(**{"Content-Type": "text/plain"}).replace(b"text/plain", b"text/html"))
    status, out, err = run(capsys, "verify")
    assert status == 1
    assert out.startswith("SignatureDoesNotMatch: ")
    assert "its header content-type is 'text/plain', and another value arrived" in err
    assert "    content-type:text/html\n                      ^\n" in err


def test_verify_shows_no_token_and_no_signature(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-session-token==")
    url = run(capsys, "presign", "get", "s3://my-bucket/k")[1].strip()
    status, out, err = run(capsys, "verify", url, "--method", "PUT")
    assert status == 1
    assert "a-session-token" not in out + err
    assert url[-64:] not in out + err


@pytest.mark.parametrize(
    ("request_bytes", "says"),
    [
        (b"", "standard input is empty"),
        (b"hello\n\n", "'hello' must be a request line"),
        (b"GET / HTTP/1.1\nHost\n\n", "'Host' must be a header"),
        (b"GET / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n\n0\r\n\r\n", "Transfer-Encoding"),
        (b"GET / HTTP/1.1\nA: " + b"a" * (1 << 20), "over 1048576 bytes"),
    ],
)
def test_what_is_no_request_is_one_line_with_its_mend(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, request_bytes: bytes, says: str
) -> None:
    feed(monkeypatch, request_bytes)
    status, out, err = run(capsys, "verify")
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("command", [["sign", "GET", "https://h/"], ["verify", "https://h/"]])
def test_data_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    status, _, err = run(capsys, *command, "-d", "@/no/such file")
    assert status == 2
    assert err == "sigv4: --data @/no/such file: No such file or directory\n"
