"""Bucket policies: who gets in, under which conditions, and what is no policy."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from sigv4.testing import LocalS3
from sigv4.testing.local_s3.policy import is_public
from sigv4.testing.local_s3.policy_conditions import is_met, like, split, substitute
from tests.testing.local_s3.boto import at, boto_client, code, content, refusal, status

B = {"Bucket": "bucket"}
OBJECTS = "arn:aws:s3:::bucket/*"
BUCKET = "arn:aws:s3:::bucket"
OTHER = "210987654321"


def statement(effect="Allow", action="s3:GetObject", resource=OBJECTS, principal="*", **condition):
    made = {"Effect": effect, "Principal": principal, "Action": action, "Resource": resource}
    return made | ({"Condition": condition} if condition else {})


def put(boto, *statements):
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return boto.put_bucket_policy(**B, Policy=json.dumps(policy))


# The document


def test_policy_is_kept_to_the_byte_and_goes(boto):
    missing = 404, "NoSuchBucketPolicy", "The bucket policy does not exist", {"BucketName": "bucket"}
    assert refusal(boto.get_bucket_policy, **B) == missing
    assert refusal(boto.get_bucket_policy_status, **B) == missing
    text = json.dumps({"Statement": statement(principal={"AWS": "*"})}, indent=3)
    assert status(boto.put_bucket_policy(**B, Policy=text)) == 204
    assert boto.get_bucket_policy(**B)["Policy"] == text
    assert [status(boto.delete_bucket_policy(**B)) for _ in range(2)] == [204, 204]
    assert refusal(boto.get_bucket_policy, **B) == missing


NOT_JSON = "Policies must be valid JSON and the first byte must be '{'"


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("", NOT_JSON),
        ("invalid json", NOT_JSON),
        ("[]", NOT_JSON),
        ({}, "Missing required field Statement"),
        ({"Statement": []}, "Could not parse the policy: Statement is empty!"),
        ({"Statement": statement(), "Extra": 1}, "Unknown field Extra"),
        ({"Statement": statement(), "Version": "2020-01-01"}, "The policy must contain a valid version string"),
        ({"Statement": statement() | {"Effect": "Perhaps"}}, "Invalid effect: Perhaps"),
        ({"Statement": statement() | {"Who": "*"}}, "Unknown field Who"),
        ({"Statement": ["x"]}, "Invalid policy syntax."),
        ({"Statement": statement() | {"NotAction": "s3:GetObject"}}, "Invalid policy syntax."),
        ({"Statement": statement(action="s3:GetObjects")}, "Policy has invalid action"),
        ({"Statement": statement(action="ec2:*")}, "Policy has invalid action"),
        ({"Statement": statement(resource="bucket/*")}, "Policy has invalid resource"),
        ({"Statement": statement(resource="*")}, "Policy has invalid resource"),
        ({"Statement": statement(resource="arn:aws:s3:::other/*")}, "Policy has invalid resource"),
        ({"Statement": statement(resource=BUCKET)}, "Action does not apply to any resource(s) in statement"),
        (
            {"Statement": statement(action=["s3:GetObject", "s3:ListBucket"])},
            "Action does not apply to any resource(s) in statement",
        ),
        ({"Statement": statement(principal="somebody")}, "Invalid principal in policy"),
        ({"Statement": statement(principal={"AWS": "somebody"})}, "Invalid principal in policy"),
        ({"Statement": statement(principal={"AWS": "arn:aws:iam::1:root"})}, "Invalid principal in policy"),
        ({"Statement": statement(StringIs={"aws:Referer": "x"})}, "Invalid Condition type : StringIs"),
        ({"Statement": statement(StringEquals={"s3:weather": "x"})}, "Policy has an invalid condition key"),
        ({"Statement": statement(IpAddress={"aws:SourceIp": "x"})}, "Invalid IP address in Conditions"),
        (
            {"Statement": statement(StringEquals={"s3:prefix": "x"})},
            "Conditions do not apply to combination of actions and resources in statement",
        ),
    ],
)
def test_what_is_no_policy_is_refused(boto, policy, message):
    text = policy if isinstance(policy, str) else json.dumps(policy)
    assert refusal(boto.put_bucket_policy, **B, Policy=text) == (400, "MalformedPolicy", message, {})
    assert code(boto.get_bucket_policy, **B) == "NoSuchBucketPolicy"


@pytest.mark.parametrize("name", ["Effect", "Principal", "Action", "Resource"])
def test_what_a_statement_lacks_is_named(boto, name):
    lacking = {key: value for key, value in statement().items() if key != name}
    message = f"Missing required field {name}"
    text = json.dumps({"Statement": [statement(), lacking]})
    assert refusal(boto.put_bucket_policy, **B, Policy=text) == (400, "MalformedPolicy", message, {})


def test_everyone_but_somebody_is_not_let_in(boto):
    allowed = statement() | {"NotPrincipal": {"AWS": "123456789012"}}
    del allowed["Principal"]
    message = "Allow with NotPrincipal is not allowed."
    assert refusal(boto.put_bucket_policy, **B, Policy=json.dumps({"Statement": allowed}))[2] == message


def test_policy_is_20_kib_at_most(boto):
    text = json.dumps({"Statement": statement(resource=[f"{BUCKET}/{n:04}*" for n in range(800)])})
    assert code(boto.put_bucket_policy, **B, Policy=text) == "PolicyTooLarge"


# Who gets in


def test_public_read_of_a_prefix(boto, as_user):
    for key in ("public/a", "private/b"):
        boto.put_object(**B, Key=key, Body=b"x")
    nobody = as_user(signed=False)
    assert code(nobody.get_object, **B, Key="public/a") == "AccessDenied"
    put(boto, statement(resource=f"{BUCKET}/public/*"))
    assert nobody.get_object(**B, Key="public/a")["Body"].read() == b"x"
    assert code(nobody.get_object, **B, Key="private/b") == "AccessDenied"
    assert code(nobody.get_object, **B, Key="public/none") == "AccessDenied"  # who may not list is not told
    assert code(nobody.list_objects_v2, **B) == "AccessDenied"
    assert code(nobody.put_object, **B, Key="public/a", Body=b"y") == "AccessDenied"
    put(
        boto,
        statement(resource=f"{BUCKET}/public/*"),
        statement(action="s3:ListBucket", resource=BUCKET, StringLike={"s3:prefix": "public/*"}),
    )
    assert [each["Key"] for each in nobody.list_objects_v2(**B, Prefix="public/")["Contents"]] == ["public/a"]
    assert code(nobody.list_objects_v2, **B) == "AccessDenied"
    assert code(nobody.get_object, **B, Key="public/none") == "NoSuchKey"


def test_anonymous_upload_is_let_in_and_its_checksum_is_checked(boto, as_user):
    boto.put_bucket_ownership_controls(**B, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
    nobody = as_user(signed=False)
    put(boto, statement(action="s3:PutObject"))
    nobody.put_object(**B, Key="k", Body=b"from nobody")
    assert boto.get_object(**B, Key="k")["Body"].read() == b"from nobody"
    wrong = {"ChecksumSHA256": "A" * 43 + "="}
    assert code(nobody.put_object, **B, Key="k", Body=b"x", **wrong) == "BadDigest"
    assert code(nobody.delete_object, **B, Key="k") == "AccessDenied"


def test_deny_without_tls_stops_everybody_and_says_why():
    with LocalS3() as s3, closing(boto_client(s3)) as boto:
        boto.create_bucket(**B)
        boto.put_object(**B, Key="k", Body=b"x")
        insecure = {"Bool": {"aws:SecureTransport": "false"}}
        put(boto, statement("Deny", "s3:*", [BUCKET, OBJECTS], **insecure))
        arn = f"arn:aws:iam::123456789012:user/{s3.credentials.access_key_id}"
        assert refusal(boto.get_object, **B, Key="k")[:3] == (
            403,
            "AccessDenied",
            f'User: {arn} is not authorized to perform: s3:GetObject on resource: "{BUCKET}/k" '
            "with an explicit deny in a resource-based policy",
        )
        assert code(boto.delete_bucket_policy, **B) == "AccessDenied"
        root = s3.add_user(name="root")
        with closing(boto_client(s3, root)) as account:
            assert code(account.get_object, **B, Key="k") == "AccessDenied"
            account.delete_bucket_policy(**B)  # the account itself is never shut out of that
        assert boto.get_object(**B, Key="k")["Body"].read() == b"x"


def test_with_tls_it_does_not_stop_them():
    with LocalS3(tls=True) as s3:
        import boto3

        signer = {"aws_access_key_id": s3.credentials.access_key_id}
        boto = boto3.client(
            "s3", endpoint_url=s3.endpoint_url, region_name=s3.region, verify=s3.certificate, **signer,
            aws_secret_access_key=s3.credentials.secret_access_key,
        )  # fmt: skip
        boto.create_bucket(**B)
        put(boto, statement("Deny", "s3:*", [BUCKET, OBJECTS], Bool={"aws:SecureTransport": "false"}))
        boto.put_object(**B, Key="k", Body=b"x")
        assert boto.get_object(**B, Key="k")["Body"].read() == b"x"
        boto.close()


def test_only_with_this_header(boto):
    wanted = {"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    put(boto, statement("Deny", "s3:PutObject", **wanted))
    assert code(boto.put_object, **B, Key="k", Body=b"x") == "AccessDenied"
    boto.put_object(**B, Key="k", Body=b"x", ServerSideEncryption="AES256")
    assert code(boto.create_multipart_upload, **B, Key="k") == "AccessDenied"


def test_only_with_some_header_at_all(boto):
    put(boto, statement("Deny", "s3:PutObject", Null={"s3:x-amz-storage-class": "true"}))
    assert code(boto.put_object, **B, Key="k", Body=b"x") == "AccessDenied"
    boto.put_object(**B, Key="k", Body=b"x", StorageClass="STANDARD_IA")


def test_only_from_this_page_and_address(client, boto):
    boto.put_object(**B, Key="k", Body=b"x")
    put(
        boto,
        statement(StringLike={"aws:Referer": "https://example.com/*"}, IpAddress={"aws:SourceIp": "127.0.0.0/8"}),
    )
    page = {"Referer": "https://example.com/page"}
    assert client.send("GET", "bucket", "k", headers=page, signed=False).status == 200
    assert client.send("GET", "bucket", "k", signed=False).code == "AccessDenied"
    put(boto, statement(IpAddress={"aws:SourceIp": ["10.0.0.0/8", "::1"]}))
    assert client.send("GET", "bucket", "k", headers=page, signed=False).code == "AccessDenied"


def test_another_account_needs_the_bucket_s_policy(boto, as_user):
    boto.put_object(**B, Key="k", Body=b"x")
    other, second = as_user(account=OTHER, name="alice"), as_user(account=OTHER, name="bob")
    denied = 403, "AccessDenied", "Access Denied", {}
    assert refusal(other.get_object, **B, Key="k") == denied
    put(boto, statement(principal={"AWS": f"arn:aws:iam::{OTHER}:user/alice"}))
    assert other.get_object(**B, Key="k")["Body"].read() == b"x"
    assert refusal(second.get_object, **B, Key="k") == denied
    for account in (OTHER, f"arn:aws:iam::{OTHER}:root"):
        put(boto, statement(principal={"AWS": account}))
        assert second.get_object(**B, Key="k")["Body"].read() == b"x"
    put(
        boto,
        statement(principal={"AWS": OTHER}),
        statement("Deny", principal={"AWS": f"arn:aws:iam::{OTHER}:user/bob"}),
    )
    assert refusal(second.get_object, **B, Key="k") == denied
    assert other.get_object(**B, Key="k")["Body"].read() == b"x"


def test_user_with_a_policy_of_its_own_has_no_more_than_that_and_the_bucket_s(boto, as_user):
    boto.put_object(**B, Key="own/k", Body=b"x")
    boto.put_object(**B, Key="k", Body=b"x")
    own = {"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": f"{BUCKET}/${{aws:username}}/*"}}
    user = as_user(name="own", policy=own)
    assert user.get_object(**B, Key="own/k")["Body"].read() == b"x"
    arn = "arn:aws:iam::123456789012:user/own"
    assert refusal(user.get_object, **B, Key="k")[2] == (
        f'User: {arn} is not authorized to perform: s3:GetObject on resource: "{BUCKET}/k" '
        "because no identity-based policy allows the s3:GetObject action"
    )
    assert code(user.list_buckets) == "AccessDenied"
    put(boto, statement(principal={"AWS": arn}))
    assert user.get_object(**B, Key="k")["Body"].read() == b"x"
    put(boto, statement(principal={"AWS": "arn:aws:iam::123456789012:root"}))  # leaves it to the account
    assert code(user.get_object, **B, Key="k") == "AccessDenied"


def test_copy_needs_to_read_the_source(boto, as_user, s3):
    boto.put_object(**B, Key="k", Body=b"x")
    s3._storage.create_bucket("target", {})
    put(boto, statement("Deny", principal={"AWS": "arn:aws:iam::123456789012:user/copier"}))
    copier = as_user(name="copier")
    copied = {"Bucket": "target", "Key": "k", "CopySource": "bucket/k"}
    assert code(copier.copy_object, **copied) == "AccessDenied"
    assert status(boto.copy_object(**copied)) == 200


def test_many_are_deleted_each_by_its_own_permission(boto):
    for key in ("a", "keep/b"):
        boto.put_object(**B, Key=key)
    put(boto, statement("Deny", "s3:DeleteObject", f"{BUCKET}/keep/*"))
    answer = boto.delete_objects(**B, Delete={"Objects": [{"Key": "a"}, {"Key": "keep/b"}]})
    assert [each["Key"] for each in answer["Deleted"]] == ["a"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [("keep/b", "AccessDenied")]


def test_versions_and_tags_have_actions_of_their_own(boto, as_user):
    boto.put_bucket_versioning(**B, VersioningConfiguration={"Status": "Enabled"})
    version = boto.put_object(**B, Key="k", Body=b"x", Tagging="kind=open")["VersionId"]
    nobody = as_user(signed=False)
    put(boto, statement(StringEquals={"s3:ExistingObjectTag/kind": "open"}))
    assert nobody.get_object(**B, Key="k")["Body"].read() == b"x"
    assert code(nobody.get_object, **B, Key="k", VersionId=version) == "AccessDenied"
    put(boto, statement(action="s3:GetObjectVersion"))
    assert nobody.get_object(**B, Key="k", VersionId=version)["Body"].read() == b"x"
    boto.put_object_tagging(**B, Key="k", Tagging={"TagSet": [{"Key": "kind", "Value": "secret"}]})
    put(boto, statement(StringEquals={"s3:ExistingObjectTag/kind": "open"}))
    assert code(nobody.get_object, **B, Key="k") == "AccessDenied"


def test_presigned_url_is_held_to_its_age_and_kind(s3, client, boto):
    boto.put_object(**B, Key="k", Body=b"x")
    put(
        boto,
        statement("Deny", NumericGreaterThan={"s3:signatureAge": "600000"}),
        statement("Deny", "s3:PutObject", StringNotEquals={"s3:authType": "REST-HEADER"}),
    )
    url = s3.presigner().get_object("bucket", "k", expires_in=3600, signed_at=s3.clock.now()).url
    target = url.removeprefix(s3.endpoint_url)
    assert client.raw("GET", target, {"Host": client.host}).status == 200
    s3.clock.advance(seconds=601)
    assert client.raw("GET", target, {"Host": client.host}).code == "AccessDenied"
    upload = s3.presigner().put_object("bucket", "k", signed_at=s3.clock.now()).url.removeprefix(s3.endpoint_url)
    assert client.raw("PUT", upload, {"Host": client.host}, b"y").code == "AccessDenied"
    assert client.send("PUT", "bucket", "k", body=b"y").status == 200


# What is public


@pytest.mark.parametrize(
    ("made", "public"),
    [
        (statement(), True),
        (statement(principal={"AWS": ["*"]}), True),
        (statement("Deny"), False),
        (statement(principal={"AWS": OTHER}), False),
        (statement(IpAddress={"aws:SourceIp": "10.0.0.0/32"}), False),
        (statement(IpAddress={"aws:SourceIp": "0.0.0.0/0"}), True),
        (statement(NotIpAddress={"aws:SourceIp": "10.0.0.0/32"}), True),
        (statement(StringEquals={"aws:SourceVpc": "vpc-91237329"}), False),
        (statement(StringLike={"aws:SourceVpc": "vpc-*"}), True),
        (statement(StringEquals={"aws:Referer": "https://example.com"}), True),
        (statement(Bool={"aws:SecureTransport": "true"}), True),
        (statement(StringEquals={"aws:PrincipalOrgID": "o-1"}), False),
    ],
)
def test_policy_status_says_whether_it_is_public(boto, made, public):
    put(boto, made)
    assert content(boto.get_bucket_policy_status(**B)) == {"PolicyStatus": {"IsPublic": public}}
    assert is_public({"Statement": [statement("Deny"), made]}) is public


# Conditions


@pytest.mark.parametrize(
    ("operator", "expected", "values", "met"),
    [
        ("StringEquals", ["a", "b"], ["b"], True),
        ("StringEquals", ["a*"], ["ab"], False),
        ("StringEquals", ["a"], None, False),
        ("StringEqualsIfExists", ["a"], None, True),
        ("StringNotEquals", ["a", "b"], ["b"], False),
        ("StringNotEquals", ["a"], None, True),
        ("StringEqualsIgnoreCase", ["A"], ["a"], True),
        ("StringLike", ["a*c?"], ["abbcd"], True),
        ("StringNotLike", ["a*"], ["ab"], False),
        ("NumericLessThanEquals", ["10"], ["10"], True),
        ("NumericLessThan", [10], ["10"], False),
        ("NumericEquals", ["x"], ["10"], False),
        ("NumericNotEquals", ["9"], ["10"], True),
        ("DateGreaterThan", ["2026-01-01T00:00:00Z"], ["2026-01-02T00:00:00+00:00"], True),
        ("DateLessThan", ["2026-01-01"], ["1767225599"], True),
        ("Bool", [True], ["true"], True),
        ("Bool", ["false"], ["true"], False),
        ("Null", ["true"], None, True),
        ("Null", ["false"], None, False),
        ("Null", [False], ["x"], True),
        ("IpAddress", ["10.0.0.0/8"], ["10.1.2.3"], True),
        ("IpAddress", ["2001:db8::/32"], ["10.1.2.3"], False),
        ("NotIpAddress", ["10.0.0.0/8"], ["11.1.2.3"], True),
        ("ArnLike", ["arn:aws:iam::*:user/a*"], ["arn:aws:iam::1:user/ab"], True),
        ("ArnLike", ["arn:*"], ["arn:aws:iam::1:user/ab"], False),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a"], ["a", "b"], False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAnyValue:StringEquals", ["a"], ["a", "b"], True),
        ("ForAnyValue:StringEquals", ["a"], None, False),
        ("ForAnyValue:StringNotEquals", ["a"], None, False),
    ],
)
def test_condition(operator, expected, values, met):
    def key(name):
        assert name == "aws:key"
        return values

    assert is_met(operator, "aws:Key", expected, key) is met


def test_variables_stand_for_what_they_are():
    values = {"aws:username": ["a*b"]}
    assert like("home/a*b/x", substitute("home/${aws:username}/*", values.get))
    assert not like("home/acb/x", substitute("home/${aws:username}/*", values.get))
    assert not like("home//x", substitute("home/${aws:userid}/*", values.get))
    assert like("home/none/x", substitute("home/${aws:userid, 'none'}/*", values.get))
    assert like("a*", substitute("a${*}", values.get))
    assert not like("ab", substitute("a${*}", values.get))
    assert substitute("${$}{x}", values.get) == "${x}"
    assert split("ForAnyValue:StringLikeIfExists") == ("foranyvalue", "stringlike", True)


def test_pattern_costs_no_more_than_its_length_and_the_text_s():
    assert not like("a" * 5000 + "b", "*a" * 50 + "c")
    assert like("a" * 5000 + "b", "*a" * 50 + "*")


def test_passing_over_governance_is_a_permission(boto, s3):
    locked = {"Bucket": "locked"}
    boto.create_bucket(**locked, ObjectLockEnabledForBucket=True)
    lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": at(s3, 3600)}
    kept, other = (boto.put_object(**locked, Key="k", **lock)["VersionId"] for _ in range(2))
    denied = statement("Deny", "s3:BypassGovernanceRetention", "arn:aws:s3:::locked/*")
    boto.put_bucket_policy(**locked, Policy=json.dumps({"Statement": denied}))
    versions = {"Objects": [{"Key": "k", "VersionId": kept}]}
    refused = refusal(boto.delete_object, **locked, Key="k", VersionId=kept, BypassGovernanceRetention=True)
    assert refused[:2] == (403, "AccessDenied")
    assert "s3:BypassGovernanceRetention" in refused[2]
    answer = boto.delete_objects(**locked, Delete=versions, BypassGovernanceRetention=True)
    assert [each["Code"] for each in answer["Errors"]] == ["AccessDenied"]
    boto.delete_bucket_policy(**locked)
    assert "Errors" not in boto.delete_objects(**locked, Delete=versions, BypassGovernanceRetention=True)
    boto.delete_object(**locked, Key="k", VersionId=other, BypassGovernanceRetention=True)
