"""What a request says of its body, and its length: true of every request, whatever the operation does with it."""

from __future__ import annotations

import hashlib
import os
import socket
from base64 import b64encode
from pathlib import Path

import pytest

from sigv4.s3.model import PARAMETERS
from sigv4.testing import local_s3
from sigv4.testing.local_s3.call import NOT_DONE
from tests.testing.local_s3.client import checksum_value


def test_body_must_be_what_was_signed(client):
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
        ({"x-amz-checksum-crc32": checksum_value("CRC32", b"another")}, XML, "BadDigest"),
        ({"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x-amz-decoded-content-length": "5"}, b"",
         "IncompleteBody"),
    ],
    ids=["hash", "hash, body", "hash of nothing", "Content-MD5", "checksum", "chunks"],
)  # fmt: skip
def test_body_is_what_every_request_says_of_it(client, said, body, code):
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


def test_body_that_nobody_wants_is_read_if_small(client):
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


def test_length_must_be_said_by_a_put(client):
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
def test_length_above_the_limit_is_refused_before_the_body_is_sent(client, size):
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


def test_body_cut_short_is_no_object(client):
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


def test_content_md5_is_held_to(client):
    good = b64encode(hashlib.md5(b"body").digest()).decode()
    assert client.send("PUT", "bucket", "k", headers={"content-md5": good}, body=b"body").status == 200
    assert client.send("PUT", "bucket", "k", headers={"content-md5": good}, body=b"other").code == "BadDigest"
    for bad in ("nonsense", "AAAA", "", "=" * 24):
        answer = client.send("PUT", "bucket", "k", headers={"content-md5": bad}, body=b"body")
        assert (answer.status, answer.code) == (400, "InvalidDigest")
    assert client.get("k").body == b"body"


def test_checksum_comes_once_at_most(client):
    headers = {"x-amz-checksum-crc32": checksum_value("CRC32", b""), "x-amz-checksum-sha1": checksum_value("SHA1", b"")}
    answer = client.send("PUT", "bucket", "k", headers=headers)
    assert (answer.code, answer.text("Message")) == (
        "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    )
    for algorithm in ("SHA256", "FOO"):
        headers = {"x-amz-sdk-checksum-algorithm": algorithm, "x-amz-checksum-crc32": "AAAAAA=="}
        answer = client.send("PUT", "bucket", "k", headers=headers)
        assert (answer.status, answer.code) == (400, "InvalidRequest")
        assert answer.text("Message") == "Value for x-amz-sdk-checksum-algorithm header is invalid."
    answer = client.send("PUT", "bucket", "k", headers={"x-amz-sdk-checksum-algorithm": "CRC32"})
    assert answer.code == "InvalidRequest"


# What S3's model has and LocalS3 need not act on: what is for others, or says nothing that an answer could show.
NEED_NOT = {
    "x-amz-bucket-object-lock-enabled", "x-amz-client-token", "x-amz-confirm-remove-self-bucket-access", "x-amz-meta-",
    "x-amz-mfa", "x-amz-request-payer", "x-amz-request-route", "x-amz-request-token",
    "x-amz-server-side-encryption-context", "x-amz-skip-destination-validation",
}  # fmt: skip


def test_every_header_of_the_model_is_acted_on_or_refused_by_name(client):
    code = "".join(file.read_text() for file in Path(local_s3.__file__).parent.glob("*.py"))
    named = {line.split()[3] for line in PARAMETERS.splitlines() if line.split()[1] == "header"}
    for name in {each for each in named if each.startswith("x-amz-")} - NEED_NOT:
        beginnings = [name[:end] for end in range(len("x-amz-"), len(name) + 1)]
        acted_on = any(f'"{beginning}"' in code for beginning in beginnings if len(beginning) > len("x-amz-s"))
        assert name in NOT_DONE or acted_on or name.startswith(("x-amz-fwd-", "x-amz-checksum-")), name
    for name in NOT_DONE:
        answer = client.send("PUT", "bucket", "k", headers={name: "1"}, body=b"x")
        assert (answer.status, answer.text("Header")) == (501, name)
    assert client.get("k").code == "NoSuchKey"
