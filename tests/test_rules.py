"""The services' rules and the global services' regions: what a request to each looks like.

tests/interop/test_botocore_rules.py holds the tables against botocore's data.
"""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime

import pytest

from sigv4 import CanonicalRules, Credentials, Signer, SigningError, Verifier
from sigv4.rules import _RULES, DEFAULT, S3, global_region, rules_for
from sigv4.s3 import S3Presigner

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
CREDENTIALS = Credentials("AKIDEXAMPLE", "SECRET", "TOKEN")


def signer(service, region="eu-west-1", **settings):
    return Signer(CREDENTIALS, region=region, service=service, **settings)


def signed_headers(signed):
    return signed.canonical_request.split("\n")[-2].split(";")


def test_aoss_sends_and_signs_the_bodys_hash_and_does_not_sign_its_length():
    signed = signer("aoss").sign("PUT", "https://c.eu-west-1.aoss.amazonaws.com/i", {"Content-Length": "2"}, b"{}")
    assert "x-amz-content-sha256" in signed_headers(signed)
    assert "content-length" not in signed_headers(signed)
    assert signed.headers["Content-Length"] == "2"
    assert len(signed.headers["X-Amz-Content-Sha256"]) == 64


def test_vpc_lattice_leaves_the_body_unsigned_and_says_so():
    lattice = signer("vpc-lattice-svcs")
    signed = lattice.sign("POST", "https://s.vpc-lattice-svcs.eu-west-1.on.aws/", body=b"data")
    assert signed.headers["X-Amz-Content-Sha256"] == "UNSIGNED-PAYLOAD"
    assert signed.canonical_request.endswith("\nUNSIGNED-PAYLOAD")
    assert "x-amz-content-sha256" in signed_headers(signed)
    # In a presigned URL too: https://github.com/awslabs/aws-c-auth/pull/249
    presigned = lattice.presign("POST", "https://s.vpc-lattice-svcs.eu-west-1.on.aws/")
    assert presigned.headers == {"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"}
    assert "X-Amz-SignedHeaders=host%3Bx-amz-content-sha256&" in presigned.url
    assert presigned.canonical_request.endswith("\nUNSIGNED-PAYLOAD")


def test_iot_has_the_session_token_last_and_unsigned():
    url = "wss://a-ats.iot.eu-west-1.amazonaws.com:443/mqtt"
    presigned = signer("iotdevicegateway").presign("GET", url, signed_at=NOW)
    assert presigned.url.startswith("wss://a-ats.iot.eu-west-1.amazonaws.com/mqtt?X-Amz-Algorithm=")
    assert presigned.url.endswith(f"&X-Amz-Signature={presigned.signature}&X-Amz-Security-Token=TOKEN")
    assert "Security-Token" not in presigned.canonical_request
    assert presigned.canonical_request.endswith(f"\nhost\n{EMPTY}")


def test_glacier_sends_and_signs_the_bodys_hash():
    signed = signer("glacier").sign("GET", "https://glacier.eu-west-1.amazonaws.com/-/vaults")
    assert signed.headers["X-Amz-Content-Sha256"] == EMPTY
    assert "x-amz-content-sha256" in signed_headers(signed)


@pytest.mark.parametrize("service", ["dynamodb", "execute-api", "es", "sts"])
def test_other_services_carry_no_hash_and_sign_the_length(service):
    signed = signer(service).sign("POST", "https://h/", {"Content-Length": "2"}, b"{}")
    assert "X-Amz-Content-Sha256" not in signed.headers
    assert signed_headers(signed) == ["content-length", "host", "x-amz-date", "x-amz-security-token"]


@pytest.mark.parametrize("service", [*_RULES, "dynamodb"])
def test_verifier_takes_what_signer_makes_by_the_services_rules(service):
    verifier = Verifier({CREDENTIALS.access_key_id: CREDENTIALS}, region="eu-west-1", service=service)
    services = signer(service, allow_dot_segments=True)
    signed = services.sign("POST", "https://h/a//../b%20c", {"Content-Length": "4"}, b"data")
    assert verifier.verify("POST", signed.url, signed.headers, b"data").service == service
    presigned = services.presign("GET", "https://h/a//../b%20c")
    assert verifier.verify("GET", presigned.url, presigned.headers, b"").service == service


@pytest.mark.parametrize("service", [*_RULES, "dynamodb"])
def test_hoist_and_sign_stream_are_for_services_that_read_such_requests_alone(service):
    rules = rules_for(service)
    for wanted, call in (
        (rules.headers_in_query, lambda: signer(service).presign("PUT", "https://h/", {"x-amz-acl": "a"}, hoist=True)),
        (rules.aws_chunked, lambda: signer(service).sign_stream("PUT", "https://h/", body=b"x")),
    ):
        if wanted:
            assert call()
        else:
            with pytest.raises(SigningError, match=service):
                call()
    assert rules.headers_in_query == rules.aws_chunked == service.startswith("s3")


@pytest.mark.parametrize("flag", CanonicalRules.__slots__)
def test_rules_never_change(flag):
    with pytest.raises(AttributeError, match="does not change"):
        setattr(S3, flag, not getattr(S3, flag))
    with pytest.raises(AttributeError, match="does not change"):
        delattr(S3, flag)


def test_rules_are_copied_and_pickled_with_all_they_say():
    for again in (copy.copy(S3), copy.deepcopy(S3), pickle.loads(pickle.dumps(S3))):
        assert repr(again) == repr(S3)
        with pytest.raises(AttributeError, match="does not change"):
            again.normalize_path = True
    assert repr(S3) != repr(DEFAULT)


def test_s3_presigner_obeys_the_rules_of_its_endpoint():
    """A directory bucket's objects carry the session's token under S3's own name; the bucket itself does not."""
    presigner = S3Presigner(CREDENTIALS, region="us-west-2")
    bucket = "photos--usw2-az1--x-s3"
    assert "&X-Amz-S3session-Token=TOKEN" in presigner.get_object(bucket, "k").url
    assert "&X-Amz-Security-Token=TOKEN" in presigner.presign("delete_bucket", Bucket=bucket).url
    assert "&X-Amz-Security-Token=TOKEN" in presigner.get_object("photos", "k").url


# --- Global services


@pytest.mark.parametrize(
    ("service", "region", "signed_for"),
    [
        ("iam", "", "us-east-1"),
        ("iam", "eu-central-1", "us-east-1"),
        ("iam", "cn-northwest-1", "cn-north-1"),
        ("iam", "us-gov-east-1", "us-gov-west-1"),
        ("route53", "cn-north-1", "cn-northwest-1"),
        ("organizations", "us-gov-east-1", "us-gov-west-1"),
        ("networkmanager", "eu-central-1", "us-west-2"),
        ("waf", "eu-central-1", "us-east-1"),
        ("waf", "cn-north-1", None),
        ("s3", "eu-central-1", None),
        ("dynamodb", "", None),
        ("sts", "", None),
    ],
)
def test_global_region_is_the_partitions_own(service, region, signed_for):
    assert global_region(service, region) == signed_for


def test_signer_signs_for_a_global_services_region_where_none_is_given():
    signed = Signer(CREDENTIALS, service="iam").sign("POST", "https://iam.amazonaws.com/")
    assert "/us-east-1/iam/aws4_request" in signed.string_to_sign
    assert Signer(CREDENTIALS, region="eu-central-1", service="iam").region == "eu-central-1"  # told is told
    with pytest.raises(SigningError, match="either region, or region_set"):
        Signer(CREDENTIALS, service="dynamodb")
