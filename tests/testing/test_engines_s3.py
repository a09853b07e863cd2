"""One set of S3 tests, three engines: what S3Presigner signs must work, and what is changed afterwards must not.

Requests go out with their target exactly as presigned: most HTTP clients would tidy it up. Where an engine itself
differs from S3, DEVIATIONS names it, and the tests check that it still does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.client import HTTPConnection, HTTPMessage
from urllib.parse import unquote_plus, urlsplit
from xml.etree import ElementTree

import pytest
import requests

from sigv4 import Credentials, Signer
from sigv4.encoding import encode
from sigv4.s3 import S3Presigner

pytestmark = pytest.mark.parametrize(
    "s3",
    [pytest.param(engine, marks=pytest.mark.xdist_group(engine)) for engine in ("local", "minio", "seaweedfs")],
    indirect=True,
)

HARD_KEYS = {
    "space": "a b",
    "space first": " a",
    "space last": "a ",
    "plus": "a+b",
    "percent": "100%",
    "percent-encoded already": "a%20b",
    "encoded slash": "a%2Fb",
    "tilde": "~a~",
    "composed": "caf\u00e9",
    "decomposed": "cafe\u0301",
    "not latin": "日本語/ключ",
    "beyond the basic plane": "\U0001f600",
    "byte order mark": "\ufeffa",
    "line separator": "a\u2028b",
    "question mark": "a?b",
    "hash": "a#b",
    "looks like a query": "a?x=1&y=2",
    "ampersand and equals": "a&b=c",
    "semicolon, colon, comma, at": "a;b:c,d@e",
    "sub-delims": "!$'()*",
    "double quote": 'a"b',
    "backslash": "a\\b",
    "markup": "<a>&amp;</a>",
    "brackets": "[a]{b}|^`",
    "tab": "a\tb",
    "line feed": "a\nb",
    "carriage return": "a\rb",
    "control": "a\x01b",
    "delete": "a\x7fb",
    "next line": "a\u0085b",
    "slash first": "/a",
    "slash last": "a/",
    "two slashes": "a//b",
    "two slashes first": "//a",
    "dot last": "a.",
    "dots last": "a..",
    "dot last in a segment": "a./b",
    "three dots": "...",
    "dot first": ".a",
    "longest": "/".join(["k" * 204, "\u00e9" * 102, "k" * 204, "\u00e9" * 102, "k" * 204]),
    "longest, in one segment": "k" * 1024,
}


# --- The engines, and where they differ from S3 ---


ACCEPTED = (200, "")

# The status and code with which an engine answers, where S3 answers otherwise.
DEVIATIONS = {
    ("minio", "unsigned metadata"): (400, "AccessDenied"),
    ("minio", "another region"): (400, "MissingFields"),
    ("seaweedfs", "unsigned metadata"): (403, "SignatureDoesNotMatch"),
    ("seaweedfs", "another region"): ACCEPTED,
    ("seaweedfs", "another body"): ACCEPTED,
    ("seaweedfs", "dated ahead"): ACCEPTED,
}

# What becomes of a hard key that an engine refuses, stores under another name, or stores without its body: how it
# answers the PUT, what a GET returns, and the names that it lists.
KEY_DEVIATIONS = {
    ("minio", "slash first"): (ACCEPTED, b"data", ["a"]),
    ("minio", "two slashes"): ((400, "XMinioInvalidObjectName"), None, []),
    ("minio", "two slashes first"): (ACCEPTED, b"data", ["a"]),
    ("minio", "longest, in one segment"): ((400, "XMinioInvalidObjectName"), None, []),
    ("seaweedfs", "backslash"): (ACCEPTED, b"data", ["a/b"]),
    ("seaweedfs", "slash first"): (ACCEPTED, b"data", ["a"]),
    ("seaweedfs", "slash last"): (ACCEPTED, b"", ["a/"]),
    ("seaweedfs", "two slashes"): (ACCEPTED, b"data", ["a/b"]),
    ("seaweedfs", "two slashes first"): (ACCEPTED, b"data", ["a"]),
    ("seaweedfs", "longest, in one segment"): ((400, "KeyTooLongError"), None, []),
}


@dataclass
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def code(self) -> str:
        """S3's error code, or "" for an answer that is no error."""
        return text(self, "Code") if self.status >= 400 and self.body else ""


def text(answer: Answer, element: str) -> str:
    """The text of the first such element in an answer's XML."""
    return ElementTree.fromstring(answer.body).findtext(f".//{{*}}{element}") or ""


def verdict(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code


def expected_of(engine: str, asked: str, of_s3: tuple[int, str]) -> tuple[int, str]:
    return DEVIATIONS.get((engine, asked), of_s3)


def send(presigned, body: bytes = b"", *, method: str = "", url: str = "", headers=()) -> Answer:
    """Send what was presigned, or with one thing changed."""
    url = url or presigned.url
    origin = urlsplit(url)
    connection = HTTPConnection(origin.netloc, timeout=30)
    try:
        target = url.removeprefix(f"{origin.scheme}://{origin.netloc}")
        connection.request(method or presigned.method, target, body, presigned.headers | dict(headers))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


@pytest.fixture
def engine(request) -> str:
    return request.node.callspec.params["s3"]


@pytest.fixture
def presigner(s3) -> S3Presigner:
    return s3.presigner()


# --- Objects ---


def test_what_is_put_comes_back(presigner, s3_bucket):
    """PUT, GET, HEAD and DELETE; content type and metadata are kept with the object."""
    put = presigner.put_object(s3_bucket, "a.txt", ContentType="text/x-test", Metadata={"colour": "blue"})
    assert send(put, b"hello").status == 200

    got = send(presigner.get_object(s3_bucket, "a.txt"))
    assert (got.status, got.body) == (200, b"hello")
    assert got.headers["Content-Type"] == "text/x-test"
    assert got.headers["x-amz-meta-colour"] == "blue"
    assert got.headers["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'

    head = send(presigner.head_object(s3_bucket, "a.txt"))
    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", "5")
    assert head.headers["x-amz-meta-colour"] == "blue"

    assert send(presigner.delete_object(s3_bucket, "a.txt")).status == 204
    gone = send(presigner.get_object(s3_bucket, "a.txt"))
    assert (gone.status, gone.code) == (404, "NoSuchKey")
    assert send(presigner.head_object(s3_bucket, "a.txt")).status == 404


def test_an_empty_object(presigner, s3_bucket):
    assert send(presigner.put_object(s3_bucket, "empty")).status == 200
    got = send(presigner.get_object(s3_bucket, "empty"))
    assert (got.status, got.body, got.headers["Content-Length"]) == (200, b"", "0")


def test_a_second_put_replaces_the_first(presigner, s3_bucket):
    put = presigner.put_object(s3_bucket, "a")
    assert [send(put, body).status for body in (b"first", b"second")] == [200, 200]
    assert send(presigner.get_object(s3_bucket, "a")).body == b"second"


def test_a_common_client_library_can_use_the_url(presigner, s3_bucket):
    put = presigner.put_object(s3_bucket, "folder/a b.txt", ContentType="text/plain")
    assert requests.put(str(put), data=b"hello", headers=put.headers, timeout=30).status_code == 200
    assert requests.get(str(presigner.get_object(s3_bucket, "folder/a b.txt")), timeout=30).content == b"hello"


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [("bytes=2-4", 206, b"234"), ("bytes=7-", 206, b"789"), ("bytes=-2", 206, b"89"), ("bytes=20-", 416, None)],
)
def test_a_range(presigner, s3_bucket, asked, status, body):
    """Range may be signed, or sent beside a URL that does not name it."""
    send(presigner.put_object(s3_bucket, "digits"), b"0123456789")
    plain = presigner.get_object(s3_bucket, "digits")
    for answer in (send(presigner.get_object(s3_bucket, "digits", Range=asked)), send(plain, headers={"Range": asked})):
        assert answer.status == status
        if body is not None:
            assert answer.body == body


def test_the_url_may_name_the_answer_s_headers(presigner, s3_bucket):
    send(presigner.put_object(s3_bucket, "a"), b"hello")
    disposition = 'attachment; filename="a + b.txt"'
    got = send(
        presigner.get_object(
            s3_bucket, "a", ResponseContentDisposition=disposition, ResponseContentType="text/x-other; charset=utf-8"
        )
    )
    assert (got.status, got.body) == (200, b"hello")
    assert got.headers["Content-Disposition"] == disposition
    assert got.headers["Content-Type"] == "text/x-other; charset=utf-8"


def test_a_list_by_prefix_and_delimiter(presigner, s3_bucket):
    for key in ("a/1", "a/2", "a/sub/3", "b/4", "root"):
        send(presigner.put_object(s3_bucket, key), b"x")

    listed = send(presigner.presign("list_objects_v2", Bucket=s3_bucket, Prefix="a/", Delimiter="/"))
    assert listed.status == 200
    assert keys(listed) == ["a/1", "a/2"]
    assert keys(listed, "CommonPrefixes/{*}Prefix") == ["a/sub/"]


def test_a_list_in_pages(presigner, s3_bucket):
    expected = [f"key {number}" for number in range(5)]
    for key in expected:
        send(presigner.put_object(s3_bucket, key), b"x")

    pages, token = [], {}
    while not pages or token["ContinuationToken"]:
        page = send(presigner.presign("list_objects_v2", Bucket=s3_bucket, MaxKeys=2, **token))
        assert page.status == 200
        pages.append(keys(page))
        token = {"ContinuationToken": text(page, "NextContinuationToken")}
    assert pages == [expected[:2], expected[2:4], expected[4:]]


def keys(listed: Answer, element: str = "Contents/{*}Key") -> list[str]:
    """The keys in a list. The presigner asks for them percent-encoded: XML cannot write most control characters."""
    return [unquote_plus(key.text or "") for key in ElementTree.fromstring(listed.body).iterfind("{*}" + element)]


def test_a_multipart_upload(presigner, s3_bucket):
    """Two parts, each to a URL of its own, become one object."""
    key, parts = "big +1", [b"a" * 5 * 1024 * 1024, b"b" * 1000]
    created = send(presigner.presign("create_multipart_upload", Bucket=s3_bucket, Key=key))
    assert created.status == 200
    upload = {"Bucket": s3_bucket, "Key": key, "UploadId": text(created, "UploadId")}

    etags = []
    for number, part in enumerate(parts, 1):
        sent = send(presigner.presign("upload_part", PartNumber=number, **upload), part)
        assert sent.status == 200
        etags.append(sent.headers["ETag"])

    listed = send(presigner.presign("list_parts", **upload))
    assert [size.text for size in ElementTree.fromstring(listed.body).iterfind("{*}Part/{*}Size")] == [
        "5242880",
        "1000",
    ]

    document = "".join(
        f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>" for n, etag in enumerate(etags, 1)
    )
    completed = send(
        presigner.presign("complete_multipart_upload", **upload),
        f"<CompleteMultipartUpload>{document}</CompleteMultipartUpload>".encode(),
    )
    assert completed.status == 200
    assert text(completed, "ETag").strip('"').endswith("-2")
    assert send(presigner.get_object(s3_bucket, key)).body == b"".join(parts)


def test_an_aborted_upload_is_gone(presigner, s3_bucket):
    created = send(presigner.presign("create_multipart_upload", Bucket=s3_bucket, Key="a"))
    upload = {"Bucket": s3_bucket, "Key": "a", "UploadId": text(created, "UploadId")}
    assert send(presigner.presign("abort_multipart_upload", **upload)).status == 204
    late = send(presigner.presign("upload_part", PartNumber=1, **upload), b"x")
    assert (late.status, late.code) == (404, "NoSuchUpload")


# --- Keys ---


@pytest.mark.parametrize("name", HARD_KEYS)
def test_a_hard_key(presigner, s3_bucket, engine, name):
    """Every key is stored, read, listed and deleted under exactly its own name."""
    key = HARD_KEYS[name]
    stored = send(presigner.put_object(s3_bucket, key), b"data")
    got = send(presigner.get_object(s3_bucket, key))
    body = got.body if got.status == 200 else None
    expected = KEY_DEVIATIONS.get((engine, name), (ACCEPTED, b"data", [key]))
    assert (verdict(stored), body, listed_keys(presigner, s3_bucket)) == expected
    send(presigner.delete_object(s3_bucket, key))
    assert listed_keys(presigner, s3_bucket) == []


def test_the_normal_forms_of_a_letter_are_two_keys(presigner, s3_bucket):
    for key in ("caf\u00e9", "cafe\u0301"):
        send(presigner.put_object(s3_bucket, key), key.encode())
    assert sorted(listed_keys(presigner, s3_bucket)) == ["cafe\u0301", "caf\u00e9"]
    for key in ("caf\u00e9", "cafe\u0301"):
        assert send(presigner.get_object(s3_bucket, key)).body == key.encode()


def listed_keys(presigner: S3Presigner, bucket: str) -> list[str]:
    return keys(send(presigner.presign("list_objects_v2", Bucket=bucket)))


# --- Expiry ---


def test_an_expired_url_is_refused(presigner, s3_bucket, engine):
    send(presigner.put_object(s3_bucket, "a"), b"x")
    made = datetime.now(UTC) - timedelta(seconds=900)
    live = presigner.get_object(s3_bucket, "a", expires_in=1000, signed_at=made)
    dead = presigner.get_object(s3_bucket, "a", expires_in=899, signed_at=made)
    assert send(live).status == 200
    assert verdict(send(dead)) == expected_of(engine, "expired", (403, "AccessDenied"))


def test_a_url_dated_ahead_is_refused(presigner, s3_bucket, engine):
    """S3 allows clocks to differ by 15 minutes, and no more."""
    send(presigner.put_object(s3_bucket, "a"), b"x")
    ahead = datetime.now(UTC) + timedelta(minutes=30)
    answer = send(presigner.get_object(s3_bucket, "a", signed_at=ahead))
    assert verdict(answer) == expected_of(engine, "dated ahead", (403, "AccessDenied"))


# --- Tampering ---

SIGNATURE_DOES_NOT_MATCH = (403, "SignatureDoesNotMatch")


def test_the_same_get_unchanged_works(presigner, s3_bucket):
    """What the tests below change one thing of."""
    assert send(the_get(presigner, s3_bucket)).status == 200


def the_get(presigner, bucket):
    assert send(presigner.put_object(bucket, "mine"), b"x").status == 200
    assert send(presigner.put_object(bucket, "theirs"), b"x").status == 200
    return presigner.get_object(bucket, "mine", ResponseContentType="text/plain")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_another_method(presigner, s3_bucket, method):
    """And nothing is done: the object is still there."""
    url = the_get(presigner, s3_bucket)
    assert verdict(send(url, method=method)) == SIGNATURE_DOES_NOT_MATCH
    assert send(url).body == b"x"


def test_head_is_not_get(presigner, s3_bucket):
    assert send(the_get(presigner, s3_bucket), method="HEAD").status == 403


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/mine?", "/theirs?"),
        ("text%2Fplain", "text%2Fhtml"),
        ("X-Amz-Expires=900", "X-Amz-Expires=604800"),
        ("&X-Amz-Expires=", "&versionId=null&X-Amz-Expires="),
        ("response-content-type=text%2Fplain&", ""),
    ],
    ids=["key", "parameter", "expiry", "parameter added", "parameter removed"],
)
def test_another_url(presigner, s3_bucket, old, new):
    original = the_get(presigner, s3_bucket)
    changed = original.url.replace(old, new)
    assert changed != original.url
    assert verdict(send(original, url=changed)) == SIGNATURE_DOES_NOT_MATCH


def test_another_signature(presigner, s3_bucket):
    original = the_get(presigner, s3_bucket)
    changed = original.url.replace(original.signature, original.signature[::-1])
    assert verdict(send(original, url=changed)) == SIGNATURE_DOES_NOT_MATCH


def test_another_bucket(presigner, s3_bucket, s3):
    original = the_get(presigner, s3_bucket)
    other = s3_bucket + "-2"
    assert send(presigner.presign("create_bucket", Bucket=other)).status == 200
    send(presigner.put_object(other, "mine"), b"x")
    assert verdict(send(original, url=original.url.replace(s3_bucket, other))) == SIGNATURE_DOES_NOT_MATCH


def test_another_header(presigner, s3_bucket):
    """A signed content type holds the upload to it, and nothing is stored under another one."""
    put = presigner.put_object(s3_bucket, "a", ContentType="image/png")
    assert verdict(send(put, b"<script>", headers={"Content-Type": "text/html"})) == SIGNATURE_DOES_NOT_MATCH
    assert send(presigner.get_object(s3_bucket, "a")).status == 404


def test_other_metadata(presigner, s3_bucket):
    put = presigner.put_object(s3_bucket, "a", Metadata={"owner": "me"})
    assert verdict(send(put, b"x", headers={"x-amz-meta-owner": "you"})) == SIGNATURE_DOES_NOT_MATCH


def test_metadata_that_was_not_signed(presigner, s3_bucket, engine):
    put = presigner.put_object(s3_bucket, "a")
    answer = send(put, b"x", headers={"x-amz-meta-owner": "you"})
    assert verdict(answer) == expected_of(engine, "unsigned metadata", (403, "AccessDenied"))


def test_another_secret(presigner, s3_bucket, s3):
    known = Credentials(s3.credentials.access_key_id, "not-the-secret")
    url = S3Presigner(known, region=s3.region, endpoint_url=s3.endpoint_url).get_object(s3_bucket, "a")
    assert verdict(send(url)) == SIGNATURE_DOES_NOT_MATCH


def test_an_unknown_access_key(presigner, s3_bucket, s3):
    unknown = Credentials("AKIAUNKNOWN", s3.credentials.secret_access_key)
    url = S3Presigner(unknown, region=s3.region, endpoint_url=s3.endpoint_url).get_object(s3_bucket, "a")
    assert verdict(send(url)) == (403, "InvalidAccessKeyId")


def test_another_region(s3_bucket, s3, engine):
    presigner = S3Presigner(s3.credentials, region="eu-west-1", endpoint_url=s3.endpoint_url)
    answer = send(presigner.put_object(s3_bucket, "a"), b"x")
    assert verdict(answer) == expected_of(engine, "another region", (400, "AuthorizationQueryParametersError"))


def test_nothing_signed(presigner, s3_bucket):
    url = the_get(presigner, s3_bucket)
    assert verdict(send(url, url=url.url.partition("?")[0])) == (403, "AccessDenied")


# --- The Authorization header ---


def test_a_signed_body(s3_bucket, s3):
    signed = sign_put(s3, s3_bucket, b"hello")
    assert send(signed, b"hello").status == 200
    assert send(s3.presigner().get_object(s3_bucket, "a + b")).body == b"hello"


def test_another_body(s3_bucket, s3, engine):
    """The payload hash holds the body to what was signed."""
    answer = send(sign_put(s3, s3_bucket, b"hello"), b"HELLO")
    assert verdict(answer) == expected_of(engine, "another body", (400, "XAmzContentSHA256Mismatch"))


def test_another_payload_hash(s3_bucket, s3):
    signed = sign_put(s3, s3_bucket, b"hello")
    changed = {"X-Amz-Content-Sha256": sha256(b"HELLO").hexdigest()}
    assert verdict(send(signed, b"HELLO", headers=changed)) == SIGNATURE_DOES_NOT_MATCH


def sign_put(s3, bucket: str, body: bytes):
    signer = Signer(s3.credentials, region=s3.region, service="s3")
    return signer.sign("PUT", f"{s3.endpoint_url}/{bucket}/{encode('a + b')}", {}, body)
