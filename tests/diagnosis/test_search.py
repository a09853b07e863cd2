"""The search for what was signed: a usual mistake is found and named, what is no usual one is not made up."""

from __future__ import annotations

import pytest

from sigv4 import Credentials, Signer, Verifier
from sigv4.diagnosis import Explanation, explain
from sigv4.errors import SignatureDoesNotMatch
from sigv4.scope import CredentialScope
from sigv4.signature import sign_string, string_to_sign

SECRET = "wJalr/UtnFEMI+K7MDENG%bPxRfiCYEXAMPLEKEY"
CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET, "a-session-token/+==")
SIGNER = Signer(CREDENTIALS, region="us-east-1")
URL = "https://bucket.s3.example.com/a%20b/c+d!?prefix=x%20y&uploads&X-Amz-Meta=~"


def mismatch(
    method: str, url: str, headers: dict[str, str], credentials: Credentials = CREDENTIALS
) -> tuple[Explanation, str]:
    """What is found of the refusal of one who knows the secret, and in what words."""
    verifier = Verifier({"AKIDEXAMPLE": credentials}, region="us-east-1")
    with pytest.raises(SignatureDoesNotMatch) as caught:
        verifier.verify(method, url, headers)
    found = explain(method, url, headers, response=caught.value, credentials=credentials)
    page = str(found)
    assert SECRET not in page
    assert "a-session-token" not in page
    assert caught.value.signature_provided not in page
    return found, page


HEADERS = {"Content-Type": "text/plain", "Accept-Language": "de, en"}


@pytest.mark.parametrize(
    ("method", "url", "headers", "change"),
    [
        ("GET", URL, HEADERS, "its method is PUT, and GET arrived"),
        ("PUT", URL.replace("//bucket.s3", "//BUCKET.S4"), HEADERS, None),
        ("PUT", URL, HEADERS | {"Content-Type": "text/html"}, "its header content-type is 'text/plain'"),
        (
            "PUT",
            URL,
            HEADERS | {"Content-Type": "text/plain; charset=utf-8"},
            "its header content-type is 'text/plain'",
        ),
        ("PUT", URL, HEADERS | {"Content-Type": "audio/mp3"}, "its header content-type is 'text/plain'"),
        ("PUT", URL, HEADERS | {"Accept-Language": "en"}, None),
        ("PUT", URL, {"Content-Type": "text/plain"}, "The server did not see: accept-language."),
        ("PUT", URL, {}, "The server did not see: accept-language, content-type."),
        ("PUT", f"{URL}&tracking=1", HEADERS, "it has no parameter tracking"),
        ("PUT", URL.replace("/c", "//c"), HEADERS, "its path is normalised"),
        ("PUT", URL.replace("+d!", "+d!/"), HEADERS, "its path does not end in '/'"),
        ("PUT", URL.replace("%20b", "%2520b"), HEADERS, "its path is encoded once where twice arrived"),
    ],
)
def test_what_changed_on_the_way_is_named(method: str, url: str, headers: dict[str, str], change: str | None) -> None:
    signed = SIGNER.presign("PUT", URL, HEADERS)
    found, page = mismatch(method, url + "&" + signed.url[signed.url.index("X-Amz-Algorithm") :], headers)
    if change is None:
        assert not found.differences
        assert "No usual mistake" in page
    else:
        assert change in page


def test_what_the_signer_wrote_otherwise_is_named() -> None:
    """The canonical request of a signer that encodes its path twice, or in its own way, is found again."""
    right = SIGNER.presign("GET", URL)
    stamp = right.string_to_sign.split("\n")[1]
    scope = CredentialScope(stamp[:8], "us-east-1", "s3")
    for old, new, change in [
        ("/a%20b", "/a%2520b", None),
        ("/a%20b/c%2Bd%21\n", "/a%2520b/c%252Bd%2521\n", "its path is encoded twice"),
        ("/a%20b/c%2Bd%21\n", "/a b/c+d!\n", "its path is not percent-encoded"),
        ("/a%20b/c%2Bd%21\n", "/a%20b/c%2Bd!\n", "encodeURIComponent"),
        ("/a%20b/c%2Bd%21\n", "/a+b/c%2Bd%21\n", "'+' for a space"),
        ("/a%20b/c%2Bd%21\n", "/a%20b/c%2bd%21\n", "lower-case"),
        ("/a%20b/c%2Bd%21\n", "/a%20b%2Fc%2Bd%21\n", "%2F"),
        ("=~", "=%7E", "%7E"),
        ("x%20y", "x%2By", "plus sign"),
        ("uploads=", "uploads", "without '='"),
        ("X-Amz-Expires=900", "X-Amz-Expires=3600", "its X-Amz-Expires is 3600, and 900 arrived"),
        ("&X-Amz-Security-Token=a-session-token%2F%2B%3D%3D", "", "it has no parameter X-Amz-Security-Token"),
        ("host:bucket.s3.example.com", "host:bucket.s3.example.com:443", "its host is bucket.s3.example.com:443"),
        ("/a%20b/c%2Bd%21\n", "/bucket/a%20b/c%2Bd%21\n", "its path begins with /bucket"),
        ("host:bucket.s3.example.com", "host:localhost", "its host is localhost"),
        ("UNSIGNED-PAYLOAD", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "the empty body's"),
    ]:
        text = right.canonical_request.replace(old, new)
        assert text != right.canonical_request
        made = sign_string(CREDENTIALS, scope, string_to_sign(stamp, scope, text))
        found, page = mismatch("GET", right.url.replace(right.signature, made), {})
        if change is None:
            assert not found.differences
        else:
            assert found.differences
            assert change in page


@pytest.mark.parametrize(
    ("style", "url", "signed_as"),
    [
        ("path", "https://s3.example.com/bucket/key", "https://bucket.s3.example.com/key"),
        ("virtual", "https://bucket.s3.example.com/key", "https://s3.example.com/bucket/key"),
    ],
)
def test_path_style_and_virtual_hosted_style_are_told_apart(style: str, url: str, signed_as: str) -> None:
    presigned = SIGNER.presign("GET", signed_as)
    found, page = mismatch("GET", presigned.url.replace(signed_as, url), {})
    assert [cause.code for cause in found.causes] == ["path-style"]
    assert "the bucket stands in its " + ("host" if style == "path" else "path") in page


@pytest.mark.parametrize(
    ("mangled", "change"),
    [
        (f'"{SECRET}"', "double quotes"),
        (SECRET.replace("/", "%2F"), "its '/' are percent-encoded"),
        (SECRET[:-1], "its last character is missing"),
        (SECRET + "x", None),
    ],
)
def test_a_mangled_secret_is_told_from_another_request(mangled: str, change: str | None) -> None:
    other = Credentials("AKIDEXAMPLE", mangled, CREDENTIALS.session_token)
    found, page = mismatch("GET", Signer(other, region="us-east-1").presign("GET", URL).url, {})
    assert not found.differences
    assert found.causes[0].code == "secret-wrong" if change is None else "secret-mangled"
    assert change is None or change in page
    assert mangled not in page


def test_the_first_difference_is_marked() -> None:
    presigned = SIGNER.presign("GET", "https://localhost:9000/bucket/key")
    _, page = mismatch("GET", presigned.url.replace("localhost", "127.0.0.1"), {})
    assert (
        "    signed   host: localhost:9000\n"
        "    arrived  host: 127.0.0.1:9000\n"
        "                   ^\n"
    ) in page  # fmt: skip


def test_bytes_that_are_no_text_are_shown_escaped() -> None:
    presigned = SIGNER.presign("PUT", "https://localhost/bucket/key", {"x-amz-meta-a": "a"})
    _, page = mismatch("PUT", presigned.url, {"x-amz-meta-a": "\xff\xe9\x85"})
    assert r"x-amz-meta-a:\udcff\udce9\udc85" in page
    assert page.isascii()


def test_the_signature_of_another_url_is_not_shown() -> None:
    source = f"/bucket/other?X-Amz-Signature={'0123456789abcdef' * 4}"
    presigned = SIGNER.presign("PUT", "https://localhost/bucket/key", {"x-amz-copy-source": source})
    assert "0123456789abcdef" not in mismatch("POST", presigned.url, {"x-amz-copy-source": source})[1]


def test_a_request_without_end_is_given_up_in_bounded_time() -> None:
    names = {f"x-amz-meta-{number}": "a" for number in range(300)}
    presigned = SIGNER.presign("PUT", "https://localhost/bucket/key", names)
    found, _ = mismatch("DELETE", presigned.url.replace("/key", "/other"), names)
    assert [cause.code for cause in found.causes][:1] == ["secret-wrong"]


def test_a_sigv4a_signature_is_not_guessed_at() -> None:
    presigned = Signer(CREDENTIALS, region_set="*").presign("GET", "https://localhost/bucket/key")
    found, _ = mismatch("PUT", presigned.url, {})
    assert not any(cause.certain for cause in found.causes)
