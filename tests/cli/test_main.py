"""The program: its help, its version, its words and exit status when something is wrong."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import sigv4
from sigv4.cli import main
from sigv4.testing import LocalS3
from tests import ROOT
from tests.cli.runner import CREDENTIALS, run


def test_main_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "sigv4", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert "presign" in done.stdout


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
def test_main_says_in_one_line_what_is_wrong_and_how_to_fix_it(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def help_of(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--help"])
    return capsys.readouterr().out


NAMES = ["presign", "sign", "verify", "token", "whoami", "create-bucket", "curl"]


@pytest.mark.parametrize("command", [[], *([name] for name in NAMES)], ids=" ".join)
def test_main_opens_each_help_with_examples_that_run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: list[str]
) -> None:
    """They are run as they stand in a shell, but for the port."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "sigv4").write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m sigv4 "$@"\n')
    (tmp_path / "sigv4").chmod(0o700)
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    lines = help_of(capsys, *command).splitlines()
    examples = lines[1 : lines.index("")]
    assert lines[0] == "Examples:"
    assert len(examples) >= 2
    signed = run(capsys, "sign", "GET", "https://my-bucket.s3.amazonaws.com/k")[1]
    (tmp_path / "request.http").write_text(f"GET /k HTTP/1.1\nHost: my-bucket.s3.amazonaws.com\n{signed}\n")
    with LocalS3(CREDENTIALS, region="eu-central-1") as s3:
        s3.put("my-bucket", "report.pdf", b"%PDF")
        for example in examples:
            presign = ["put", "--content-type", "application/pdf"] if "--method PUT" in example else ["get"]
            monkeypatch.setenv("url", run(capsys, "presign", *presign, "s3://my-bucket/k")[1].strip())
            if "s3://my-bucket --region" in example:  # AWS itself
                monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.endpoint_url)
            shown = example.replace("http://localhost:9000", s3.endpoint_url)
            done = subprocess.run(["sh", "-c", shown], cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, (example, done.stderr)


def test_main_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"sigv4 {sigv4.__version__}\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments", [["--help"], ["presign", "get", "s3://my-bucket/k"], ["sign", "GET", "https://h/"]]
)
def test_main_ends_quietly_where_its_reader_has_gone(arguments: list[str], unbuffered: str) -> None:
    """As with `| head -1`."""
    done = without_reader([sys.executable, "-m", "sigv4", *arguments], PYTHONUNBUFFERED=unbuffered)
    assert done.returncode in (0, 1)  # argparse, which prints the help, calls that done
    assert "Traceback" not in done.stderr
    assert "pipe" not in done.stderr.lower()


def test_main_says_that_its_output_cannot_be_written() -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "sigv4", "presign", "get", "s3://my-bucket/k"]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.endswith("sigv4: [Errno 28] No space left on device\n")


def without_reader(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it with a standard output that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as output:
        environment = {**os.environ, **environment}
        return subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("typed", "asked", "corrected"),
    [
        (
            "presgin get s3://my-bucket/k",
            "no command 'presgin'; did you mean 'presign'?",
            "presign get s3://my-bucket/k",
        ),
        ("presign gte s3://my-bucket/k", "did you mean 'get'?", "presign get s3://my-bucket/k"),
        ("presign listobjects s3://my-bucket", "did you mean 'list_objects'?", "presign list_objects s3://my-bucket"),
        ("presign get my-bucket/k", "must be s3://bucket", "presign get s3://my-bucket/k"),
        (
            "presign get s3://my-bucket/k --exipres-in=5m",
            "no option '--exipres-in'; did you mean '--expires-in'?",
            "presign get s3://my-bucket/k --expires-in=5m",
        ),
        (
            "presign get s3://my-bucket/k --param versionid=3",
            "did you mean 'VersionId'?",
            "presign get s3://my-bucket/k --param VersionId=3",
        ),
        (
            "presign get s3://my-bucket/k --endpoint-url localhost:9000",
            "must start with http://",
            "presign get s3://my-bucket/k --endpoint-url http://localhost:9000",
        ),
        ("sign GET my-bucket.s3.amazonaws.com/k", "https://", "sign GET https://my-bucket.s3.amazonaws.com/k"),
    ],
)
def test_main_shows_the_corrected_command_and_it_runs(
    capsys: pytest.CaptureFixture[str], typed: str, asked: str, corrected: str
) -> None:
    status, out, err = run(capsys, *shlex.split(typed))
    assert (status, out) == (2, "")
    assert asked in err
    assert err.endswith(f" Try: sigv4 {corrected}\n")
    assert run(capsys, *shlex.split(corrected))[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["frobnicate"], "the commands are presign, sign, verify, explain, token, whoami, create-bucket, curl"),
        (["presign", "get", "s3://my-bucket/k", "--zzz"], "sigv4 presign --help lists them"),
        (["presign", "get", "s3://my-bucket/k", "more"], "'more' is one argument too many"),
        (["presign", "get", "s3://my-bucket/k", "-H", "A: b"], "--header and --service go with a URL"),
        (["presign", "get", "https://sts.amazonaws.com/", "--param", "A=b"], "go with s3://"),
    ],
)
def test_main_says_what_there_is_where_nothing_is_near(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["sign"], ["presign", "get", "s3://my-bucket/k", "--json", "--curl"]])
def test_main_leads_from_a_wrong_usage_to_the_examples(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    err = capsys.readouterr().err
    assert err.endswith(" --help shows examples\n")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["verfy", "https://h/?X-Amz-Signature=SECRET-TEXT"],
        ["sing", "GET", "https://h/", "-H", "X-Amz-Security-Token: SECRET-TEXT"],
        ["sing", "GET", "https://h/", "--header=X-Amz-Security-Token: SECRET-TEXT"],
        ["sing", "GET", "https://h/", "-dSECRET-TEXT"],
        ["sign", "GET", "https://h/", "https://h/?SECRET-TEXT"],
        ["sign", "GET", "h/?SECRET-TEXT"],
    ],
)
def test_main_repeats_nothing_that_may_be_secret(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert "SECRET-TEXT" not in err
