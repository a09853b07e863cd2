"""A claim: AWS's documented credentials first, then what cannot be one, and for whom it does not hold."""

import pytest

from sigv4.claim import HEADER, PARAMETERS, Claim, _lists, _scopes, check_scope, check_signature, check_signed_headers
from sigv4.errors import AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidRequest
from tests.documented import GET_OBJECT, IAM_LIST_USERS

HMAC, ECDSA = "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"
CREDENTIAL = "AKIDEXAMPLE/20130524/us-east-1/s3/aws4_request"


def claim(credential=CREDENTIAL, place=HEADER, algorithm=HMAC, signature="0" * 64, **more):
    return Claim(place, algorithm, credential, "20130524T000000Z", signature, **more)


@pytest.mark.parametrize("case", [GET_OBJECT, IAM_LIST_USERS], ids=lambda case: case["name"])
def test_check_scope_reads_awss_documented_credential(case):
    context = case["context"]
    scope = case["header"]["string_to_sign"].split("\n")[2]
    found = check_scope(claim(f"{context['access_key_id']}/{scope}"), context["region"], context["service"])
    assert (found[0], str(found[1])) == (context["access_key_id"], scope)


def test_read_credential_tells_what_it_says_whoever_it_is_for():
    assert claim("AK/20130524/a/b/c").read_credential() == ("AK", "20130524", "a", "b", "c")
    assert claim("AK/20130524/b/c", algorithm=ECDSA).read_credential() == ("AK", "20130524", None, "b", "c")


@pytest.mark.parametrize("place", [HEADER, PARAMETERS])
@pytest.mark.parametrize(
    ("credential", "algorithm", "what"),
    [
        ("", HMAC, 'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
        ("AK", HMAC, 'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
        ("AK/20130524/s3/aws4_request", HMAC, 'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
        (f"{CREDENTIAL}/x", HMAC, 'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
        ("AK/20130524//s3/aws4_request", HMAC, 'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
        ("AK\x7f/20130524/a/s3/aws4_request", HMAC, 'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
        ("AK\xe9/20130524/a/s3/aws4_request", HMAC, 'expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'),
        (CREDENTIAL, ECDSA, 'expecting "<YOUR-AKID>/YYYYMMDD/SERVICE/aws4_request".'),
        ("AK/2013052/a/s3/aws4_request", HMAC, 'in the credential must be in the format "yyyyMMdd".'),
        ("AK/2013-5-4/a/s3/aws4_request", HMAC, 'in the credential must be in the format "yyyyMMdd".'),
    ],
)
def test_read_credential_refuses_another_form_in_the_words_of_its_place(place, credential, algorithm, what):
    prefix = {
        HEADER: "The authorization header is malformed; ",
        PARAMETERS: "Error parsing the X-Amz-Credential parameter; ",
    }[place]
    with pytest.raises(place.error) as caught:
        claim(credential, place, algorithm).read_credential()
    assert caught.value.message.startswith(prefix)
    assert caught.value.message.endswith(what)


def test_check_scope_names_the_region_that_it_expects():
    with pytest.raises(AuthorizationHeaderMalformed) as caught:
        check_scope(claim(), "eu-west-1", "s3")
    assert caught.value.extra == [("Region", "eu-west-1")]


@pytest.mark.parametrize("terminator", ["aws4_reques", "AWS4_REQUEST", "x"])
def test_check_scope_refuses_another_terminator(terminator):
    with pytest.raises(AuthorizationHeaderMalformed, match=f'incorrect terminal "{terminator}"'):
        check_scope(claim(CREDENTIAL.replace("aws4_request", terminator)), "us-east-1", "s3")


@pytest.mark.parametrize(("length", "kept"), [(256, 1), (257, 0)])
def test_what_is_longer_than_any_real_one_is_checked_and_not_kept(length, kept):
    """256 of each are kept: a stranger who sends long ones must not fill the memory."""
    _scopes.clear()
    _lists.clear()
    credential = CREDENTIAL.rjust(length, "A")
    for _ in range(2):
        assert check_scope(claim(credential), "us-east-1", "s3")[0] == credential.partition("/")[0]
        assert check_signed_headers(claim(signed_headers="a" * length)) == ("a" * length,)
        assert (len(_scopes), len(_lists)) == (kept, kept)


def several(region_set):
    return claim("AK/20130524/s3/aws4_request", PARAMETERS, ECDSA, region_set=region_set)


@pytest.mark.parametrize("region_set", ["*", "us-*", "eu-west-1, us-east-1"])
def test_check_scope_takes_a_region_set_that_includes_the_region(region_set):
    pytest.importorskip("cryptography")
    _, scope = check_scope(several(region_set), "us-east-1", "s3")
    assert (scope.region, scope.region_set) == (None, region_set)


@pytest.mark.parametrize(
    ("region_set", "what"),
    [(None, "X-Amz-Region-Set is missing."), ("eu-*", "the region set 'eu-*' is wrong; expecting 'us-east-1'")],
)
def test_check_scope_refuses_a_region_set_without_the_region(region_set, what):
    pytest.importorskip("cryptography")
    with pytest.raises(AuthorizationQueryParametersError) as caught:
        check_scope(several(region_set), "us-east-1", "s3")
    assert caught.value.message == f"Error parsing the X-Amz-Region-Set parameter; {what}"


def test_check_scope_refuses_sigv4a_where_its_package_is_missing(monkeypatch):
    monkeypatch.setattr("sigv4.sigv4a.AVAILABLE", False)
    with pytest.raises(InvalidRequest, match="Please use AWS4-HMAC-SHA256"):
        check_scope(several("*"), "us-east-1", "s3")


def test_check_signed_headers_gives_the_names():
    assert check_signed_headers(claim(signed_headers="content-type;host;x-amz-date")) == (
        "content-type", "host", "x-amz-date",
    )  # fmt: skip


@pytest.mark.parametrize("names", ["", ";host", "host;", "Host", "ho st", "h\xf6st", "host,x-amz-date"])
def test_check_signed_headers_refuses_what_are_no_names(names):
    with pytest.raises(AuthorizationHeaderMalformed, match="must be lower-case header names joined by ';'"):
        check_signed_headers(claim(signed_headers=names))


@pytest.mark.parametrize("names", ["x-amz-date;host", "host;host"])
def test_check_signed_headers_refuses_another_order_and_repeats(names):
    with pytest.raises(AuthorizationHeaderMalformed, match="must be in alphabetical order, each name once"):
        check_signed_headers(claim(signed_headers=names))


@pytest.mark.parametrize(
    "signature", ["", "0" * 63, "0" * 65, "A" * 64, "g" * 64, "X" * 64, "0" * 63 + "\n", "\u0660" * 64]
)
def test_check_signature_takes_64_lower_case_hexadecimal_digits_alone(signature):
    assert check_signature(claim(signature="0123456789abcdef" * 4)) == "0123456789abcdef" * 4
    with pytest.raises(AuthorizationHeaderMalformed, match="must be 64 lower-case hexadecimal digits"):
        check_signature(claim(signature=signature))


@pytest.mark.parametrize("signature", ["", "303", "30G4", "30AB", "30 4", "X0"])
def test_check_signature_takes_der_alone_for_sigv4a(signature):
    pytest.importorskip("cryptography")
    with pytest.raises(AuthorizationQueryParametersError) as caught:
        check_signature(claim(place=PARAMETERS, algorithm=ECDSA, signature=signature))
    assert caught.value.message == (
        "Error parsing the X-Amz-Signature parameter; the Signature must be DER in lower-case hexadecimal digits."
    )
