"""`python -m server cors`: the bucket's rule for the page, printed or put into the bucket beside those of others."""

from __future__ import annotations

import json

import pytest

from server.config import read
from server.cors import CorsError, apply, page_origins
from sigv4._http.client import send
from sigv4.testing import LocalS3
from tests.server.test_check import ORIGIN, check, failures, run, settings
from tests.test_papers import PAPERS


@pytest.fixture
def s3():
    """A bucket that lets no page in."""
    with LocalS3(open_cors=False) as s3:
        s3.put("pictures", "there")
        yield s3


def rules(s3) -> str:
    return send("GET", s3.presigner().presign("get_bucket_cors", Bucket="pictures").url)[2].decode()


def put_rules(s3, text: str) -> None:
    presigned = s3.presigner().presign("put_bucket_cors", Bucket="pictures", ContentMD5=md5(text))
    assert send("PUT", presigned.url, presigned.headers, text.encode())[0] == 200


def md5(text: str) -> str:
    from base64 import b64encode
    from hashlib import md5

    return b64encode(md5(text.encode()).digest()).decode()


def test_apply_lets_the_page_in(s3):
    assert list(failures(check(settings(s3)))) == ["CORS"]
    ended = run("cors", "--apply", "--origin", ORIGIN, **settings(s3))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"Pages of {ORIGIN} may upload to the bucket pictures.\n"
    assert failures(check(settings(s3))) == {}


def test_the_rule_goes_by_the_protocols(s3):
    """Forms and uploads in parts need methods that the page does not; check asks for each."""
    spoken = settings(s3, SERVER_PROTOCOLS="companion,sign-request")
    assert run("cors", "--apply", "--origin", ORIGIN, **settings(s3)).returncode == 0
    assert "send no POST and no DELETE requests" in failures(check(spoken))["CORS"]
    assert run("cors", "--apply", "--origin", ORIGIN, **spoken).returncode == 0
    assert failures(check(spoken)) == {}
    (rule,) = json.loads(run("cors", "--print", "--origin", ORIGIN, **spoken).stdout)["CORSRules"]
    assert rule["AllowedMethods"] == ["GET", "HEAD", "PUT", "POST", "DELETE"]
    assert rule["ExposeHeaders"] == ["ETag", "Location"]


def test_apply_keeps_the_rules_of_others_and_replaces_its_own(s3):
    who, what = "<AllowedOrigin>https://a.example</AllowedOrigin>", "<AllowedMethod>GET</AllowedMethod>"
    other = f"<CORSRule><ID>a</ID>{who}{what}</CORSRule>"
    put_rules(s3, f"<CORSConfiguration>{other}</CORSConfiguration>")
    config = read(settings(s3))
    for origin in ("https://old.example", ORIGIN):
        apply(config.store, (origin,))
    text = rules(s3)
    assert text.count("<CORSRule>") == 2
    assert who in text
    assert ORIGIN in text
    assert "old.example" not in text


def test_apply_is_for_the_store_as_this_server_reaches_it(s3):
    config = read(settings(s3, S3_PUBLIC_ENDPOINT_URL="http://127.0.0.1:9"))
    apply(config.store, (ORIGIN,))
    assert ORIGIN in rules(s3)


def test_minio_has_a_variable_instead(minio):
    assert send("PUT", minio.presigner().presign("create_bucket", Bucket="pictures").url)[0] in (200, 409)
    ended = run("cors", "--apply", "--origin", ORIGIN, **settings(minio))
    assert ended.returncode == 1
    assert f"\n  MINIO_API_CORS_ALLOW_ORIGIN={ORIGIN}" in ended.stderr


@pytest.mark.parametrize(
    ("code", "words"),
    [("AccessDenied", "allow s3:GetBucketCORS and s3:PutBucketCORS"), ("NoSuchBucket", "check says more")],
)
def test_what_keeps_it_from_being_applied_is_said(s3, code, words):
    config = read(settings(s3))
    for operation in ("GetBucketCors", "PutBucketCors"):
        s3.fail(operation, code)
        with pytest.raises(CorsError, match=words):
            apply(config.store, (ORIGIN,))
    s3.close()
    with pytest.raises(CorsError, match="not reached"):
        apply(config.store, (ORIGIN,))


def test_print_gives_json_for_aws_and_the_variable_for_minio(s3):
    ended = run("cors", "--print", "--origin", f"{ORIGIN},http://localhost:3000", **settings(s3))
    assert ended.returncode == 0
    (rule,) = json.loads(ended.stdout)["CORSRules"]
    assert rule["AllowedOrigins"] == ["http://localhost:3000", ORIGIN]
    assert f"MINIO_API_CORS_ALLOW_ORIGIN=http://localhost:3000,{ORIGIN}" in ended.stderr
    assert "Traceback" not in run("cors", "--origin", "a.example", **settings(s3)).stderr


def test_the_papers_show_the_rule_that_is_printed(s3):
    ended = run("cors", "--print", "--origin", "https://upload.example.com", **settings(s3))
    text = PAPERS["server/README.md"]
    shown = json.loads(text.partition("```json\n")[2].partition("```")[0])
    assert shown == json.loads(ended.stdout)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ("http://127.0.0.1:8080", "http://localhost:8080")),
        ({"SERVER_ALLOWED_HOSTS": "a.example"}, ("https://a.example",)),
        (
            {"SERVER_ALLOWED_HOSTS": "a.example", "SERVER_ALLOWED_ORIGINS": "https://b.example"},
            ("https://b.example", "https://a.example"),
        ),
    ],
)
def test_whose_pages_upload(s3, given, expected):
    assert page_origins(read(settings(s3, **given)), 8080) == expected
