"""A key is never signed as another: what is signed, LocalS3's parser reads back, and MinIO stores under that name."""

from __future__ import annotations

import random
from http.client import HTTPConnection
from urllib.parse import unquote_plus
from xml.etree import ElementTree

import pytest

from tests.property.key_round_trip import Reader
from tests.property.presign_million import any_text


def test_hard_keys_are_read_back_as_they_were_signed():
    draw = random.Random(0)
    reader = Reader()
    for _ in range(3000):
        reader.check(draw)
    reader.close()


def is_taken_by_minio(key: str) -> bool:
    """MinIO refuses NUL, empty, `.` and `..` segments, and those that its file system has no room for."""
    segments = key.split("/")
    fit = all(len(segment.encode()) <= 255 for segment in segments)
    return fit and "\0" not in key and not {"", ".", ".."} & set(segments)


@pytest.mark.xdist_group("minio")
@pytest.mark.parametrize("sigv4_s3", ["minio"], indirect=True)
def test_minio_stores_a_thousand_hard_keys_under_their_names(s3, s3_bucket):
    draw = random.Random(1)
    keys: set[str] = set()
    while len(keys) < 1000:
        key = f"{len(keys)}{any_text(draw, draw.choice((3, 12, 40)))}"
        if is_taken_by_minio(key):
            keys.add(key)
    presigner = s3.presigner()
    connection = HTTPConnection(s3.endpoint_url.removeprefix("http://"), timeout=30)

    def send(method: str, url: str) -> bytes:
        connection.request(method, url.removeprefix(s3.endpoint_url), headers={"Content-Length": "0"})
        response = connection.getresponse()
        body = response.read()
        assert response.status == 200, (url, body)
        return body

    for key in keys:
        send("PUT", presigner.put_object(s3_bucket, key).url)
    listing = ElementTree.fromstring(send("GET", presigner.presign("list_objects_v2", Bucket=s3_bucket).url))
    stored = {unquote_plus(element.text or "", errors="strict") for element in listing.iterfind(".//{*}Key")}
    connection.close()
    assert stored == keys
