"""What an attacker tried, and what must be true: nobody gets more done than the key's holder has signed.

Each case is a request that the holder did sign, changed by somebody who has it but not the key.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import perf_counter

import pytest

from sigv4 import Credentials, Signer, VerificationError, Verifier

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SIGNED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SIGNER = Signer(CREDENTIALS, region="us-east-1")
VERIFIER = Verifier({CREDENTIALS.access_key_id: CREDENTIALS}, region="us-east-1", now=SIGNED_AT.timestamp)


def signed(method, url, headers=(), body=None):
    """The headers to send, without Host."""
    return [*SIGNER.sign(method, url, list(headers), body, signed_at=SIGNED_AT).headers.items()]


def without(headers, *names):
    return [(name, value) for name, value in headers if name.lower() not in names]


def more_body_than_its_length():
    """Bytes after Content-Length are part of no signature, so a body that has them is not the one signed."""
    headers = signed("PUT", "http://h/b/k", body=b"signed")
    return "PUT", "/b/k", [("Host", "h"), ("Content-Length", "6"), *headers], b"signed and more"


def a_signed_header_inside_the_urls_host():
    """A line end in the host would stand for the header that was signed and left out."""
    headers = signed("PUT", "http://h/b/k", [("if-match", '"etag"')])
    return "PUT", 'http://h\nif-match:"etag"/b/k', without(headers, "if-match"), None


def a_host_beyond_unicode():
    return "GET", "http://h\ud800/b/k", signed("GET", "http://h/b/k"), None


def two_signed_headers_inside_a_parameter():
    """A signed header may stand in the query, but a line end in it would make it two."""
    url = "http://h/b/k?x-first=1%0Ax-second:2"
    headers = signed("GET", url, [("x-first", "1"), ("x-second", "2")])
    return "GET", "/b/k?x-first=1%0Ax-second:2", [("Host", "h"), *without(headers, "x-first", "x-second")], None


@pytest.mark.parametrize(
    "attack",
    [
        more_body_than_its_length,
        a_signed_header_inside_the_urls_host,
        a_host_beyond_unicode,
        two_signed_headers_inside_a_parameter,
    ],
)
def test_a_request_changed_without_the_key_is_refused(attack):
    method, url, headers, body = attack()
    with pytest.raises(VerificationError):
        VERIFIER.verify(method, url, headers, body)


def test_work_grows_with_the_request_and_not_with_its_square():
    """Thousands of signed headers sought among thousands of parameters cost milliseconds, not seconds."""
    names = [f"{number:04x}" for number in range(20_000)]
    credential = "AKIDEXAMPLE/20260304/us-east-1/s3/aws4_request"
    signed_headers = ";".join([*names, "host", "x-amz-content-sha256", "x-amz-date"])
    headers = [
        ("Host", "h"),
        ("x-amz-date", "20260304T050607Z"),
        ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"),
        (
            "Authorization",
            f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={signed_headers}, Signature={'0' * 64}",
        ),
    ]
    started = perf_counter()
    with pytest.raises(VerificationError):
        VERIFIER.verify("GET", f"/?{'&'.join(names)}", headers)
    assert perf_counter() - started < 2  # the square takes a minute
