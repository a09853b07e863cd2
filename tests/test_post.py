"""The POST policy: what is read, what is refused, in which words, and that a form is held to all of it."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from sigv4 import Credentials, VerificationError, Verifier
from sigv4.post import PostPolicy, check_claim, encode_policy, read_claim, read_fields
from sigv4.scope import CredentialScope, signing_key
from sigv4.signature import signature
from tests import VECTORS

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials("ASIDEXAMPLE", "secret", "FwoGZXIvYXdzEXAMPLETOKEN==")
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
STAMP = "20260504T030201Z"
SCOPE = CredentialScope("20260504", "us-east-1", "s3")


def form(conditions=(), fields=(), credentials=CREDENTIALS, policy=None, expires_in=900):
    """The fields of a signed form: a bucket, a key, and what is given besides."""
    pairs = [("key", "user/a.txt"), *dict(fields).items()]
    pairs += [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", f"{credentials.access_key_id}/{SCOPE}"),
        ("X-Amz-Date", STAMP),
    ]
    if credentials.session_token:
        pairs.append(("X-Amz-Security-Token", credentials.session_token))
    if policy is None:
        exact = [{name: value} for name, value in pairs[-3 - bool(credentials.session_token) :]]
        rules = [{"bucket": "bucket"}, ["starts-with", "$key", "user/"], *exact, *conditions]
        policy = encode_policy(NOW + timedelta(seconds=expires_in), rules)
    elif not isinstance(policy, str):
        policy = b64encode(policy).decode()
    signed = signature(signing_key(credentials, SCOPE), policy)
    return [*pairs, ("Policy", policy), ("X-Amz-Signature", signed)]


def verify(fields, bucket="bucket", now=NOW, credentials=(CREDENTIALS, TEMPORARY), **options):
    known = {each.access_key_id: each for each in credentials}
    verifier = Verifier(known, region="us-east-1", now=now.timestamp)
    return verifier.verify_post(fields, bucket=bucket, **options)


def refusal(*arguments, **options):
    """(status, code, message) of the refusal."""
    with pytest.raises(VerificationError) as caught:
        verify(*arguments, **options)
    return caught.value.status, caught.value.code, caught.value.message


def change(fields, **changes):
    """The fields with some replaced, or left out where the new value is None. `_` stands for a hyphen."""
    changes = {name.replace("_", "-"): value for name, value in changes.items()}
    changed = [(name, changes.pop(name.lower(), value)) for name, value in fields]
    return [(name, value) for name, value in [*changed, *changes.items()] if value is not None]


# --- AWS's own example


def documented():
    vectors = json.loads((VECTORS / "s3_documented.json").read_text("utf-8"))
    return next(case for case in vectors["cases"] if case["name"] == "post-policy")


def test_the_documented_policy_is_signed_as_aws_signs_it():
    case = documented()
    fields = dict(case["fields"])
    credentials = Credentials(case["context"]["access_key_id"], case["context"]["secret_access_key"])
    key = signing_key(credentials, CredentialScope("20151229", "us-east-1", "s3"))
    assert b64encode(case["policy"].encode()).decode() == fields["policy"]
    assert signature(key, fields["policy"]) == fields["x-amz-signature"]


def test_the_documented_form_verifies():
    case = documented()
    credentials = Credentials(case["context"]["access_key_id"], case["context"]["secret_access_key"])
    fields = [
        ("key", "user/user1/a.png"),
        ("acl", "public-read"),
        ("success_action_redirect", "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"),
        ("Content-Type", "image/png"),
        ("x-amz-meta-uuid", "14365123651274"),
        ("x-amz-server-side-encryption", "AES256"),
        ("X-Amz-Meta-Tag", "any"),
        *map(tuple, case["fields"]),
    ]
    verified = verify(
        fields,
        bucket="sigv4examplebucket",
        now=datetime(2015, 12, 30, 12, tzinfo=UTC),
        credentials=[credentials],
    )
    assert verified.credentials == credentials
    assert verified.expires_at == datetime(2015, 12, 30, 12, tzinfo=UTC)
    assert verified.signed_at == datetime(2015, 12, 29, tzinfo=UTC)


# --- Who, when


def test_what_is_verified_says_whose_it_is_and_what_it_allows():
    verified = verify(form([["content-length-range", 1, 10]]))
    assert (verified.credentials, verified.size_range) == (CREDENTIALS, (1, 10))
    assert (verified.signed_at, verified.expires_at) == (NOW, NOW + timedelta(seconds=900))
    assert verified.fields["key"] == "user/a.txt"


def test_a_session_token_is_verified():
    assert verify(form(credentials=TEMPORARY)).credentials is TEMPORARY


@pytest.mark.parametrize("token", [None, "another"])
def test_another_session_token_is_refused(token):
    assert refusal(change(form(credentials=TEMPORARY), x_amz_security_token=token))[:2] == (400, "InvalidToken")


def test_expired_credentials_are_refused():
    expired = Credentials("AKIDEXAMPLE", CREDENTIALS.secret_access_key, expires_at=NOW)
    assert refusal(form(), credentials=[expired])[:2] == (400, "ExpiredToken")


def test_a_form_has_no_signed_headers():
    claim = read_claim(read_fields(form()))
    assert (claim.signed_headers, claim.expires, claim.region_set) == ("", None, None)
    checked = check_claim(claim, "us-east-1", "s3")
    assert (checked.signed_headers, checked.amz_date, checked.signed_at) == ((), STAMP, NOW)


def test_an_unknown_access_key_is_refused():
    assert refusal(form(), credentials=[])[:2] == (403, "InvalidAccessKeyId")


def test_another_secret_is_refused_with_the_string_to_sign_and_no_canonical_request():
    other = Credentials("AKIDEXAMPLE", "another")
    with pytest.raises(VerificationError) as caught:
        verify(form(credentials=other))
    assert caught.value.code == "SignatureDoesNotMatch"
    elements = dict(caught.value.extra)
    assert elements["StringToSign"] == dict(form(credentials=other))["Policy"]
    assert "CanonicalRequest" not in elements


def test_a_changed_policy_is_refused():
    wider = form(policy=b'{"expiration": "2030-01-01T00:00:00Z", "conditions": []}')
    assert refusal(change(form(), policy=dict(wider)["Policy"]))[1] == "SignatureDoesNotMatch"


POLICY_EXPIRED = (403, "AccessDenied", "Invalid according to Policy: Policy expired.")


def test_a_form_lives_until_the_policy_expires():
    assert verify(form(), now=NOW + timedelta(seconds=900))
    assert refusal(form(), now=NOW + timedelta(seconds=901)) == POLICY_EXPIRED


def test_a_form_lives_no_longer_than_its_signing_key():
    """Whatever its policy says, seven days after its date it is dead."""
    long = form(expires_in=30 * 86400)
    assert verify(long, now=NOW + timedelta(days=7))
    assert refusal(long, now=NOW + timedelta(days=7, seconds=1))[:2] == (403, "AccessDenied")


def test_a_form_dated_ahead_is_refused():
    assert refusal(form(), now=NOW - timedelta(seconds=901))[2] == "Request is not valid yet"


# --- The fields


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"key": None}, "InvalidArgument: Bucket POST must contain a field named 'key'.  If it is"),
        ({"policy": None}, "InvalidArgument: Bucket POST must contain a field named 'policy'.  If it is"),
        ({"x_amz_signature": None}, "InvalidArgument: Bucket POST must contain a field named 'X-Amz-Signature'."),
        ({"x_amz_algorithm": None}, "InvalidArgument: Bucket POST must contain a field named 'X-Amz-Algorithm'."),
        ({"x_amz_credential": None}, "InvalidArgument: Bucket POST must contain a field named 'X-Amz-Credential'."),
        ({"x_amz_date": None}, "InvalidArgument: Bucket POST must contain a field named 'X-Amz-Date'."),
        ({"x_amz_algorithm": "AWS4"}, "AuthorizationQueryParametersError: X-Amz-Algorithm only supports"),
        (
            {"x_amz_credential": "AK/20260504/eu-west-1/s3/aws4_request"},
            "AuthorizationQueryParametersError: Error parsing the X-Amz-Credential parameter; the region 'eu-west-1'"
            " is wrong; expecting 'us-east-1'",
        ),
        ({"x_amz_credential": "AK"}, "AuthorizationQueryParametersError: Error parsing the X-Amz-Credential"),
        ({"x_amz_date": "20260505T030201Z"}, "AuthorizationQueryParametersError: Invalid credential date"),
        ({"x_amz_date": "yesterday"}, "AuthorizationQueryParametersError: X-Amz-Date must be in the ISO8601 Long"),
        ({"x_amz_signature": "abc"}, "AuthorizationQueryParametersError: Error parsing the X-Amz-Signature"),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(changes, expected):
    with pytest.raises(VerificationError) as caught:
        verify(change(form(), **changes))
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    ("changes", "message", "extra"),
    [
        ({"policy": "é"}, "Invalid Policy: Invalid JSON.", []),
        ({"key": "\udcff"}, "The fields of a form must be UTF-8.", [("ArgumentName", "'key'")]),
        ({"\udcff": "a"}, "The fields of a form must be UTF-8.", [("ArgumentName", r"'\udcff'")]),
        ({"KEY": "a"}, "KEY must be given once.", [("ArgumentName", "KEY")]),
        (
            {"x_amz_date": None},
            "Bucket POST must contain a field named 'X-Amz-Date'.  If it is specified, please check the order of the "
            "fields.",
            [("ArgumentName", "X-Amz-Date"), ("ArgumentValue", "")],
        ),
        (
            {"policy": None},
            "Bucket POST must contain a field named 'policy'.  If it is specified, please check the order of the "
            "fields.",
            [("ArgumentName", "policy"), ("ArgumentValue", "")],
        ),
    ],
)
def test_a_form_that_cannot_be_read_is_refused_with_the_field_at_fault(changes, message, extra):
    with pytest.raises(VerificationError) as caught:
        verify(change(form(), **changes))
    assert (caught.value.message, caught.value.extra) == (message, extra)


def test_nothing_signed_is_denied():
    assert refusal([("key", "a")]) == (403, "AccessDenied", "Access Denied")


def test_signature_version_2_is_refused():
    fields = [("key", "a"), ("AWSAccessKeyId", "AK"), ("policy", "e30="), ("signature", "x")]
    assert refusal(fields)[1] == "InvalidRequest"
    for name in ("AWSAccessKeyId", "Signature"):  # one of the two is enough to know it
        assert refusal([("key", "a"), (name, "x")])[1] == "InvalidRequest"


@pytest.mark.parametrize("name", ["key", "KEY", "policy", "X-AMZ-Signature"])
def test_a_field_stands_once(name):
    """Else one value would be checked and the other might be used."""
    assert refusal([*form(), (name, "b")])[:2] == (400, "InvalidArgument")


def test_fields_are_bounded():
    size = sum(len(name) + len(value) for name, value in form())
    room = 20480 - size - len("x-ignore-a")
    assert verify([*form(), ("x-ignore-a", "a" * room)])
    assert refusal([*form(), ("x-ignore-a", "a" * (room + 1))])[1] == "MaxPostPreDataLengthExceededError"


# --- The conditions


def test_every_field_needs_a_condition():
    expected = (403, "AccessDenied", "Invalid according to Policy: Extra input fields: acl, submit")
    assert refusal(form(fields={"acl": "public-read", "Submit": "Upload"})) == expected


def test_the_bucket_needs_a_condition_too():
    exact = [{name: value} for name, value in form()[1:4]]
    policy = encode_policy(NOW + timedelta(seconds=9), [["starts-with", "$key", ""], *exact])
    assert refusal(form(policy=policy))[2] == "Invalid according to Policy: Extra input fields: bucket"


def test_ignored_fields_need_none():
    assert verify([*form(fields={"X-Ignore-This": "x"}), ("file", "")])


def test_the_bucket_is_the_one_in_the_url():
    """A field of that name counts for nothing."""
    failed = 'Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "bucket"]'
    assert refusal(form(), bucket="other")[2] == failed
    assert refusal(form(fields={"bucket": "bucket"}), bucket="other")[2] == failed
    assert verify(form(fields={"bucket": "other"}))


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ({"acl": "private"}, "private"),
        (["eq", "$acl", "private"], "private"),
        (["eq", "$ACL", "private"], "private"),
        (["starts-with", "$acl", "pri"], "private"),
        (["starts-with", "$acl", ""], "anything"),
        (["starts-with", "$acl", ""], ""),
        (["starts-with", "$acl", "é$\\"], "é$\\ü"),
        (["starts-with", "$Content-Type", "image/"], "image/png,image/gif"),
        (["starts-with", "$Content-Type", "image/"], "image/png, image/gif"),
        (["eq", "$Content-Type", "a,b"], "a,b"),
        (["starts-with", "$x-amz-meta-a", "a,b"], "a,b,c"),
    ],
    ids=str,
)
def test_a_condition_holds(condition, value):
    name = next(iter(condition)) if isinstance(condition, dict) else condition[1][1:]
    assert verify(form([condition], {name: value}))


@pytest.mark.parametrize(
    ("condition", "value", "shown"),
    [
        ({"acl": "private"}, "Private", '["eq", "$acl", "private"]'),
        (["eq", "$acl", "private"], "private ", '["eq", "$acl", "private"]'),
        (["starts-with", "$acl", "pri"], "public", '["starts-with", "$acl", "pri"]'),
        (["starts-with", "$acl", "pri"], "Private", '["starts-with", "$acl", "pri"]'),
        (["starts-with", "$Content-Type", "image/"], " image/png", '["starts-with", "$Content-Type", "image/"]'),
        (["starts-with", "$Content-Type", "image/"], "text/html", '["starts-with", "$Content-Type", "image/"]'),
        (
            ["starts-with", "$Content-Type", "image/"],
            "image/png,text/html",
            '["starts-with", "$Content-Type", "image/"]',
        ),
        (["starts-with", "$Content-Type", "image/"], "image/png,", '["starts-with", "$Content-Type", "image/"]'),
        (["eq", "$acl", "private"], None, '["eq", "$acl", "private"]'),
        (["starts-with", "$acl", "pri"], None, '["starts-with", "$acl", "pri"]'),
    ],
    ids=str,
)
def test_a_condition_fails(condition, value, shown):
    name = next(iter(condition)) if isinstance(condition, dict) else condition[1][1:]
    fields = {} if value is None else {name: value}
    expected = (403, "AccessDenied", f"Invalid according to Policy: Policy Condition failed: {shown}")
    assert refusal(form([condition], fields)) == expected


def test_each_type_of_a_list_begins_so_with_nothing_but_spaces_before_it():
    condition = ["starts-with", "$Content-Type", "image/"]
    for character in map(chr, range(0x21, 0x7F)):
        assert refusal(form([condition], {"Content-Type": f"image/png,{character}image/gif"}))[1] == "AccessDenied"


def test_all_conditions_on_a_field_hold():
    both = [["starts-with", "$acl", "p"], ["starts-with", "$acl", "pr"]]
    assert verify(form(both, {"acl": "private"}))
    assert refusal(form(both, {"acl": "public-read"}))[1] == "AccessDenied"


def test_no_message_shows_a_session_token():
    another = {"x-amz-security-token": "SECRETTOKEN"}
    *_, message = refusal(form([another], credentials=TEMPORARY))
    assert message.endswith('["eq", "$x-amz-security-token", "..."]')


# --- The size of the file


@pytest.mark.parametrize("size", [2, 3, 10])
def test_a_size_in_the_range(size):
    fields = form([["content-length-range", 2, 10]])
    assert verify(fields, file_size=size)
    assert verify(fields).open(BytesIO(b"a" * size)).read() == b"a" * size
    by_bytes = verify(fields).open(BytesIO(b"a" * size))
    assert [*iter(lambda: by_bytes.read(1), b"")] == [b"a"] * size


@pytest.mark.parametrize(
    ("size", "code", "limit"),
    [(11, "EntityTooLarge", ("MaxSizeAllowed", "10")), (1, "EntityTooSmall", ("MinSizeAllowed", "2"))],
)
def test_a_size_out_of_the_range(size, code, limit):
    fields = form([["content-length-range", 2, 10]])
    reader = verify(fields).open(BytesIO(b"a" * size))
    by_bytes, whole = (verify(fields).open(BytesIO(b"a" * size)) for _ in range(2))
    for check in (
        lambda: verify(fields, file_size=size),
        lambda: [*iter(lambda: reader.read(3), b"")],
        lambda: [*iter(lambda: by_bytes.read(1), b"")],
        whole.read,
    ):
        with pytest.raises(VerificationError) as caught:
            check()
        assert (caught.value.status, caught.value.code) == (400, code)
        assert caught.value.extra[1] == limit


def test_a_file_too_large_is_refused_before_its_end():
    reader = verify(form([["content-length-range", 0, 10]])).open(BytesIO(b"a" * 100))
    reader.read(10)
    with pytest.raises(VerificationError, match="EntityTooLarge"):
        reader.read(1)


def test_an_empty_read_is_not_the_end():
    reader = verify(form([["content-length-range", 1, 10]])).open(BytesIO(b"a"))
    assert (reader.read(0), reader.read(1), reader.read(1)) == (b"", b"a", b"")


def test_two_ranges_both_hold():
    assert verify(form([["content-length-range", 1, 10], ["content-length-range", 5, 20]])).size_range == (5, 10)


def test_without_a_range_any_size_will_do():
    verified = verify(form(), file_size=10**12)
    assert verified.size_range is None
    stream = BytesIO(b"a")
    assert verified.open(stream) is stream


# --- Hostile policies

VALID = '{"expiration": "2026-05-05T00:00:00Z", "conditions": []}'


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (b"", "Invalid JSON."),
        (b"{", "Invalid JSON."),
        (b"[]", "Invalid JSON."),
        (b'"text"', "Invalid JSON."),
        (b"\xff", "Invalid JSON."),
        (b"[" * 14000, "Invalid JSON."),
        (b'{"a": ' + b"9" * 5000 + b"}", "Invalid JSON."),
        (VALID.encode() + b"x", "Invalid JSON."),
        (VALID.replace('"conditions": []', '"conditions": [], "conditions": []').encode(), "Invalid JSON."),
        (b'{"expiration": "2026-05-05T00:00:00Z", "conditions": [{"acl": "a", "acl": "b"}]}', "Invalid JSON."),
        (b'{"conditions": []}', "Policy missing expiration."),
        (b'{"EXPIRATION": "2026-05-05T00:00:00Z", "conditions": []}', "Policy missing expiration."),
        (b'{"expiration": "2026-05-05T00:00:00Z"}', "Policy missing conditions."),
        (VALID.replace("}", ', "other": 1}').encode(), "Unexpected: 'other'"),
        (VALID.replace("[]", "{}").encode(), "Invalid 'conditions' value: must be a List."),
        (VALID.replace("[]", '"x"').encode(), "Invalid 'conditions' value: must be a List."),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_policy_that_is_none(policy, message):
    assert refusal(form(policy=policy)) == (400, "InvalidPolicyDocument", f"Invalid Policy: {message}")


def test_a_policy_nested_deeper_than_any_is_refused():
    """Where Python's parser gives up differs between its versions; the policy is none to any of them."""
    policy = VALID.replace("[]", "[" * 5000 + "]" * 5000).encode()
    assert refusal(form(policy=policy))[:2] == (400, "InvalidPolicyDocument")


@pytest.mark.parametrize(
    "expiration",
    [
        '"2026-05-05T00:00:00"', '"2026-05-05 00:00:00Z"', '"2026-05-05T00:00:00+00:00"', '"2026-13-05T00:00:00Z"',
        '"2026-05-05"', '"20260505T000000Z"', '"2026-05-05T00:00:00.Z"', '"2026-05-05T00:00:00.1aZ"', '""',
        '"2026-05-05T00:00:00.²Z"', '"2026-05-05T00:00:00.٣Z"',
        '"2026:05-05T00:00:00Z"', '"2026-05:05T00:00:00Z"', '"2026-05-05T00-00:00Z"', '"2026-05-05T00:00-00Z"',
        '"2026-05-05T00:00:00,5Z"', '"2026-05-05T00:00:0012Z"', "1777939200",
        "null", '"2026-05-05T24:00:00Z"', '"２026-05-05T00:00:00Z"', '"never"',
    ],
)  # fmt: skip
def test_an_expiration_that_is_none(expiration):
    policy = f'{{"expiration": {expiration}, "conditions": []}}'.encode()
    assert refusal(form(policy=policy))[2] == "Invalid Policy: Invalid 'expiration' value"


@pytest.mark.parametrize("fraction", ["", ".000", ".9"])
def test_an_expiration_may_have_a_fraction_that_is_dropped(fraction):
    policy = PostPolicy.parse(b64encode(VALID.replace("00:00Z", f"00:00{fraction}Z").encode()).decode())
    assert policy.expires_at == datetime(2026, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "condition",
    [
        "{}", '{"acl": "a", "key": "b"}', '{"acl": 1}', '{"acl": null}', '{"acl": ["a"]}', '{"": "a"}', "[]", '["eq"]',
        '["eq", "$acl"]', '["eq", "$", "a"]', '["eq", "$acl", 1]', '["eq", 1, "a"]',
        '["ends-with", "$acl", "a"]', '["EQ", "$acl", "a"]', '["eq", "$acl", "a", "b"]', '[["eq"], "$acl", "a"]',
        '"acl"', "1", "null", '["content-length-range", 1]',
        '["content-length-range", 1.0, 2]', '["content-length-range", -1, 2]', '["content-length-range", true, 2]',
        '["content-length-range", 1, null]',
    ],
)  # fmt: skip
def test_a_condition_that_is_none(condition):
    policy = VALID.replace("[]", f"[{condition}]").encode()
    status, code, message = refusal(form(policy=policy))
    assert (status, code) == (400, "InvalidPolicyDocument")
    assert message.startswith("Invalid Policy: Invalid ")


def test_the_escapes_that_aws_adds_to_json():
    r"""`\$` and `\v` are AWS's; after an escaped backslash they are not escapes."""
    policy = VALID.replace("[]", r'[{"a": "\$\v"}, {"b": "\\$\\v\\"}]')
    first, second = PostPolicy.parse(b64encode(policy.encode()).decode()).conditions
    assert (first.value, second.value) == ("$\v", "\\$\\v\\")


@pytest.mark.parametrize("text", ["eyJ9", "e30", "e 30=", "e30=\n", "e30=e30=", "-_=="])
def test_base64_is_strict(text):
    with pytest.raises(VerificationError, match="InvalidPolicyDocument"):
        PostPolicy.parse(text)


def test_base64_of_a_good_policy_is_strict_too():
    good = b64encode(VALID.encode()).decode()
    assert PostPolicy.parse(good).conditions == []
    for text in (f"{good}\n", f"{good[:8]} {good[8:]}", f"{good[:8]}={good[8:]}", f"={good}", f"{good[:8]}!{good[8:]}"):
        with pytest.raises(VerificationError, match=r"Invalid Policy: Invalid JSON\.$"):
            PostPolicy.parse(text)


def test_a_policy_is_read_only_after_its_signature():
    """Who has no key makes nobody parse."""
    assert refusal(change(form(), policy=b64encode(b"[" * 14000).decode()))[1] == "SignatureDoesNotMatch"


# --- What S3 itself answered, recorded on 2026-02-21


@pytest.mark.parametrize("condition", [["starts-with", "$Content-Type", ""], ["eq", "$x-amz-meta-a", ""]])
def test_a_field_that_is_missing_meets_no_condition(condition):
    """Not even one that an empty field meets."""
    shown = json.dumps(condition)
    failed = (403, "AccessDenied", f"Invalid according to Policy: Policy Condition failed: {shown}")
    assert refusal(form([condition])) == failed
    assert verify(form([condition], {condition[1][1:]: ""}))


@pytest.mark.parametrize(
    "condition",
    [
        ["content-length-range", "test", "10"], ["content-length-range", "$acl", "a"],
        ["content-length-range", "", "10"], ["content-length-range", "1", "1" * 19], ["eq", "acl", "a"],
        ["starts-with", "key", ""],
    ],
)  # fmt: skip
def test_a_condition_that_makes_no_sense_is_met_by_no_form(condition):
    fields = {"acl": "a", "cl": "a", "x": "a", "": "a"} if "acl" in condition[1] else {}
    assert refusal(form([condition], fields)) == (
        403,
        "AccessDenied",
        f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition)}",
    )


def test_sizes_may_stand_as_text():
    verified = verify(form([["content-length-range", "5", "10"]]))
    assert verified.size_range == (5, 10)
    assert verify(form([["content-length-range", "0", "9" * 18]])).size_range == (0, 10**18 - 1)
    assert refusal(form([["content-length-range", "5", "10"]]), file_size=11)[1] == "EntityTooLarge"
    assert refusal(form([["content-length-range", "5", "1_0"]]))[1] == "AccessDenied"


def test_key_and_policy_alone_are_a_form_that_nobody_signed():
    assert refusal([("key", "user/a.txt"), ("policy", b64encode(VALID.encode()).decode())]) == (
        403,
        "AccessDenied",
        "Access Denied",
    )


def test_what_is_handed_on_was_signed_or_checked():
    """The form's own `bucket` may say anything, and x-ignore-* is under no condition."""
    fields = [*form(), ("bucket", "victim"), ("x-ignore-a", "b")]
    assert verify(fields).fields["bucket"] == "bucket"
    assert "x-ignore-a" not in verify(fields).fields
