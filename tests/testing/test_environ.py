"""The AWS_* variables that lead to an S3: set for a block, for unittest and for programs, and put back after it."""

from __future__ import annotations

import os
import subprocess
import sys

import boto3
import pytest

from sigv4 import Credentials
from sigv4.testing import LocalS3
from sigv4.testing.environ import Environ
from tests import ROOT

HERE = Environ(Credentials("AK", "SK", "TOKEN"), "eu-west-1", "http://127.0.0.1:9", "/trust.pem")


def aws() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("AWS_")}


@pytest.fixture
def mine(monkeypatch):
    """What the developer has set."""
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    return aws()


def test_environ_is_set_alone_and_all_is_put_back(mine):
    with HERE as variables:
        assert aws() == variables == dict(HERE)
        os.environ["AWS_PROFILE"] = "the program's"
    assert aws() == mine


def test_environ_is_put_back_after_an_error_and_from_within_another(mine):
    other = Environ(Credentials("AK2", "SK2"), "us-east-1", "http://127.0.0.1:10")
    with pytest.raises(ZeroDivisionError), HERE, other, HERE:
        raise ZeroDivisionError
    assert aws() == mine
    with HERE:
        with other:
            assert os.environ["AWS_ACCESS_KEY_ID"] == "AK2"
            assert "AWS_SESSION_TOKEN" not in os.environ
        assert os.environ["AWS_SESSION_TOKEN"] == "TOKEN"


def test_environ_says_all_that_a_client_needs():
    assert HERE["AWS_REGION"] == HERE["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert HERE["AWS_ENDPOINT_URL_S3"] == HERE["AWS_ENDPOINT_URL_STS"] == "http://127.0.0.1:9"
    assert HERE["AWS_CA_BUNDLE"] == "/trust.pem"
    assert "AWS_CA_BUNDLE" not in Environ(Credentials("AK", "SK"), "eu-west-1", "http://127.0.0.1:9")


def test_environ_puts_boto3_s_default_session_away(monkeypatch):
    session = boto3.Session()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
    with LocalS3(tls=True) as s3, s3.environ():
        boto3.client("s3").create_bucket(Bucket="bucket")
        assert boto3.client("sts").get_caller_identity()["Account"]
        assert boto3.DEFAULT_SESSION is not session
    assert boto3.DEFAULT_SESSION is session


UNITTEST = """
import subprocess, sys, unittest
from sigv4.testing import LocalS3

CHILD = 'import boto3; boto3.client("s3").put_object(Bucket="bucket", Key="k", Body=b"x")'

class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.s3 = cls.enterClassContext(LocalS3())
        cls.s3.put("bucket", "seed")
        cls.enterClassContext(cls.s3.environ())

    def setUp(self):
        self.enterContext(self.s3.sandbox())

    def test_it(self):
        self.assertEqual(list(self.s3.objects("bucket")), ["seed"])
        subprocess.run([sys.executable, "-c", CHILD], check=True)
        self.assertEqual(list(self.s3.objects("bucket")), ["k", "seed"])

    test_again = test_it
"""


def test_environ_serves_unittest_without_pytest(tmp_path):
    (tmp_path / "test_program.py").write_text(UNITTEST)
    environ = os.environ | {"PYTHONPATH": str(ROOT), "AWS_PROFILE": "mine"}
    command = [sys.executable, "-m", "unittest", "test_program"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Ran 2 tests" in done.stderr
