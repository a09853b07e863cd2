"""Steps 2 to 4: AWS's documented strings to sign and signatures, then what keeps them safe and fast."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigv4 import Credentials
from sigv4.scope import CredentialScope, derive_signing_key
from sigv4.signature import (
    EMPTY_SHA256,
    PreparedKey,
    prepared_key,
    same_signature,
    sign_string,
    signature,
    string_to_sign,
    verify_string,
)
from tests.documented import GET_OBJECT, IAM_LIST_USERS, LIST_OBJECTS, PUT_OBJECT

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SCOPE = CredentialScope("20150830", "us-east-1", "iam")


@pytest.mark.parametrize("case", [GET_OBJECT, PUT_OBJECT, LIST_OBJECTS, IAM_LIST_USERS], ids=lambda case: case["name"])
def test_string_to_sign_and_signature_are_those_of_awss_documented_example(case):
    context, steps = case["context"], case["header"]
    amz_date = context["signed_at"].translate(str.maketrans("", "", "-:"))
    scope = CredentialScope(amz_date[:8], context["region"], context["service"])
    to_sign = string_to_sign(amz_date, scope, steps["canonical_request"])
    assert to_sign == steps["string_to_sign"]
    assert signature(derive_signing_key(context["secret_access_key"], scope), to_sign) == steps["signature"]


def test_empty_sha256_is_the_hash_that_aws_documents_for_no_body():
    assert EMPTY_SHA256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_string_to_sign_hashes_bytes_that_were_not_utf_8_as_they_came():
    text = b"GET\n/\xff".decode("utf-8", "surrogateescape")
    assert string_to_sign("20150830T000000Z", SCOPE, text).endswith(sha256(b"GET\n/\xff").hexdigest())


@given(st.binary(min_size=32, max_size=32), st.text(st.characters(exclude_categories=["Cs"])))
def test_signature_is_the_standard_librarys_hmac(key, text):
    expected = hmac.new(key, text.encode(), "sha256").hexdigest()
    assert signature(key, text) == PreparedKey(key).sign(text) == expected


def test_signature_never_uses_the_key_of_the_call_before():
    keys = [bytes([number]) * 32 for number in range(3)]
    for _ in range(2):
        assert len({signature(key, "text") for key in keys}) == 3


def test_sign_string_and_verify_string_agree_and_refuse_every_other_text_and_secret():
    made = sign_string(CREDENTIALS, SCOPE, "text")
    assert verify_string(CREDENTIALS, SCOPE, "text", made)
    assert not verify_string(CREDENTIALS, SCOPE, "texT", made)
    assert not verify_string(Credentials("AKIDEXAMPLE", "another secret"), SCOPE, "text", made)
    assert not verify_string(CREDENTIALS, CredentialScope("20150831", "us-east-1", "iam"), "text", made)


def test_prepared_key_signs_and_verifies_as_sign_string_does():
    key = prepared_key(CREDENTIALS, SCOPE)
    assert key.sign("text") == sign_string(CREDENTIALS, SCOPE, "text")
    assert key.verify("text", key.sign("text"))
    assert not key.verify("text", key.sign("other"))


@pytest.mark.parametrize("provided", ["", "0", "é" * 64, "\udc80" * 64, "A" * 64, " " + "a" * 63])
def test_same_signature_takes_any_text_and_only_the_same_one(provided):
    assert not same_signature("a" * 64, provided)
    assert not same_signature(provided, "a" * 64)
    assert same_signature("a" * 64, "a" * 64)
