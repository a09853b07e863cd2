"""Signer signs as botocore does: any service, path, query, headers, body, token and date, in headers and in the query.

`python -m tests.property.test_signer_oracle 1000000` runs as many examples as it is told.
"""

import sys
from datetime import UTC, datetime
from unittest.mock import patch
from urllib.parse import quote

import botocore.auth
import botocore.credentials
from botocore.awsrequest import AWSRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigv4 import Credentials, Signer

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PATHS = st.lists(TEXT | st.sampled_from([".", "..", "", "a b", "a+b", "100%", "~", "é"]), max_size=5).map("/".join)
# A URL that is presigned already is refused here; botocore signs it again.
PLAIN = TEXT.filter(lambda name: name and not name.startswith("X-Amz-"))
QUERIES = st.lists(st.tuples(PLAIN, TEXT), max_size=5, unique_by=lambda pair: pair[0])
# What HTTP allows in a value; botocore folds white space that is not ASCII too, which changes what is sent.
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
NAMES = st.sampled_from(["content-type", "Range", "X-Amz-Meta-A", "x-amz-acl", "If-Match", "content-length", "X-Other"])
HEADERS = st.dictionaries(NAMES, VALUES, max_size=5)
DATES = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))
TOKENS = st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200)


@st.composite
def requests(draw: st.DrawFn) -> dict:
    """A request as a URL that an HTTP client would send, so that both signers see the same one."""
    path = "/" + quote(draw(PATHS), safe="/-._~")
    query = "&".join(f"{quote(name, safe='-._~')}={quote(value, safe='-._~')}" for name, value in draw(QUERIES))
    host = draw(st.sampled_from(["example.com", "localhost:9000", "bucket.s3.eu-west-1.amazonaws.com", "[::1]:8000"]))
    return {
        "method": draw(st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"])),
        "url": f"https://{host}{path}" + (f"?{query}" if query else ""),
        "headers": draw(HEADERS),
        "body": draw(st.binary(max_size=40)),
        "token": draw(TOKENS),
        "date": draw(DATES).replace(microsecond=0),
        "region": draw(st.sampled_from(["us-east-1", "eu-central-1", "auto"])),
        "expires_in": draw(st.integers(1, 604800)),
    }


def botocore_signs(auth: botocore.auth.SigV4Auth, request: dict) -> AWSRequest:
    theirs = AWSRequest(request["method"], request["url"], dict(request["headers"]), request["body"])
    theirs.context["payload_signing_enabled"] = True
    with patch("botocore.auth.get_current_datetime", lambda *_: request["date"].replace(tzinfo=None)):
        auth.add_auth(theirs)
    return theirs


def ours_and_theirs(request: dict, service: str) -> tuple[Signer, botocore.credentials.Credentials]:
    credentials = Credentials("AKID", SECRET, request["token"])
    ours = Signer(credentials, region=request["region"], service=service, allow_dot_segments=True)
    return ours, botocore.credentials.Credentials("AKID", SECRET, request["token"])


def check_header(request: dict, service: str) -> None:
    signer, credentials = ours_and_theirs(request, service)
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    theirs = botocore_signs(kind(credentials, service, request["region"]), request)
    ours = signer.sign(
        request["method"], request["url"], request["headers"], request["body"], signed_at=request["date"]
    )
    assert ours.headers["Authorization"] == theirs.headers["Authorization"]
    # White space around a value is no part of it.
    assert {name.lower(): value for name, value in ours.headers.items()} == {
        name.lower(): value.strip(" ") for name, value in theirs.headers.items()
    }


def check_query(request: dict, service: str) -> None:
    request = {**request, "body": b""}
    signer, credentials = ours_and_theirs(request, service)
    kind = botocore.auth.S3SigV4QueryAuth if service == "s3" else botocore.auth.SigV4QueryAuth
    theirs = botocore_signs(kind(credentials, service, request["region"], expires=request["expires_in"]), request)
    ours = signer.presign(
        request["method"], request["url"], request["headers"], request["expires_in"], signed_at=request["date"]
    )
    assert ours.url.rpartition("=")[2] == theirs.url.rpartition("=")[2]


def check(request: dict) -> None:
    for service in ("s3", "execute-api"):
        check_header(request, service)
        check_query(request, service)


@settings(max_examples=250, deadline=None)
@given(requests())
def test_every_form_equals_botocores(request: dict) -> None:
    check(request)


if __name__ == "__main__":
    settings(max_examples=int(sys.argv[1]), deadline=None)(given(requests())(check))()
    print(f"{sys.argv[1]} examples in four forms, no difference")
