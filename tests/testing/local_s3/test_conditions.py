"""Conditional requests and ranges."""

from __future__ import annotations

import threading

import pytest

from sigv4 import Signer
from tests.testing.local_s3.client import Client, md5


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
def test_range_gives_its_span_or_the_whole(client, text, status, span):
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


def test_if_range_wants_the_same_object(client):
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
        ({"if-modified-since": "NOW"}, 304),
        ({"if-modified-since": "Thu, 01 Dec 2033 16:00:00 GMT"}, 200),  # a date to come is no condition
        ({"if-modified-since": "nonsense"}, 200),
        ({"if-unmodified-since": "Thu, 01 Dec 1994 16:00:00 GMT"}, 412),
        ({"if-unmodified-since": "Thu, 01 Dec 2033 16:00:00 GMT"}, 200),
        ({"if-match": "ETAG", "if-unmodified-since": "Thu, 01 Dec 1994 16:00:00 GMT"}, 200),
        ({"if-none-match": '"other"', "if-modified-since": "Thu, 01 Dec 2033 16:00:00 GMT"}, 200),
        ({"if-match": "ETAG", "if-none-match": "ETAG"}, 304),
    ],
)
def test_read_happens_under_its_conditions(client, headers, status):
    etag = client.put("k", b"x").headers["etag"]
    now = client.get("k").headers["last-modified"]
    headers = {name: text.replace("ETAG", etag).replace("NOW", now) for name, text in headers.items()}
    answer = client.send("GET", "bucket", "k", headers=headers)
    assert answer.status == status
    if status == 304:
        assert (answer.body, answer.headers["etag"]) == (b"", etag)
    if status == 412:
        assert answer.code == "PreconditionFailed"
        assert answer.text("Condition").startswith("If-")
    assert client.send("HEAD", "bucket", "k", headers=headers).status == status


def test_write_happens_under_its_conditions(client):
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


def test_write_if_none_match_has_one_winner(s3, client):
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


def test_write_happens_under_the_conditions_in_a_presigned_query(s3, client):
    """S3 honours them there, recorded on 2026-02-21: `If-None-Match=*` is 200 and then 412, another ETag 412."""

    def put(condition, value):
        url = Signer(s3.credentials, region=s3.region).presign(
            "PUT", f"{s3.endpoint_url}/bucket/once?{condition}={value}", signed_at=s3.clock.now()
        )
        return client.raw("PUT", url.url.removeprefix(s3.endpoint_url), {"Host": client.host}, b"body")

    assert [put("If-None-Match", "*").status for _ in range(2)] == [200, 412]
    etag = client.get("once").headers["etag"].strip('"')
    assert put("If-Match", "0" * 32).code == "PreconditionFailed"
    assert put("If-Match", etag).status == 200
