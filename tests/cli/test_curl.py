"""`sigv4 curl`: curl sends what was signed, and no command line shows a signature."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from sigv4.testing import LocalS3
from tests.cli.runner import CREDENTIALS, run


@pytest.fixture
def s3():
    assert shutil.which("curl"), "no program curl on PATH"
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        s3.put("my-bucket", "there", b"content")
        yield s3


def test_curl_puts_gets_and_heads(s3: LocalS3, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "up[1] b").write_bytes(b"x" * 100_000)
    url = f"{s3.endpoint_url}/my-bucket/a%20b%2Bc"
    assert run(capfd, "curl", url, "-X", "PUT", "-d", f"@{tmp_path}/up[1] b", "-H", 'X-Amz-Meta-A: "b\\c"')[0] == 0
    down = tmp_path / "down"
    assert run(capfd, "curl", url, "--", "--silent", "--output", str(down))[0] == 0
    assert down.read_bytes() == b"x" * 100_000
    _, out, _ = run(capfd, "curl", url, "-X", "HEAD", "--", "--silent")
    assert 'x-amz-meta-a: "b\\c"' in out.lower()
    _, out, _ = run(capfd, "curl", f"{s3.endpoint_url}/my-bucket?list-type=2&prefix=a", "--", "--silent")
    assert "<Key>a b+c</Key>" in out


def test_curl_gives_curls_own_exit_status(s3: LocalS3, capfd: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capfd, "curl", f"{s3.endpoint_url}/my-bucket/none", "--", "--silent")
    assert status == 22
    assert "<Code>NoSuchKey</Code>" in out


def test_curl_takes_unsigned_payloads_and_other_services(
    s3: LocalS3, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    url = f"{s3.endpoint_url}/my-bucket/key"
    assert run(capfd, "curl", url, "-X", "PUT", "-d", "text", "--unsigned-payload", "--", "--silent")[0] == 0
    assert s3.get("my-bucket", "key") == b"text"
    status, out, _ = run(
        capfd, "curl", f"{s3.endpoint_url}/", "--service", "sts",
        "-d", "Action=GetCallerIdentity&Version=2011-06-15", "--", "--silent",
    )  # fmt: skip
    assert status == 0
    assert "<Account>123456789012</Account>" in out


def test_curl_shows_no_signature_to_other_users(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "curl"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$0.arguments"\ncat > "$0.input"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEEXAMPLE")
    run(capfd, "curl", "https://my-bucket.s3.amazonaws.com/k?x=1")
    arguments, given = [(tmp_path / f"curl.{name}").read_text() for name in ("arguments", "input")]
    assert "Signature" not in arguments
    assert "IQoJb3" not in arguments
    assert 'header = "Authorization: AWS4-HMAC-SHA256 ' in given
    assert 'header = "X-Amz-Security-Token: IQoJb3JpZ2luX2VjEEXAMPLE"' in given


def test_curl_says_that_it_is_not_there(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    status, _, err = run(capfd, "curl", "https://my-bucket.s3.amazonaws.com/k")
    assert status == 2
    assert err.startswith("sigv4: there is no program curl on PATH")
