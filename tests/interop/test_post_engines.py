"""Forms from `S3Presigner.post`, sent by curl and by requests, on three engines: what a policy allows, and no more."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
import requests

from sigv4 import Credentials
from sigv4.s3 import S3Presigner

pytestmark = pytest.mark.parametrize(
    "s3",
    [pytest.param(engine, marks=pytest.mark.xdist_group(engine)) for engine in ("local", "minio", "seaweedfs")],
    indirect=True,
)


@pytest.fixture
def presigner(s3):
    return s3.presigner()


def send(made, body=b"hello", filename="a.txt", **changes):
    """Send the form with requests; `changes` replace fields, or add them before the file."""
    answer = requests.post(made.url, data=made.fields | changes, files={"file": (filename, body)}, timeout=30)
    code = ElementTree.fromstring(answer.content).findtext("{*}Code") or "" if answer.status_code >= 400 else ""
    return answer.status_code, code


def read(presigner, bucket, key):
    answer = requests.get(presigner.get_object(bucket, key).url, timeout=30)
    return answer.content if answer.status_code == 200 else None


KEYS = ["plain.txt", "a b+c/é 日本 %41.txt", "-F @<;,=\"'$(id)`\\.txt"]


@pytest.mark.parametrize("key", KEYS)
def test_curl_uploads(presigner, s3_bucket, tmp_path, key):
    """The command as printed, with a file whose name a careless one would break at."""
    file = tmp_path / "@ file; type=x, \"quoted\" 'and' not.bin"
    body = bytes(range(256)) * 400
    file.write_bytes(body)
    made = presigner.post(s3_bucket, key, [{"x-amz-meta-note": "<@;"}], {"x-amz-meta-note": "<@;"})
    done = subprocess.run(["sh", "-c", f"{made.curl(str(file))} -sS -w '%{{http_code}}'"], capture_output=True)
    if done.returncode == 127:
        pytest.skip("curl is not here")
    assert (done.stdout[-3:], done.stderr) == (b"204", b"")
    assert read(presigner, s3_bucket, key) == body


@pytest.mark.parametrize("key", KEYS)
def test_requests_uploads(presigner, s3_bucket, key):
    assert send(presigner.post(s3_bucket, key)) == (204, "")
    assert read(presigner, s3_bucket, key) == b"hello"


def test_the_name_of_the_file_becomes_part_of_the_key(presigner, s3_bucket):
    made = presigner.post(s3_bucket, "user/7/${filename}")
    assert send(made, filename="photo 1.jpg") == (204, "")
    assert read(presigner, s3_bucket, "user/7/photo 1.jpg") == b"hello"


def test_fields_and_their_conditions(presigner, s3_bucket):
    """What the form fixes and what its sender adds, both are kept with the object."""
    made = presigner.post(
        s3_bucket,
        "a",
        [["starts-with", "$Content-Type", "image/"], {"x-amz-meta-owner": "me"}, {"success_action_status": "201"}],
        {"x-amz-meta-owner": "me", "success_action_status": "201"},
    )
    assert send(made, **{"Content-Type": "image/png"}) == (201, "")
    got = requests.get(presigner.get_object(s3_bucket, "a").url, timeout=30)
    assert (got.headers["content-type"], got.headers["x-amz-meta-owner"]) == ("image/png", "me")


def test_an_unknown_session_token_is_refused(s3, s3_bucket, request):
    """SeaweedFS does not look at it."""
    ours = s3.credentials
    temporary = Credentials(ours.access_key_id, ours.secret_access_key, "token")
    made = S3Presigner(temporary, region=s3.region, endpoint_url=s3.endpoint_url).post(s3_bucket, "a")
    assert send(made)[0] in ((204,) if request.node.callspec.params["s3"] == "seaweedfs" else (400, 403))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"key": "theirs"}, (403, "AccessDenied")),
        ({"Content-Type": "text/html"}, (403, "AccessDenied")),
        ({"x-amz-meta-more": "x"}, (403, "AccessDenied")),
        ({"x-amz-signature": "0" * 64}, (403, "SignatureDoesNotMatch")),
    ],
    ids=["key", "content type", "extra field", "signature"],
)
def test_what_the_policy_does_not_allow_is_refused(presigner, s3_bucket, change, expected):
    made = presigner.post(s3_bucket, "mine", [["starts-with", "$Content-Type", "image/"]])
    assert send(made, **{"Content-Type": "image/png"}) == (204, "")
    assert send(made, **({"Content-Type": "image/png"} | change)) == expected
    assert read(presigner, s3_bucket, "theirs") is None


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, (400, "EntityTooSmall")), (2, (204, "")), (10, (204, "")), (11, (400, "EntityTooLarge"))],
)
def test_the_size_range(presigner, s3_bucket, size, expected):
    """Both ends are in it."""
    made = presigner.post(s3_bucket, "a", [["content-length-range", 2, 10]])
    assert send(made, b"x" * size) == expected
    assert (read(presigner, s3_bucket, "a") is None) == (expected[0] == 400)


def test_an_expired_form_is_refused(presigner, s3_bucket):
    made = presigner.post(s3_bucket, "a", expires_in=60, signed_at=datetime.now(UTC) - timedelta(seconds=62))
    assert send(made)[0] == 403


def test_a_form_for_another_bucket_is_refused(presigner, s3_bucket):
    made = presigner.post(s3_bucket, "a")
    other = f"{s3_bucket}-2"
    assert requests.put(presigner.presign("create_bucket", Bucket=other).url, timeout=30).status_code == 200
    made.url = made.url.replace(s3_bucket, other)
    assert send(made) == (403, "AccessDenied")
    assert read(presigner, other, "a") is None


def test_another_secret_is_refused(s3, s3_bucket):
    other = Credentials(s3.credentials.access_key_id, "not-the-secret")
    made = S3Presigner(other, region=s3.region, endpoint_url=s3.endpoint_url).post(s3_bucket, "a")
    assert send(made) == (403, "SignatureDoesNotMatch")
