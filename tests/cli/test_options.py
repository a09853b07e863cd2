"""What several commands take: times, regions, credentials, bodies."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigv4.cli import main
from tests.cli.runner import SECRET, run


@pytest.mark.parametrize(("time", "seconds"), [("60", 60), ("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604800)])
def test_duration_is_written_as_people_write_it(capsys: pytest.CaptureFixture[str], time: str, seconds: int) -> None:
    _, out, _ = run(capsys, "presign", "get", "s3://my-bucket/k", "--expires-in", time)
    assert f"X-Amz-Expires={seconds}&" in out


@pytest.mark.parametrize("time", ["", "1.5h", "-5", "m", "10y", "٣"])
def test_duration_refuses_what_is_no_time(capsys: pytest.CaptureFixture[str], time: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["presign", "get", "s3://my-bucket/k", f"--expires-in={time}"])
    assert "15m" in capsys.readouterr().err


def test_without_credentials_it_says_what_to_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    status, _, err = run(capsys, "presign", "get", "s3://my-bucket/k")
    assert status == 2
    assert err.startswith(
        "sigv4: no credentials anywhere; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROF"
    )
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    status, _, err = run(capsys, "presign", "get", "s3://my-bucket/k")
    assert status == 2
    assert "AWS_SECRET_ACCESS_KEY is not" in err


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A profile of that name, and nothing in the environment."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.delenv(name)
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "config").write_text("[profile work]\nregion = eu-north-1\ns3 =\n  addressing_style = path\n")
    (folder / "credentials").write_text(f"[work]\naws_access_key_id = AKWORK\naws_secret_access_key = {SECRET}\n")


@pytest.mark.usefixtures("work")
def test_profile_gives_credentials_region_and_addressing_style(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, out, _ = run(capsys, "presign", "get", "s3://my-bucket/k", "--profile", "work")
    assert out.startswith("https://s3.eu-north-1.amazonaws.com/my-bucket/k?")
    assert "Credential=AKWORK%2F" in out
    status, verdict, _ = run(capsys, "verify", out.strip(), "--profile", "work")
    assert (status, verdict) == (0, "accepted\n")
    monkeypatch.setenv("AWS_PROFILE", "work")
    _, out, _ = run(capsys, "sign", "GET", "https://my-bucket.s3.amazonaws.com/k")
    assert "Credential=AKWORK/" in out
    assert "/eu-north-1/s3/" in out


@pytest.mark.usefixtures("work")
def test_profile_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "presign", "get", "s3://my-bucket/k", "--profile", "wrok")
    assert (status, out) == (2, "")
    assert err == "sigv4: profile 'wrok' is not in the shared files; they have 'work'\n"


def test_without_a_region_it_says_what_to_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    status, _, err = run(capsys, "presign", "get", "s3://my-bucket/k")
    assert status == 2
    assert "--region" in err


@pytest.mark.parametrize("command", [["sign", "GET", "https://h/"], ["verify", "https://h/"]])
def test_open_data_names_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    status, _, err = run(capsys, *command, "-d", "@/no/such file")
    assert status == 2
    assert err == "sigv4: --data @/no/such file: No such file or directory\n"
