"""The signature in the Authorization header: AWS's documented headers first, then what is no such header."""

import pytest

from sigv4 import Credentials, Signer
from sigv4.authorization_header import NEVER_SIGNED, authorization, check_authorization, read_authorization
from sigv4.errors import AccessDenied, AuthorizationHeaderMalformed, InvalidRequest
from sigv4.received import Received
from sigv4.scope import CredentialScope
from tests.documented import GET_OBJECT, IAM_LIST_USERS, LIST_OBJECTS, PUT_OBJECT

DOCUMENTED = [GET_OBJECT, PUT_OBJECT, LIST_OBJECTS, IAM_LIST_USERS]
SIGNATURE = "0" * 64
CREDENTIAL = "AKIDEXAMPLE/20130524/us-east-1/s3/aws4_request"
GOOD = f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders=host;x-amz-date, Signature={SIGNATURE}"


def received(value=GOOD, **beside):
    headers = {"authorization": value, "x-amz-date": "20130524T000000Z"} | {
        name.replace("_", "-"): text for name, text in beside.items()
    }
    return Received("GET", "/", {name: text for name, text in headers.items() if text is not None})


def checked(value=GOOD, **beside):
    return check_authorization(read_authorization(received(value, **beside)), "us-east-1", "s3")


@pytest.mark.parametrize("case", DOCUMENTED, ids=lambda case: case["name"])
def test_authorization_reads_as_awss_documented_header_does(case):
    """AWS's pages write it with and without a space after each comma: both mean the same."""
    signed, context = case["header"]["signed_request"], case["context"]
    claim = read_authorization(Received("GET", signed["target"], signed["headers"]))
    found = check_authorization(claim, context["region"], context["service"])
    assert found.access_key_id == context["access_key_id"]
    assert found.signature == claim.signature == case["header"]["signature"]
    assert list(found.signed_headers) == case["header"]["canonical_request"].split("\n")[-2].split(";")
    assert f"{found.signed_at:%Y-%m-%dT%H:%M:%SZ}" == context["signed_at"]
    assert found.expires_in is None
    value = {name.lower(): value for name, value in signed["headers"]}["authorization"]
    built = authorization(found.access_key_id, found.scope, claim.signed_headers, found.signature)
    assert built.replace(", ", ",") == value.replace(", ", ",")


def test_read_authorization_knows_neither_region_nor_service():
    claim = read_authorization(received(GOOD.replace("us-east-1/s3", "mars-1/rockets")))
    assert claim.read_credential() == ("AKIDEXAMPLE", "20130524", "mars-1", "rockets", "aws4_request")


def test_read_authorization_takes_the_token_by_the_name_that_it_is_told():
    request = received(x_amz_security_token="usual", x_amz_s3session_token="express")
    assert read_authorization(request).session_token == "usual"
    assert read_authorization(request, "X-Amz-S3session-Token").session_token == "express"


@pytest.mark.parametrize(
    ("beside", "stamp"),
    [
        ({}, "20130524T000000Z"),
        ({"date": "Sat, 25 May 2013 00:00:00 GMT"}, "20130524T000000Z"),
        ({"x_amz_date": None, "date": "Fri, 24 May 2013 00:00:00 GMT"}, "20130524T000000Z"),
        ({"x_amz_date": None, "date": "20130524T000000Z"}, "20130524T000000Z"),
    ],
)
def test_check_authorization_takes_x_amz_date_before_date_in_either_form(beside, stamp):
    assert checked(**beside).amz_date == stamp


@pytest.mark.parametrize(
    "beside",
    [
        {"x_amz_date": None},
        {"x_amz_date": "Fri, 24 May 2013 00:00:00 GMT"},
        {"x_amz_date": "20130524"},
        {"x_amz_date": "20130524T240000Z"},
        {"x_amz_date": None, "date": "Friday, 24-May-13 00:00:00 GMT"},
        {"x_amz_date": None, "date": "Fri May 24 00:00:00 2013"},
        {"x_amz_date": None, "date": "Fri, 24 May 2013 00:00:00 PST"},
        {"x_amz_date": None, "date": "Fri, 32 May 2013 00:00:00 GMT"},
        {"x_amz_date": None, "date": ""},
    ],
)
def test_check_authorization_refuses_a_request_without_a_time_stamp(beside):
    with pytest.raises(AccessDenied, match="AWS authentication requires a valid Date or x-amz-date header"):
        checked(**beside)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "the algorithm must be AWS4-HMAC-SHA256 or AWS4-ECDSA-P256-SHA256."),
        ("Bearer token", "the algorithm must be AWS4-HMAC-SHA256 or AWS4-ECDSA-P256-SHA256."),
        (GOOD.replace(" Credential", "  Credential"), None),
        (GOOD.replace("Credential=", "Credential"), "expecting Credential, SignedHeaders and Signature, each as"),
        (f"{GOOD}, More=1", "expecting Credential, SignedHeaders and Signature, each as name=value."),
        (GOOD.replace("Credential=", "XCredential="), "expecting Credential, SignedHeaders and Signature, each as"),
        (f"{GOOD},", "expecting Credential, SignedHeaders and Signature, each as name=value."),
        (f"{GOOD}, Signature={SIGNATURE}", "Signature stands twice."),
        (GOOD.rpartition(",")[0], "Signature is missing."),
        ("AWS4-HMAC-SHA256 SignedHeaders=host, Signature=0", "Credential is missing."),
        (f"AWS4-HMAC-SHA256 Credential={CREDENTIAL}, Signature=0", "SignedHeaders is missing."),
    ],
)
def test_read_authorization_refuses_what_it_cannot_take_apart(value, message):
    if message is None:
        assert read_authorization(received(value)).credential == CREDENTIAL
        return
    with pytest.raises(AuthorizationHeaderMalformed) as caught:
        read_authorization(received(value))
    assert caught.value.message.startswith(f"The authorization header is malformed; {message}")


def test_read_authorization_refuses_two_headers_and_signature_version_2():
    with pytest.raises(AuthorizationHeaderMalformed, match="it must be given once"):
        read_authorization(Received("GET", "/", [("Authorization", GOOD), ("authorization", GOOD)]))
    with pytest.raises(AuthorizationHeaderMalformed, match="the algorithm must be"):
        read_authorization(Received("GET", "/", []))
    with pytest.raises(InvalidRequest, match="Please use AWS4-HMAC-SHA256"):
        read_authorization(received("AWS AKIDEXAMPLE:c2lnbmF0dXJl"))


def test_check_authorization_refuses_a_credential_of_another_day():
    with pytest.raises(AuthorizationHeaderMalformed) as caught:
        checked(x_amz_date="20130525T000000Z")
    assert caught.value.message == (
        'The authorization header is malformed; Invalid credential date "20130524". '
        'This date is not the same as X-Amz-Date: "20130525".'
    )


def test_check_authorization_refuses_the_first_mistake_in_s3s_order():
    """Region, service, terminator, signed headers, signature, date: as each is put right, the next is named."""
    parts = {"us-east-1": "mars-1", "/s3/": "/sts/", "aws4_request": "aws3", "host;x": "x;host", SIGNATURE: "beef"}
    wrong = GOOD
    for right, other in parts.items():
        wrong = wrong.replace(right, other)
    said = []
    for right, other in [*parts.items(), ("nothing", "more")]:
        try:
            checked(wrong, x_amz_date="20130525T000000Z")
        except AuthorizationHeaderMalformed as error:
            said.append(error.message.partition("; ")[2])
        wrong = wrong.replace(other, right)
    assert [text[:22] for text in said] == [
        "the region 'mars-1' is", 'incorrect service "sts', 'incorrect terminal "aw', "SignedHeaders must be ",
        "the Signature must be ", "Invalid credential dat",
    ]  # fmt: skip


def test_authorization_builds_sigv4as_header_without_a_region():
    scope = CredentialScope("20130524", None, "s3", "*")
    assert authorization("AKIDEXAMPLE", scope, "host", "30") == (
        "AWS4-ECDSA-P256-SHA256 Credential=AKIDEXAMPLE/20130524/s3/aws4_request, SignedHeaders=host, Signature=30"
    )


NEVER = (
    "accept-encoding", "authorization", "baggage", "connection", "expect", "keep-alive", "proxy-authenticate",
    "proxy-authorization", "te", "traceparent", "tracestate", "trailer", "transfer-encoding", "upgrade", "user-agent",
    "x-amzn-trace-id",
)  # fmt: skip


@pytest.mark.parametrize("name", NEVER)
def test_what_proxies_and_clients_rewrite_is_never_signed(name):
    signer = Signer(Credentials("AKIDEXAMPLE", "secret"), region="us-east-1")
    signed = signer.sign("GET", "https://h/k", {name.title(): "x", "x-other": "x"})
    names = signed.canonical_request.split("\n")[-2].split(";")
    assert names == ["host", "x-amz-content-sha256", "x-amz-date", "x-other"]
    assert set(NEVER) == NEVER_SIGNED
