"""Fixtures for the whole suite. Most come from the project's own pytest plugin, as a user of it would have them."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["pytester", "tests.secrecy"]

# The same examples in every run; the commands in tests/property/ look for new ones.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")

# The oracle is botocore's own signing in Python: where awscrt is installed too, botocore would hand the work to that.
os.environ["BOTO_DISABLE_CRT"] = "true"


QUICK = [Path(__file__).parent, Path(__file__).parent / "s3"]
NOT_QUICK = ("test_quality.py", "test_tokens.py")  # they need tools of the extra `test`


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-m quick` is the core and the presigner, which need no engine: the folder tests/ itself, and tests/s3/."""
    for item in items:
        if item.path.parent in QUICK and item.path.name not in NOT_QUICK:
            item.add_marker("quick")


@pytest.fixture(scope="session")
def minio_program() -> str:
    """Where the program `minio` is. A test that needs it is skipped where it is absent, and fails there on CI."""
    program = shutil.which("minio")
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no program `minio` on PATH")
    return program
