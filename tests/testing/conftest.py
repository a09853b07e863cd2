"""What the tests of engines and of the plugin have in common."""

from __future__ import annotations

import pytest


@pytest.fixture
def no_engine_named(monkeypatch):
    """Such a test chooses itself what the environment names."""
    for name in ("MINIO", "SEAWEEDFS"):
        for variable in ("URL", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION"):
            monkeypatch.delenv(f"SIGV4_{name}_{variable}", raising=False)
