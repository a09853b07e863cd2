"""What several commands take: times, regions, credentials, bodies."""

from __future__ import annotations

import pytest

from sigv4.cli import main
from tests.cli.runner import run


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


@pytest.mark.parametrize("command", [["sign", "GET", "https://h/"], ["verify", "https://h/"]])
def test_open_data_names_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    status, _, err = run(capsys, *command, "-d", "@/no/such file")
    assert status == 2
    assert err == "sigv4: --data @/no/such file: No such file or directory\n"
