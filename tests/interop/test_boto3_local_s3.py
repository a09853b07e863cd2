"""boto3, as it is, against LocalS3: a round trip of what applications do."""

from __future__ import annotations

import io
import os

import boto3
import pytest
import requests
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError


@pytest.fixture
def boto(local_s3):
    client = boto3.client(
        "s3",
        endpoint_url=local_s3.endpoint_url,
        region_name=local_s3.region,
        aws_access_key_id=local_s3.credentials.access_key_id,
        aws_secret_access_key=local_s3.credentials.secret_access_key,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"max_attempts": 0},
        ),
    )
    client.create_bucket(Bucket="bucket")
    yield client
    client.close()


def code(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


def test_objects(boto):
    put = boto.put_object(
        Bucket="bucket", Key="a b/\u00fc", Body=b"hello", ContentType="text/plain", Metadata={"a": "b"}, Tagging="x=1"
    )
    got = boto.get_object(Bucket="bucket", Key="a b/\u00fc")
    assert got["Body"].read() == b"hello"
    assert (got["ETag"], got["ContentType"], got["Metadata"], got["TagCount"]) == (
        put["ETag"],
        "text/plain",
        {"a": "b"},
        1,
    )
    assert boto.get_object(Bucket="bucket", Key="a b/\u00fc", Range="bytes=1-2")["Body"].read() == b"el"
    assert boto.head_object(Bucket="bucket", Key="a b/\u00fc")["ContentLength"] == 5
    boto.copy_object(Bucket="bucket", Key="copy", CopySource={"Bucket": "bucket", "Key": "a b/\u00fc"})
    assert boto.get_object(Bucket="bucket", Key="copy")["Metadata"] == {"a": "b"}
    boto.delete_object(Bucket="bucket", Key="copy")
    assert code(boto.get_object, Bucket="bucket", Key="copy") == "NoSuchKey"
    assert code(boto.head_object, Bucket="bucket", Key="copy") == "404"
    assert code(boto.get_object, Bucket="none", Key="k") == "NoSuchBucket"


@pytest.mark.parametrize("key", ["a+b %20~", "//", "./..", "caf\u00e9", "cafe\u0301", "\x01\r\n", "'\"<&>", "k" * 1024])
def test_hard_keys(boto, key):
    boto.put_object(Bucket="bucket", Key=key, Body=key.encode())
    assert boto.get_object(Bucket="bucket", Key=key)["Body"].read() == key.encode()
    assert [entry["Key"] for entry in boto.list_objects_v2(Bucket="bucket")["Contents"]] == [key]


def test_listings(boto):
    keys = [f"{number % 5}/{number:02}" for number in range(23)]
    for key in keys:
        boto.put_object(Bucket="bucket", Key=key)
    for name in ("list_objects", "list_objects_v2"):
        pages = boto.get_paginator(name).paginate(Bucket="bucket", PaginationConfig={"PageSize": 4})
        assert [entry["Key"] for page in pages for entry in page["Contents"]] == sorted(keys)
        pages = boto.get_paginator(name).paginate(Bucket="bucket", Delimiter="/", PaginationConfig={"PageSize": 2})
        assert [entry["Prefix"] for page in pages for entry in page["CommonPrefixes"]] == ["0/", "1/", "2/", "3/", "4/"]
    assert [bucket["Name"] for bucket in boto.list_buckets()["Buckets"]] == ["bucket"]


def test_multipart_by_the_transfer_manager(boto):
    data = os.urandom((20 << 20) + 1)
    config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    boto.upload_fileobj(io.BytesIO(data), "bucket", "k", Config=config)
    assert boto.head_object(Bucket="bucket", Key="k")["ETag"].endswith('-5"')
    received = io.BytesIO()
    boto.download_fileobj("bucket", "k", received, Config=config)
    assert received.getvalue() == data
    boto.copy({"Bucket": "bucket", "Key": "k"}, "bucket", "copy", Config=config)
    assert boto.get_object(Bucket="bucket", Key="copy")["Body"].read() == data


def test_multipart_by_hand(boto):
    upload_id = boto.create_multipart_upload(Bucket="bucket", Key="k")["UploadId"]
    which = {"Bucket": "bucket", "Key": "k", "UploadId": upload_id}
    etag = boto.upload_part(PartNumber=1, Body=b"x", **which)["ETag"]
    assert [part["ETag"] for part in boto.list_parts(**which)["Parts"]] == [etag]
    assert boto.list_multipart_uploads(Bucket="bucket")["Uploads"][0]["UploadId"] == upload_id
    wrong = {"Parts": [{"PartNumber": 2, "ETag": etag}]}
    assert code(boto.complete_multipart_upload, MultipartUpload=wrong, **which) == "InvalidPart"
    boto.complete_multipart_upload(MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}, **which)
    parts = boto.get_object_attributes(Bucket="bucket", Key="k", ObjectAttributes=["ObjectParts"])["ObjectParts"]
    assert parts["TotalPartsCount"] == 1
    assert code(boto.abort_multipart_upload, **which) == "NoSuchUpload"


def test_conditions(boto):
    etag = boto.put_object(Bucket="bucket", Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    assert code(boto.put_object, Bucket="bucket", Key="k", IfNoneMatch="*") == "PreconditionFailed"
    assert code(boto.get_object, Bucket="bucket", Key="k", IfNoneMatch=etag) == "304"
    boto.put_object(Bucket="bucket", Key="k", Body=b"2", IfMatch=etag)
    assert code(boto.get_object, Bucket="bucket", Key="k", IfMatch=etag) == "PreconditionFailed"


def test_versions(boto):
    boto.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    first = boto.put_object(Bucket="bucket", Key="k", Body=b"1")["VersionId"]
    boto.put_object(Bucket="bucket", Key="k", Body=b"2")
    marker = boto.delete_object(Bucket="bucket", Key="k")
    assert marker["DeleteMarker"]
    assert boto.get_object(Bucket="bucket", Key="k", VersionId=first)["Body"].read() == b"1"
    listed = boto.list_object_versions(Bucket="bucket")
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (2, 1)
    boto.delete_object(Bucket="bucket", Key="k", VersionId=marker["VersionId"])
    assert boto.get_object(Bucket="bucket", Key="k")["Body"].read() == b"2"


def test_deleting_many(boto):
    for key in ("a", "b", "\x01"):
        boto.put_object(Bucket="bucket", Key=key)
    objects = [{"Key": key} for key in ("a", "b", "none")]
    answer = boto.delete_objects(Bucket="bucket", Delete={"Objects": objects})
    assert [entry["Key"] for entry in answer["Deleted"]] == ["a", "b", "none"]
    assert [entry["Key"] for entry in boto.list_objects_v2(Bucket="bucket")["Contents"]] == ["\x01"]


@pytest.mark.local_s3(open_acls=True)
def test_tags_acl_and_cors(boto):
    boto.put_object(Bucket="bucket", Key="k", ACL="public-read")
    tags = [{"Key": "a", "Value": "b"}]
    boto.put_object_tagging(Bucket="bucket", Key="k", Tagging={"TagSet": tags})
    assert boto.get_object_tagging(Bucket="bucket", Key="k")["TagSet"] == tags
    grants = boto.get_object_acl(Bucket="bucket", Key="k")["Grants"]
    assert [grant["Grantee"]["Type"] for grant in grants] == ["CanonicalUser", "Group"]
    rules = [{"AllowedMethods": ["PUT"], "AllowedOrigins": ["https://example.com"], "MaxAgeSeconds": 5}]
    boto.put_bucket_cors(Bucket="bucket", CORSConfiguration={"CORSRules": rules})
    assert boto.get_bucket_cors(Bucket="bucket")["CORSRules"] == rules
    boto.delete_bucket_cors(Bucket="bucket")
    assert code(boto.get_bucket_cors, Bucket="bucket") == "NoSuchCORSConfiguration"


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums(boto, algorithm):
    put = boto.put_object(Bucket="bucket", Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
    got = boto.get_object(Bucket="bucket", Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"hello"
    assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]


def test_checksums_of_multipart_uploads(boto):
    """The transfer manager's own choice, CRC32, and the newest, CRC64NVME; both are checked again on the way down."""
    data = os.urandom(6 << 20)
    config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    boto.upload_fileobj(io.BytesIO(data), "bucket", "k", Config=config)
    head = boto.head_object(Bucket="bucket", Key="k", ChecksumMode="ENABLED")
    assert head["ChecksumCRC32"]
    assert boto.get_object(Bucket="bucket", Key="k")["Body"].read() == data
    parts = boto.get_object_attributes(Bucket="bucket", Key="k", ObjectAttributes=["ObjectParts"])["ObjectParts"]
    assert [part["Size"] for part in parts["Parts"]] == [5 << 20, 1 << 20]


@pytest.mark.local_s3(open_acls=True)
@pytest.mark.parametrize("status", ["200", "201", "204"])
def test_a_form(boto, status):
    conditions = [["content-length-range", 1, 10], {"success_action_status": status}, {"acl": "public-read"}]
    fields = {"success_action_status": status, "acl": "public-read"}
    post = boto.generate_presigned_post("bucket", "user/${filename}", Fields=fields, Conditions=conditions)
    answer = requests.post(post["url"], data=post["fields"], files={"file": ("\u00fc.txt", b"hello")}, timeout=10)
    assert answer.status_code == int(status), answer.text
    assert requests.get(answer.headers["Location"], timeout=10).content == b"hello"
    assert boto.get_object(Bucket="bucket", Key="user/\u00fc.txt")["Body"].read() == b"hello"
    answer = requests.post(post["url"], data=post["fields"], files={"file": b"x" * 11}, timeout=10)
    assert (answer.status_code, "<Code>EntityTooLarge</Code>" in answer.text) == (400, True)


def test_what_is_not_done(boto):
    assert code(boto.get_object_torrent, Bucket="bucket", Key="k") == "NotImplemented"
