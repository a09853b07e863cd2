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
def test_the_checker_has_nothing_to_say(arguments, tmp_path):
    cache = {"ruff": ["--no-cache"], "mypy": [f"--cache-dir={tmp_path}"]}[arguments[0]]
    done = subprocess.run([sys.executable, "-m", *arguments, *cache], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ci_runs_the_line_that_readme_gives():
    """One line sets up and runs everything; what CI proves is what a newcomer types."""
    line = (ROOT / ".ci" / "run").read_text().splitlines()[-1]
    assert "pytest" in line
    assert line in (ROOT / "README.md").read_text().splitlines()
