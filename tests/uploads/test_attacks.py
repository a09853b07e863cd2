"""Hostile requests: nothing is signed that the policy forbids, nothing breaks, and no secret is in any answer."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from sigv4.s3 import S3Presigner
from sigv4.uploads import Policy, Request, Seal, Store, Uploads
from tests.uploads.harness import BUCKET, Asker, sent, site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigv4.testing import LocalS3
    from sigv4.uploads import Response, Uploads

MINE = "small/small-1/"
TYPES = ("image/png", "image/jpeg", "image/gif")


def urls(value: object) -> Iterator[str]:
    """Every URL in an answer."""
    if isinstance(value, dict):
        for each in value.values():
            yield from urls(each)
    elif isinstance(value, list):
        for each in value:
            yield from urls(each)
    elif isinstance(value, str) and value.startswith("http"):
        yield value


def check(s3: LocalS3, response: Response) -> None:
    assert response.status < 500, response.body
    text = response.body.decode() + str(response.headers)
    assert s3.credentials.secret_access_key not in text
    assert "s" * 32 not in text
    if response.status != 200:
        return
    for url in urls(json.loads(response.body)):
        parts = urlsplit(url)
        assert url.startswith(s3.endpoint_url), url
        path = unquote(parts.path)
        if url == s3.endpoint_url:  # where the bucket is, which is no secret
            continue
        assert path == f"/{BUCKET}" or path.startswith(f"/{BUCKET}/{MINE}"), path
        assert not any(step in (".", "..") for step in path.split("/")), path
        assert not any(name in parts.query.lower() for name in ("x-amz-acl", "x-amz-meta", "x-amz-grant", "=policy")), (
            url
        )


ODD = (
    "", "a", "../a", "..", "a/b", "a\\b", "/etc/passwd", "small/bob/x", "up/alice/x", f"{MINE}x",
    f"{MINE}../bob/x", "%2e%2e", "a\x00b", "a\r\nX: y", "\ud800", "ü", "x" * 300, "x" * 5000, "${filename}",
    "https://evil.example/", "a?b", "a#b", "small", "image/png", "image/svg+xml", "text/html",
    "image/png, text/html", "image/png;x=\r\n", "*/*", "AAAAAA==",
)  # fmt: skip
VALUES = (*ODD, None, 0, -1, 1, 5, 1001, 10**30, 1.5, True, [], {}, [{}], [{"number": 1}], [{"number": 1, "crc32": 5}],
          {"strategy": "presigned"}, [{"name": "a.png", "size": 5, "type": "image/png"}])  # fmt: skip
FIELDS = (
    "action", "name", "type", "size", "key", "file_name", "upload", "parts", "crc32", "after", "fileName",
    "fileType", "fileSize", "filename", "filetype", "metadata", "_nextS3", "method", "contentType", "uploadId",
    "partNumber", "expiresIn", "route", "files", "ends_at", "ACL", "bucket", "endpoint",
)  # fmt: skip
ACTIONS = ("upload", "download", "create", "sign", "parts", "complete", "abort", "list", "delete")
PATHS = (
    "/presign", "/links", "/s3/sign", "/s3/multipart", "/api/upload", "/api/s3-upload", "/s3/params",
    "/s3/multipart/x/1", "/s3/multipart/x", "/s3/multipart/x/complete", "/d/x", "/api/generatePresignedUrl",
    "/", "//presign", "/presign/",
)  # fmt: skip


def test_ten_thousand_hostile_requests(served):
    s3, uploads = served
    randomly = Random(20260504)
    token = Asker(uploads, "small-1").presign("create", name="a.png", type="image/png", size=5)[1]["upload"]
    theirs = Asker(uploads, "alice").presign("create", name="a.png", type="image/png", size=5)[1]["upload"]
    given = 0
    for _ in range(10_000):
        body = {name: randomly.choice(VALUES) for name in randomly.sample(FIELDS, randomly.randint(0, 5))}
        if randomly.random() < 0.7:
            body["action"] = randomly.choice(ACTIONS)
        if randomly.random() < 0.3:
            good = {"name": "a.png", "type": randomly.choice(TYPES), "size": randomly.randint(2, 1000)}
            body |= dict(randomly.sample(list(good.items()), randomly.randint(1, 3)))
        if randomly.random() < 0.3:
            body["upload"] = randomly.choice(
                (token, theirs, token[:-1], token[1:], f"{token}.", theirs.partition(".")[0])
            )
        text = json.dumps(body).encode()
        if randomly.random() < 0.05:
            at = randomly.randrange(len(text) + 1)
            text = text[:at] + randomly.randbytes(3) + text[at:]
        headers = {"host": "localhost", "x-user": "small-1", "content-type": "application/json"}
        for name in ("origin", "host", "content-type", "x-user", "sec-fetch-site", "x-forwarded-host"):
            if randomly.random() < 0.03:
                headers[name] = randomly.choice((*ODD, "null", "http://localhost", "http://localhost.evil.example"))
        method = randomly.choice(("POST", "POST", "POST", "GET", "DELETE", "OPTIONS", "PUT", "HEAD", "TRACE"))
        path = "/presign" if randomly.random() < 0.6 else randomly.choice(PATHS)
        query = "" if randomly.random() < 0.5 else f"{randomly.choice(FIELDS)}={randomly.choice(ODD)!s}&key=x"
        if headers["x-user"] not in ("small-1", ""):
            continue  # somebody else, with rights of their own
        response = uploads(Request(method, path, headers, text, query.encode("utf-8", "replace").decode()))
        check(s3, response)
        given += response.status == 200
    assert given > 100  # or it would show nothing


@pytest.mark.parametrize("headers", [
    {"host": "evil.example"}, {"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
    {"origin": "http://localhost, https://evil.example"}, {"host": "localhost@evil.example"}, {"x-user": ""},
    {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"},
])  # fmt: skip
def test_other_sites_and_nobody_get_nothing(served, headers):
    named = {"host": "localhost", "x-user": "alice", "content-type": "application/json", **headers}
    body = json.dumps({"action": "upload", "name": "a", "size": 1}).encode()
    response = served[1](Request("POST", "/presign", named, body))
    assert response.status in (401, 403, 415, 421)
    assert b"X-Amz" not in response.body


def test_a_token_of_one_s_own_making_opens_nothing(served):
    fields = {"key": "up/bob/x", "id": "x", "size": 5, "part": 5, "checked": 0, "owner": "alice", "ends": 2**40}
    said = urlsafe_b64encode(json.dumps(fields).encode())
    for token in (f"{said.decode()}.", f"{said.decode()}.AAAA", said.decode()):
        assert Asker(served[1], "alice").presign("parts", upload=token)[0] == 403


def test_two_servers_share_one_upload_and_exchange_their_secrets():
    """Any replica takes what any other gave out; a new secret is put before the old one."""
    with site() as (s3, first):
        presigner = S3Presigner(s3.credentials, region=s3.region, endpoint_url=s3.endpoint_url)
        policy = Policy("up/alice/", "{uuid}/{name}", ("*/*",), 10**9)
        second = Uploads(
            Store(presigner, BUCKET, ""), policy, authenticate=lambda request: request.headers["x-user"],
            seal=Seal([b"n" * 32, b"s" * 32]),
        )  # fmt: skip
        one, other = Asker(first, "alice"), Asker(second, "alice")
        made = one.presign("create", name="film.mp4", type="video/mp4", size=3)[1]
        signed = other.presign("sign", upload=made["upload"], parts=[{"number": 1}])[1]["parts"][0]
        assert sent(signed["url"], b"abc", signed["headers"]) == 200
        assert len(one.presign("parts", upload=made["upload"])[1]["parts"]) == 1
        assert other.presign("complete", upload=made["upload"])[0] == 200
        assert one.presign("complete", upload=made["upload"])[0] == 200
        assert one.presign("parts", upload=other.presign("create", name="a", size=1)[1]["upload"])[0] == 403
