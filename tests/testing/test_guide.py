"""The guide for teams that come from moto, from a container of MinIO or from testcontainers: what it shows before and
after, run as it stands, in a pytest of its own.
"""

from __future__ import annotations

import re

import pytest

from tests import ROOT

README = (ROOT / "sigv4" / "testing" / "README.md").read_text("utf-8")

# Docker is on few of the machines that test; there the program MinIO stands for the container.
CONTAINER = """
from sigv4.testing import minio

class MinioContainer:
    def __enter__(self):
        self._running = minio()
        self._engine = self._running.__enter__()
        return self

    def __exit__(self, *error):
        self._running.__exit__(*error)

    def get_config(self):
        keys, endpoint = self._engine.credentials, self._engine.endpoint_url.removeprefix("http://")
        return {"endpoint": endpoint, "access_key": keys.access_key_id, "secret_key": keys.secret_access_key}
"""


def section(heading: str) -> list[str]:
    """The code below a heading, in its order."""
    text = README.split(f"### {heading}\n", 1)[1]
    return re.findall(r"```py\n(.*?)```", re.split(r"^##", text, maxsplit=1, flags=re.MULTILINE)[0], re.DOTALL)


@pytest.fixture
def run(pytester, monkeypatch):
    """Run a test beside the program under test, and expect that `passed` pass."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("CI", "PYTEST_XDIST_WORKER", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    (program,) = re.findall(r"```py\n# reports.py\n(.*?)```", README, re.DOTALL)
    pytester.makepyfile(reports=program)

    def run(code: str, *arguments: str, passed: int = 1) -> None:
        path = pytester.makepyfile(code)
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:xdist", *arguments, path)
        result.assert_outcomes(passed=passed)

    return run


def test_guide_from_moto(run):
    pytest.importorskip("moto")
    before, after = section("From moto")
    assert "mock_aws" in before
    run(before)
    run(after)


def test_guide_from_a_minio_container(run, minio):
    before, after = section("From a MinIO container")
    given = {
        "http://localhost:9000": minio.endpoint_url,
        '"AWS_ACCESS_KEY_ID", "minioadmin"': f'"AWS_ACCESS_KEY_ID", "{minio.credentials.access_key_id}"',
        '"AWS_SECRET_ACCESS_KEY", "minioadmin"': f'"AWS_SECRET_ACCESS_KEY", "{minio.credentials.secret_access_key}"',
    }
    here = before
    for shown, real in given.items():
        assert shown in here
        here = here.replace(shown, real)
    run(here)
    run(here)  # it leaves nothing behind
    run(after)
    run(after, "--sigv4-s3=minio")


@pytest.mark.usefixtures("minio_program")
def test_guide_from_testcontainers(run, pytester):
    before, after = section("From testcontainers")
    package = pytester.mkpydir("testcontainers")
    (package / "minio.py").write_text(CONTAINER)
    run(before)
    run(after, passed=2)


def test_guide_to_unittest(run):
    code = re.search(r"```py\n(class ReportTest.*?)```", README, re.DOTALL)[1]
    test = '    def test_publish(self):\n        self.s3.seed({"reports": {}})\n        publish("reports", "a")\n'
    test += '        self.assertEqual(self.s3.objects("reports"), {"may.csv": b"a"})\n\n    test_again = test_publish\n'
    run(f"import unittest\nfrom sigv4.testing import LocalS3\nfrom reports import publish\n\n{code}\n{test}", passed=2)
