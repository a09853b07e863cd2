"""A round trip of minio-py: BUCKET as the argument, where and who in the environment."""

import io
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.commonconfig import ComposeSource, CopySource, Tags
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.versioningconfig import ENABLED, VersioningConfig

BUCKET = sys.argv[1]
KEY = "kept/a b+ü~.txt"
ENDPOINT = urlsplit(os.environ["AWS_ENDPOINT_URL_S3"])
CLIENT = Minio(
    ENDPOINT.netloc,
    access_key=os.environ["AWS_ACCESS_KEY_ID"],
    secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    secure=ENDPOINT.scheme == "https",
)  # no region: it asks with GetBucketLocation


def read(key: str, **chosen: object) -> bytes:
    response = CLIENT.get_object(BUCKET, key, **chosen)
    try:
        return response.read()
    finally:
        response.close()
        response.release_conn()


def put(key: str, body: bytes, **chosen: object) -> object:
    return CLIENT.put_object(BUCKET, key, io.BytesIO(body), len(body), **chosen)


def refusal(call: Callable[[], object]) -> str | None:
    try:
        call()
    except S3Error as error:
        return error.code
    return None


def names(**chosen: object) -> list[str]:
    return [entry.object_name for entry in CLIENT.list_objects(BUCKET, **chosen)]


def objects() -> None:
    assert CLIENT.bucket_exists(BUCKET)
    assert not CLIENT.bucket_exists("no-such-bucket")
    assert BUCKET in [bucket.name for bucket in CLIENT.list_buckets()]
    put(KEY, b"hello", content_type="text/plain", metadata={"colour": "blue"})
    assert read(KEY) == b"hello"
    assert read(KEY, offset=1, length=2) == b"el"
    CLIENT.copy_object(BUCKET, "copy", CopySource(BUCKET, KEY))
    stat = CLIENT.stat_object(BUCKET, "copy")
    assert (stat.size, stat.content_type, stat.metadata["x-amz-meta-colour"]) == (5, "text/plain", "blue")
    tags = Tags.new_object_tags()
    tags["colour"] = "blue + green"
    CLIENT.set_object_tags(BUCKET, "copy", tags)
    assert CLIENT.get_object_tags(BUCKET, "copy") == tags
    CLIENT.remove_object(BUCKET, "copy")
    assert refusal(lambda: CLIENT.stat_object(BUCKET, "copy")) == "NoSuchKey"


def multipart() -> None:
    """A stream of a length not known beforehand goes in parts; so does what is put together on the server."""
    data = b"0123456789abcdef" * (11 << 16)
    CLIENT.put_object(BUCKET, "big", io.BytesIO(data), -1, part_size=5 << 20)
    assert read("big") == data
    CLIENT.compose_object(BUCKET, "composed", [ComposeSource(BUCKET, "big"), ComposeSource(BUCKET, KEY)])
    assert read("composed") == data + b"hello"
    CLIENT.remove_object(BUCKET, "composed")


def listing() -> None:
    for number in range(5):
        put(f"list/{number}/x", b"")
    keys = [f"list/{number}/x" for number in range(5)]
    assert names(recursive=True) == ["big", KEY, *keys]
    assert names() == ["big", "kept/", "list/"]
    assert names(prefix="list/", use_api_v1=True) == [f"list/{number}/" for number in range(5)]
    assert not list(CLIENT.remove_objects(BUCKET, [DeleteObject(key) for key in ["big", *keys]]))


def presigned() -> None:
    key, hour = "presigned ü", timedelta(hours=1)
    url = CLIENT.presigned_put_object(BUCKET, key, expires=hour)
    assert urllib3.request("PUT", url, body=b"sent").status == 200
    assert urllib3.request("GET", CLIENT.presigned_get_object(BUCKET, key, expires=hour)).data == b"sent"
    CLIENT.remove_object(BUCKET, key)


def versions() -> None:
    bucket = f"{BUCKET}-versions"
    CLIENT.make_bucket(bucket)
    CLIENT.set_bucket_versioning(bucket, VersioningConfig(ENABLED))
    assert CLIENT.get_bucket_versioning(bucket).status == ENABLED
    for body in (b"1", b"2"):
        CLIENT.put_object(bucket, "k", io.BytesIO(body), 1)
    CLIENT.remove_object(bucket, "k")
    listed = list(CLIENT.list_objects(bucket, include_version=True))
    assert [entry.object_name for entry in listed] == ["k"] * 3
    assert sorted((entry.is_delete_marker, entry.is_latest == "true") for entry in listed) == [
        (False, False),
        (False, False),
        (True, True),
    ]
    for entry in listed:
        CLIENT.remove_object(bucket, "k", version_id=entry.version_id)
    CLIENT.remove_bucket(bucket)


objects()
multipart()
listing()
presigned()
versions()
