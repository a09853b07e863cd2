"""The command line in this process: what it printed where, and its exit status. No output may show the secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sigv4 import Credentials, Verifier
from sigv4.cli import main

if TYPE_CHECKING:
    import pytest

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET)
VERIFIER = Verifier({"AKIDEXAMPLE": CREDENTIALS}, region="eu-central-1")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    return status, out, err
