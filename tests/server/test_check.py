"""`python -m server check`: each thing that can be wrong with a store is found by trying it, and said in words."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from base64 import b64encode
from hashlib import md5

import pytest

from server.check import try_store
from server.config import read
from server.findings import Finding
from sigv4 import CredentialsError
from sigv4._http.client import send
from sigv4._http.messages import Response
from sigv4._http.server import HTTPServer
from sigv4.s3 import S3Presigner
from sigv4.testing import LocalS3
from sigv4.testing.engines import free_ports
from sigv4.uploads import Store
from tests import ROOT
from tests.server.program import address, program

ORIGIN = "https://upload.example.com"


def settings(s3, **others: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": s3.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": s3.credentials.secret_access_key,
        "AWS_REGION": s3.region,
        "S3_BUCKET_NAME": "pictures",
        "S3_ENDPOINT_URL": s3.endpoint_url,
        **others,
    }


def check(environ: dict[str, str], origins: tuple[str, ...] = (ORIGIN,)) -> list[Finding]:
    config = read(environ)
    return list(try_store(config, config.store, origins))


def failures(findings: list[Finding]) -> dict[str, str]:
    return {one.what: f"{one.words}. {one.fix}" for one in findings if one.passed is False}


@pytest.fixture
def s3():
    with LocalS3() as s3:
        s3.put("pictures", "there")
        yield s3


@pytest.fixture(params=["LocalS3", "minio"])
def engine(request, s3):
    """An S3 with the bucket `pictures`."""
    if request.param == "LocalS3":
        return s3
    engine = request.getfixturevalue("minio")
    assert send("PUT", engine.presigner().presign("create_bucket", Bucket="pictures").url)[0] in (200, 409)
    return engine


def test_all_is_well_and_nothing_is_left_behind(engine):
    own = {"SERVER_KEY_PREFIX": "checked/", "SERVER_KEY_TEMPLATE": "{date}/{name}"}  # others use MinIO's bucket too
    findings = check(settings(engine, **own, S3_UPLOAD_ACL="bucket-owner-full-control"))
    assert [one.what for one in findings] == [
        "endpoint", "clock", "credentials", "upload", "download", "ACL", "overwriting", "parts", "CORS",
    ]  # fmt: skip
    assert all(one.passed for one in findings), [*map(str, findings)]
    listed = engine.presigner().presign("list_objects_v2", Bucket="pictures", Prefix="checked/")
    assert b"<Key>" not in send("GET", listed.url)[2]
    parts = engine.presigner().presign("list_multipart_uploads", Bucket="pictures", Prefix="checked/")
    assert b"<UploadId>" not in send("GET", parts.url)[2]


@pytest.mark.parametrize(
    ("wrong", "what", "words", "fix"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "another-secret"}, "credentials", "not the secret of this", "Set AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": "AKUNKNOWN"}, "credentials", "does not know AWS_ACCESS_KEY_ID", "Set AWS_ACCESS_KEY_ID"),
        ({"AWS_REGION": "eu-north-1"}, "region", "is in us-east-1, and URLs are signed for eu-north-1", "=us-east-1."),
        ({"S3_BUCKET_NAME": "nowhere"}, "bucket", "no bucket nowhere", "sigv4 create-bucket s3://nowhere"),
        ({"S3_ENDPOINT_URL": "http://127.0.0.1:9"}, "endpoint", "nothing listens there", "Check S3_ENDPOINT_URL"),
        ({"S3_ENDPOINT_URL": "http://nowhere.invalid"}, "endpoint", "no host of this name", "Check S3_ENDPOINT_URL"),
    ],
)
def test_a_wrong_setting_is_named(engine, wrong, what, words, fix):
    found = failures(check(settings(engine, **wrong)))
    assert list(found) == [what]
    assert words in found[what]
    assert fix in found[what]
    assert "another-secret" not in str(found)


def test_https_where_http_is_spoken_and_the_other_way_round(s3):
    found = failures(check(settings(s3, S3_ENDPOINT_URL=s3.endpoint_url.replace("http:", "https:"))))
    assert "should it be http://?" in found["endpoint"]
    with HTTPServer(lambda _: Response(200, reset=True)) as silent:
        found = failures(check(settings(s3, S3_ENDPOINT_URL=f"http://127.0.0.1:{silent.port}")))
    assert "is not reached: " in found["endpoint"]


def test_an_untrusted_certificate_is_named():
    with LocalS3(tls=True) as s3:
        found = failures(check(settings(s3)))
    assert "its certificate is not to be trusted" in found["endpoint"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (120, "behind the store's: URLs end sooner than they say"),
        (-120, "ahead of the store's: URLs live longer than they say"),
        (-1200, "ahead of the store's: the store refuses what is signed then"),
    ],
)
def test_a_clock_that_is_wrong(s3, seconds, words):
    """The store's is moved. 20 minutes ahead, it refuses the upload too, and no other fault is seen in that."""
    s3.clock.advance(seconds)
    found = failures(check(settings(s3)))
    assert list(found) == ["clock"]
    assert words in found["clock"]
    assert found["clock"].endswith("Set this machine's clock, by NTP.")


def test_credentials_without_the_permission(s3):
    s3.fail("PutObject", "AccessDenied")
    found = failures(check(settings(s3)))
    assert "Allow s3:PutObject on arn:aws:s3:::pictures/uploads/* in their policy" in found["upload"]
    s3.fail("GetObject", "AccessDenied")
    assert "Allow s3:GetObject on" in failures(check(settings(s3)))["download"]


def test_the_object_lies_where_the_policy_has_uploads_lie(s3, tmp_path):
    """What signs may be allowed no other prefix."""
    (tmp_path / "policy.toml").write_text(
        '[header]\nname = "X-User"\n[[allow]]\nprincipals = ["viewer"]\nprefix = "a/"\nrights = ["download"]\n'
        '[[allow]]\nprincipals = ["*"]\nprefix = "people/{principal}/"\n'
    )
    assert failures(check(settings(s3, SERVER_POLICY=str(tmp_path / "policy.toml")))) == {}
    keys = {one.key.rpartition("/")[0] for one in s3.requests if one.operation == "PutObject"}
    assert keys == {"people/server-check"}


@pytest.mark.parametrize("operation", ["CreateMultipartUpload", "UploadPart", "AbortMultipartUpload"])
def test_uploads_in_parts_that_are_not_allowed(s3, operation):
    s3.fail(operation, "AccessDenied")
    found = failures(check(settings(s3)))
    assert list(found) == ["parts"]
    assert "Allow s3:PutObject and s3:AbortMultipartUpload on arn:aws:s3:::pictures/uploads/*" in found["parts"]


def test_a_rule_that_hides_the_etag(s3):
    text = (
        "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>"
        "<AllowedHeader>*</AllowedHeader></CORSRule></CORSConfiguration>"
    )
    checksum = b64encode(md5(text.encode()).digest()).decode()
    presigned = s3.presigner().presign("put_bucket_cors", Bucket="pictures", ContentMD5=checksum)
    assert send("PUT", presigned.url, presigned.headers, text.encode())[0] == 200
    found = failures(check(settings(s3)))
    assert list(found) == ["CORS"]
    assert "does not let pages read the ETag of a part" in found["CORS"]


def test_an_object_that_may_not_be_deleted_is_said_and_no_failure(s3):
    s3.fail("DeleteObject", "AccessDenied")
    findings = check(settings(s3))
    assert failures(findings) == {}
    assert any("stays: these credentials may not delete it" in one.words for one in findings)


@pytest.mark.parametrize(
    ("code", "what", "fix"),
    [
        ("ExpiredToken", "credentials", "AWS_SESSION_TOKEN anew"),
        ("RequestTimeTooSkewed", "clock", "by NTP"),
        ("SlowDown", "upload", "Its own log may say why"),
    ],
)
def test_other_refusals(s3, code, what, fix):
    s3.fail("PutObject", code)
    assert fix in failures(check(settings(s3)))[what]


def test_a_bucket_that_takes_no_acl(s3):
    s3.fail("PutObject", "AccessControlListNotSupported", skip=1)
    assert "Unset S3_UPLOAD_ACL" in failures(check(settings(s3, S3_UPLOAD_ACL="public-read")))["ACL"]
    assert "ACL" not in [one.what for one in check(settings(s3, S3_UPLOAD_ACL="public-read", SERVER_TUTORIAL="0"))]


def test_a_store_that_overwrites(s3):
    """One that passes over the condition: as a gateway before it would, which drops the header."""

    def gateway(request):
        body = request.body.read()
        if request.header("if-none-match"):
            return Response(200)
        status, fields, said = send(request.method, s3.endpoint_url + request.target, request.headers, body)
        framing = ("content-length", "transfer-encoding", "connection")
        return Response(status, [(name, value) for name, value in fields if name.lower() not in framing], said)

    with HTTPServer(gateway) as before:
        environ = settings(s3, S3_ENDPOINT_URL=f"http://127.0.0.1:{before.port}", SERVER_KEY_TEMPLATE="{date}/{name}")
        found = failures(check(environ))
    assert list(found) == ["overwriting"]
    assert "Put {uuid} into SERVER_KEY_TEMPLATE" in found["overwriting"]


def test_an_endpoint_that_is_the_bucket_already(s3):
    """As http://pictures.s3.example.com: each key would begin with pictures/ once more, and no upload shows it."""
    objects = {}

    def bucket(request):
        path, _, _ = request.target.partition("?")
        if request.method == "PUT":
            objects[path] = request.body.read()
        if request.method == "GET" and path == "/":
            return Response(200, [], b"<ListBucketResult><Name>pictures</Name></ListBucketResult>")
        if request.method in ("POST", "DELETE"):
            return Response(204 if request.method == "DELETE" else 200, [], b"<UploadId>1</UploadId>")
        return Response(200, [], objects[path] if request.method == "GET" else b"")

    with HTTPServer(bucket) as named:
        environ = settings(s3, S3_ENDPOINT_URL=f"http://127.0.0.1:{named.port}")
        found = failures(check(environ, ()))
        assert list(found) == ["endpoint"]
        assert "every key begins with pictures/ once more" in found["endpoint"]
        assert "S3_ADDRESSING_STYLE=bucket" in found["endpoint"]
        assert failures(check({**environ, "S3_ADDRESSING_STYLE": "bucket"}, ())) == {}


def test_a_bucket_that_lets_no_page_in():
    with LocalS3(open_cors=False) as s3:
        s3.put("pictures", "there")
        found = failures(check(settings(s3)))
        assert list(found) == ["CORS"]
        assert f"does not let pages of {ORIGIN} in" in found["CORS"]
        assert "cors --apply" in found["CORS"]


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Access-Control-Allow-Methods": "GET"}, "send no PUT requests"),
        ({"Access-Control-Allow-Headers": "range"}, "send no header content-type"),
        ({"Access-Control-Allow-Origin": "https://other.example"}, "does not let pages"),
    ],
)
def test_what_a_bucket_does_not_allow_is_named(s3, headers, words):
    all_is_well = {
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Allow-Methods": "PUT",
        "Access-Control-Allow-Headers": "*",
    }
    with HTTPServer(lambda _: Response(200, list({**all_is_well, **headers}.items()))) as store:
        environ = settings(s3, S3_PUBLIC_ENDPOINT_URL=f"http://127.0.0.1:{store.port}")
        found = failures(check(environ))
    assert list(found) == ["CORS"]
    assert words in found["CORS"]


def test_a_public_endpoint_that_this_machine_does_not_reach(s3):
    """As in a container, whose own 127.0.0.1 is another: it is said, and CORS is asked of the store itself."""
    (port,) = free_ports(1)
    findings = check(settings(s3, S3_PUBLIC_ENDPOINT_URL=f"http://127.0.0.1:{port}"))
    assert failures(findings) == {}
    assert [(one.what, one.passed) for one in findings][-2:] == [("public", None), ("CORS", True)]
    assert f"does not reach http://127.0.0.1:{port}" in findings[-2].words


def test_credentials_that_cannot_be_had(s3):
    def none():
        raise CredentialsError("the role is gone")

    config = read(settings(s3))
    store = Store(S3Presigner(none, region="us-east-1", endpoint_url=s3.endpoint_url), "pictures", s3.endpoint_url)
    assert failures(list(try_store(config, store, (ORIGIN,)))) == {
        "credentials": "the role is gone. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    }


# ------------------------------------------------------------------------------------------ the program


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "server", *arguments]
    environ = {"PATH": os.environ["PATH"], **environ}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60)


def test_command_says_all_and_gives_an_exit_code(s3, tmp_path):
    well = run("check", "--origin", ORIGIN, **settings(s3))
    assert (well.returncode, well.stderr) == (0, "")
    assert f"\n  ok    CORS         pages of {ORIGIN} may upload\n" in well.stdout
    wrong = run("check", **settings(s3, AWS_SECRET_ACCESS_KEY="another-secret"))
    assert wrong.returncode == 1
    assert "\n  FAIL  credentials  AWS_SECRET_ACCESS_KEY is not" in wrong.stdout
    assert "\n                     Fix: Set AWS_ACCESS_KEY_ID" in wrong.stdout
    assert "pages of http://localhost:8000 may upload" in wrong.stdout
    mistaken = run("check", **settings(s3, S3_BUCKET_NAME=""))
    assert mistaken.returncode == 2
    own = run("check", SERVER_DATA_DIR=str(tmp_path))
    assert own.returncode == 0, own.stdout


def test_start_tries_the_store_and_warns(s3):
    """It serves all the same: the store may come later."""
    with program("--port", "0", **settings(s3, S3_BUCKET_NAME="nowhere")) as (process, banner):
        warning = process.stderr.readline()
        assert warning[9:].startswith(
            "warning: bucket: the store has no bucket nowhere (404 NoSuchBucket). sigv4 create-"
        )
        connection = http.client.HTTPConnection(address(banner), timeout=10)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()


def test_start_says_nothing_where_all_is_well_and_tries_nothing_where_it_is_told_not_to(s3):
    with program("--port", "0", **settings(s3)) as (process, _):
        deadline = time.monotonic() + 20
        while not any(one.operation == "DeleteObject" for one in s3.requests):  # the last but for CORS
            assert time.monotonic() < deadline
        process.terminate()
        assert process.communicate(timeout=20)[1] == ""
    before = len(s3.requests)
    with program("--port", "0", **settings(s3, SERVER_CHECK="0", S3_BUCKET_NAME="nowhere")) as (process, _):
        process.terminate()
        assert process.communicate(timeout=20)[1] == ""
    assert len(s3.requests) == before
