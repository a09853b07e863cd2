"""Lint, format and types, as tests: whoever runs the suite has run them. Their settings are in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import ROOT


@pytest.mark.parametrize(
    "arguments",
    [("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)],
    ids=" ".join,
)
def test_the_checker_has_nothing_to_say(arguments):
    """mypy with its cache, as on the command line: without it, it takes ten seconds to read the standard library."""
    cache = ["--no-cache"] if arguments[0] == "ruff" else []
    done = subprocess.run([sys.executable, "-m", *arguments, *cache], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ci_runs_the_line_that_readme_gives():
    """One line sets up and runs everything; what CI proves is what a newcomer types."""
    line = (ROOT / ".ci" / "run").read_text().splitlines()[-1]
    assert "pytest" in line
    assert line in (ROOT / "README.md").read_text().splitlines()
