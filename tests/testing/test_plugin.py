"""The pytest plugin, in a pytest of its own: what a test that uses it gets, and is told where nothing can be had."""

from __future__ import annotations

import os
import re

import pytest

from sigv4._http.client import send
from tests import ROOT
from tests.testing.program import write_program

pytestmark = pytest.mark.usefixtures("no_engine_named")


@pytest.fixture
def inner(pytester, monkeypatch):
    """Run tests in a pytest of their own, as a user of the plugin would; gives its result."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(code: str, *arguments: str, **environ: str):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        pytester.makepyfile(code)
        loaded = "sigv4" in {point.name for point in engines_entry_points()}
        plugin = () if loaded else ("-p", "sigv4.testing.plugin")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-rs", *plugin, *arguments)

    return run


def engines_entry_points():
    from importlib.metadata import entry_points

    return entry_points(group="pytest11")


ROUND_TRIP = """
    from sigv4._http.client import send

    def test_round_trip(s3, s3_bucket):
        presigner = s3.presigner()
        assert send("PUT", str(presigner.put_object(s3_bucket, "a")), body=b"x")[0] == 200
        assert send("GET", str(presigner.get_object(s3_bucket, "a")))[::2] == (200, b"x")
        print(s3.endpoint_url, s3_bucket)
"""


@pytest.mark.parametrize("choice", [(), ("--s3=local",), ("--s3=minio",), ("--s3=seaweedfs",)])
def test_s3_option_chooses_the_engine(inner, request, choice):
    """The same test runs unchanged on each."""
    if choice and choice[0] != "--s3=local":
        request.getfixturevalue(choice[0].removeprefix("--s3="))
    inner(ROUND_TRIP, *choice).assert_outcomes(passed=1)


def test_s3_option_may_be_an_endpoint_whose_bucket_is_deleted_afterwards(inner, minio):
    result = inner(
        ROUND_TRIP,
        "-s",
        f"--s3={minio.endpoint_url}",
        AWS_ACCESS_KEY_ID=minio.credentials.access_key_id,
        AWS_SECRET_ACCESS_KEY=minio.credentials.secret_access_key,
        AWS_REGION=minio.region,
    )
    result.assert_outcomes(passed=1)
    bucket = re.search(rf"{minio.endpoint_url} (test-\w+)", result.stdout.str())[1]
    assert send("HEAD", str(minio.presigner().presign("head_bucket", Bucket=bucket)))[0] == 404


def test_s3_option_of_an_unknown_choice_is_a_usage_error(inner):
    result = inner(ROUND_TRIP, "--s3=azure")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*--s3=azure: choose local, minio, seaweedfs or a URL*"])


def test_engine_fixture_skips_with_the_reason_where_it_is_absent(inner):
    result = inner("def test_it(minio): pass", PATH="/nowhere")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*MinIO is not here*"])


def test_engine_fixture_fails_on_ci_where_it_is_absent(inner):
    result = inner("def test_it(minio): pass", PATH="/nowhere", CI="true")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*MinIO is not here*", "*go install*"])


def test_report_of_a_failure_shows_the_engine_s_log(inner, tmp_path, minio_program):
    write_program(tmp_path / "minio", f'#!/bin/sh\necho the disk is on fire\nexec {minio_program} "$@"\n')
    result = inner("def test_it(minio): assert False", PATH=f"{tmp_path}:{os.environ['PATH']}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*end of the log of minio*", "the disk is on fire"])


def test_s3_bucket_and_local_s3_are_each_test_s_own(inner):
    inner(
        """
        seen = set()

        def test_one(local_s3, s3, s3_bucket):
            assert s3 is local_s3
            seen.add((s3.endpoint_url, s3_bucket))

        def test_two(local_s3, s3, s3_bucket):
            seen.add((s3.endpoint_url, s3_bucket))
            assert len(seen) == 2
        """,
        "-p",
        "no:xdist",
    ).assert_outcomes(passed=2)


def test_fixtures_work_side_by_side_under_xdist(inner, minio):
    code = ROUND_TRIP + "\n    def test_again(s3, s3_bucket): test_round_trip(s3, s3_bucket)\n"
    inner(code, "-n2", "--s3=minio").assert_outcomes(passed=2)


def test_s3_environ_leads_boto3_to_it_alone(inner):
    """And nothing of the developer's own AWS_* variables is left to mislead it."""
    inner(
        """
        import os

        def test_it(s3_environ, s3, s3_bucket):
            import boto3

            client = boto3.client("s3")
            assert "AWS_PROFILE" not in os.environ
            client.put_object(Bucket=s3_bucket, Key="a", Body=b"x")
            assert client.get_object(Bucket=s3_bucket, Key="a")["Body"].read() == b"x"

        def test_afterwards():
            assert os.environ["AWS_PROFILE"] == "mine"
        """,
        AWS_PROFILE="mine",
    ).assert_outcomes(passed=2)


def test_s3_environ_leads_boto3_from_one_server_to_the_next(inner):
    """Its default session would keep the keys of the first."""
    inner(
        """
        import boto3
        import pytest

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(s3_environ, s3_bucket, time):
            assert s3_bucket in [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
        """,
    ).assert_outcomes(passed=2)
