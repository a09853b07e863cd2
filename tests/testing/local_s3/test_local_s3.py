"""LocalS3 over HTTP: each operation does what S3 documents, and each refusal is in S3's own code."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import ssl
import threading
import time
from base64 import b64encode
from datetime import UTC, datetime
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from sigv4 import Credentials, Signer
from sigv4.checksums import Checksum
from sigv4.testing import LocalS3
from tests.testing.local_s3.client import Client

PART = os.urandom(5 << 20)
HARD_KEYS = [
    "a b",
    "plus+and%20percent%",
    "~tilde-._",
    "//",
    "/leading",
    "trailing/",
    "a//b",
    ".",
    "..",
    "a/../b",
    "caf\u00e9",
    "cafe\u0301",
    "UPPER",
    "upper",
    "'\"<&>;:@=,$*()!?#[]{}|\\^`",
    "\x00\x01\x1f\x7f",
    "\r\n\t",
    "\U0001f600\uffff",
    "k" * 1024,
]


@pytest.fixture
def s3(local_s3):
    return local_s3


@pytest.fixture
def client(s3):
    client = Client(s3)
    client.create_bucket()
    yield client
    client.close()


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def value(algorithm: str, data: bytes) -> str:
    checksum = Checksum(algorithm)
    checksum.update(data)
    return checksum.value()


# The server


def test_it_is_ready_at_once_and_many_run_side_by_side():
    began = time.perf_counter()
    servers = [LocalS3() for _ in range(10)]
    for server in servers:
        server.start()
    took = time.perf_counter() - began
    try:
        assert len({server.endpoint_url for server in servers}) == 10
        clients = [Client(server) for server in servers]
        for number, client in enumerate(clients):
            client.create_bucket(f"bucket-{number}")
        assert [client.send("GET").texts("Buckets/Bucket/Name") for client in clients] == [
            [f"bucket-{number}"] for number in range(10)
        ]
        for client in clients:
            client.close()
    finally:
        for server in servers:
            server.close()
    assert took < 1  # some 2 ms each on an idle machine; the tests share theirs


def test_what_was_given_is_what_it_is():
    credentials = Credentials("AKIDEXAMPLE", "secret")
    with LocalS3(credentials, region="eu-central-1") as s3:
        assert (s3.credentials, s3.region) == (credentials, "eu-central-1")
        client = Client(s3)
        body = b"<LocationConstraint>eu-central-1</LocationConstraint>"
        body = b"<CreateBucketConfiguration>" + body + b"</CreateBucketConfiguration>"
        assert client.send("PUT", "bucket", body=body).status == 200
        assert client.send("GET", "bucket", query={"location": ""}).xml.text == "eu-central-1"
        client.close()


def test_made_up_credentials_differ_and_stay_secret():
    with LocalS3() as one, LocalS3() as two:
        assert one.credentials.secret_access_key != two.credentials.secret_access_key
        assert one.credentials.secret_access_key not in repr(one) + repr(vars(one))


def test_every_answer_has_an_id_and_a_date(client):
    for answer in (client.send("GET"), client.send("GET", "none"), client.send("HEAD", "none")):
        assert answer.headers["x-amz-request-id"]
        assert answer.headers["x-amz-id-2"]
        assert answer.headers["date"].endswith("GMT")


def test_virtual_hosted_style(s3, client):
    """Under the domain the host names the bucket, with dots and with any port; under other hosts the path does."""
    client.create_bucket("my.bucket")
    port = client.host.partition(":")[2]
    for host in ("my.bucket.localhost", f"my.bucket.localhost:{port}", "MY.BUCKET.LOCALHOST"):
        assert client.send("PUT", key="a/b", body=b"1", host=host).status == 200
        assert client.send("GET", key="a/b", host=host).body == b"1"
    assert client.send("GET", "my.bucket", "a/b").body == b"1"
    assert client.send("GET", host="my.bucket.localhost", query={"list-type": "2"}).texts("Contents/Key") == ["a/b"]
    for host in ("localhost", f"localhost:{port}", "example.com"):
        assert client.send("GET", key="my.bucket/a/b", host=host).body == b"1"


def test_the_domain_can_be_chosen():
    with LocalS3(domain="s3.example.com") as s3:
        client = Client(s3)
        client.create_bucket()
        assert client.send("PUT", key="k", host="bucket.s3.example.com").status == 200
        assert client.send("GET", "bucket", "k", host=None).status == 200
        client.close()


def test_https_with_a_certificate_of_its_own(tmp_path):
    with LocalS3(tls=True) as s3:
        s3.put("bucket", "k", b"secret")
        folder = os.path.dirname(s3.certificate)
        assert os.stat(folder).st_mode & 0o077 == 0
        url = str(s3.presigner().get_object("bucket", "k"))
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=s3.certificate)
        with urlopen(url, context=trusting, timeout=10) as answer:
            assert answer.read() == b"secret"
        with pytest.raises(URLError):
            urlopen(url, timeout=10)
    assert not os.path.exists(folder)


# Authentication


def test_an_unsigned_request_is_refused(client):
    client.put("k", b"secret")
    for method, bucket, key in [("GET", "", ""), ("GET", "bucket", ""), ("GET", "bucket", "k"), ("PUT", "bucket", "k")]:
        answer = client.send(method, bucket, key, signed=False)
        assert (answer.status, answer.code, answer.text("Message")) == (403, "AccessDenied", "Access Denied")
    assert client.send("GET", "bucket", "none", signed=False).code == "AccessDenied"
    assert client.send("HEAD", "bucket", "k", signed=False).status == 403


def test_what_is_public_read_can_be_read_by_all_and_nothing_else(client):
    client.put("public", b"for all", {"x-amz-acl": "public-read"})
    client.put("private", b"for us")
    assert client.send("GET", "bucket", "public", signed=False).body == b"for all"
    assert client.send("HEAD", "bucket", "public", signed=False).headers["content-length"] == "7"
    assert client.send("GET", "bucket", "private", signed=False).code == "AccessDenied"
    assert client.send("PUT", "bucket", "public", signed=False).code == "AccessDenied"
    assert client.send("DELETE", "bucket", "public", signed=False).code == "AccessDenied"
    assert client.send("GET", "bucket", "public", {"acl": ""}, signed=False).code == "AccessDenied"
    override = client.send("GET", "bucket", "public", {"response-content-type": "text/html"}, signed=False)
    assert override.code == "InvalidRequest"
    assert client.send("GET", "bucket", signed=False).code == "AccessDenied"
    assert client.send("PUT", "bucket", query={"acl": ""}, headers={"x-amz-acl": "public-read"}).status == 200
    assert client.send("GET", "bucket", signed=False).texts("Contents/Key") == ["private", "public"]
    assert client.send("GET", "bucket", "private", signed=False).code == "AccessDenied"
    assert client.send("GET", "bucket", "none", signed=False).code == "NoSuchKey"


def test_acls_are_told(client):
    client.put("k", headers={"x-amz-acl": "public-read"})
    acl = client.send("GET", "bucket", "k", {"acl": ""})
    assert acl.texts("AccessControlList/Grant/Permission") == ["FULL_CONTROL", "READ"]
    assert client.send("PUT", "bucket", "k", {"acl": ""}, {"x-amz-acl": "private"}).status == 200
    acl = client.send("GET", "bucket", "k", {"acl": ""})
    assert acl.texts("AccessControlList/Grant/Permission") == ["FULL_CONTROL"]
    assert client.send("GET", "bucket", query={"acl": ""}).texts("AccessControlList/Grant/Permission") == [
        "FULL_CONTROL"
    ]
    assert client.send("PUT", "bucket", "k", headers={"x-amz-acl": "public-read-write"}).code == "NotImplemented"
    assert client.send("PUT", "bucket", "k", headers={"x-amz-acl": "nonsense"}).code == "InvalidArgument"
    assert client.send("PUT", "bucket", "k", headers={"x-amz-grant-read": 'id="x"'}).code == "NotImplemented"
    assert client.send("PUT", "bucket", "k", {"acl": ""}, body=b"<AccessControlPolicy/>").code == "NotImplemented"


def test_the_verifier_stands_before_everything(client):
    """A wrong signature is refused before anything is said of buckets, keys or operations."""
    url = str(client.s3.presigner().get_object("none", "k"))
    target = url.partition(client.host)[2]
    forged = target[:-4] + ("0000" if not target.endswith("0000") else "1111")
    answer = client.raw("GET", forged, {"Host": client.host})
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert answer.text("CanonicalRequest").startswith("GET\n/none/k\n")
    assert client.raw("GET", target, {"Host": client.host}).code == "NoSuchBucket"
    assert client.raw("GET", target + "&x=1", {"Host": client.host}).code == "SignatureDoesNotMatch"


def test_time_is_the_test_s_to_move(s3, client):
    client.put("k", b"1")
    target = str(s3.presigner().get_object("bucket", "k", expires_in=900)).partition(client.host)[2]
    assert client.raw("GET", target, {"Host": client.host}).status == 200
    s3.clock.advance(seconds=901)
    answer = client.raw("GET", target, {"Host": client.host})
    assert (answer.status, answer.code, answer.text("Message")) == (403, "AccessDenied", "Request has expired")
    s3.clock.advance(seconds=-901)
    assert client.raw("GET", target, {"Host": client.host}).status == 200


def test_a_frozen_clock_stands_still(s3, client):
    s3.clock.freeze(datetime(2024, 2, 29, 12, tzinfo=UTC))
    client.put("k")
    answer = client.get("k")
    assert answer.headers["last-modified"] == answer.headers["date"] == "Thu, 29 Feb 2024 12:00:00 GMT"
    s3.clock.advance(seconds=86400)
    assert s3.clock.now() == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert client.get("k").headers["date"] == "Fri, 01 Mar 2024 12:00:00 GMT"
    s3.clock.reset()
    assert abs(s3.clock.time() - time.time()) < 5


def test_the_body_must_be_what_was_signed(client):
    signed = hashlib.sha256(b"this").hexdigest()
    for body in (b"that", os.urandom(200_000)):
        answer = client.send("PUT", "bucket", "k", headers={"x-amz-content-sha256": signed}, body=body)
        assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert client.get("k").code == "NoSuchKey"


COPY = {"x-amz-copy-source": "bucket/k"}
XML = b"<Tagging><TagSet/></Tagging>"
# Of every kind that changes something, one; and of those that only read.
OPERATIONS = [
    ("PUT", "other-bucket", "", {}, {}),
    ("DELETE", "empty-bucket", "", {}, {}),
    ("PUT", "bucket", "", {"acl": ""}, {"x-amz-acl": "public-read"}),
    ("PUT", "bucket", "", {"tagging": ""}, {}),
    ("DELETE", "bucket", "", {"cors": ""}, {}),
    ("DELETE", "bucket", "", {"tagging": ""}, {}),
    ("PUT", "bucket", "copy", {}, COPY),
    ("PUT", "bucket", "k", {"acl": ""}, {"x-amz-acl": "public-read"}),
    ("PUT", "bucket", "k", {"tagging": ""}, {}),
    ("POST", "bucket", "new", {"uploads": ""}, {}),
    ("PUT", "bucket", "up", {"partNumber": "1", "uploadId": "{id}"}, COPY),
    ("DELETE", "bucket", "up", {"uploadId": "{id}"}, {}),
    ("DELETE", "bucket", "k", {"tagging": ""}, {}),
    ("DELETE", "bucket", "k", {}, {}),
    ("GET", "bucket", "k", {}, {}),
    ("HEAD", "bucket", "k", {}, {}),
    ("GET", "bucket", "", {}, {}),
    ("GET", "", "", {}, {}),
]


def state(client) -> list[bytes]:
    """All that the operations above can change."""
    targets = [("", "", ""), ("bucket", "", ""), ("bucket", "", "uploads"), ("bucket", "", "acl")]
    targets += [("bucket", "k", ""), ("bucket", "k", "acl"), ("bucket", "k", "tagging")]
    return [client.send("GET", bucket, key, {query: ""} if query else {}).body for bucket, key, query in targets]


@pytest.mark.parametrize(
    ("said", "body", "code"),
    [
        ({"x-amz-content-sha256": "0" * 64}, b"", "XAmzContentSHA256Mismatch"),
        ({"x-amz-content-sha256": hashlib.sha256(b"another").hexdigest()}, XML, "XAmzContentSHA256Mismatch"),
        ({"x-amz-content-sha256": hashlib.sha256(b"").hexdigest()}, XML, "XAmzContentSHA256Mismatch"),
        ({"content-md5": b64encode(bytes(16)).decode()}, b"", "BadDigest"),
        ({"x-amz-checksum-crc32": value("CRC32", b"another")}, XML, "BadDigest"),
        ({"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x-amz-decoded-content-length": "5"}, b"",
         "IncompleteBody"),
    ],
    ids=["hash", "hash, body", "hash of nothing", "Content-MD5", "checksum", "chunks"],
)  # fmt: skip
def test_what_is_said_of_the_body_is_true_of_every_request(client, said, body, code):
    """Of one for an operation that takes no body, too: nothing is done."""
    client.create_bucket("empty-bucket")
    client.put("k", b"x", {"x-amz-tagging": "a=1"})
    upload_id = client.send("POST", "bucket", "up", {"uploads": ""}).text("UploadId")
    before = state(client)
    for method, bucket, key, query, headers in OPERATIONS:
        query = {name: text.format(id=upload_id) for name, text in query.items()}
        answer = client.send(method, bucket, key, query, {**headers, **said, "content-length": str(len(body))}, body)
        assert answer.status == 400, (method, bucket, key, query)
        assert method == "HEAD" or answer.code == code, (method, bucket, key, query)
        assert state(client) == before, (method, bucket, key, query)


def test_a_body_that_nobody_wants(client):
    """A small one is read, if it is the one that was signed; a large one is refused; of an anonymous one nothing is
    said.
    """
    client.put("k", b"x", {"x-amz-acl": "public-read"})
    length = {"content-length": "5"}
    assert client.send("GET", "bucket", "k", headers=length, body=b"hello").body == b"x"
    assert client.send("GET", "bucket", "k", headers=length, body=b"hello", signed=False).body == b"x"
    answer = client.send("DELETE", "bucket", "k", headers={"content-length": "65537"}, body=bytes(65537))
    assert (answer.status, answer.code) == (400, "MaxMessageLengthExceeded")
    assert client.get("k").body == b"x"


def test_a_refusal_is_logged_once_without_secrets(client, caplog):
    caplog.set_level(logging.INFO, logger="sigv4.testing.local_s3")
    target = str(client.s3.presigner().get_object("bucket", "k\n")).partition(client.host)[2]
    signature = target.rpartition("=")[2]
    client.s3.clock.advance(seconds=901)
    assert client.raw("GET", target, {"Host": client.host}).status == 403
    (record,) = caplog.records
    text = record.getMessage()
    assert text == "403 AccessDenied: GET '/bucket/k%0A': Request has expired"
    assert signature not in text
    assert client.s3.credentials.secret_access_key not in text
    assert "\n" not in text


def test_a_refused_signature_is_logged_with_both_canonical_requests(client, caplog):
    """The first difference is marked; a session token is shown to nobody."""
    caplog.set_level(logging.WARNING, logger="sigv4.testing.local_s3")
    user = client.s3.add_user(Credentials("TEMPORARY", "secret", "a-session-token"))
    signed = Signer(user, region=client.s3.region).sign(
        "PUT", f"{client.s3.endpoint_url}/bucket/k", {"Content-Type": "text/plain"}, b"x"
    )
    answer = client.raw("PUT", "/bucket/k", {"Host": client.host, **signed.headers, "Content-Type": "text/html"}, b"x")
    assert answer.code == "SignatureDoesNotMatch"
    (record,) = caplog.records
    page = record.getMessage()
    assert "its header content-type is 'text/plain', and another value arrived" in page
    assert "    content-type:text/html\n                      ^\n" in page
    assert "    content-type:text/plain\n                      ^\n" in page
    assert "x-amz-security-token:..." in page
    assert "a-session-token" not in page
    assert signed.signature not in page


def test_an_error_of_its_own_is_told_as_s3_does(client, monkeypatch, caplog):
    def fail(*_):
        raise RuntimeError("disk full")

    monkeypatch.setattr(client.s3._storage, "buckets", fail)
    answer = client.send("GET")
    assert (answer.status, answer.code) == (500, "InternalError")
    assert b"disk full" not in answer.body
    assert "disk full" in caplog.text


def test_a_lost_body_is_an_internal_error(tmp_path, caplog):
    """Its file is named in the log, and nobody waits for it to come back."""
    with LocalS3(directory=tmp_path) as s3:
        client = Client(s3)
        s3.put("bucket", "k", PART)
        [file] = os.listdir(tmp_path / "bodies")
        os.unlink(tmp_path / "bodies" / file)
        answer = client.get("k")
        assert (answer.status, answer.code) == (500, "InternalError")
        assert file in caplog.text
        with pytest.raises(FileNotFoundError):
            s3.get("bucket", "k")
        client.close()


# Buckets


def test_a_bucket_from_its_making_to_its_end(client):
    created = client.send("PUT", "other-bucket")
    assert (created.status, created.headers["location"], created.body) == (200, "/other-bucket", b"")
    assert client.send("GET").texts("Buckets/Bucket/Name") == ["bucket", "other-bucket"]
    assert client.send("HEAD", "other-bucket").headers["x-amz-bucket-region"] == "us-east-1"
    assert client.send("GET", "other-bucket", query={"location": ""}).xml.text is None
    assert client.send("DELETE", "other-bucket").status == 204
    assert client.send("HEAD", "other-bucket").status == 404
    answer = client.send("DELETE", "other-bucket")
    assert (answer.status, answer.code, answer.text("BucketName")) == (404, "NoSuchBucket", "other-bucket")


def test_buckets_page(client):
    for name in ("bucket-a", "bucket-b", "other"):
        client.create_bucket(name)
    page = client.send("GET", query={"max-buckets": "2", "prefix": "bucket"})
    assert page.texts("Buckets/Bucket/Name") == ["bucket", "bucket-a"]
    query = {"prefix": "bucket", "continuation-token": page.text("ContinuationToken")}
    page = client.send("GET", query=query)
    assert (page.texts("Buckets/Bucket/Name"), page.text("ContinuationToken")) == (["bucket-b"], None)


@pytest.mark.parametrize(
    "name", ["ab", "a" * 64, "Upper", "under_score", "-a-", "a..b", "192.168.0.1", "a b", "a\x00b"]
)
def test_a_bad_bucket_name(client, name):
    answer = client.send("PUT", name)
    assert (answer.status, answer.code) == (400, "InvalidBucketName")


def test_a_bucket_that_is_there_already(client):
    assert client.send("PUT", "bucket").status == 200  # us-east-1's own way
    with LocalS3(region="eu-west-1") as s3:
        other = Client(s3)
        body = (
            b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
        )
        assert other.send("PUT", "bucket", body=body).status == 200
        answer = other.send("PUT", "bucket", body=body)
        assert (answer.status, answer.code) == (409, "BucketAlreadyOwnedByYou")
        assert other.send("PUT", "bucket2").code == "IllegalLocationConstraintException"
        assert other.send("PUT", "bucket2", body=body.replace(b"west", b"north")).code == (
            "IllegalLocationConstraintException"
        )
        other.close()


def test_only_an_empty_bucket_is_deleted(client):
    client.put("k")
    answer = client.send("DELETE", "bucket")
    assert (answer.status, answer.code) == (409, "BucketNotEmpty")


# Objects


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 1_000_000])
def test_an_object_comes_back_byte_for_byte(client, size):
    data = os.urandom(size)
    put = client.put("k", data)
    assert put.headers["etag"] == f'"{md5(data)}"'
    got = client.get("k")
    assert got.body == data
    assert got.headers["etag"] == f'"{md5(data)}"'
    assert got.headers["content-length"] == str(size)
    assert got.headers["content-type"] == "binary/octet-stream"
    assert got.headers["accept-ranges"] == "bytes"
    head = client.send("HEAD", "bucket", "k")
    unlike = ("date", "x-amz-request-id", "x-amz-id-2")
    assert {name: text for name, text in head.headers.items() if name not in unlike} == {
        name: text for name, text in got.headers.items() if name not in unlike
    }
    assert head.body == b""


@pytest.mark.parametrize("key", HARD_KEYS, ids=ascii)
def test_a_hard_key_is_its_own(client, key):
    client.put(key, key.encode())
    assert client.get(key).body == key.encode()
    assert client.send("GET", "bucket", query={"list-type": "2", "encoding-type": "url"}).status == 200
    assert client.send("DELETE", "bucket", key).status == 204
    assert client.get(key).code == "NoSuchKey"


def test_a_key_is_decoded_once_whatever_its_spelling(client):
    """%7e and ~ are one key, %2F and / are one key, + is a plus; %2520 is not a space."""
    client.put("~/+ %20", b"1")
    for path in ("/bucket/~/+%20%2520", "/bucket/%7e%2f%2B%20%2520", "/%62ucket/~/+%20%2520"):
        url = f"http://{client.host}{path}"
        headers = client.signer.sign("GET", url, {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}).headers
        answer = client.raw("GET", path, {"Host": client.host, **headers})
        assert answer.body == b"1", path


def test_a_key_that_is_too_long_or_no_text(client):
    answer = client.send("PUT", "bucket", "k" * 1025)
    assert (answer.status, answer.code, answer.text("Size")) == (400, "KeyTooLongError", "1025")
    for path in ("/bucket/%ff", "/bucket/%zz", "/bucket/%"):
        answer = client.raw("GET", path, {"Host": client.host})
        assert (answer.status, answer.code) == (400, "InvalidURI")


def test_headers_and_metadata_come_back(client):
    kept = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "max-age=60",
        "content-disposition": 'attachment; filename="a.txt"',
        "content-language": "de, en",
        "content-encoding": "gzip",
        "expires": "Thu, 01 Dec 2033 16:00:00 GMT",
        "x-amz-meta-one": "1",
        "x-amz-meta-two-words": "1  2",
        "x-amz-storage-class": "STANDARD_IA",
        "x-amz-website-redirect-location": "/other",
        "x-amz-server-side-encryption": "AES256",
    }
    client.put("k", b"x", kept)
    answer = client.get("k")
    assert {name: answer.headers.get(name) for name in kept} == kept


def test_some_headers_may_stand_in_a_presigned_query(s3, client):
    """Metadata, the ACL and the storage class; a header of the same name counts first. Encryption must be a header."""
    presigned = s3.presigner().put_object(
        "bucket", "k", Metadata={"one": "1"}, ACL="public-read", StorageClass="STANDARD_IA", hoist=True
    )
    assert set(presigned.headers) <= {"Host"}
    assert client.raw("PUT", presigned.url.partition(client.host)[2], {"Host": client.host}, b"x").status == 200
    answer = client.send("GET", "bucket", "k", signed=False)
    assert (answer.headers["x-amz-meta-one"], answer.headers["x-amz-storage-class"]) == ("1", "STANDARD_IA")
    query = {"x-amz-meta-a": "query", "x-amz-meta-b": "caf\u00e9", "x-amz-server-side-encryption": "AES256"}
    assert client.send("PUT", "bucket", "k", query, {"x-amz-meta-a": "header"}, b"x").status == 200
    answer = client.get("k")
    assert answer.headers["x-amz-meta-a"] == "header"
    assert answer.headers["x-amz-meta-b"].encode("latin-1") == "caf\u00e9".encode()
    assert "x-amz-server-side-encryption" not in answer.headers
    assert client.send("PUT", "bucket", "k", {"x-amz-meta-a": "\n"}, {}, b"x").code == "InvalidArgument"


def test_aws_chunked_is_no_encoding_of_the_object(client):
    client.put("k", b"x", {"content-encoding": "aws-chunked"})
    assert "content-encoding" not in client.get("k").headers
    client.put("k", b"x", {"content-encoding": "gzip, aws-chunked"})
    assert client.get("k").headers["content-encoding"] == "gzip"


def test_metadata_has_a_limit(client):
    answer = client.send("PUT", "bucket", "k", headers={"x-amz-meta-a": "x" * 2048})
    assert (answer.status, answer.code) == (400, "MetadataTooLarge")


def test_response_overrides_change_the_answer_alone(client):
    client.put("k", b"x", {"content-type": "text/plain"})
    query = {
        "response-content-type": "text/html",
        "response-content-disposition": 'attachment; filename="\u00fc.txt"',
        "response-cache-control": "no-cache",
        "response-expires": "Thu, 01 Dec 2033 16:00:00 GMT",
        "response-content-language": "de",
        "response-content-encoding": "br",
    }
    answer = client.get("k", query)
    for name, chosen in query.items():
        assert answer.headers[name.removeprefix("response-")].encode("latin-1").decode() == chosen
    assert client.get("k").headers["content-type"] == "text/plain"
    assert client.get("k", {"response-content-type": "a\r\nx: y"}).code == "InvalidArgument"


@pytest.mark.parametrize(
    ("text", "status", "span"),
    [
        ("bytes=0-0", 206, (0, 1)),
        ("bytes=2-5", 206, (2, 6)),
        ("bytes=8-", 206, (8, 10)),
        ("bytes=-3", 206, (7, 10)),
        ("bytes=5-100", 206, (5, 10)),
        ("bytes=-100", 206, (0, 10)),
        ("BYTES = 1 - 2", 206, (1, 3)),
        ("bytes=0-1,4-5", 200, (0, 10)),
        ("bytes=5-2", 200, (0, 10)),
        ("bytes=a-b", 200, (0, 10)),
        ("bytes=-", 200, (0, 10)),
        ("lines=0-1", 200, (0, 10)),
        ("bytes=10-", 416, None),
        ("bytes=10-20", 416, None),
        ("bytes=-0", 416, None),
    ],
)
def test_ranges(client, text, status, span):
    client.put("k", b"0123456789")
    answer = client.get("k", range=text)
    assert answer.status == status
    if span is None:
        assert (answer.code, answer.text("ActualObjectSize"), answer.text("RangeRequested")) == (
            "InvalidRange",
            "10",
            text,
        )
        assert answer.headers["content-range"] == "bytes */10"
        return
    assert answer.body == b"0123456789"[slice(*span)]
    expected = f"bytes {span[0]}-{span[1] - 1}/10" if status == 206 else None
    assert answer.headers.get("content-range") == expected
    head = client.send("HEAD", "bucket", "k", headers={"range": text})
    assert (head.status, head.headers["content-length"]) == (status, str(span[1] - span[0]))


def test_if_range(client):
    etag = client.put("k", b"0123456789").headers["etag"]
    modified = client.get("k").headers["last-modified"]
    for condition, status in [(etag, 206), (modified, 206), ('"other"', 200), ("Thu, 01 Dec 1994 16:00:00 GMT", 200)]:
        assert client.get("k", range="bytes=0-1", if_range=condition).status == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if-match": "ETAG"}, 200),
        ({"if-match": "*"}, 200),
        ({"if-match": '"other", ETAG'}, 200),
        ({"if-match": '"other"'}, 412),
        ({"if-none-match": "ETAG"}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"other"'}, 200),
        ({"if-modified-since": "Thu, 01 Dec 1994 16:00:00 GMT"}, 200),
        ({"if-modified-since": "Thu, 01 Dec 2033 16:00:00 GMT"}, 304),
        ({"if-modified-since": "nonsense"}, 200),
        ({"if-unmodified-since": "Thu, 01 Dec 1994 16:00:00 GMT"}, 412),
        ({"if-unmodified-since": "Thu, 01 Dec 2033 16:00:00 GMT"}, 200),
        ({"if-match": "ETAG", "if-unmodified-since": "Thu, 01 Dec 1994 16:00:00 GMT"}, 200),
        ({"if-none-match": '"other"', "if-modified-since": "Thu, 01 Dec 2033 16:00:00 GMT"}, 200),
        ({"if-match": "ETAG", "if-none-match": "ETAG"}, 304),
    ],
)
def test_conditional_reads(client, headers, status):
    etag = client.put("k", b"x").headers["etag"]
    headers = {name: text.replace("ETAG", etag) for name, text in headers.items()}
    answer = client.send("GET", "bucket", "k", headers=headers)
    assert answer.status == status
    if status == 304:
        assert (answer.body, answer.headers["etag"]) == (b"", etag)
    if status == 412:
        assert answer.code == "PreconditionFailed"
        assert answer.text("Condition").startswith("If-")
    assert client.send("HEAD", "bucket", "k", headers=headers).status == status


def test_conditional_writes(client):
    once = {"if-none-match": "*"}
    assert client.send("PUT", "bucket", "k", headers=once, body=b"1").status == 200
    answer = client.send("PUT", "bucket", "k", headers=once, body=b"2")
    assert (answer.status, answer.code, answer.text("Condition")) == (412, "PreconditionFailed", "If-None-Match")
    etag = client.get("k").headers["etag"]
    assert client.send("PUT", "bucket", "k", headers={"if-match": '"other"'}, body=b"3").code == "PreconditionFailed"
    assert client.get("k").body == b"1"
    assert client.send("PUT", "bucket", "k", headers={"if-match": etag}, body=b"3").status == 200
    assert client.send("PUT", "bucket", "new", headers={"if-match": etag}).code == "NoSuchKey"
    assert client.send("PUT", "bucket", "new", headers={"if-none-match": etag}).code == "NotImplemented"
    assert client.send("DELETE", "bucket", "k", headers={"if-match": etag}).code == "PreconditionFailed"
    assert client.send("DELETE", "bucket", "k", headers={"if-match": f'"{md5(b"3")}"'}).status == 204


def test_of_two_who_create_one_wins(s3, client):
    statuses = []

    def create():
        mine = Client(s3)
        statuses.append(mine.send("PUT", "bucket", "k", headers={"if-none-match": "*"}, body=b"x" * 100_000).status)
        mine.close()

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [412] * 7


def test_content_md5(client):
    good = b64encode(hashlib.md5(b"body").digest()).decode()
    assert client.send("PUT", "bucket", "k", headers={"content-md5": good}, body=b"body").status == 200
    assert client.send("PUT", "bucket", "k", headers={"content-md5": good}, body=b"other").code == "BadDigest"
    for bad in ("nonsense", "AAAA", "", "=" * 24):
        answer = client.send("PUT", "bucket", "k", headers={"content-md5": bad}, body=b"body")
        assert (answer.status, answer.code) == (400, "InvalidDigest")
    assert client.get("k").body == b"body"


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5"])
def test_checksums_are_checked_kept_and_told(client, algorithm):
    name = f"x-amz-checksum-{algorithm.lower()}"
    good = value(algorithm, b"body")
    put = client.put("k", b"body", {name: good})
    assert put.headers[name] == good
    answer = client.get("k", x_amz_checksum_mode="ENABLED")
    assert (answer.headers[name], answer.headers["x-amz-checksum-type"]) == (good, "FULL_OBJECT")
    assert name not in client.get("k").headers
    assert name not in client.get("k", x_amz_checksum_mode="ENABLED", range="bytes=0-1").headers
    wrong = client.send("PUT", "bucket", "k", headers={name: good}, body=b"other")
    assert (wrong.code, wrong.text("Message")) == (
        "BadDigest",
        f"The {algorithm} you specified did not match the calculated checksum.",
    )
    bad = client.send("PUT", "bucket", "k", headers={name: "AAA="}, body=b"body")
    assert (bad.code, bad.text("Message")) == ("InvalidRequest", f"Value for {name} header is invalid.")
    listed = client.send("GET", "bucket", query={"list-type": "2"})
    assert listed.texts("Contents/ChecksumAlgorithm") == [algorithm]


def test_one_checksum_at_most(client):
    headers = {"x-amz-checksum-crc32": value("CRC32", b""), "x-amz-checksum-sha1": value("SHA1", b"")}
    answer = client.send("PUT", "bucket", "k", headers=headers)
    assert (answer.code, answer.text("Message")) == (
        "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    )
    answer = client.send("PUT", "bucket", "k", headers={"x-amz-sdk-checksum-algorithm": "CRC32"})
    assert answer.code == "InvalidRequest"


def test_a_put_says_its_length(client):
    """A body in chunks has no length that S3 would take."""
    headers = client.signer.sign(
        "PUT", f"http://{client.host}/bucket/k", {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    ).headers
    lines = [f"{name}: {text}" for name, text in headers.items() if name.lower() != "host"]
    head = "\r\n".join(["PUT /bucket/k HTTP/1.1", f"Host: {client.host}", "Transfer-Encoding: chunked", *lines])
    host, port = client.host.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(head.encode() + b"\r\n\r\n1\r\nx\r\n0\r\n\r\n")
        assert b"411" in raw.recv(100)


@pytest.mark.parametrize("size", [(5 << 30) + 1, 7 << 30, 10**18 - 1])
def test_too_large_an_object_is_refused_before_it_is_sent(client, size):
    headers = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", "content-length": str(size)}
    headers = client.signer.sign("PUT", f"http://{client.host}/bucket/k", headers).headers
    lines = [f"{name}: {text}" for name, text in headers.items() if name.lower() != "host"]
    head = "\r\n".join(["PUT /bucket/k HTTP/1.1", f"Host: {client.host}", *lines])
    host, port = client.host.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(head.encode() + b"\r\n\r\n")
        answer = raw.recv(10_000)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"<Code>EntityTooLarge</Code>" in answer
    assert f"<ProposedSize>{size}</ProposedSize>" in answer.decode()


def test_a_body_cut_short_is_no_object(client):
    headers = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", "content-length": "1000000"}
    headers = client.signer.sign("PUT", f"http://{client.host}/bucket/k", headers).headers
    lines = [f"{name}: {text}" for name, text in headers.items() if name.lower() != "host"]
    head = "\r\n".join(["PUT /bucket/k HTTP/1.1", f"Host: {client.host}", *lines])
    host, port = client.host.split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(head.encode() + b"\r\n\r\n" + b"x" * 500_000)
        raw.shutdown(socket.SHUT_WR)
        assert b"IncompleteBody" in raw.recv(10_000)
    assert client.get("k").code == "NoSuchKey"
    assert not client.s3._storage._files.names()


def test_the_owner_that_is_expected_must_be_the_owner(client):
    client.put("k", headers={"x-amz-expected-bucket-owner": "123456789012"})
    answer = client.get("k", x_amz_expected_bucket_owner="999999999999")
    assert (answer.status, answer.code) == (403, "AccessDenied")


def test_what_is_missing_is_named(client):
    answer = client.get("none")
    assert (answer.status, answer.code, answer.text("Key")) == (404, "NoSuchKey", "none")
    assert answer.headers["content-type"] == "application/xml"
    assert answer.text("RequestId") == answer.headers["x-amz-request-id"]
    assert client.send("PUT", "none", "k", body=b"x").code == "NoSuchBucket"
    assert client.send("HEAD", "bucket", "none").status == 404
    assert client.send("DELETE", "bucket", "none").status == 204


# Copying


def test_a_copy_has_the_source_s_bytes_headers_and_metadata(client):
    client.put(
        "s o\u00fcrce", b"x" * 100_000, {"content-type": "text/plain", "x-amz-meta-a": "1", "x-amz-tagging": "t=1"}
    )
    source = "/bucket/s%20o%C3%BCrce"
    answer = client.send("PUT", "bucket", "copy", headers={"x-amz-copy-source": source})
    assert (answer.status, answer.text("ETag")) == (200, f'"{md5(b"x" * 100_000)}"')
    assert answer.text("LastModified")
    copy = client.get("copy")
    assert copy.body == b"x" * 100_000
    assert (copy.headers["content-type"], copy.headers["x-amz-meta-a"]) == ("text/plain", "1")
    assert copy.headers["x-amz-tagging-count"] == "1"


def test_a_copy_can_replace_metadata_and_tags(client):
    client.put("source", b"x", {"content-type": "text/plain", "x-amz-meta-a": "1", "x-amz-tagging": "t=1"})
    headers = {
        "x-amz-copy-source": "bucket/source",
        "x-amz-metadata-directive": "REPLACE",
        "x-amz-tagging-directive": "REPLACE",
        "x-amz-tagging": "u=2",
        "content-type": "text/html",
        "x-amz-meta-b": "2",
    }
    assert client.send("PUT", "bucket", "source", headers=headers).status == 200
    answer = client.get("source")
    assert (answer.body, answer.headers["content-type"], answer.headers["x-amz-meta-b"]) == (b"x", "text/html", "2")
    assert "x-amz-meta-a" not in answer.headers
    assert client.get("source", {"tagging": ""}).texts("TagSet/Tag/Key") == ["u"]


def test_a_copy_onto_itself_must_change_something(client):
    client.put("k", b"x")
    answer = client.send("PUT", "bucket", "k", headers={"x-amz-copy-source": "bucket/k"})
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    headers = {"x-amz-copy-source": "bucket/k", "x-amz-storage-class": "STANDARD_IA"}
    assert client.send("PUT", "bucket", "k", headers=headers).status == 200
    assert client.get("k").headers["x-amz-storage-class"] == "STANDARD_IA"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-amz-copy-source": "bucket"}, "InvalidArgument"),
        ({"x-amz-copy-source": "bucket/%zz"}, "InvalidArgument"),
        ({"x-amz-copy-source": "bucket/none"}, "NoSuchKey"),
        ({"x-amz-copy-source": "none/k"}, "NoSuchBucket"),
        ({"x-amz-copy-source": "bucket/k?versionId=none"}, "NoSuchVersion"),
        ({"x-amz-copy-source": "bucket/k", "x-amz-copy-source-if-match": '"other"'}, "PreconditionFailed"),
        ({"x-amz-copy-source": "bucket/k", "x-amz-copy-source-if-none-match": "*"}, "PreconditionFailed"),
        ({"x-amz-copy-source": "bucket/k", "x-amz-metadata-directive": "x"}, "InvalidArgument"),
        ({"x-amz-copy-source": "bucket/k", "if-none-match": "*"}, "PreconditionFailed"),
        ({"x-amz-copy-source": "bucket/k", "x-amz-server-side-encryption-customer-key": "x"}, "NotImplemented"),
    ],
)
def test_a_copy_refused(client, headers, code):
    client.put("k", b"x")
    client.put("target", b"y")
    assert client.send("PUT", "bucket", "target", headers=headers).code == code
    assert client.get("target").body == b"y"


# Listings


def test_a_listing_in_full(client):
    for key in ("a", "b/1", "b/2", "c"):
        client.put(key, b"x")
    answer = client.send("GET", "bucket", query={"list-type": "2", "delimiter": "/", "fetch-owner": "true"})
    assert answer.texts("Contents/Key") == ["a", "c"]
    assert answer.texts("Contents/ETag") == [f'"{md5(b"x")}"'] * 2
    assert answer.texts("Contents/Size") == ["1", "1"]
    assert answer.texts("Contents/StorageClass") == ["STANDARD"] * 2
    assert len(answer.texts("Contents/Owner/ID")) == 2
    assert answer.texts("CommonPrefixes/Prefix") == ["b/"]
    assert (answer.text("KeyCount"), answer.text("IsTruncated"), answer.text("Name")) == ("3", "false", "bucket")


@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_join_into_the_whole(client, delimiter):
    keys = [f"{number % 7}/{number}" for number in range(25)] + ["x", "y"]
    for key in keys:
        client.put(key)
    expected = sorted({key.partition("/")[0] + "/" if delimiter and "/" in key else key for key in keys})
    found, query = [], {"list-type": "2", "delimiter": delimiter, "max-keys": "4"}
    while True:
        page = client.send("GET", "bucket", query=query)
        found += page.texts("Contents/Key") + page.texts("CommonPrefixes/Prefix")
        if page.text("IsTruncated") == "false":
            break
        query["continuation-token"] = page.text("NextContinuationToken")
    assert sorted(found) == expected
    found, query = [], {"delimiter": delimiter, "max-keys": "4"}
    while True:
        page = client.send("GET", "bucket", query=query)
        batch = sorted(page.texts("Contents/Key") + page.texts("CommonPrefixes/Prefix"))
        found += batch
        if page.text("IsTruncated") == "false":
            break
        assert page.text("NextMarker") == (batch[-1] if delimiter else None)
        query["marker"] = batch[-1]
    assert sorted(found) == expected


def test_names_in_a_listing_can_be_encoded(client):
    client.put("a b/+\x01\u00fc/x", b"")
    client.put("~*(", b"")
    query = {"list-type": "2", "encoding-type": "url", "prefix": "a b/", "delimiter": "\u00fc", "start-after": "a b"}
    answer = client.send("GET", "bucket", query=query)
    assert answer.texts("CommonPrefixes/Prefix") == ["a+b/%2B%01%C3%BC"]
    assert (answer.text("Prefix"), answer.text("Delimiter"), answer.text("StartAfter")) == ("a+b/", "%C3%BC", "a+b")
    assert b"&#x1;" in client.send("GET", "bucket").body
    assert client.send("GET", "bucket", query={"encoding-type": "url"}).texts("Contents/Key")[1:] == ["%7E*%28"]


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ({"max-keys": "-1"}, "max-keys"),
        ({"max-keys": "x"}, "max-keys"),
        ({"max-keys": "99999999999"}, "max-keys"),
        ({"encoding-type": "base64"}, "encoding-type"),
        ({"list-type": "2", "continuation-token": "!"}, "continuation-token"),
    ],
)
def test_a_listing_refused(client, query, argument):
    answer = client.send("GET", "bucket", query=query)
    assert (answer.status, answer.code, answer.text("ArgumentName")) == (400, "InvalidArgument", argument)


def test_many_keys_at_most_a_thousand_a_page(client):
    with client.s3._storage._index.transaction() as db:
        rows = [("bucket", b"%05d" % number) for number in range(2500)]
        db.executemany("INSERT INTO versions VALUES (NULL, ?, ?, 'null', 1, 0, 0.0, 0, '', '{}', NULL)", rows)
    page = client.send("GET", "bucket", query={"list-type": "2", "max-keys": "5000"})
    assert (len(page.texts("Contents/Key")), page.text("MaxKeys"), page.text("IsTruncated")) == (1000, "1000", "true")


# Multipart uploads


def start(client, key: str = "k", headers: dict[str, str] | None = None) -> str:
    answer = client.send("POST", "bucket", key, {"uploads": ""}, headers)
    assert (answer.status, answer.text("Bucket"), answer.text("Key")) == (200, "bucket", key)
    return answer.text("UploadId")


def upload(client, upload_id: str, number: int, body: bytes, headers: dict[str, str] | None = None) -> str:
    query = {"partNumber": str(number), "uploadId": upload_id}
    answer = client.send("PUT", "bucket", "k", query, headers, body)
    assert answer.status == 200, answer
    return answer.headers["etag"]


def complete(
    client, upload_id: str, parts: list[tuple[int, str]], headers: dict[str, str] | None = None, extra: str = ""
):
    listed = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>{extra}</Part>" for number, etag in parts
    )
    body = (
        f'<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{listed}</CompleteMultipartUpload>'
    )
    return client.send("POST", "bucket", "k", {"uploadId": upload_id}, headers, body.encode())


def test_a_multipart_upload(client):
    upload_id = start(client, headers={"content-type": "text/plain", "x-amz-meta-a": "1"})
    assert client.get("k").code == "NoSuchKey"
    parts = [
        (number, upload(client, upload_id, number, body)) for number, body in ((2, PART), (7, b"tail"), (1, b"old"))
    ]
    parts[2] = (1, upload(client, upload_id, 1, PART[::-1]))
    listed = client.send("GET", "bucket", "k", {"uploadId": upload_id})
    assert listed.texts("Part/PartNumber") == ["1", "2", "7"]
    assert listed.texts("Part/Size") == [str(5 << 20), str(5 << 20), "4"]
    page = client.send("GET", "bucket", "k", {"uploadId": upload_id, "max-parts": "1", "part-number-marker": "1"})
    assert (page.texts("Part/PartNumber"), page.text("IsTruncated"), page.text("NextPartNumberMarker")) == (
        ["2"],
        "true",
        "2",
    )
    answer = complete(client, upload_id, sorted(parts))
    digests = b"".join(hashlib.md5(data).digest() for data in (PART[::-1], PART, b"tail"))
    assert answer.text("ETag") == f'"{md5(digests)}-3"'
    assert answer.text("Location") == f"http://{client.host}/bucket/k"
    got = client.get("k")
    assert got.body == PART[::-1] + PART + b"tail"
    assert (got.headers["content-type"], got.headers["x-amz-meta-a"]) == ("text/plain", "1")
    middle = client.get("k", {"partNumber": "2"})
    assert (middle.status, middle.body, middle.headers["x-amz-mp-parts-count"]) == (206, PART, "3")
    across = client.get("k", range=f"bytes={(5 << 20) - 2}-{(5 << 20) + 1}")
    assert across.body == PART[::-1][-2:] + PART[:2]
    assert client.get("k", {"partNumber": "4"}).code == "InvalidPartNumber"
    assert client.send("GET", "bucket", "k", {"uploadId": upload_id}).code == "NoSuchUpload"


def test_parts_with_checksums_are_numbered_from_one_without_a_gap(client):
    plain, checked = start(client), start(client, headers={"x-amz-checksum-algorithm": "CRC32"})
    crc32 = {"x-amz-checksum-crc32": "jNwWgw=="}
    assert complete(client, checked, [(2, upload(client, checked, 2, b"x", crc32))]).code == "InvalidPartOrder"
    assert complete(client, plain, [(2, upload(client, plain, 2, b"x"))]).status == 200


def test_a_completion_refused_can_be_tried_again(client):
    upload_id = start(client)
    one, two = upload(client, upload_id, 1, b"small"), upload(client, upload_id, 2, b"tail")
    assert complete(client, upload_id, [(1, one), (2, two)]).code == "EntityTooSmall"
    assert complete(client, upload_id, [(2, two), (1, one)]).code == "InvalidPartOrder"
    assert complete(client, upload_id, [(1, one), (1, one)]).code == "InvalidPartOrder"
    assert complete(client, upload_id, [(1, two)]).code == "InvalidPart"
    assert complete(client, upload_id, [(3, one)]).code == "InvalidPart"
    assert complete(client, upload_id, []).code == "MalformedXML"
    assert complete(client, upload_id, [(1, one)], {"x-amz-mp-object-size": "6"}).code == "InvalidRequest"
    client.put("k", b"there")
    assert complete(client, upload_id, [(1, one)], {"if-none-match": "*"}).code == "PreconditionFailed"
    assert client.get("k").body == b"there"
    assert complete(client, upload_id, [(1, one)]).status == 200
    assert client.get("k").body == b"small"
    assert complete(client, upload_id, [(1, one)]).code == "NoSuchUpload"


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", ""])
def test_part_numbers_run_from_1_to_10000(client, number):
    answer = client.send("PUT", "bucket", "k", {"partNumber": number, "uploadId": start(client)})
    assert (answer.code, answer.text("ArgumentName")) == ("InvalidArgument", "partNumber")


def test_an_upload_aborted(client):
    upload_id = start(client)
    upload(client, upload_id, 1, PART)
    assert client.send("DELETE", "bucket", "k", {"uploadId": upload_id}).status == 204
    assert client.send("DELETE", "bucket", "k", {"uploadId": upload_id}).code == "NoSuchUpload"
    query = {"partNumber": "1", "uploadId": upload_id}
    assert client.send("PUT", "bucket", "k", query, body=b"x").code == "NoSuchUpload"
    assert not client.s3._storage._files.names()


def test_uploads_are_listed(client):
    ids = {key: start(client, key) for key in ("a", "b/1", "b/2")}
    answer = client.send("GET", "bucket", query={"uploads": "", "delimiter": "/"})
    assert (answer.texts("Upload/Key"), answer.texts("Upload/UploadId")) == (["a"], [ids["a"]])
    assert answer.texts("CommonPrefixes/Prefix") == ["b/"]
    page = client.send("GET", "bucket", query={"uploads": "", "max-uploads": "1"})
    query = {
        "uploads": "",
        "key-marker": page.text("NextKeyMarker"),
        "upload-id-marker": page.text("NextUploadIdMarker"),
    }
    assert client.send("GET", "bucket", query=query).texts("Upload/Key") == ["b/1", "b/2"]


def test_a_part_copied(client):
    client.put("source", PART + PART)
    upload_id = start(client)
    query = {"partNumber": "1", "uploadId": upload_id}
    headers = {"x-amz-copy-source": "/bucket/source", "x-amz-copy-source-range": f"bytes=1-{5 << 20}"}
    copied = client.send("PUT", "bucket", "k", query, headers)
    expected = (PART + PART)[1 : (5 << 20) + 1]
    assert copied.text("ETag") == f'"{md5(expected)}"'
    tail = upload(client, upload_id, 2, b"tail")
    assert complete(client, upload_id, [(1, copied.text("ETag")), (2, tail)]).status == 200
    assert client.get("k").body == expected + b"tail"
    for bad in ("bytes=0-", "bytes=5-1", f"bytes=0-{10 << 20}", "0-1"):
        headers["x-amz-copy-source-range"] = bad
        assert client.send("PUT", "bucket", "k", query, headers).code in ("InvalidArgument", "NoSuchUpload")


def test_a_copied_multipart_object_has_an_etag_of_its_own(client):
    upload_id = start(client)
    complete(client, upload_id, [(1, upload(client, upload_id, 1, PART))])
    answer = client.send("PUT", "bucket", "copy", headers={"x-amz-copy-source": "bucket/k"})
    assert answer.text("ETag") == f'"{md5(PART)}"'


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT"), ("SHA256", "COMPOSITE")]
)
def test_checksums_of_parts_join(client, algorithm, kind):
    name = f"x-amz-checksum-{algorithm.lower()}"
    upload_id = start(client, headers={"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": kind})
    parts = []
    for number, body in ((1, PART), (2, b"tail")):
        parts.append((number, upload(client, upload_id, number, body, {name: value(algorithm, body)})))
    answer = complete(client, upload_id, parts)
    joined = answer.text(f"Checksum{algorithm}")
    if kind == "FULL_OBJECT":
        assert joined == value(algorithm, PART + b"tail")
    else:
        assert joined.endswith("-2")
    told = client.get("k", x_amz_checksum_mode="ENABLED").headers
    assert (told[name], told["x-amz-checksum-type"]) == (joined, kind)


def test_a_part_without_its_checksum_is_refused(client):
    upload_id = start(client, headers={"x-amz-checksum-algorithm": "SHA256"})
    query = {"partNumber": "1", "uploadId": upload_id}
    assert client.send("PUT", "bucket", "k", query, body=b"x").code == "InvalidRequest"
    bad = {"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-type": "FULL_OBJECT"}
    assert client.send("POST", "bucket", "k", {"uploads": ""}, bad).code == "InvalidRequest"


# What stands beside objects and buckets


def test_tags(client):
    client.put("k", b"x", {"x-amz-tagging": "a=1&b=%C3%BC+%2B"})
    assert client.get("k").headers["x-amz-tagging-count"] == "2"
    answer = client.get("k", {"tagging": ""})
    assert (answer.texts("TagSet/Tag/Key"), answer.texts("TagSet/Tag/Value")) == (["a", "b"], ["1", "\u00fc +"])
    body = b"<Tagging><TagSet><Tag><Key>c</Key><Value>3</Value></Tag></TagSet></Tagging>"
    assert client.send("PUT", "bucket", "k", {"tagging": ""}, body=body).status == 200
    assert client.get("k", {"tagging": ""}).texts("TagSet/Tag/Key") == ["c"]
    assert client.send("DELETE", "bucket", "k", {"tagging": ""}).status == 204
    assert client.get("k", {"tagging": ""}).texts("TagSet/Tag/Key") == []
    assert client.send("PUT", "bucket", query={"tagging": ""}, body=body).status == 204
    assert client.send("GET", "bucket", query={"tagging": ""}).texts("TagSet/Tag/Value") == ["3"]
    assert client.send("DELETE", "bucket", query={"tagging": ""}).status == 204
    assert client.send("GET", "bucket", query={"tagging": ""}).code == "NoSuchTagSet"
    many = "&".join(f"k{number}=v" for number in range(11))
    for tags, code in [
        (many, "BadRequest"),
        ("a=1&a=2", "InvalidTag"),
        ("=1", "InvalidTag"),
        ("a=%zz", "InvalidArgument"),
    ]:
        assert client.send("PUT", "bucket", "k", headers={"x-amz-tagging": tags}).code == code


def test_versions(client):
    def versioning(status: str):
        body = f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>".encode()
        return client.send("PUT", "bucket", query={"versioning": ""}, body=body)

    assert client.send("GET", "bucket", query={"versioning": ""}).text("Status") is None
    assert versioning("Enabled").status == 200
    assert client.send("GET", "bucket", query={"versioning": ""}).text("Status") == "Enabled"
    first = client.put("k", b"1").headers["x-amz-version-id"]
    second = client.put("k", b"2").headers["x-amz-version-id"]
    assert client.get("k").headers["x-amz-version-id"] == second
    assert client.get("k", {"versionId": first}).body == b"1"
    deleted = client.send("DELETE", "bucket", "k")
    marker = deleted.headers["x-amz-version-id"]
    assert deleted.headers["x-amz-delete-marker"] == "true"
    gone = client.get("k")
    assert (gone.status, gone.code, gone.headers["x-amz-delete-marker"]) == (404, "NoSuchKey", "true")
    refused = client.get("k", {"versionId": marker})
    assert (refused.status, refused.code, refused.headers["allow"]) == (405, "MethodNotAllowed", "DELETE")
    listed = client.send("GET", "bucket", query={"versions": ""})
    assert listed.texts("Version/VersionId") == [second, first]
    assert listed.texts("DeleteMarker/VersionId") == [marker]
    assert listed.texts("DeleteMarker/IsLatest") == ["true"]
    assert client.send("GET", "bucket").texts("Contents/Key") == []
    copied = client.send("PUT", "bucket", "copy", headers={"x-amz-copy-source": f"bucket/k?versionId={first}"})
    assert copied.headers["x-amz-copy-source-version-id"] == first
    assert client.get("copy").body == b"1"
    assert client.send("DELETE", "bucket", "k", {"versionId": marker}).headers["x-amz-delete-marker"] == "true"
    assert client.get("k").body == b"2"
    assert client.get("k", {"versionId": "none"}).code == "NoSuchVersion"
    assert client.send("DELETE", "bucket").code == "BucketNotEmpty"
    assert versioning("Nonsense").code == "MalformedXML"
    assert versioning("Suspended").status == 200
    assert "x-amz-version-id" not in client.put("k", b"3").headers
    deleted = client.send("DELETE", "bucket", "k")
    assert (deleted.headers["x-amz-version-id"], deleted.headers["x-amz-delete-marker"]) == ("null", "true")


def test_deleting_many(client):
    for key in ("a", "b", "c"):
        client.put(key)

    def delete(body: str, **headers: str):
        digest = b64encode(hashlib.md5(body.encode()).digest()).decode()
        return client.send("POST", "bucket", query={"delete": ""}, headers={"content-md5": digest}, body=body.encode())

    answer = delete("<Delete><Object><Key>a</Key></Object><Object><Key>none</Key></Object></Delete>")
    assert answer.texts("Deleted/Key") == ["a", "none"]
    answer = delete("<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>")
    assert (answer.status, answer.texts("Deleted/Key")) == (200, [])
    assert client.send("GET", "bucket").texts("Contents/Key") == ["c"]
    long = "k" * 1025
    assert delete(f"<Delete><Object><Key>{long}</Key></Object></Delete>").texts("Error/Code") == ["KeyTooLongError"]
    assert delete("<Delete></Delete>").code == "MalformedXML"
    objects = "<Object><Key>k</Key></Object>" * 1001
    assert delete(f"<Delete>{objects}</Delete>").code == "MalformedXML"
    bare = client.send("POST", "bucket", query={"delete": ""}, body=b"<Delete><Object><Key>c</Key></Object></Delete>")
    assert bare.code == "InvalidRequest"


def test_object_attributes(client):
    client.put("k", b"body", {"x-amz-checksum-crc32": value("CRC32", b"body")})
    wanted = {"x-amz-object-attributes": "ETag,Checksum,ObjectSize,StorageClass,ObjectParts"}
    answer = client.send("GET", "bucket", "k", {"attributes": ""}, wanted)
    assert (answer.text("ETag"), answer.text("ObjectSize"), answer.text("StorageClass")) == (
        md5(b"body"),
        "4",
        "STANDARD",
    )
    assert answer.text("Checksum/ChecksumCRC32") == value("CRC32", b"body")
    assert answer.xml.find("ObjectParts") is None
    answer = client.send("GET", "bucket", "k", {"attributes": ""}, {"x-amz-object-attributes": "ObjectSize"})
    assert [element.tag for element in answer.xml] == ["ObjectSize"]
    answer = client.send("GET", "bucket", "k", {"attributes": ""}, {"x-amz-object-attributes": "Nonsense"})
    assert answer.code == "InvalidArgument"


# What is not done, and what makes no sense


@pytest.mark.parametrize(
    ("method", "key", "query", "name"),
    [
        ("GET", "", {"policy": ""}, "GetBucketPolicy"),
        ("PUT", "", {"lifecycle": ""}, "PutBucketLifecycleConfiguration"),
        ("GET", "k", {"torrent": ""}, "GetObjectTorrent"),
        ("POST", "k", {"restore": ""}, "RestoreObject"),
    ],
)
def test_what_is_not_done_is_named(client, method, key, query, name):
    answer = client.send(method, "bucket", key, query)
    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert name in answer.text("Message")


def test_a_method_that_s3_does_not_know(client):
    answer = client.send("PATCH", "bucket", "k")
    assert (answer.status, answer.code, answer.text("Method")) == (405, "MethodNotAllowed", "PATCH")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"<CORSConfiguration>",
        b"<Other/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><CORSConfiguration/>',
        b"<CORSConfiguration>" + b"<a>" * 1000 + b"</a>" * 1000 + b"</CORSConfiguration>",
        b"<CORSConfiguration><x/></CORSConfiguration>",
        b'<?xml version="1.0" encoding="nonsense"?><CORSConfiguration/>',
        b"\xff\xfe\x00",
    ],
)
def test_bad_xml(client, body):
    answer = client.send("PUT", "bucket", query={"cors": ""}, body=body)
    assert (answer.status, answer.code) == (400, "MalformedXML")


def test_xml_costs_what_it_weighs(client):
    """Neither text between elements nor the number of them makes a document dear. Of text in pieces none is lost."""
    before = time.perf_counter()
    for text, code in (("a" * 90, None), ("", "MalformedXML")):
        body = b"<Delete>" + f"<O/>{text}".encode() * (4_000_000 // (4 + len(text)))
        body += b"<Object><Key>k<!-- -->e<![CDATA[y]]></Key></Object></Delete>"
        headers = {"content-md5": b64encode(hashlib.md5(body).digest()).decode()}
        answer = client.send("POST", "bucket", query={"delete": ""}, headers=headers, body=body)
        assert answer.code == code
        assert code or answer.texts("Deleted/Key") == ["key"]
    assert time.perf_counter() - before < 5


# CORS


def preflight(client, origin: str, method: str, headers: str | None = None, key: str = "k"):
    sent = {"Host": client.host, "Origin": origin, "Access-Control-Request-Method": method}
    if headers is not None:
        sent["Access-Control-Request-Headers"] = headers
    return client.raw("OPTIONS", f"/bucket/{key}", sent)


def test_without_a_configuration_every_page_is_let_in(client):
    answer = preflight(client, "http://localhost:8000", "PUT", "content-type, x-amz-acl")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "content-type, x-amz-acl"
    assert "PUT" in answer.headers["access-control-allow-methods"]
    got = client.get("none", origin="http://localhost:8000")
    assert (got.status, got.headers["access-control-allow-origin"]) == (404, "*")
    assert "ETag" in got.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in client.get("none").headers


def test_a_configuration_decides(client):
    body = b"""<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <CORSRule><ID>one</ID><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
        <AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>
      <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
    </CORSConfiguration>"""
    assert client.send("PUT", "bucket", query={"cors": ""}, body=body).status == 200
    told = client.send("GET", "bucket", query={"cors": ""})
    assert told.texts("CORSRule/AllowedMethod") == ["PUT", "GET"]
    assert told.texts("CORSRule/MaxAgeSeconds") == ["60"]
    answer = preflight(client, "https://app.example.com", "PUT", "X-Amz-Acl")
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "60"
    assert answer.headers["vary"].startswith("Origin")
    for origin, method, headers in [
        ("https://app.example.com", "PUT", "content-type"),
        ("https://example.org", "PUT", None),
        ("https://example.org", "DELETE", None),
    ]:
        refused = preflight(client, origin, method, headers)
        assert (refused.status, refused.code) == (403, "AccessForbidden")
        assert refused.text("Message").startswith("CORSResponse: This CORS request is not allowed.")
    assert preflight(client, "https://example.org", "GET").headers["access-control-allow-origin"] == "*"
    assert client.send("DELETE", "bucket", query={"cors": ""}).status == 204
    assert client.send("GET", "bucket", query={"cors": ""}).code == "NoSuchCORSConfiguration"


def test_cors_can_be_closed_as_s3_has_it():
    with LocalS3(open_cors=False) as s3:
        client = Client(s3)
        client.create_bucket()
        answer = preflight(client, "http://localhost", "GET")
        assert (answer.status, answer.code) == (403, "AccessForbidden")
        assert answer.text("Message") == "CORSResponse: CORS is not enabled for this bucket."
        client.close()


def test_a_preflight_says_what_it_asks(client):
    answer = client.raw("OPTIONS", "/bucket/k", {"Host": client.host})
    assert (answer.status, answer.code) == (400, "BadRequest")


# POST forms

BOUNDARY = "----boundary"


def form(*parts: tuple[str, bytes], boundary: str = BOUNDARY) -> bytes:
    """`parts` are (parameters after form-data, content)."""
    lines = b""
    for parameters, content in parts:
        disposition = f"--{boundary}\r\nContent-Disposition: form-data{parameters}\r\n\r\n"
        lines += disposition.encode() + content + b"\r\n"
    return lines + f"--{boundary}--\r\n".encode()


def policy_form(s3, key: str, *, file: bytes | None = b"hello", filename: str = "a.txt", conditions=(), fields=None):
    conditions = [*conditions, *({name: value} for name, value in (fields or {}).items())]
    post = s3.presigner().post("bucket", key, conditions=conditions, fields=fields or {})
    parts = [(f'; name="{name}"', value.encode()) for name, value in post.fields.items()]
    if file is not None:
        parts.append((f'; name="file"; filename="{filename}"', file))
    return form(*parts, ('; name="after"', b"ignored")) if file is not None else form(*parts)


def send_form(client, body: bytes, content_type: str = f"multipart/form-data; boundary={BOUNDARY}"):
    return client.raw("POST", "/bucket", {"Host": client.host, "Content-Type": content_type}, body)


@pytest.mark.parametrize("size", [0, 1, 100, 65_300, 65_535, 65_536, 65_550, 1_000_000])
def test_a_form_uploads_its_file(s3, client, size):
    """Whatever the file's size and however the delimiter falls among the pieces read."""
    data = (b"\r\n--" + BOUNDARY[:-1].encode() + os.urandom(size))[-size:] if size else b""
    answer = send_form(client, policy_form(s3, "up/${filename}", file=data, filename="C:\\\\dir\\\\a b.txt"))
    assert (answer.status, answer.headers["etag"]) == (204, f'"{md5(data)}"')
    assert answer.headers["location"] == f"http://{client.host}/bucket/up/a%20b.txt"
    assert client.get("up/a b.txt").body == data


def test_a_form_says_how_it_wants_to_be_answered(s3, client):
    fields = {"success_action_status": "201", "content-type": "text/plain", "x-amz-meta-a": "b"}
    answer = send_form(client, policy_form(s3, "k", fields=fields))
    assert (answer.status, answer.text("Key"), answer.text("Bucket")) == (201, "k", "bucket")
    assert client.get("k").headers["content-type"] == "text/plain"
    assert client.get("k").headers["x-amz-meta-a"] == "b"
    fields = {"success_action_redirect": "https://example.com/done?a=1"}
    answer = send_form(client, policy_form(s3, "k", fields=fields))
    assert answer.status == 303
    assert answer.headers["location"].startswith("https://example.com/done?a=1&bucket=bucket&key=k&etag=%22")


def test_a_location_is_where_the_object_is_found(s3, client):
    """In the style of the request: the bucket stands in the host or in the path, never in both."""
    hosted = f"bucket.{client.host.replace('127.0.0.1', 'localhost')}"
    key = "a/b \u00fc"
    upload_id = client.send("POST", "bucket", key, {"uploads": ""}).text("UploadId")
    etag = client.send("PUT", "bucket", key, {"partNumber": "1", "uploadId": upload_id}, body=b"x").headers["etag"]
    part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>".encode()
    body = b"<CompleteMultipartUpload>" + part + b"</CompleteMultipartUpload>"
    completed = client.send("POST", key=key, query={"uploadId": upload_id}, body=body, host=hosted)
    assert completed.text("Location") == f"http://{hosted}/a/b%20%C3%BC"
    headers = {"Host": hosted, "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = client.raw("POST", "/", headers, policy_form(s3, key, fields={"success_action_status": "201"}))
    assert answer.text("Location") == answer.headers["location"] == f"http://{hosted}/a/b%20%C3%BC"
    answer = send_form(client, policy_form(s3, key, fields={"success_action_status": "201"}))
    assert answer.text("Location") == answer.headers["location"] == f"http://{client.host}/bucket/a/b%20%C3%BC"


def test_forms_refused(s3, client):
    sized = [["content-length-range", 6, 10]]
    expected = [
        (policy_form(s3, "k", file=None), 400, "InvalidArgument", "POST requires exactly one file upload per request."),
        (policy_form(s3, "k", conditions=sized), 400, "EntityTooSmall", None),
        (policy_form(s3, "k", conditions=sized, file=b"x" * 1_000_000), 400, "EntityTooLarge", None),
        (policy_form(s3, "k${filename}", filename="k" * 1024), 400, "KeyTooLongError", None),
        (form(('; name="key"', b"k"), ('; name="file"', b"x")), 403, "AccessDenied", "Access Denied"),
        (form(('; name="key"', b"k" * 30_000), ('; name="file"', b"x")), 400, "MaxPostPreDataLengthExceeded", None),
        (b"nonsense", 400, "MalformedPOSTRequest", None),
        (form(("", b"x")), 400, "MalformedPOSTRequest", None),
        (policy_form(s3, "k").partition(b"llo\r\n")[0], 400, "MalformedPOSTRequest", None),
        (b"", 400, "MalformedPOSTRequest", None),
    ]
    for body, status, code, message in expected:
        answer = send_form(client, body)
        assert (answer.status, answer.code.removesuffix("Error")) == (status, code.removesuffix("Error")), answer
        assert message is None or answer.text("Message") == message
    answer = send_form(client, b"{}", "application/json")
    assert (answer.status, answer.code) == (412, "PreconditionFailed")
    assert client.get("k").code == "NoSuchKey"


def test_a_form_cannot_write_lines_of_the_log(s3, client, caplog):
    """Browsers encode line ends in a field's name, and a refusal quotes the name."""
    caplog.set_level(logging.INFO, logger="sigv4.testing.local_s3")
    forged = ('; name="x%0D%0A200 OK\u2028\x1b[2J\u00fc"', b"1")
    post = s3.presigner().post("bucket", "k")
    parts = [(f'; name="{name}"', value.encode()) for name, value in post.fields.items()]
    assert send_form(client, form(*parts, forged, ('; name="file"', b"x"))).code == "AccessDenied"
    [record] = caplog.records
    assert record.getMessage().endswith(r"Extra input fields: x\r\n200 ok\u2028\x1b[2j" + "\u00fc")


def test_a_form_s_content_type_has_few_parameters(client):
    """Before anybody has signed anything, a long one must not cost much."""
    before = time.perf_counter()
    for _ in range(40):
        answer = send_form(client, b"", "multipart/form-data;" + "=;" * 31_000)
        assert (answer.status, answer.code) == (400, "MalformedPOSTRequest")
    assert time.perf_counter() - before < 2
    parameters = "".join(f"; p{number}={number}" for number in range(15))
    form_type = f"multipart/form-data{parameters}; boundary={BOUNDARY}"
    assert send_form(client, policy_form(client.s3, "k"), form_type).status == 204


def test_an_expired_form(s3, client):
    body = policy_form(s3, "k")
    s3.clock.advance(seconds=86400)
    answer = send_form(client, body)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.text("Message") == "Invalid according to Policy: Policy expired."
