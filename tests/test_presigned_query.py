"""The signature in the query: AWS's documented presigned URL first, then what is no such query."""

import pytest

from sigv4 import SigningError
from sigv4.encoding import encode, join_query, recode_query
from sigv4.errors import AuthorizationQueryParametersError
from sigv4.presigned_query import (
    authorization_parameters,
    check_expires_in,
    check_parameters,
    hoist,
    read_parameters,
)
from sigv4.received import Received
from sigv4.scope import CredentialScope
from tests.documented import PRESIGNED_GET_OBJECT

TARGET = PRESIGNED_GET_OBJECT["query"]["signed_request"]["target"]
QUERY = dict(recode_query(TARGET.partition("?")[2]))


def read(**changed):
    """The documented query with some parameters changed, or left out where they are None."""
    changed = {f"X-Amz-{name.replace('_', '-')}": value for name, value in changed.items()}
    return read_parameters(received([(name, value) for name, value in (QUERY | changed).items() if value is not None]))


def received(pairs):
    return Received("GET", f"/?{join_query(pairs)}", ())


def checked(region="us-east-1", service="s3", **changed):
    return check_parameters(read(**changed), region, service)


def refusal(call, **changed):
    with pytest.raises(AuthorizationQueryParametersError) as caught:
        call(**changed)
    return caught.value.message


def test_presigned_query_reads_awss_documented_url():
    context = PRESIGNED_GET_OBJECT["context"]
    found = checked()
    assert (found.access_key_id, found.signed_headers) == (context["access_key_id"], ("host",))
    assert found.signature == PRESIGNED_GET_OBJECT["query"]["signature"]
    assert found.expires_in == context["expires_in"] == 86400
    assert f"{found.signed_at:%Y-%m-%dT%H:%M:%SZ}" == context["signed_at"]
    assert str(found.scope) == "20130524/us-east-1/s3/aws4_request"


def test_authorization_parameters_are_those_of_awss_documented_url():
    scope = CredentialScope("20130524", "us-east-1", "s3")
    pairs = authorization_parameters("AKIAIOSFODNN7EXAMPLE", scope, "20130524T000000Z", 86400, "host")
    assert "&".join(f"{name}={value}" for name, value in pairs) == TARGET.partition("?")[2].rpartition("&")[0]


def test_read_parameters_knows_neither_region_nor_service():
    claim = read(Credential="AK%2F20130524%2Fmars-1%2Frockets%2Faws4_request")
    assert claim.read_credential() == ("AK", "20130524", "mars-1", "rockets", "aws4_request")


def test_read_parameters_decodes_every_character_behind_a_slash():
    token = "".join(f"/{chr(code)}" for code in range(0x20, 0x7F)) + "/é"
    assert read(Security_Token=encode(token)).session_token == token


def test_read_parameters_takes_the_token_by_the_name_that_it_is_told():
    pairs = received([*QUERY.items(), ("X-Amz-Security-Token", "a%2Fb%25"), ("X-Amz-S3session-Token", "c")])
    assert read_parameters(pairs).session_token == "a/b%"
    assert read_parameters(pairs, "X-Amz-S3session-Token").session_token == "c"


@pytest.mark.parametrize("name", ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"])
def test_read_parameters_wants_each_parameter_once(name):
    assert refusal(read, **{name: None}).startswith("Query-string authentication version 4 requires the X-Amz-Algo")
    twice = received([*QUERY.items(), (f"X-Amz-{name}", "x")])
    assert refusal(lambda: read_parameters(twice)) == f"X-Amz-{name} must be given once."


def test_read_parameters_refuses_another_algorithm():
    expected = 'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"'
    assert refusal(read, Algorithm="AWS4-HMAC-SHA512") == expected


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"region": "eu-west-1"}, "Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; "
         "expecting 'eu-west-1'"),
        ({"service": "sts"}, 'Error parsing the X-Amz-Credential parameter; incorrect service "s3". This endpoint '
         'belongs to "sts".'),
        ({"Date": "20130525T000000Z"}, 'Invalid credential date "20130524". This date is not the same as X-Amz-Date: '
         '"20130525".'),
        ({"Date": "2013-05-24T00:00:00Z"}, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""),
        ({"SignedHeaders": "Host"}, "Error parsing the X-Amz-SignedHeaders parameter; SignedHeaders must be "
         "lower-case header names joined by ';'."),
        ({"Signature": "0"}, "Error parsing the X-Amz-Signature parameter; the Signature must be 64 lower-case "
         "hexadecimal digits."),
        ({"Expires": "1.5"}, "X-Amz-Expires should be a number"),
        ({"Expires": ""}, "X-Amz-Expires should be a number"),
        ({"Expires": "%C2%B2"}, "X-Amz-Expires should be a number"),
        ({"Expires": "-1"}, "X-Amz-Expires must be non-negative"),
        ({"Expires": "604801"}, "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
         "must be less than 604800 seconds"),
        ({"Expires": "0000900"}, "X-Amz-Expires must be less than a week (in seconds); that is, the given "
         "X-Amz-Expires must be less than 604800 seconds"),
        ({"Expires": "9" * 5000}, "X-Amz-Expires must be less than a week (in seconds); that is, the given "
         "X-Amz-Expires must be less than 604800 seconds"),
    ],
)  # fmt: skip
def test_check_parameters_refuses_in_s3s_words(changed, message):
    assert refusal(checked, **changed) == message


def test_check_parameters_refuses_the_first_mistake_in_s3s_order():
    """Region, date, signed headers, signature, expiry."""
    wrong = {"region": "mars-1", "Date": "x", "SignedHeaders": "b;a", "Signature": "0", "Expires": "x"}
    said = []
    while wrong:
        said.append(refusal(checked, **wrong))
        del wrong[next(iter(wrong))]
    assert [text.rpartition("; ")[2][:20] for text in said] == [
        "expecting 'mars-1'", "X-Amz-Date must be i", "SignedHeaders must b", "the Signature must b",
        "X-Amz-Expires should",
    ]  # fmt: skip


@pytest.mark.parametrize("expires_in", [1, 604800])
def test_check_expires_in_takes_whole_seconds_up_to_a_week(expires_in):
    assert check_expires_in(expires_in) == expires_in


@pytest.mark.parametrize("expires_in", [0, -1, 604801, 1.0, "900", None, True])
def test_check_expires_in_refuses_anything_else(expires_in):
    with pytest.raises(SigningError, match="expires_in"):
        check_expires_in(expires_in)


def test_hoist_moves_what_s3_takes_from_the_query_as_it_is_and_leaves_the_rest():
    headers = {
        "X-Amz-Acl": " private ", "x-amz-meta-a": "b  c", "x-amz-tagging": "a=b", "Content-Type": "text/plain",
        "X-Amz-Request-Payer": "requester", "X-Amz-Storage-Class": "STANDARD_IA",
    }  # fmt: skip
    assert hoist(headers) == (
        [
            ("x-amz-acl", " private "), ("x-amz-meta-a", "b  c"), ("x-amz-request-payer", "requester"),
            ("x-amz-storage-class", "STANDARD_IA"),
        ],
        {"x-amz-tagging": "a=b", "Content-Type": "text/plain"},
    )  # fmt: skip
