"""Uploads by form, and the policies they are held to."""

from __future__ import annotations

from ..answers import (
    ACCESS_DENIED,
    ANY_REFUSAL,
    FILE_TOO_LARGE,
    FILE_TOO_SMALL,
    FORM_MISMATCH,
    NO_FILE,
    NO_FORM,
    NO_KEY,
    ONE_MECHANISM,
    UNKNOWN_KEY,
    against_policy,
)
from ..check import Check, taken
from ..recipes import Presigned, Signed
from ..signers import impostor, stranger
from ..sources import ERRORS, OWN, POST_OBJECT, POST_POLICY, POST_SIGNATURE, recorded
from ..uploads import Form, signed_too

_FILE = b"from a form"
_STORED = taken(204, stores=_FILE)
_ELSEWHERE = "http://example.com/done"


def _sized(smallest: int, largest: int) -> Form:
    return Form(conditions=[["content-length-range", smallest, largest]])


def _condition(text: str) -> str:
    return f"Policy Condition failed: {text}"


_NOTHING_SIGNED = dict.fromkeys(
    ("policy", "x-amz-signature", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-security-token")
)

FORMS = [
    Check("a form", Form(), _STORED, recorded("test_post_object_with_files")),
    Check("a condition met", Form(uncovered={"Content-Type": "image/png"},
          conditions=[["starts-with", "$Content-Type", "image/"]]), _STORED, POST_POLICY),
    Check("the smallest size allowed", _sized(len(_FILE), 100), _STORED, POST_POLICY),
    Check("the largest size allowed", _sized(0, len(_FILE)), _STORED, POST_POLICY),
    Check("${filename}", Form(key="${filename}", filename="{key}"), _STORED, POST_OBJECT),
    Check("x-ignore-*", Form(uncovered={"x-ignore-me": "a"}), _STORED, POST_POLICY),
    Check("a field after the file", Form(after=[("extra", "a")]), _STORED, POST_OBJECT),
    Check("success_action_status 200", Form(fields={"success_action_status": "200"}), taken(200, stores=_FILE),
          POST_OBJECT),
    Check("success_action_status 201", Form(fields={"success_action_status": "201"}),
          taken(201, contains="<Key>{key}</Key>", stores=_FILE),
          recorded("test_s3_presigned_post_success_action_status_201_response")),
    Check("success_action_redirect", Form(fields={"success_action_redirect": _ELSEWHERE}),
          taken(303, headers={"Location": _ELSEWHERE + "?bucket={bucket}&..."}, stores=_FILE),
          recorded("test_s3_presigned_post_success_action_redirect")),
    Check("nothing signed", Form(changed=_NOTHING_SIGNED), ACCESS_DENIED, ERRORS),
    Check("an Authorization header too", signed_too(Form(), Signed), ONE_MECHANISM, OWN),
    Check("a signature in the query too", signed_too(Form(), Presigned), ONE_MECHANISM, OWN),
    Check("expired", Form(lives=-2), against_policy("Policy expired."), recorded("test_post_request_expires")),
    Check("a condition not met", Form(conditions=[["starts-with", "$key", "user/"]]),
          against_policy(_condition('["starts-with", "$key", "user/"]')),
          recorded("test_post_object_policy_conditions_validation_starts_with")),
    Check("an exact condition not met", Form(conditions=[["eq", "$key", "other"]]),
          against_policy(_condition('["eq", "$key", "other"]')),
          recorded("test_post_object_policy_conditions_validation_eq")),
    Check("a signed field changed", Form(fields={"x-amz-meta-owner": "me"}, changed={"x-amz-meta-owner": "you"}),
          against_policy(_condition('["eq", "$x-amz-meta-owner", "me"]')), POST_POLICY),
    Check("another bucket", Form(bucket="another"), against_policy(_condition('["eq", "$bucket", "another"]')),
          POST_POLICY),
    Check("a field without a condition", Form(uncovered={"acl": "public-read"}),
          against_policy("Extra input fields: acl"), POST_POLICY),
    Check("metadata without a condition", Form(uncovered={"x-amz-meta-owner": "mallory"}),
          against_policy("Extra input fields: x-amz-meta-owner"), POST_POLICY),
    Check("a file too large", _sized(0, len(_FILE) - 1), FILE_TOO_LARGE,
          recorded("test_post_object_policy_validation_size")),
    Check("a file too small", _sized(len(_FILE) + 1, 100), FILE_TOO_SMALL,
          recorded("test_post_object_policy_validation_size")),
    Check("no file", Form(file=None), NO_FILE, OWN),
    Check("no key", Form(key=None), NO_KEY, OWN),
    Check("the key after the file", Form(key=None, after=[("key", "{key}")]), NO_KEY, OWN),
    Check("not multipart/form-data", Form(content_type="application/x-www-form-urlencoded"), NO_FORM,
          recorded("test_post_object_with_wrong_content_type")),
    Check("another secret", Form(who=impostor), FORM_MISMATCH, ERRORS),
    Check("another policy", Form(changed={"policy": "eyJleHBpcmF0aW9uIjoiMjA5OS0wMS0wMVQwMDowMDowMFoiLCJjb25kaXRpb25"
          "zIjpbXX0="}), FORM_MISMATCH, POST_SIGNATURE),
    Check("access key unknown", Form(who=stranger), UNKNOWN_KEY, ERRORS),
    Check("another region", Form(scope={"region": "wrong-region-1"}), ANY_REFUSAL, POST_SIGNATURE),
    Check("scope of another day", Form(scope={"date": "20200101"}), ANY_REFUSAL, POST_SIGNATURE),
]  # fmt: skip
