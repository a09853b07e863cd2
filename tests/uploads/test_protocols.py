"""The protocols of other upload clients, asked as these clients ask; tests/interop has the clients themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import pytest

from sigv4 import Credentials
from sigv4._http.client import send
from sigv4.s3 import S3Presigner
from sigv4.uploads import Policy, Store, Uploads
from sigv4.uploads.multipart import MIB
from sigv4.uploads.policy import LARGEST
from tests.uploads.harness import BUCKET, Asker, sent, site

if TYPE_CHECKING:
    pass

BOUNDARY = "----a-boundary"


def posted(url: str, fields: dict[str, str], body: bytes) -> int:
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    start = "".join(parts) + f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    data = start.encode() + body + f"\r\n--{BOUNDARY}--\r\n".encode()
    return sent(url, data, {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, "POST")


def test_companion_single(served, alice, small):
    status, answer = alice.ask("GET", "/s3/params?" + urlencode({"filename": "a b+ä.png", "type": "image/png"}))
    assert (status, answer["method"]) == (200, "POST")
    assert posted(answer["url"], answer["fields"], b"hello") in (200, 201, 204)
    assert served[0].get(BUCKET, answer["fields"]["key"]) == b"hello"
    assert answer["fields"]["key"].startswith("up/alice/")
    assert answer["fields"]["key"].endswith("/a b+ä.png")
    status, answer = small.ask("GET", "/s3/params?filename=a.png&type=image/png")
    assert posted(answer["url"], answer["fields"], b"1" * 1001) == 400
    assert posted(answer["url"], answer["fields"], b"1") == 400
    assert posted(answer["url"], answer["fields"], b"1" * 1000) in (200, 201, 204)


@pytest.mark.parametrize(
    "query", ["", "filename=", "filename=a/b", "filename=..", "filename=%24%7Bfilename%7D", "filename=a&filename=b",
              "filename=%FF", "filename=%E", "filename=a&type=text/html"]
)  # fmt: skip
def test_companion_single_refused(small, query):
    assert small.ask("GET", f"/s3/params?{query}")[0] in (400, 415)


def test_companion_in_parts(served, alice, small):
    first = bytes(5 * MIB)
    status, made = alice.ask("POST", "/s3/multipart", {"filename": "film.mp4", "type": "video/mp4", "metadata": {}})
    assert (status, made["bucket"]) == (200, BUCKET)
    path, key = f"/s3/multipart/{quote(made['uploadId'])}", urlencode({"key": made["key"]})
    _, answer = alice.ask("GET", f"{path}/1?{key}")
    assert sent(answer["url"], first) == 200
    _, answer = alice.ask("GET", f"{path}/batch?{key}&partNumbers=2,3")
    assert sent(answer["presignedUrls"]["2"], b"end") == 200
    _, rows = alice.ask("GET", f"{path}?{key}")
    assert [(row["PartNumber"], row["Size"]) for row in rows] == [(1, 5 * MIB), (2, 3)]
    parts = [{"PartNumber": row["PartNumber"], "ETag": row["ETag"].strip('"')} for row in rows]
    assert alice.ask("POST", f"{path}/complete?{key}", {"parts": [*parts, {"PartNumber": 3, "ETag": "x"}]})[0] == 409
    for other in (Asker(served[1], "bob"), small):  # another's token, with the right key
        assert other.ask("GET", f"{path}?{key}")[0] == 403
        assert other.ask("POST", f"{path}/complete?{key}", {"parts": parts})[0] == 403
        assert other.ask("DELETE", f"{path}?{key}")[0] == 403
    assert alice.ask("GET", f"{path}/1?key=up/alice/other")[0] == 403
    status, answer = alice.ask("POST", f"{path}/complete?{key}", {"parts": parts})
    assert (status, answer["key"]) == (200, made["key"])
    assert answer["location"].endswith(quote(made["key"]))
    assert "?" not in answer["location"]
    assert served[0].get(BUCKET, made["key"]) == first + b"end"


def test_companion_measures_what_it_was_not_told(small):
    _, made = small.ask("POST", "/s3/multipart", {"filename": "a.png", "type": "image/png"})
    path, key = f"/s3/multipart/{made['uploadId']}", urlencode({"key": made["key"]})
    _, answer = small.ask("GET", f"{path}/1?{key}")
    assert sent(answer["url"], b"1" * 1001) == 200
    status, answer = small.ask("POST", f"{path}/complete?{key}", {"parts": [{"PartNumber": 1, "ETag": "x"}]})
    assert (status, answer["error"]) == (413, "parts: must be at most 1000 bytes")
    assert small.ask("GET", f"{path}?{key}")[0] == 404  # aborted


def test_sign_request(served, alice):
    as_text = "text/plain;charset=UTF-8"  # as fetch sends a text
    _, answer = alice.ask("POST", "/s3/sign", {"method": "PUT", "key": "x/a.png", "contentType": "image/png"}, as_text)
    assert posted(answer["url"], answer["fields"], b"hello") in (200, 201, 204)
    assert served[0].get(BUCKET, answer["key"]) == b"hello"
    _, made = alice.ask("POST", "/s3/sign", {"method": "POST", "key": "film.mp4"})
    status, _, xml = send("POST", made["url"], {"Content-Type": "video/mp4"}, b"")
    assert status == 200
    asked = {"key": made["key"], "uploadId": xml.partition(b"<UploadId>")[2].partition(b"<")[0].decode()}
    _, answer = alice.ask("POST", "/s3/sign", {**asked, "method": "PUT", "partNumber": 1})
    status, fields, _ = send("PUT", answer["url"], {}, b"hello")
    assert status == 200
    _, answer = alice.ask("POST", "/s3/sign", {**asked, "method": "GET"})
    assert b"<PartNumber>1</PartNumber>" in send("GET", answer["url"])[2]
    _, answer = alice.ask("POST", "/s3/sign", {**asked, "method": "POST"})
    etag = {name.lower(): value for name, value in fields}["etag"]
    body = (
        f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    )
    headers = {"Content-Type": "application/xml"}
    assert answer["headers"] == {"if-none-match": "*"}
    assert sent(answer["url"], body.encode(), headers, "POST") == 403
    assert sent(answer["url"], body.encode(), {**headers, **answer["headers"]}, "POST") == 200
    assert served[0].get(BUCKET, made["key"]) == b"hello"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"method": "DELETE", "key": "up/alice/a"}, 400), ({"method": "GET", "key": "up/alice/a"}, 400),
        ({"method": "PUT", "key": "up/bob/a", "uploadId": "x", "partNumber": 1}, 403),
        ({"method": "DELETE", "key": "up/bob/a", "uploadId": "x"}, 403),
        ({"method": "DELETE", "key": "up/alice/../bob/a", "uploadId": "x"}, 400),
        ({"method": "PUT", "key": "up/alice/a", "uploadId": "x", "partNumber": 0}, 400),
        ({"method": "PATCH", "key": "up/alice/a", "uploadId": "x"}, 400),
        ({"method": "POST", "key": "up/alice/a", "uploadId": ""}, 400), ({"method": "PUT"}, 400),
    ],
)  # fmt: skip
def test_sign_request_refused(alice, asked, status):
    assert alice.ask("POST", "/s3/sign", asked)[0] == status


def test_protocols_that_say_no_size_are_refused_where_one_is_to_be_held(small):
    assert small.ask("POST", "/s3/sign", {"method": "POST", "key": "a", "contentType": "image/png"})[0] == 403
    asked = {"filename": "a.png", "filetype": "image/png", "_nextS3": {"strategy": "presigned"}}
    assert small.ask("POST", "/api/s3-upload", asked)[0] == 403


def test_next_s3_upload(served, alice):
    asked = {"filename": "a.png", "filetype": "image/png", "_nextS3": {"strategy": "presigned"}}
    status, answer = alice.ask("POST", "/api/s3-upload", asked)
    assert (status, answer["bucket"], answer["endpoint"]) == (200, BUCKET, served[0].endpoint_url)
    assert sent(answer["url"], b"hi", {"Content-Type": "image/png", "Cache-Control": "max-age=630720000"}) == 200
    assert served[0].get(BUCKET, answer["key"]) == b"hi"
    assert alice.ask("POST", "/api/s3-upload", {"filename": "a.png", "filetype": "image/png"})[0] == 400


@pytest.mark.parametrize(
    ("endpoint_url", "style", "expected"),
    [
        (None, "auto", None),  # of which the client makes https://BUCKET.s3.REGION.amazonaws.com/KEY
        (None, "path", "https://s3.eu-west-1.amazonaws.com"),
        ("https://s3.example.com", "virtual", "https://s3.example.com"),
        ("http://localhost:9000", "auto", "http://localhost:9000"),
    ],
)
def test_next_s3_upload_makes_the_address_of_the_object(endpoint_url, style, expected):
    """The client puts /BUCKET/KEY behind the endpoint."""
    presigner = S3Presigner(
        Credentials("AKID", "SECRET"), region="eu-west-1", endpoint_url=endpoint_url, addressing_style=style
    )
    uploads = Uploads(
        Store(presigner, BUCKET, "AWS"), Policy("up/", "{uuid}/{name}", ("*/*",), LARGEST), protocols=["next-s3-upload"]
    )
    asked = {"filename": "a.png", "filetype": "image/png", "_nextS3": {"strategy": "presigned"}}
    status, answer = Asker(uploads, "").ask("POST", "/api/s3-upload", asked)
    assert (status, answer["endpoint"]) == (200, expected)


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/s3/sign", {"method": "PUT", "key": "a.png", "contentType": "image/png"}),
        ("/api/s3-upload", {"filename": "a.png", "filetype": "image/png", "_nextS3": {"strategy": "presigned"}}),
        ("/api/upload", {"route": "x", "files": [{"name": "a.png", "size": 101 * MIB, "type": "image/png"}]}),
        ("/s3/params?filename=a.png&type=image/png", None),
    ],
)
def test_protocols_that_would_overwrite_are_refused_where_keys_come_again(path, asked):
    """They have no If-None-Match to send."""
    with site([{"principals": ["alice"], "prefix": "up/", "key": "{name}"}]) as (_, uploads):
        status, answer = Asker(uploads, "alice").ask("POST" if asked else "GET", path, asked)
    assert status in (400, 403)
    assert "{uuid}" in str(answer["error"])


def test_better_upload(served, alice, small):
    files = [{"name": "a.png", "size": 2, "type": "image/png"}, {"name": "b.png", "size": 3, "type": "image/png"}]
    status, answer = alice.ask("POST", "/api/upload", {"route": "images", "files": files}, "text/plain;charset=UTF-8")
    assert status == 200
    for made, body in zip(answer["files"], (b"hi", b"abc"), strict=True):
        headers = {"Content-Type": "image/png", **made["headers"]}
        assert sent(made["signedUrl"], body + b"!", headers) == 403
        assert sent(made["signedUrl"], body, headers) == 200
        assert served[0].get(BUCKET, made["file"]["objectInfo"]["key"]) == body
    size = 101 * MIB
    large = {"route": "films", "files": [{"name": "film.mp4", "size": size, "type": "video/mp4"}]}
    _, answer = alice.ask("POST", "/api/upload", large)
    (made,) = answer["multipart"]["files"]
    assert [part["size"] for part in made["parts"]] == [50 * MIB, 50 * MIB, MIB]
    assert sent(made["parts"][2]["signedUrl"], bytes(MIB)) == 200
    assert sent(made["abortSignedUrl"], method="DELETE") == 204
    status, answer = small.ask("POST", "/api/upload", large)
    assert (status, answer["error"]["type"]) == (400, "invalid_file_type")
    status, answer = small.ask("POST", "/api/upload", {"route": "x", "files": [{**files[0], "size": 1001}]})
    assert (status, answer["error"]["type"]) == (400, "file_too_large")


def test_a_protocol_that_is_not_named_is_not_there():
    with site(protocols=()) as (_, uploads):
        for path in ("/s3/multipart", "/s3/sign", "/api/s3-upload", "/api/upload"):
            assert Asker(uploads, "alice").ask("POST", path, {})[0] == 404
    with pytest.raises(ValueError, match="protocols may hold"), site(protocols=("uppy",)):
        pass
