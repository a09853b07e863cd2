"""Signer: what it takes, what it refuses, and what it promises of its results."""

import copy
import pickle
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sigv4 import (
    Credentials,
    CredentialsExpired,
    CredentialsExpireFirst,
    Signer,
    SigningError,
    VerificationError,
    Verifier,
)
from sigv4.scope import CredentialScope, derive_signing_key, signing_key

SECRET, TOKEN = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "FwoGZXIvYXdzEXAMPLETOKEN=="
CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET)
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
URL = "https://bucket.s3.amazonaws.com/key"
SIGNER = Signer(CREDENTIALS, region="us-east-1")


@pytest.mark.parametrize("expires_in", [0, -1, -5, 604801, 700000, 1.5, 900.0, "900", None, True])
def test_an_expiry_that_aws_refuses_is_refused(expires_in: object) -> None:
    with pytest.raises(SigningError, match="expires_in"):
        SIGNER.presign("GET", URL, expires_in=expires_in)  # type: ignore[arg-type]


@pytest.mark.parametrize("expires_in", [1, 604800])
def test_the_expiry_reaches_from_a_second_to_a_week(expires_in: int) -> None:
    presigned = SIGNER.presign("GET", URL, expires_in=expires_in, signed_at=NOW)
    assert presigned.expires_at == NOW + timedelta(seconds=expires_in)


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ({"X-Amz-Meta-A": "a\r\nX-Amz-Acl: public-read"}, "X-Amz-Meta-A.*'\\\\r'"),
        ({"X-Amz-Meta-A": "a\nb"}, "X-Amz-Meta-A"),
        ({"X-Amz-Meta-A": "a\0b"}, "X-Amz-Meta-A"),
        ({"X-Amz-Meta-A": "é"}, "non-ASCII.*RFC 2047"),
        ({"X-Amz\r\n": "a"}, "header name"),
        ({"": "a"}, "header name"),
        ({"a b": "a"}, "header name"),
        ({"Content-Length": 5}, "Content-Length.*not int"),
        ([("Host", "a"), ("host", "b")], "given twice"),
        ([("X-Amz-Security-Token", "a"), ("x-amz-security-token", "a")], "given twice"),
        ("X: 1", "mapping, or pairs.*this str is neither"),
        (["X: 1"], "this list is neither"),
        (b"X: 1", "this bytes is neither"),
        (5, "this int is neither"),
    ],
)
def test_headers_that_cannot_be_sent_are_refused_by_name(headers: object, names: str) -> None:
    for call in (SIGNER.sign, SIGNER.presign):
        with pytest.raises(SigningError, match=names):
            call("PUT", URL, headers)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("bucket.s3.amazonaws.com/key", "https://"),
        ("ftp://bucket/key", "https://"),
        ("https:///key", "host"),
        ("https://user:pw@host/key", "user name"),
        ("https://host/key#part", "%23"),
        ("https://host/key\r\n", "line end.*%0D"),
        ("https://host/key?a=b\n", "line end.*%0A"),
        ("https://host/a\tb", "tab.*%09"),
        ("https://host/a/../b", r"'\.\.'.*allow_dot_segments=True"),
        ("https://host/a/%2E%2e", r"'\.\.'"),
        ("https://host/.?x", r"'\.'"),
        ("https://ho st/key", "host"),
        ("https://host:port/key", "port"),
        ("https://host:0/key", "port"),
        ("https://host:+80/key", "port"),
        ("http://host:80:80/key", "port"),
        ("http://host:8o/key", "port"),
        ("https://host:70000/key", "port"),
        ("https://hôte/key", "xn--"),
        ("https://host/100%", "%25"),
        ("https://host/key?a=100%", "%25"),
        ("https://host/\ud800", "surrogate"),
        (b"https://host/", "not bytes"),
    ],
)
def test_urls_that_cannot_be_signed_are_refused(url: str, names: str) -> None:
    with pytest.raises(SigningError, match=names) as caught:
        SIGNER.presign("GET", url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize("method", ["get", "", "G ET", "GET\r\n", None, "Ü"])
def test_methods_that_are_none_are_refused(method: str) -> None:
    with pytest.raises(SigningError, match="method"):
        SIGNER.sign(method, URL)


@pytest.mark.parametrize("region", ["", "us east", "us/east", "us-east-1\n", None, "é"])
def test_regions_that_are_none_are_refused(region: str) -> None:
    with pytest.raises(SigningError, match="region"):
        Signer(CREDENTIALS, region=region)


def test_text_is_no_body() -> None:
    with pytest.raises(SigningError, match="UTF-8"):
        SIGNER.sign("PUT", URL, body="text")  # type: ignore[arg-type]


@pytest.mark.parametrize("call", [SIGNER.sign, SIGNER.sign_stream])
def test_a_view_with_gaps_is_no_body(call: Callable[..., object]) -> None:
    with pytest.raises(SigningError, match="gaps"):
        call("PUT", URL, body=memoryview(b"abcdef")[::2])


def test_a_naive_time_is_refused() -> None:
    temporary = Credentials("AKIDEXAMPLE", SECRET, TOKEN, datetime(2027, 1, 1, tzinfo=UTC))
    for signer in (SIGNER, Signer(temporary, region="us-east-1"), Signer(lambda: temporary, region="us-east-1")):
        for call in (signer.sign, signer.presign, signer.sign_stream):
            with pytest.raises(SigningError, match="time zone"):
                call("GET", URL, signed_at=datetime(2026, 1, 1))


@pytest.mark.parametrize(
    "moment", ["2026-01-01", 1767225600, datetime.max.replace(tzinfo=timezone(timedelta(hours=-3)))], ids=str
)
def test_what_is_no_time_is_refused(moment: object) -> None:
    for call in (SIGNER.sign, SIGNER.presign):
        with pytest.raises(SigningError, match="signed_at"):
            call("GET", URL, signed_at=moment)  # type: ignore[operator]


@pytest.mark.parametrize("service", ["s3", "iam"])
def test_a_lone_surrogate_is_no_path(service: str) -> None:
    with pytest.raises(SigningError, match="surrogate"):
        Signer(CREDENTIALS, region="us-east-1", service=service).sign("GET", "https://host/\ud800")


def test_a_presigned_url_is_not_presigned_again() -> None:
    with pytest.raises(SigningError, match="already has X-Amz-"):
        SIGNER.presign("GET", str(SIGNER.presign("GET", URL)))


def test_nothing_given_is_changed() -> None:
    headers, body = {"Content-Type": "text/plain", "Authorization": "old"}, bytearray(b"body")
    SIGNER.sign("PUT", URL, headers, body)
    SIGNER.presign("PUT", URL, headers)
    assert headers == {"Content-Type": "text/plain", "Authorization": "old"}
    assert body == b"body"


def test_what_an_earlier_signing_left_is_replaced() -> None:
    once = SIGNER.sign("GET", URL, signed_at=NOW)
    again = SIGNER.sign("GET", URL, once.headers, signed_at=NOW + timedelta(hours=1))
    fresh = SIGNER.sign("GET", URL, signed_at=NOW + timedelta(hours=1))
    assert {name.lower(): value for name, value in again.headers.items()} == {
        name.lower(): value for name, value in fresh.headers.items()
    }


def test_headers_that_are_rewritten_on_the_way_are_sent_but_not_signed() -> None:
    signed = SIGNER.sign("GET", URL, {"User-Agent": "a", "Accept-Encoding": "gzip", "Range": "bytes=0-9"})
    assert signed.headers["User-Agent"] == "a"
    assert "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date," in signed.headers["Authorization"]


def test_the_default_port_is_no_part_of_the_host() -> None:
    for url in ("https://bucket.s3.amazonaws.com:443/key", "https://BUCKET.s3.amazonaws.com/key"):
        assert SIGNER.presign("GET", url, signed_at=NOW).url == SIGNER.presign("GET", URL, signed_at=NOW).url
    assert "host:localhost:9000\n" in SIGNER.sign("GET", "http://localhost:9000/").canonical_request


@pytest.mark.parametrize(
    ("url", "sent", "host"),
    [
        ("HTTP://LocalHost:080/k", "http://localhost/k", "localhost"),
        ("http://[0:0:0:0:0:0:0:1]:9000/k", "http://[::1]:9000/k", "[::1]:9000"),
        ("http://127.1:9000/k", "http://127.0.0.1:9000/k", "127.0.0.1:9000"),
        ("wss://a/k", "wss://a/k", "a"),
        ("wss://a.com:443/k", "wss://a.com/k", "a.com"),
        ("ws://a/k", "ws://a/k", "a"),
        ("ws://a:443", "ws://a:443/", "a:443"),
    ],
)
def test_the_url_has_the_host_as_a_browser_sends_it_and_that_is_signed(url, sent, host):
    signed = SIGNER.sign("GET", url)
    assert signed.url == sent
    assert f"\nhost:{host}\n" in signed.canonical_request
    assert SIGNER.presign("GET", url).url.startswith(f"{sent}?X-Amz-")


def test_the_result_says_which_headers_to_send() -> None:
    presigned = SIGNER.presign("PUT", URL, {"Content-Type": "text/plain", "x-amz-acl": "private"}, signed_at=NOW)
    assert presigned.headers == {"Content-Type": "text/plain", "x-amz-acl": "private"}
    assert "X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-acl&" in presigned.url
    assert SIGNER.presign("GET", URL).headers == {}


def test_a_pinned_body_hash_is_signed() -> None:
    digest = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
    for signed in (
        SIGNER.sign("PUT", URL, {"X-Amz-Content-Sha256": digest}),
        SIGNER.presign("PUT", URL, {"X-Amz-Content-Sha256": digest}),
    ):
        assert signed.canonical_request.endswith(f"\n{digest}")
        assert signed.headers["X-Amz-Content-Sha256"] == digest


def test_the_time_is_utc_whatever_the_zone() -> None:
    east = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert SIGNER.presign("GET", URL, signed_at=east).url == SIGNER.presign("GET", URL, signed_at=NOW).url


def test_nothing_secret_is_in_a_repr() -> None:
    signer = Signer(Credentials("AKID", SECRET, TOKEN), region="us-east-1")
    for result in (signer, signer.presign("GET", URL), signer.sign("GET", URL)):
        assert SECRET not in repr(result)
        assert TOKEN not in repr(result)
        assert "Signature" not in repr(result)


def test_expired_credentials_sign_nothing() -> None:
    signer = Signer(Credentials("AKID", SECRET, expires_at=NOW), region="us-east-1")
    for call in (signer.sign, signer.presign):
        with pytest.raises(CredentialsExpired, match="2026-05-04"):
            call("GET", URL, signed_at=NOW)


def test_a_url_that_outlives_its_credentials_says_so() -> None:
    signer = Signer(Credentials("AKID", SECRET, expires_at=NOW + timedelta(minutes=5)), region="us-east-1")
    with pytest.warns(CredentialsExpireFirst, match="900 seconds") as caught:
        presigned = signer.presign("GET", URL, signed_at=NOW)
    assert caught[0].filename == __file__
    assert presigned.expires_at == NOW + timedelta(minutes=5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert signer.presign("GET", URL, expires_in=300, signed_at=NOW).expires_at == NOW + timedelta(minutes=5)


def test_a_provider_is_asked_at_each_signing() -> None:
    given = iter([Credentials("FIRST", SECRET), Credentials("SECOND", SECRET)])
    signer = Signer(lambda: next(given), region="us-east-1")
    assert "FIRST%2F" in str(signer.presign("GET", URL))
    assert "SECOND%2F" in str(signer.presign("GET", URL))


def test_a_kept_signing_key_is_never_another_secrets() -> None:
    """Same access key, same scope, another secret: the key must follow the secret."""
    scope = CredentialScope("20260504", "us-east-1", "s3")
    for secret in ("first", "second", "first"):
        assert signing_key(Credentials("AKID", secret), scope) == derive_signing_key(secret, scope)


def test_the_store_of_signing_keys_is_bounded() -> None:
    from sigv4 import scope

    for number in range(2000):
        signing_key(CREDENTIALS, CredentialScope(f"{number:08}", "us-east-1", "s3"))
        assert len(scope._keys) <= 256


def test_other_services_sign_the_body_and_a_normalised_path() -> None:
    signer = Signer(CREDENTIALS, region="us-east-1", service="execute-api")
    signed = signer.sign("POST", "https://api.example.com/a//b/../c%20d", body=b"{}")
    lines = signed.canonical_request.split("\n")
    assert lines[1] == "/a/c%2520d"
    assert "X-Amz-Content-Sha256" not in signed.headers
    assert signed.url == "https://api.example.com/a//b/../c%20d"


def test_a_signer_never_changes():
    signer = Signer(CREDENTIALS, region="us-east-1")
    for name in ("region", "service", "credentials", "rules", "region_set", "_latest"):
        with pytest.raises(AttributeError, match="Signer does not change; make a new one"):
            setattr(signer, name, "eu-west-1")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda signer: pickle.loads(pickle.dumps(signer))])
def test_a_signer_can_be_copied_and_pickled_also_after_use(again):
    signer = Signer(CREDENTIALS, region="us-east-1")
    signed = signer.sign("GET", URL, signed_at=NOW)
    assert again(signer).sign("GET", URL, signed_at=NOW).signature == signed.signature
    assert repr(again(signer)) == repr(signer)


def test_other_services_are_sent_the_normal_spelling_of_a_path() -> None:
    signed = Signer(CREDENTIALS, region="us-east-1", service="bedrock").sign("POST", "https://h/model/a%3a0/%7e%2f:")
    assert signed.url == "https://h/model/a%3A0/~%2F:"
    assert signed.canonical_request.split("\n")[1] == "/model/a%253A0/~%252F%3A"


@pytest.mark.parametrize(("service", "sent"), [("s3", True), ("glacier", False), ("execute-api", False)])
def test_who_is_given_a_url_for_one_body_is_told_the_hash_to_send(service: str, sent: bool) -> None:
    """S3 takes a URL without this header as one for any body; other services hash what arrives."""
    credentials, body = {"AKIDEXAMPLE": CREDENTIALS}, b"hello"
    presigned = Signer(CREDENTIALS, region="us-east-1", service=service).presign("PUT", URL, body=body)
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert presigned.headers == ({"X-Amz-Content-Sha256": digest} if sent else {})
    assert presigned.canonical_request.endswith(f"\n{digest}")
    verifier = Verifier(credentials, region="us-east-1", service=service)
    assert verifier.verify("PUT", presigned.url, presigned.headers, body)
    with pytest.raises(VerificationError):
        verifier.verify("PUT", presigned.url, presigned.headers, b"another")


def test_dot_segments_are_signed_for_s3_where_that_is_asked_for_and_for_other_services_always() -> None:
    """https://url.spec.whatwg.org/#double-dot-path-segment: browsers take out `%2e%2e` as well."""
    asking = Signer(CREDENTIALS, region="us-east-1", allow_dot_segments=True)
    for signed in (asking.sign("GET", "https://h/a/../b"), asking.sign_stream("PUT", "https://h/a/%2e./b")):
        assert signed.url == "https://h/a/../b"
        assert "\n/a/../b\n" in signed.canonical_request
    other = Signer(CREDENTIALS, region="us-east-1", service="execute-api").sign("GET", "https://h/a/%2e%2E/b")
    assert "\n/b\n" in other.canonical_request
    assert SIGNER.sign("GET", "https://h/...a/.b/c..").url == "https://h/...a/.b/c.."


def test_white_space_around_a_headers_value_is_not_sent() -> None:
    for call in (SIGNER.sign, SIGNER.presign):
        signed = call("PUT", URL, {"X-Amz-Meta-A": " \ta  b\t ", "X-Amz-Meta-B": "  "})
        assert (signed.headers["X-Amz-Meta-A"], signed.headers["X-Amz-Meta-B"]) == ("a  b", "")
        assert "\nx-amz-meta-a:a b\nx-amz-meta-b:\n" in signed.canonical_request


def test_a_hoisted_header_is_exact_in_the_query() -> None:
    presigned = SIGNER.presign("PUT", URL, {"X-Amz-Meta-A": "a  b\tc"}, hoist=True)
    assert "&x-amz-meta-a=a%20%20b%09c&" in presigned.url.replace("?", "&")


@pytest.mark.parametrize("service", ["s3", "execute-api"])
def test_a_session_token_given_as_a_header_is_the_credentials(service: str) -> None:
    """curl's users give it so. It is what credentials that hold it would make of the request."""
    plain, holding = (
        Signer(Credentials("AKID", SECRET, token), region="us-east-1", service=service) for token in (None, TOKEN)
    )
    header = {"x-amz-Security-token": TOKEN}
    for call in ("sign", "presign"):
        expected = getattr(holding, call)("GET", URL, signed_at=NOW)
        for signer in (plain, holding):
            made = getattr(signer, call)("GET", URL, header, signed_at=NOW)
            assert (made.url, made.headers) == (expected.url, expected.headers)
            assert TOKEN in made.headers.values() or "&X-Amz-Security-Token=" in made.url
    assert (
        plain.sign("GET", URL, {"X-Amz-Security-Token": ""}, signed_at=NOW).headers
        == plain.sign("GET", URL, signed_at=NOW).headers
    )


@pytest.mark.parametrize("call", ["sign", "presign", "sign_stream"])
def test_another_session_token_than_the_credentials_is_refused_and_not_shown(call: str) -> None:
    signer = Signer(Credentials("AKID", SECRET, TOKEN), region="us-east-1")
    with pytest.raises(SigningError, match="another session token") as caught:
        getattr(signer, call)("GET", URL, {"X-Amz-Security-Token": "ANOTHER"})
    assert TOKEN not in str(caught.value)
    assert "ANOTHER" not in str(caught.value)


def test_a_token_header_of_another_service_is_a_header_like_any_other() -> None:
    signed = SIGNER.sign("GET", URL, {"X-Amz-S3session-Token": "t"})
    assert signed.headers["X-Amz-S3session-Token"] == "t"
    assert "\nx-amz-s3session-token:t\n" in signed.canonical_request


def test_a_signed_stream_can_be_pickled_with_its_body():
    made = Signer(CREDENTIALS, region="us-east-1").sign_stream("PUT", "https://b.s3.amazonaws.com/k", {}, b"hello")
    again = pickle.loads(pickle.dumps(made))
    assert again.headers == made.headers
    assert b"".join(again.body) == b"".join(made.body)
