"""AWS's own test suites and documented examples, step by step: what we sign is what AWS signs, and we verify both.

The cases are data (tests/vectors/*.json); the scripts beside them say where each comes from.
"""

import json
from datetime import datetime

import pytest

from sigv4 import CanonicalRules, Credentials, Signer, Verifier
from sigv4.encoding import decode, parse_query
from sigv4.errors import SignatureDoesNotMatch
from sigv4.rules import rules_for
from sigv4.scope import CredentialScope, derive_signing_key
from tests import VECTORS

STEPS = ("canonical_request", "string_to_sign", "signature")


def cases(file, mode):
    """The cases of a vector file that have this mode, as parameters named after them."""
    loaded = json.loads((VECTORS / file).read_text("utf-8"))["cases"]
    return [pytest.param(case, id=f"{file.removesuffix('.json')}:{case['name']}") for case in loaded if mode in case]


SUITE_IN_HEADER = cases("aws_v4.json", "header")
SUITE_IN_QUERY = cases("aws_v4.json", "query")
OLDER_SUITE = cases("aws_v4_older.json", "header")
DOCUMENTED_IN_HEADER = cases("s3_documented.json", "header")
DOCUMENTED_IN_QUERY = cases("s3_documented.json", "query")

IN_HEADER = SUITE_IN_HEADER + OLDER_SUITE + DOCUMENTED_IN_HEADER
IN_QUERY = SUITE_IN_QUERY + DOCUMENTED_IN_QUERY
# A chunked upload's seed is signed as any request is; verifying it needs its chunks.
WHOLE_IN_HEADER = [case for case in IN_HEADER if "chunks" not in case.values[0]]


def test_no_suite_has_shrunk():
    """Every case of the suites is there; a lost one would pass unseen."""
    assert [len(suite) for suite in (SUITE_IN_HEADER, SUITE_IN_QUERY, OLDER_SUITE)] == [38, 38, 34]
    assert [len(suite) for suite in (DOCUMENTED_IN_HEADER, DOCUMENTED_IN_QUERY)] == [7, 1]


@pytest.mark.parametrize("case", IN_HEADER)
def test_signing_in_the_header_makes_each_step_as_aws_does(case):
    assert_steps(sign(case), case["header"])


@pytest.mark.parametrize("case", IN_HEADER)
def test_the_headers_to_send_are_those_that_aws_sends(case):
    """Nothing is missing and nothing is added; a repeated header is sent joined, which means the same."""
    assert joined(sign(case).headers.items()) == joined(case["header"]["signed_request"]["headers"])


@pytest.mark.parametrize("case", IN_QUERY)
def test_presigning_makes_each_step_as_aws_does(case):
    assert_steps(presign(case), case["query"])


@pytest.mark.parametrize("case", IN_QUERY)
def test_a_presigned_url_is_that_of_aws_but_for_the_order_of_its_parameters(case):
    path, _, query = presign(case).url.removeprefix(origin(case)).partition("?")
    aws_path, _, aws_query = case["query"]["signed_request"]["target"].partition("?")
    assert decode(path) == aws_path.encode()
    assert sorted(parse_query(query)) == sorted(parse_query(aws_query))


@pytest.mark.parametrize("case", WHOLE_IN_HEADER)
def test_the_verifier_accepts_what_the_signer_signed(case):
    signed = sign(case)
    assert_verified(case, "header", signed.url, signed.headers.items())


@pytest.mark.parametrize("case", IN_QUERY)
def test_the_verifier_accepts_what_the_signer_presigned(case):
    presigned = presign(case)
    assert_verified(case, "query", presigned.url, presigned.headers.items())


@pytest.mark.parametrize("case", WHOLE_IN_HEADER)
def test_the_verifier_accepts_what_aws_signed(case):
    assert_verified(case, "header", *as_aws_sent_it(case, "header"))


@pytest.mark.parametrize("case", IN_QUERY)
def test_the_verifier_accepts_what_aws_presigned(case):
    assert_verified(case, "query", *as_aws_sent_it(case, "query"))


@pytest.mark.parametrize("case", WHOLE_IN_HEADER)
def test_the_verifier_refuses_another_method_than_was_signed(case):
    with pytest.raises(SignatureDoesNotMatch):
        verifier(case).verify("DELETE", *as_aws_sent_it(case, "header"), body(case))


@pytest.mark.parametrize("case", IN_QUERY)
def test_the_verifier_refuses_another_method_than_was_presigned(case):
    with pytest.raises(SignatureDoesNotMatch):
        verifier(case).verify("DELETE", *as_aws_sent_it(case, "query"), body(case))


def test_the_signing_key_is_the_documented_one():
    [case] = [case.values[0] for case in DOCUMENTED_IN_HEADER if "signing_key" in case.values[0]]
    context = case["context"]
    scope = CredentialScope("20150830", context["region"], context["service"])
    assert derive_signing_key(context["secret_access_key"], scope).hex() == case["signing_key"]


def sign(case):
    request = case["request"]
    url = origin(case) + request["target"]
    return signer(case).sign(request["method"], url, request["headers"], body(case), signed_at=signed_at(case))


def presign(case):
    """S3 leaves the body of a presigned URL unsigned, so there is none to give; other services sign it."""
    request, context = case["request"], case["context"]
    return signer(case).presign(
        request["method"],
        origin(case) + request["target"],
        request["headers"],
        context["expires_in"],
        body=None if context["service"] == "s3" else body(case),
        signed_at=signed_at(case),
    )


def signer(case):
    context = case["context"]
    return Signer(
        credentials(case),
        region=context["region"],
        service=context["service"],
        rules=rules(context),
        allow_dot_segments=True,
    )


def verifier(case):
    """One that knows the case's access key alone, with its clock at the time of signing."""
    context, known = case["context"], credentials(case)
    return Verifier(
        {known.access_key_id: known},
        region=context["region"],
        service=context["service"],
        rules=rules(context),
        now=signed_at(case).timestamp,
    )


def credentials(case):
    context = case["context"]
    return Credentials(context["access_key_id"], context["secret_access_key"], context["session_token"])


def rules(context):
    """The suites encode a path once; documented examples follow their service's own rules."""
    if "normalize" not in context:
        return rules_for(context["service"])
    return CanonicalRules(
        normalize_path=context["normalize"],
        double_encode_path=False,
        content_sha256_header=context["sign_body"],
        sign_session_token=not context["omit_session_token"],
    )


def signed_at(case):
    return datetime.fromisoformat(case["context"]["signed_at"])


def body(case):
    return case["request"]["body"].encode()


def host(case):
    return next(value for name, value in case["request"]["headers"] if name.lower() == "host")


def origin(case):
    return f"https://{host(case)}"


def as_aws_sent_it(case, mode):
    """Target and headers as a server reads them: the target's bytes as Latin-1, header values without their edges."""
    sent = case[mode]["signed_request"]
    return sent["target"].encode().decode("latin-1"), [(name, value.strip(" \t")) for name, value in sent["headers"]]


def assert_steps(signed, expected):
    """Compared one by one, so that the first step to differ is the one shown."""
    for step in STEPS:
        assert getattr(signed, step) == expected[step], step


def assert_verified(case, mode, target, headers):
    verified = verifier(case).verify(case["request"]["method"], target, [*headers], body(case))
    assert verified.canonical_request == case[mode]["canonical_request"]
    assert verified.string_to_sign == case[mode]["string_to_sign"]


def joined(headers):
    """Headers by lower-case name, without what each signer spells its own way: edges and the gaps after commas."""
    merged = {}
    for name, value in headers:
        merged.setdefault(name.lower(), []).append(value.strip(" "))
    if "authorization" in merged:
        merged["authorization"] = [part.strip(" ") for part in merged["authorization"][0].split(",")]
    return {name: ",".join(values) for name, values in merged.items()}
