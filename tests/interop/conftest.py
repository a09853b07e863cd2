"""The kits of clients, for all tests here. They are made before any test changes the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop import kits


@pytest.fixture(scope="session")
def python_kit() -> Path:
    return kits.installed(kits.python_kit)


@pytest.fixture(scope="session")
def javascript_kit() -> Path:
    return kits.installed(kits.javascript_kit)


@pytest.fixture(scope="session")
def go_kit() -> Path:
    return kits.installed(kits.go_kit)
