"""That a test which shows a secret fails, without its report showing it: all cases in one pytest of their own."""

from __future__ import annotations

import re

import pytest

from tests import ROOT

SECRET, TOKEN = "k3pQv0ZtR8yXw2LmN6sJ/aB+dE4fG1hC", "IQoJb3JpZ2luX2VjEGx+/Fr9Tz=="
TESTS = f'''
import logging
import os
import sys

import pytest

from sigv4 import Credentials
from sigv4.s3 import S3Presigner

CREDENTIALS = Credentials("AKINNER", "{SECRET}", "{TOKEN}")
EXAMPLE = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
on_purpose = pytest.mark.prints_secret("to see that one may")


def raise_one():
    raise ValueError(CREDENTIALS.secret_access_key)


@pytest.fixture
def made():
    made = Credentials("AKMADE", "{SECRET[::-1]}")
    yield made
    print(made.secret_access_key)


def test_fails_for_standard_output():
    print(CREDENTIALS.secret_access_key)


def test_fails_for_standard_error():
    print(CREDENTIALS.session_token, file=sys.stderr)


def test_fails_for_output_that_was_read(capsys):
    print(CREDENTIALS.secret_access_key)
    assert capsys.readouterr().out


def test_fails_for_the_log():
    logging.getLogger("sigv4.anything").debug("%s", CREDENTIALS.secret_access_key)


def test_fails_for_another_program():
    os.write(2, CREDENTIALS.secret_access_key.encode())


def test_fails_for_one_percent_encoded():
    print(S3Presigner(CREDENTIALS, region="eu-west-1").get_object("b", "k"))


def test_fails_for_the_example():
    print(EXAMPLE)


def test_fails_for_an_error_that_was_expected():
    with pytest.raises(ValueError):
        raise_one()


def test_fails_for_the_error_before_it():
    with pytest.raises(KeyError):
        try:
            raise_one()
        except ValueError as error:
            raise KeyError("k") from error


@pytest.mark.prints_secret()
def test_fails_for_a_marker_without_a_reason():
    print(CREDENTIALS.secret_access_key)


def test_ends_in_error_for_what_a_fixture_shows(made):
    pass


def test_fails_as_it_did():
    print(CREDENTIALS.secret_access_key)
    assert 1 == 2


def test_passes_with_what_may_be_seen():
    print(CREDENTIALS, CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key[:15])
    with pytest.raises(ValueError):
        raise ValueError(repr(CREDENTIALS))


def test_passes_with_a_word():
    print(Credentials("AK", "secret").secret_access_key, Credentials("AK", "mississippi-mississippi").secret_access_key)


@on_purpose
def test_passes_when_it_prints_on_purpose():
    print(CREDENTIALS.secret_access_key)


@on_purpose
def test_passes_when_it_raises_on_purpose():
    with pytest.raises(ValueError):
        raise_one()


def test_passes_after_those():
    pass
'''


def test_a_test_that_shows_a_secret_fails_and_its_report_shows_none(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-p", "tests.secrecy", "-rpfE")
    said = result.stdout.str()

    wanted = {"passes": {"PASSED"}, "fails": {"FAILED"}, "ends": {"PASSED", "ERROR"}}  # it passes, and its fixture ends
    expected = {
        (outcome, name)
        for name in re.findall(r"^def test_(\w+)", TESTS, re.MULTILINE)
        for outcome in wanted[name.partition("_")[0]]
    }
    assert set(re.findall(r"^(PASSED|FAILED|ERROR) \S+::test_(\w+)", said, re.MULTILINE)) == expected

    assert len(re.findall("^A secret is shown: the ", said, re.MULTILINE)) == len(
        re.findall(r"def test_(?:fails_for|ends)", TESTS)
    )
    assert "assert 1 == 2" in said
    for secret in (SECRET, SECRET[::-1], TOKEN, TOKEN[:20], "wJalr"):
        assert secret not in said + result.stderr.str()
