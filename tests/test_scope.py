"""Time stamps, the credential scope and the signing key: AWS's documented key, then the rules of each part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigv4 import Credentials, SigningError, scope
from sigv4.scope import (
    CredentialScope,
    amz_date,
    check_label,
    check_region_set,
    derive_signing_key,
    parse_amz_date,
    region_set_includes,
    signing_key,
)
from tests.documented import IAM_LIST_USERS


def test_derive_signing_key_gives_the_key_that_aws_documents():
    context = IAM_LIST_USERS["context"]
    documented = CredentialScope("20150830", context["region"], context["service"])
    assert derive_signing_key(context["secret_access_key"], documented).hex() == IAM_LIST_USERS["signing_key"]


def test_derive_signing_key_needs_a_region():
    with pytest.raises(SigningError, match="region set"):
        derive_signing_key("secret", CredentialScope("20150830", None, "s3", "*"))


@pytest.mark.parametrize(
    ("made", "text", "algorithm"),
    [
        (CredentialScope("20150830", "us-east-1", "iam"), "20150830/us-east-1/iam/aws4_request", "AWS4-HMAC-SHA256"),
        (CredentialScope("20150830", None, "s3", "*"), "20150830/s3/aws4_request", "AWS4-ECDSA-P256-SHA256"),
    ],
)
def test_credential_scope_is_its_text_and_knows_its_algorithm(made, text, algorithm):
    assert str(made) == made.text == text
    assert made.algorithm == algorithm


def test_signing_key_is_never_another_secrets_for_the_same_access_key():
    at = CredentialScope("20150830", "us-east-1", "iam")
    for secret in ("one secret", "another secret", "one secret"):
        assert signing_key(Credentials("AKIDEXAMPLE", secret), at) == derive_signing_key(secret, at)


@given(st.datetimes(timezones=st.just(UTC)))
def test_parse_amz_date_reads_what_amz_date_wrote_to_the_second(moment):
    assert parse_amz_date(amz_date(moment)) == moment.replace(microsecond=0)


def test_amz_date_is_utc_whatever_the_zone():
    assert amz_date(datetime(2026, 3, 4, 1, 0, 0, tzinfo=timezone(timedelta(hours=5)))) == "20260303T200000Z"


@pytest.mark.parametrize("moment", [datetime(2026, 3, 4), 0, "20260304T000000Z"])
def test_amz_date_refuses_what_names_no_moment(moment):
    with pytest.raises(SigningError, match="aware datetime"):
        amz_date(moment)


def test_amz_date_is_now_where_no_time_is_given(monkeypatch):
    for second in (1_000_000_000, 1_000_000_001, 1_000_000_000):
        monkeypatch.setattr(scope, "time", lambda second=second: second + 0.5)
        assert amz_date(None) == f"20010909T0146{40 + second - 1_000_000_000}Z"


@pytest.mark.parametrize(
    "text",
    [
        "", "20260304", "20260304T050607", "20260304T050607z", "2026-03-04T05:06:07Z", "20260304t050607Z",
        "20260304T050607Z ", "20261304T050607Z", "20260230T050607Z", "20260304T240000Z", "20260304T056007Z",
        "00000304T050607Z", "２０２６0304T050607Z", "2026030 T050607Z", "+2026034T050607Z",
    ],
)  # fmt: skip
def test_parse_amz_date_reads_one_form_alone(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the caller words the refusal
        parse_amz_date(text)


@pytest.mark.parametrize("value", ["us-east-1", "s3", "a_b.c", "EU"])
def test_check_label_lets_a_region_or_service_through(value):
    assert check_label("region", value) == value


@pytest.mark.parametrize("value", ["", "us east", "us/east", "us-east-1\n", None, "é", 1, b"s3"])
def test_check_label_refuses_what_would_change_the_scope(value):
    with pytest.raises(SigningError, match="region"):
        check_label("region", value)


@pytest.mark.parametrize(
    ("given_set", "text"),
    [("*", "*"), ("us-east-1,eu-*", "us-east-1,eu-*"), (["us-east-1", "eu-*"], "us-east-1,eu-*"), (iter(["*"]), "*")],
)
def test_check_region_set_joins_its_entries(given_set, text):
    assert check_region_set(given_set) == text


@pytest.mark.parametrize("given_set", ["", [], ["us east"], ["*-east"], "a,,b", [None], "us-east-1, eu-west-1"])
def test_check_region_set_refuses_what_names_no_region(given_set):
    with pytest.raises(SigningError, match="region_set"):
        check_region_set(given_set)


@pytest.mark.parametrize(
    ("region_set", "region", "included"),
    [
        ("*", "us-east-1", True),
        ("us-*", "us-east-1", True),
        ("us-east-1", "us-east-1", True),
        ("us-east-1, eu-west-1", "eu-west-1", True),
        ("us-east-1", "us-east-10", False),
        ("us-east-10", "us-east-1", False),
        ("eu-*", "us-east-1", False),
        ("", "us-east-1", False),
    ],
)
def test_region_set_includes_a_region_by_name_or_by_the_beginning_of_it(region_set, region, included):
    assert region_set_includes(region_set, region) is included
