"""Uploads by POST form."""

from __future__ import annotations

import logging
import os
import time

import pytest

from tests.testing.local_s3.client import md5

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
def test_form_uploads_its_file(s3, client, size):
    """Whatever the file's size and however the delimiter falls among the pieces read."""
    data = (b"\r\n--" + BOUNDARY[:-1].encode() + os.urandom(size))[-size:] if size else b""
    answer = send_form(client, policy_form(s3, "up/${filename}", file=data, filename="C:\\\\dir\\\\a b.txt"))
    assert (answer.status, answer.headers["etag"]) == (204, f'"{md5(data)}"')
    assert answer.headers["location"] == f"http://{client.host}/bucket/up/a%20b.txt"
    assert client.get("up/a b.txt").body == data


def test_form_says_how_it_wants_to_be_answered(s3, client):
    fields = {"success_action_status": "201", "content-type": "text/plain", "x-amz-meta-a": "b"}
    answer = send_form(client, policy_form(s3, "k", fields=fields))
    assert (answer.status, answer.text("Key"), answer.text("Bucket")) == (201, "k", "bucket")
    assert client.get("k").headers["content-type"] == "text/plain"
    assert client.get("k").headers["x-amz-meta-a"] == "b"
    fields = {"success_action_redirect": "https://example.com/done?a=1"}
    answer = send_form(client, policy_form(s3, "k", fields=fields))
    assert answer.status == 303
    assert answer.headers["location"].startswith("https://example.com/done?a=1&bucket=bucket&key=k&etag=%22")


def test_location_is_where_the_object_is_found(s3, client):
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


def test_form_refused_stores_nothing(s3, client):
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


def test_form_cannot_write_lines_of_the_log(s3, client, caplog):
    """Browsers encode line ends in a field's name, and a refusal quotes the name."""
    caplog.set_level(logging.INFO, logger="sigv4.testing.local_s3")
    forged = ('; name="x%0D%0A200 OK\u2028\x1b[2J\u00fc"', b"1")
    post = s3.presigner().post("bucket", "k")
    parts = [(f'; name="{name}"', value.encode()) for name, value in post.fields.items()]
    assert send_form(client, form(*parts, forged, ('; name="file"', b"x"))).code == "AccessDenied"
    [record] = caplog.records
    first, *others = record.getMessage().split("\n")
    assert first.endswith(r"Extra input fields: x\r\n200 ok\u2028\x1b[2j" + "\u00fc")
    assert all(line.isascii() and line.isprintable() and not line.startswith("200") for line in others)


def test_form_s_content_type_has_few_parameters(client):
    """Before anybody has signed anything, a long one must not cost much."""
    before = time.perf_counter()
    for _ in range(40):
        answer = send_form(client, b"", "multipart/form-data;" + "=;" * 31_000)
        assert (answer.status, answer.code) == (400, "MalformedPOSTRequest")
    assert time.perf_counter() - before < 2
    parameters = "".join(f"; p{number}={number}" for number in range(15))
    form_type = f"multipart/form-data{parameters}; boundary={BOUNDARY}"
    assert send_form(client, policy_form(client.s3, "k"), form_type).status == 204


def test_form_expires(s3, client):
    body = policy_form(s3, "k")
    s3.clock.advance(seconds=86400)
    answer = send_form(client, body)
    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert answer.text("Message") == "Invalid according to Policy: Policy expired."


def test_form_s_fields_become_latin_1_headers(s3, client):
    """Recorded on 2026-02-21: what Latin-1 lacks is a space."""
    conditions = [["starts-with", "$Cache-Control", ""]]
    body = policy_form(s3, "k", conditions=conditions, fields={"Cache-Control": "a_\u2014_\u00e9"})
    assert send_form(client, body).status == 204
    assert client.get("k").headers["cache-control"] == "a_ _\u00e9"
