"""LocalS3 answers what Amazon S3 itself answered, on the day that each row names.

The rows are JSON, an area a file. A row is a short conversation: `name`, the date of the recording, the `steps`. A step
is a request and what of its answer counts:

    {"send": "PUT bucket/k?acl", "headers": {...}, "body": "text", "unsigned": true,
     "answer": {"status": 200, "header:etag": "...", "Code": "...", "a/path/in/the/xml": "...", "body": "..."},
     "keep": {"etag": "header:etag"}}

Without an answer it is one to go on from: it must succeed. `null` means that it is not there; a list, all elements of
that path. `{etag}` stands for what an earlier step has kept. `bucket` is there and is empty.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sigv4.encoding import parse_query
from sigv4.testing import LocalS3
from tests.testing.local_s3.client import Client

ROWS = {
    f"{file.stem}: {row['name']}": row
    for file in sorted(Path(__file__).parent.glob("*.json"))
    for row in json.loads(file.read_text())
}


@pytest.fixture(scope="module")
def s3():
    with LocalS3(open_cors=False) as s3:
        yield s3


@pytest.fixture
def client(s3):
    empty = s3.snapshot()
    client = Client(s3)
    assert client.send("PUT", "bucket").status == 200
    yield client
    client.close()
    s3.restore(empty)


@pytest.mark.parametrize("name", ROWS)
def test_it_answers_as_recorded(client, name):
    kept = {"bucket": "bucket"}
    for step in ROWS[name]["steps"]:
        answer = send(client, step, kept)
        expected = step.get("answer")
        if expected is None:
            assert answer.status < 300, (step, answer)
            expected = {}
        found = {path: part(answer, path, expected[path]) for path in expected}
        assert found == {path: fill(value, kept) for path, value in expected.items()}, answer
        kept |= {word: part(answer, path) for word, path in step.get("keep", {}).items()}


def send(client, step, kept):
    method, target = fill(step["send"], kept).split(" ", 1)
    path, _, query = target.partition("?")
    bucket, _, key = path.partition("/")
    body = fill(step.get("body", ""), kept).encode() * step.get("times", 1)
    headers = {name: fill(value, kept) for name, value in step.get("headers", {}).items()}
    pairs = dict(parse_query(query.encode()))
    return client.send(method, bucket, key, pairs, headers, body, signed=not step.get("unsigned", False))


def fill(value, kept):
    if isinstance(value, list):
        return [fill(each, kept) for each in value]
    if isinstance(value, str):
        for word, text in kept.items():
            value = value.replace("{" + word + "}", text)
    return value


def part(answer, path, expected=""):
    """What stands in an answer under a path of a row."""
    if path == "status":
        return answer.status
    if path == "body":
        return answer.body.decode()
    kind, colon, name = path.partition(":")
    if kind == "header" and colon:
        return answer.headers.get(name)
    if not answer.body:
        return [] if isinstance(expected, list) else None
    if isinstance(expected, list):
        return answer.texts(path)
    return answer.text(path)


def test_every_row_names_its_day():
    assert len(ROWS) > 40
    for name, row in ROWS.items():
        assert row["recorded"] >= "2023-07-31", name
        assert any("answer" in step for step in row["steps"]), name
