"""boto3 as most programs have it, with nothing set but where to go: its own choice of checksums, parts and threads."""

from __future__ import annotations

import hashlib
import os
import zlib
from base64 import b64encode

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

pytestmark = pytest.mark.parametrize("sigv4_s3", ["local"], indirect=True)  # MinIO's differ: test_beside_minio.py


@pytest.fixture
def boto(s3_environ):
    client = boto3.Session().client("s3")
    yield client
    client.close()


@pytest.fixture
def presigning(s3_environ):
    """Left to itself, boto3 presigns for other endpoints than AWS's with Signature Version 2."""
    client = boto3.Session().client("s3", config=Config(signature_version="s3v4"))
    yield client
    client.close()


def test_a_checksum_comes_with_every_upload_and_is_checked_at_every_download(boto, s3_bucket):
    crc32 = b64encode(zlib.crc32(b"hello").to_bytes(4, "big")).decode()
    assert boto.put_object(Bucket=s3_bucket, Key="k", Body=b"hello")["ChecksumCRC32"] == crc32
    got = boto.get_object(Bucket=s3_bucket, Key="k")
    assert (got["ChecksumCRC32"], got["ChecksumType"]) == (crc32, "FULL_OBJECT")
    assert type(got["Body"]).__name__ == "StreamingChecksumBody"
    assert got["Body"].read() == b"hello"
    copied = boto.copy_object(Bucket=s3_bucket, Key="copy", CopySource={"Bucket": s3_bucket, "Key": "k"})
    assert copied["CopyObjectResult"]["ChecksumCRC32"] == crc32


@pytest.mark.timeout(120)
def test_a_hundred_megabytes_go_up_and_come_down_in_parts(boto, s3_bucket, tmp_path):
    """And are copied in parts, and have a checksum made of the parts'."""
    block = os.urandom(1 << 20)
    sent = tmp_path / "sent"
    with sent.open("wb") as file:
        for number in range(100):
            file.write(block[number:] + block[:number])
    boto.upload_file(str(sent), s3_bucket, "big")
    head = boto.head_object(Bucket=s3_bucket, Key="big", ChecksumMode="ENABLED")
    assert head["ContentLength"] == 100 << 20
    assert head["ETag"].endswith('-13"')
    assert (head["ChecksumType"], head["ChecksumCRC32"][-3:]) == ("COMPOSITE", "-13")
    boto.copy({"Bucket": s3_bucket, "Key": "big"}, s3_bucket, "copy")
    boto.delete_object(Bucket=s3_bucket, Key="big")
    boto.download_file(s3_bucket, "copy", str(tmp_path / "received"))
    assert sha256(tmp_path / "received") == sha256(sent)
    assert boto.list_multipart_uploads(Bucket=s3_bucket).get("Uploads", []) == []


def sha256(path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def test_presigned_urls(presigning, s3_bucket):
    def url(operation: str, **parameters: str) -> str:
        return presigning.generate_presigned_url(operation, {"Bucket": s3_bucket, "Key": "a b+ü", **parameters})

    put = url("put_object", ContentType="text/plain")
    assert requests.put(put, b"hello", headers={"Content-Type": "text/html"}).status_code == 403
    assert requests.put(put, b"hello", headers={"Content-Type": "text/plain"}).status_code == 200
    got = requests.get(url("get_object", ResponseContentDisposition='attachment; filename="ü"'))
    assert (got.content, got.headers["Content-Type"]) == (b"hello", "text/plain")
    assert got.headers["Content-Disposition"] == 'attachment; filename="ü"'
    assert requests.head(url("head_object")).headers["Content-Length"] == "5"
    assert requests.delete(url("delete_object")).status_code == 204
    assert requests.get(url("get_object")).status_code == 404


def test_a_presigned_post(presigning, s3_bucket):
    form = presigning.generate_presigned_post(
        s3_bucket,
        "up/${filename}",
        Fields={"success_action_status": "201", "Content-Type": "text/plain"},
        Conditions=[
            {"success_action_status": "201"},
            ["eq", "$Content-Type", "text/plain"],
            ["content-length-range", 1, 9],
        ],
    )

    def post(body: bytes, **changed: str) -> requests.Response:
        return requests.post(form["url"], data=form["fields"] | changed, files={"file": ("a b+ü.txt", body)})

    answer = post(b"hello")
    assert (answer.status_code, "<Key>up/a b+ü.txt</Key>" in answer.text) == (201, True)
    assert presigning.get_object(Bucket=s3_bucket, Key="up/a b+ü.txt")["Body"].read() == b"hello"
    assert "<Code>EntityTooLarge</Code>" in post(b"much too long").text
    assert "<Code>AccessDenied</Code>" in post(b"hello", key="elsewhere").text


@pytest.mark.local_s3(open_acls=True)
def test_anonymous_reads_end_where_the_acl_says(boto, s3_bucket, s3):
    anonymous = boto3.Session().client("s3", config=Config(signature_version=UNSIGNED))
    boto.put_object(Bucket=s3_bucket, Key="private", Body=b"mine")
    boto.put_object(Bucket=s3_bucket, Key="public", Body=b"for all", ACL="public-read")
    assert anonymous.get_object(Bucket=s3_bucket, Key="public")["Body"].read() == b"for all"
    for call in (anonymous.get_object, anonymous.delete_object):
        with pytest.raises(ClientError, match="AccessDenied"):
            call(Bucket=s3_bucket, Key="private")
    anonymous.close()
