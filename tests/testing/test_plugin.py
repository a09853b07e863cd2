"""The pytest plugin, in a pytest of its own: what a test that uses it gets, and is told where nothing can be had."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from sigv4._http.client import send
from sigv4.testing.engines import free_ports
from tests import ROOT
from tests.testing.program import write_program

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = pytest.mark.usefixtures("no_engine_named")


@pytest.fixture
def inner(pytester, monkeypatch):
    """Run tests in a pytest of their own, as a user of the plugin would; gives its result.

    `without`: what else is installed here and would cost each of these starts a second.
    """
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # of the pytest around it
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def run(code: str, *arguments: str, without: Sequence[str] = ("hypothesispytest", "anyio"), **environ: str):
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        pytester.makepyfile(code)
        loaded = "sigv4" in {point.name for point in engines_entry_points()}
        plugin = () if loaded else ("-p", "sigv4.testing.plugin")
        others = [word for name in ("cacheprovider", *without) for word in ("-p", f"no:{name}")]
        return pytester.runpytest_subprocess(*others, "-rs", *plugin, *arguments)

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


@pytest.mark.parametrize("choice", [(), ("--sigv4-s3=local",), ("--sigv4-s3=minio",), ("--sigv4-s3=seaweedfs",)])
def test_s3_option_chooses_the_engine(inner, request, choice):
    """The same test runs unchanged on each."""
    if choice and choice[0] != "--sigv4-s3=local":
        request.getfixturevalue(choice[0].removeprefix("--sigv4-s3="))
    inner(ROUND_TRIP, *choice).assert_outcomes(passed=1)


def keys_of(engine) -> dict[str, str]:
    """The environment for an endpoint of `--sigv4-s3`."""
    return {
        "AWS_ACCESS_KEY_ID": engine.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": engine.credentials.secret_access_key,
        "AWS_REGION": engine.region,
    }


def assert_is_gone(engine, bucket: str) -> None:
    assert send("HEAD", str(engine.presigner().presign("head_bucket", Bucket=bucket)))[0] == 404


def test_s3_option_may_be_an_endpoint_whose_bucket_is_deleted_afterwards(inner, minio):
    result = inner(
        ROUND_TRIP,
        "-s",
        f"--sigv4-s3={minio.endpoint_url}",
        **keys_of(minio),
    )
    result.assert_outcomes(passed=1)
    bucket = re.search(rf"{minio.endpoint_url} (test-\w+)", result.stdout.str())[1]
    assert_is_gone(minio, bucket)


def test_s3_option_of_an_unknown_choice_is_a_usage_error(inner):
    result = inner(ROUND_TRIP, "--sigv4-s3=azure")
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*--sigv4-s3=azure: choose local, minio, seaweedfs or a URL*"])


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


def test_local_s3_is_one_server_on_which_each_test_begins_anew(inner):
    inner(
        """
        import pytest
        from sigv4._http.client import send

        seen = set()

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(local_s3, s3, s3_bucket, time):
            assert s3 is local_s3
            assert local_s3.objects("left-behind") == {}
            assert abs(local_s3.clock.now().timestamp() - __import__("time").time()) < 5
            assert [each.operation for each in local_s3.requests] == ["CreateBucket"]
            local_s3.put("left-behind", "k", b"x")
            url = local_s3.presigner().get_object("left-behind", "k").url
            assert send("GET", url)[0] == 200
            local_s3.fail(times=None)
            assert send("GET", url)[0] == 500
            local_s3.clock.freeze()
            local_s3.clock.advance(seconds=86400)
            seen.add((s3.endpoint_url, s3.credentials.access_key_id))
            assert len(seen) == 1
        """,
        "-p",
        "no:xdist",
    ).assert_outcomes(passed=2)


def test_local_s3_takes_its_arguments_from_a_mark(inner):
    inner(
        """
        import pytest

        urls = set()

        @pytest.mark.local_s3(region="eu-central-1", tls=True, open_cors=False)
        @pytest.mark.parametrize("time", [1, 2])
        def test_marked(local_s3, s3_bucket, s3_environ, time):
            import boto3
            assert local_s3.region == s3_environ["AWS_REGION"] == "eu-central-1"
            assert local_s3.endpoint_url.startswith("https://")
            client = boto3.client("s3")
            assert client.get_bucket_location(Bucket=s3_bucket)["LocationConstraint"] == "eu-central-1"
            urls.add(local_s3.endpoint_url)
            assert len(urls) == 1

        def test_unmarked(local_s3):
            assert (local_s3.region, local_s3.endpoint_url[:7]) == ("us-east-1", "http://")
        """,
        "-p",
        "no:xdist",
    ).assert_outcomes(passed=3)


def test_local_s3_takes_its_arguments_from_the_ini_file(inner, pytester):
    (port,) = free_ports(1)
    pytester.makeini(
        f"""
        [pytest]
        sigv4_s3_region = ap-south-1
        sigv4_s3_port = {port}
        sigv4_s3_keys = AKIDEXAMPLE example
        """
    )
    inner(
        f"""
        def test_it(local_s3, s3_bucket, local_s3_server):
            assert local_s3 is local_s3_server
            assert (local_s3.region, local_s3.endpoint_url) == ("ap-south-1", "http://127.0.0.1:{port}")
            assert local_s3.credentials.secret_access_key == "example"
        """,
        "-p",
        "no:xdist",
    ).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("line", "says"), [("sigv4_s3_port = http", "*'http' is no port*"), ("sigv4_s3_keys = one", "*and a secret*")]
)
def test_ini_file_s_mistakes_are_usage_errors(inner, pytester, line, says):
    pytester.makeini(f"[pytest]\n{line}\n")
    inner("def test_it(local_s3): pass").stdout.fnmatch_lines([says])


@pytest.mark.parametrize("workers", ["0", "2"])
def test_client_made_at_import_is_good_for_all_tests(inner, pytester, workers):
    """With sigv4_s3_environ, in a program that makes its client once; conftest.py is imported before pytest's setup."""
    pytester.makeini("[pytest]\nsigv4_s3_environ = true\n")
    pytester.makepyfile(program='import boto3\nS3 = boto3.client("s3")\n')
    pytester.makeconftest("import program\n")
    inner(
        """
        import pytest
        import program

        @pytest.mark.parametrize("time", [1, 2, 3, 4])
        def test_it(s3_bucket, local_s3, time):
            assert [bucket["Name"] for bucket in program.S3.list_buckets()["Buckets"]] == [s3_bucket]
            program.S3.put_object(Bucket=s3_bucket, Key="k", Body=b"x")
            assert local_s3.objects(s3_bucket) == {"k": b"x"}
        """,
        f"-n{workers}",
    ).assert_outcomes(passed=4)


FACTORY = """
    import pytest
    from sigv4._http.client import send

    @pytest.fixture(scope="session")
    def corpus(s3_bucket_factory, local_s3_server):
        bucket = s3_bucket_factory()
        local_s3_server.put(bucket, "seed", b"1")
        return bucket

    @pytest.fixture(scope="module")
    def other(s3_bucket_factory):
        return s3_bucket_factory()

    @pytest.mark.parametrize("time", [1, 2])
    def test_it(local_s3, corpus, other, s3_bucket, time):
        assert len({corpus, other, s3_bucket}) == 3
        assert local_s3.objects(corpus) == {"seed": b"1"}
        local_s3.put(corpus, "mine", b"2")
        local_s3.put(other, "mine", b"2")
        assert send("GET", str(local_s3.presigner().get_object(corpus, "mine")))[0] == 200
        assert list(local_s3.objects(other)) == ["mine"]
"""


def test_s3_bucket_factory_s_buckets_stay_and_what_a_test_does_to_them_goes(inner):
    inner(FACTORY, "-p", "no:xdist").assert_outcomes(passed=2)


def test_s3_bucket_factory_works_on_a_real_engine(inner, minio):
    code = """
        from sigv4._http.client import send

        def test_it(s3_bucket_factory, s3_bucket, s3):
            assert {send("HEAD", str(s3.presigner().presign("head_bucket", Bucket=name)))[0]
                    for name in (s3_bucket_factory(), s3_bucket_factory(), s3_bucket)} == {200}
    """
    inner(code, "--sigv4-s3=minio").assert_outcomes(passed=1)


def test_suite_may_have_an_option_and_a_fixture_of_the_name_s3(inner, pytester):
    """Its fixture needs ours, so that ours must not need it."""
    pytester.makeconftest(
        """
        import pytest

        def pytest_addoption(parser):
            parser.addoption("--s3", action="store_true")

        @pytest.fixture(params=["small", "large"])
        def s3(s3_environ):
            import boto3
            return boto3.client("s3")
        """
    )
    inner(
        """
        def test_it(s3, s3_bucket):
            s3.put_object(Bucket=s3_bucket, Key="a", Body=b"x")
        """,
        "--s3",
    ).assert_outcomes(passed=2)


@pytest.mark.parametrize("name", ["s3", "sigv4_s3"])
def test_parameter_chooses_the_engine_for_all_fixtures(inner, minio, name):
    inner(
        f"""
        import os
        import pytest

        @pytest.mark.parametrize("{name}", ["local", "minio"], indirect=True)
        def test_it({name}, s3_bucket, s3_environ, request):
            assert type({name}).__name__ in ("LocalS3", "Engine")
            assert {name} is request.getfixturevalue("sigv4_s3")
            assert os.environ["AWS_ENDPOINT_URL_S3"] == {name}.endpoint_url

        @pytest.mark.parametrize("{name}", ["minio"], indirect=True)
        def test_both({name}, local_s3_environ, local_s3):
            assert os.environ["AWS_ENDPOINT_URL_S3"] == local_s3.endpoint_url != {name}.endpoint_url
        """
    ).assert_outcomes(passed=3)


def test_s3_option_s_endpoint_keeps_no_versioned_bucket(inner, minio):
    result = inner(
        """
        def test_it(s3_environ, s3_bucket):
            import boto3

            client = boto3.client("s3")
            client.put_bucket_versioning(Bucket=s3_bucket, VersioningConfiguration={"Status": "Enabled"})
            for key in ("a b", "ü+"):
                client.put_object(Bucket=s3_bucket, Key=key, Body=b"1")
                client.put_object(Bucket=s3_bucket, Key=key, Body=b"2")
                client.delete_object(Bucket=s3_bucket, Key=key)
            client.create_multipart_upload(Bucket=s3_bucket, Key="unfinished")
            print("bucket", s3_bucket)
        """,
        "-s",
        f"--sigv4-s3={minio.endpoint_url}",
        **keys_of(minio),
    )
    result.assert_outcomes(passed=1)
    bucket = re.search(r"bucket (test-\w+)", result.stdout.str())[1]
    assert_is_gone(minio, bucket)


def test_fixtures_serve_asynchronous_tests(inner):
    """With anyio's plugin here; pytest-asyncio takes fixtures of this kind in the same way."""
    inner(
        """
        import asyncio
        import pytest
        import aiohttp

        @pytest.mark.anyio
        @pytest.mark.parametrize("time", [1, 2])
        async def test_it(local_s3, s3_bucket, s3_environ, time):
            async with aiohttp.ClientSession() as session:
                async def put(number):
                    url = local_s3.presigner().put_object(s3_bucket, f"{number}").url
                    async with session.put(url, data=b"x") as answer:
                        return answer.status
                assert await asyncio.gather(*[put(number) for number in range(50)]) == [200] * 50
            assert len(local_s3.objects(s3_bucket)) == 50

        @pytest.fixture
        def anyio_backend():
            return "asyncio"
        """,
        without=(),
    ).assert_outcomes(passed=2)


def test_fixtures_serve_unittest_s_classes(inner):
    inner(
        """
        import os
        import unittest
        import pytest

        @pytest.mark.usefixtures("s3_environ")
        class Test(unittest.TestCase):
            def test_it(self):
                import boto3
                boto3.client("s3").create_bucket(Bucket="bucket")
            test_again = test_it
        """
    ).assert_outcomes(passed=2)


def test_fixtures_work_side_by_side_under_xdist(inner, minio):
    inner(FACTORY, "-n2", "--dist=each").assert_outcomes(passed=4)
    code = ROUND_TRIP + "\n    def test_again(s3, s3_bucket): test_round_trip(s3, s3_bucket)\n"
    inner(code, "-n2", "--sigv4-s3=minio").assert_outcomes(passed=2)


def test_s3_environ_leads_boto3_to_it_alone(inner):
    """And nothing of the developer's own AWS_* variables is left to mislead it."""
    inner(
        """
        import os

        def test_it(s3_environ, s3, s3_bucket):
            import boto3

            client = boto3.client("s3")
            assert "AWS_PROFILE" not in os.environ
            assert boto3.client("sts").get_caller_identity()["Account"] == "123456789012"
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
