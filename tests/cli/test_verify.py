"""`sigv4 verify`: accepted, or what S3 would say, and why; for a URL and for a raw request."""

from __future__ import annotations

import io

import pytest

from sigv4 import Signer
from tests.cli.runner import CREDENTIALS, run


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def raw_request(body: bytes = b"hello", line_end: str = "\r\n", service: str = "s3", **options: str) -> bytes:
    signer = Signer(CREDENTIALS, region="eu-central-1", service=service)
    signed = signer.sign("PUT", "https://my-bucket.s3.amazonaws.com/a%20b?x=1", options, body)
    lines = ["PUT /a%20b?x=1 HTTP/1.1", "Host: my-bucket.s3.amazonaws.com"]
    lines += [f"{name}: {value}" for name, value in signed.headers.items()]
    return line_end.join([*lines, "", ""]).encode() + body


def test_verify_accepts_a_presigned_url(capsys: pytest.CaptureFixture[str]) -> None:
    url = run(capsys, "presign", "put", "s3://my-bucket/k", "--content-type", "text/plain")[1].strip()
    request = ["verify", url, "--method", "PUT", "-H", "Content-Type: text/plain"]
    status, out, err = run(capsys, *request)
    assert (status, out) == (0, "accepted\n")
    assert "Signed by AKIDEXAMPLE for s3 in eu-central-1" in err
    assert "content-type, host" in err
    assert run(capsys, *request, "--at", "2020-01-01")[:2] == (1, "AccessDenied: Request is not valid yet\n")
    status, out, err = run(capsys, *request, "--at", "2100-01-01T00:00:00Z")
    assert (status, out) == (1, "AccessDenied: Request has expired\n")
    assert "X-Amz-Expires: 900" in err


def without_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def test_verify_takes_region_and_service_from_the_signature_where_none_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_region(monkeypatch)
    url = Signer(CREDENTIALS, region="ap-south-2", service="my-api").presign("GET", "https://h.example/a//b").url
    status, out, err = run(capsys, "verify", url)
    assert (status, out) == (0, "accepted\n")
    assert "for my-api in ap-south-2" in err
    assert run(capsys, "verify", url, "--region", "eu-west-1")[1].endswith("wrong; expecting 'eu-west-1'\n")
    assert run(capsys, "verify", url, "--service", "s3")[1].endswith('This endpoint belongs to "s3".\n')
    feed(monkeypatch, raw_request(service="sts"))
    assert run(capsys, "verify")[:2] == (0, "accepted\n")


@pytest.mark.parametrize("region_set", ["*", "eu-*,us-*", "us-west-2,eu-west-1"])
def test_verify_takes_a_region_from_a_region_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, region_set: str
) -> None:
    pytest.importorskip("cryptography")
    without_region(monkeypatch)
    url = Signer(CREDENTIALS, region_set=region_set).presign("GET", "https://b.s3.amazonaws.com/k").url
    assert run(capsys, "verify", url)[:2] == (0, "accepted\n")


@pytest.mark.parametrize(
    ("url", "out"),
    [
        ("https://b.s3.amazonaws.com/k", "AccessDenied: Access Denied\n"),
        ("nonsense", "InvalidURI: Couldn't parse the specified URI.\n"),
    ],
)
def test_verify_refuses_what_has_no_signature_to_take_a_region_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str, out: str
) -> None:
    without_region(monkeypatch)
    assert run(capsys, "verify", url)[:2] == (1, out)


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_verify_reads_a_raw_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, line_end: str
) -> None:
    feed(monkeypatch, raw_request(line_end=line_end))
    status, out, err = run(capsys, "verify")
    assert (status, out) == (0, "accepted\n")
    assert err.endswith(", checked.\n")
    feed(monkeypatch, raw_request().replace(b"hello", b"hullo"))
    status, out, _ = run(capsys, "verify")
    assert status == 1
    assert out.startswith("XAmzContentSHA256Mismatch: ")


def test_verify_checks_the_body_for_other_services_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = raw_request(service="my-api")
    assert b"x-amz-content-sha256" not in request.lower()
    feed(monkeypatch, request)
    assert run(capsys, "verify", "--service", "my-api")[:2] == (0, "accepted\n")
    feed(monkeypatch, request + b"!")
    assert run(capsys, "verify", "--service", "my-api")[0] == 1


def test_verify_checks_a_body_in_chunks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    signer = Signer(CREDENTIALS, region="eu-central-1")
    signed = signer.sign_stream("PUT", "https://h.example/b/k", body=b"x" * 100_000, checksum="CRC32")
    lines = [f"{name}: {value}" for name, value in signed.headers.items()]
    head = "\n".join(["PUT /b/k HTTP/1.1", "Host: h.example", *lines, "", ""]).encode()
    body = b"".join(signed.body)
    feed(monkeypatch, head + body)
    assert run(capsys, "verify")[:2] == (0, "accepted\n")
    feed(monkeypatch, head + body.replace(b"x" * 10 + b"\r", b"x" * 9 + b"y\r", 1))
    assert run(capsys, "verify")[1].startswith("SignatureDoesNotMatch")


def test_verify_shows_where_the_two_canonical_requests_part(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed(monkeypatch, raw_request(**{"Content-Type": "text/plain"}).replace(b"text/plain", b"text/html"))
    status, out, err = run(capsys, "verify")
    assert status == 1
    assert out.startswith("SignatureDoesNotMatch: ")
    assert "its header content-type is 'text/plain', and another value arrived" in err
    assert "    signed   content-type: text/plain\n    arrived  content-type: text/html\n" in err


@pytest.mark.prints_secret("the presigned URL that is verified has its session token in the query")
def test_verify_shows_no_token_and_no_signature(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "a-session-token==")
    url = run(capsys, "presign", "get", "s3://my-bucket/k")[1].strip()
    status, out, err = run(capsys, "verify", url, "--method", "PUT")
    assert status == 1
    assert "a-session-token" not in out + err
    assert url[-64:] not in out + err


@pytest.mark.parametrize(
    ("request_bytes", "says"),
    [
        (b"", "standard input is empty"),
        (b"hello\n\n", "'hello' must be a request line"),
        (b"GET / HTTP/1.1\nHost\n\n", "'Host' must be a header"),
        (b"GET / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n\n0\r\n\r\n", "Transfer-Encoding"),
        (b"GET / HTTP/1.1\nA: " + b"a" * (1 << 20), "over 1048576 bytes"),
    ],
)
def test_verify_says_in_one_line_what_is_wrong_with_a_raw_request(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, request_bytes: bytes, says: str
) -> None:
    feed(monkeypatch, request_bytes)
    status, out, err = run(capsys, "verify")
    assert (status, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
