"""ACLs: what is granted, told, allowed and refused; who owns what; Block Public Access. As S3 answered in 2026."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from sigv4.testing import LocalS3
from sigv4.testing.local_s3.acl import canonical_id
from tests.testing.local_s3.boto import boto_client, code, content, refusal, status
from tests.testing.local_s3.test_policy import OBJECTS, put, statement

B = {"Bucket": "bucket"}
K = {**B, "Key": "k"}
OTHER = "210987654321"
OWNER, THEIRS = canonical_id("123456789012"), canonical_id(OTHER)
GROUPS = "http://acs.amazonaws.com/groups/"
ALL, WITH_ACCOUNT, LOGS = GROUPS + "global/AllUsers", GROUPS + "global/AuthenticatedUsers", GROUPS + "s3/LogDelivery"
MALFORMED = (
    400,
    "MalformedACLError",
    "The XML you provided was not well-formed or did not validate against our published schema",
    {},
)


def user(permission="FULL_CONTROL", id=OWNER):
    return {"Grantee": {"ID": id, "Type": "CanonicalUser"}, "Permission": permission}


def group(permission, uri=ALL):
    return {"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission}


def acl(*grants, owner=OWNER):
    return {"Owner": {"ID": owner}, "Grants": list(grants)}


def own(boto, ownership, bucket="bucket"):
    boto.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})


# What is told


def test_bucket_s_acl(boto):
    assert content(boto.get_bucket_acl(**B)) == acl(user())
    assert status(boto.put_bucket_acl(**B, ACL="public-read")) == 200
    assert content(boto.get_bucket_acl(**B)) == acl(user(), group("READ"))
    boto.put_bucket_acl(**B, ACL="public-read-write")
    assert content(boto.get_bucket_acl(**B)) == acl(user(), group("READ"), group("WRITE"))
    boto.put_bucket_acl(**B, ACL="log-delivery-write")
    assert content(boto.get_bucket_acl(**B)) == acl(user(), group("WRITE", LOGS), group("READ_ACP", LOGS))
    boto.put_bucket_acl(**B, GrantRead=f'uri="{LOGS}"')  # and no word of the owner
    assert content(boto.get_bucket_acl(**B)) == acl(group("READ", LOGS))
    given = acl(user(), group("WRITE", LOGS))
    boto.put_bucket_acl(**B, AccessControlPolicy=given)
    assert content(boto.get_bucket_acl(**B)) == given
    boto.put_bucket_acl(**B, ACL="private")
    assert content(boto.get_bucket_acl(**B)) == acl(user())


def test_object_s_acl(boto):
    boto.put_object(**K)
    assert content(boto.get_object_acl(**K)) == acl(user())
    boto.put_object_acl(**K, ACL="public-read")
    assert content(boto.get_object_acl(**K)) == acl(user(), group("READ"))
    boto.put_object_acl(**K, GrantRead=f'uri="{LOGS}"')
    assert content(boto.get_object_acl(**K)) == acl(group("READ", LOGS))
    boto.put_object(**K, ACL="authenticated-read")
    assert content(boto.get_object_acl(**K)) == acl(user(), group("READ", WITH_ACCOUNT))
    boto.put_object(**K, GrantFullControl=f'id="{OWNER}"', GrantReadACP=f'id="{THEIRS}", uri={ALL}')
    assert sorted(content(boto.get_object_acl(**K))["Grants"], key=str) == sorted(
        [user(), user("READ_ACP", THEIRS), group("READ_ACP")], key=str
    )
    boto.copy_object(**B, Key="copy", CopySource="bucket/k")
    assert content(boto.get_object_acl(**B, Key="copy")) == acl(user())  # an ACL is never copied


def test_delete_marker_has_no_acl(boto):
    boto.put_bucket_versioning(**B, VersioningConfiguration={"Status": "Enabled"})
    first = boto.put_object(**K)["VersionId"]
    boto.put_object_acl(**K, VersionId=first, ACL="public-read")
    boto.put_object(**K)
    assert content(boto.get_object_acl(**K))["Grants"] == [user()]
    assert content(boto.get_object_acl(**K, VersionId=first))["Grants"] == [user(), group("READ")]
    boto.delete_object(**K)
    assert code(boto.put_object_acl, **K, ACL="public-read") == "MethodNotAllowed"
    assert code(boto.get_object_acl, **K) == "NoSuchKey"


FAKE = GROUPS + "s3/FakeGroup"


def argument(message, name, value):
    return 400, "InvalidArgument", message, {"ArgumentName": name, "ArgumentValue": value}


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"ACL": "fake-acl"}, argument("", "x-amz-acl", "fake-acl")),
        ({"GrantWrite": f'uri="{FAKE}"'}, argument("Invalid group uri", "uri", FAKE)),
        (
            {"GrantWrite": 'fakekey="1234"'},
            argument("Argument format not recognized", "x-amz-grant-write", 'fakekey="1234"'),
        ),
        ({"GrantWrite": 'id="wrong-id"'}, argument("Invalid id", "id", "wrong-id")),
        (
            {"GrantWrite": 'emailAddress="a@example.com"'},
            (
                400,
                "UnresolvableGrantByEmailAddress",
                "The email address you provided does not match any account on record.",
                {},
            ),
        ),
        ({"AccessControlPolicy": {"Grants": [group("WRITE", LOGS)]}}, MALFORMED),
        ({"AccessControlPolicy": acl(group("WRONG-PERMISSION", LOGS))}, MALFORMED),
        (
            {"AccessControlPolicy": acl(group("WRITE", LOGS), owner="wrong-id")},
            argument("Invalid id", "CanonicalUser/ID", "wrong-id"),
        ),
        ({"AccessControlPolicy": acl(group("WRITE", FAKE))}, argument("Invalid group uri", "Group/URI", FAKE)),
        (
            {"AccessControlPolicy": acl(user(id="wrong-id"))},
            argument("Invalid id", "CanonicalUser/ID", "wrong-id"),
        ),
        (
            {"AccessControlPolicy": acl({"Grantee": {"ID": OWNER, "Type": "BadType"}, "Permission": "READ"})},
            MALFORMED,
        ),
        ({"AccessControlPolicy": {}}, MALFORMED),
        (
            {},
            (
                400,
                "MissingSecurityHeader",
                "Your request was missing a required header",
                {"MissingHeaderName": "x-amz-acl"},
            ),
        ),
        (
            {"ACL": "private", "GrantRead": f'uri="{LOGS}"'},
            (400, "InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed", {}),
        ),
        (
            {"ACL": "private", "AccessControlPolicy": acl(user())},
            (400, "UnexpectedContent", "This request does not support content", {}),
        ),
    ],
)
def test_what_is_no_acl_is_refused(boto, given, answer):
    boto.put_object(**K)
    assert refusal(boto.put_bucket_acl, **B, **given) == answer
    assert refusal(boto.put_object_acl, **K, **given) == answer
    assert content(boto.get_bucket_acl(**B)) == acl(user())


# What is allowed


def test_public_read_lets_all_read_and_nothing_else(client):
    client.put("public", b"for all", {"x-amz-acl": "public-read"})
    client.put("private", b"for us")
    assert client.send("GET", "bucket", "public", signed=False).body == b"for all"
    assert client.send("HEAD", "bucket", "public", signed=False).headers["content-length"] == "7"
    assert client.send("GET", "bucket", "private", signed=False).code == "AccessDenied"
    assert client.send("PUT", "bucket", "public", signed=False).code == "AccessDenied"
    assert client.send("DELETE", "bucket", "public", signed=False).code == "AccessDenied"
    assert client.send("GET", "bucket", "public", {"acl": ""}, signed=False).code == "AccessDenied"
    override = client.send("GET", "bucket", "public", {"response-content-type": "text/html"}, signed=False)
    assert override.code == "InvalidRequest"
    assert client.send("GET", "bucket", signed=False).code == "AccessDenied"
    assert client.send("PUT", "bucket", query={"acl": ""}, headers={"x-amz-acl": "public-read"}).status == 200
    assert client.send("GET", "bucket", signed=False).texts("Contents/Key") == ["private", "public"]
    assert client.send("GET", "bucket", "private", signed=False).code == "AccessDenied"
    assert client.send("GET", "bucket", "none", signed=False).code == "NoSuchKey"


def test_public_write_lets_all_put_and_delete_what_is_nobody_s(boto, as_user):
    boto.put_object(**B, Key="ours")
    nobody = as_user(signed=False)
    assert code(nobody.put_object, **K, Body=b"x") == "AccessDenied"
    boto.put_bucket_acl(**B, ACL="public-read-write")
    nobody.put_object(**K, Body=b"x")
    assert code(boto.get_object, **K) == "AccessDenied"  # the bucket's owner does not own it
    nobody.put_object(**K, Body=b"x", ACL="bucket-owner-full-control")
    assert boto.get_object(**K)["Body"].read() == b"x"
    answer = nobody.delete_objects(**B, Delete={"Objects": [{"Key": "k"}, {"Key": "ours"}]})
    assert [each["Key"] for each in answer["Deleted"]] == ["k"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [("ours", "AccessDenied")]


def test_form_of_nobody_is_taken_where_all_may_write(boto, client):
    import urllib3

    body, kind = urllib3.encode_multipart_formdata({"key": "k", "file": ("f", b"from nobody")})
    headers = {"Content-Type": kind}
    assert client.send("POST", "bucket", headers=headers, body=body, signed=False).code == "AccessDenied"
    boto.put_bucket_acl(**B, ACL="public-read-write")
    own(boto, "BucketOwnerPreferred")
    assert client.send("POST", "bucket", headers=headers, body=body, signed=False).status == 204
    assert [each["Key"] for each in boto.list_objects_v2(**B)["Contents"]] == ["k"]


@pytest.mark.parametrize(
    ("permission", "may"),
    [
        ("READ", ["list_objects_v2"]),
        ("WRITE", ["put_object"]),
        ("READ_ACP", ["get_bucket_acl"]),
        ("WRITE_ACP", ["put_bucket_acl"]),
        ("FULL_CONTROL", ["list_objects_v2", "put_object", "get_bucket_acl", "put_bucket_acl"]),
    ],
)
def test_grant_on_a_bucket_lets_its_account_do_that_alone(boto, as_user, permission, may):
    boto.put_bucket_acl(**B, AccessControlPolicy=acl(user(), user(permission, THEIRS)))
    other = as_user(account=OTHER)
    calls = {"list_objects_v2": B, "put_object": K, "get_bucket_acl": B, "put_bucket_acl": {**B, "ACL": "private"}}
    for name, parameters in calls.items():
        if name in may:
            assert status(getattr(other, name)(**parameters)) == 200
        else:
            assert code(getattr(other, name), **parameters) == "AccessDenied"
    assert code(as_user(account="111111111111").list_objects_v2, **B) == "AccessDenied"


def test_grant_on_an_object(boto, as_user):
    boto.put_object(**K, Body=b"x", GrantRead=f"id={THEIRS}", GrantFullControl=f"id={OWNER}")
    other, third = as_user(account=OTHER), as_user(account="111111111111")
    assert other.get_object(**K)["Body"].read() == b"x"
    assert code(other.get_object_acl, **K) == "AccessDenied"
    assert code(third.get_object, **K) == "AccessDenied"
    boto.put_object_acl(**K, ACL="authenticated-read")
    assert third.get_object(**K)["Body"].read() == b"x"
    assert code(as_user(signed=False).get_object, **K) == "AccessDenied"


# Who owns what


def test_new_bucket_allows_no_acl_and_nothing_public(boto):
    boto.create_bucket(Bucket="new")
    new = {"Bucket": "new"}
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert content(boto.get_bucket_ownership_controls(**new)) == {"OwnershipControls": rules}
    assert set(content(boto.get_public_access_block(**new))["PublicAccessBlockConfiguration"].values()) == {True}
    refused = 400, "AccessControlListNotSupported", "The bucket does not allow ACLs", {}
    assert refusal(boto.put_bucket_acl, **new, ACL="private") == refused
    assert refusal(boto.put_object, **new, Key="k", ACL="public-read") == refused
    assert refusal(boto.put_object, **new, Key="k", GrantRead=f"id={THEIRS}") == refused
    boto.put_object(**new, Key="k", ACL="bucket-owner-full-control")
    assert refusal(boto.put_object_acl, **new, Key="k", ACL="public-read") == refused
    boto.put_object_acl(**new, Key="k", AccessControlPolicy=acl(user()))
    assert content(boto.get_object_acl(**new, Key="k")) == acl(user())


def test_bucket_of_open_acls_is_as_it_was_before_2023():
    with LocalS3(open_acls=True) as s3, closing(boto_client(s3)) as boto:
        boto.create_bucket(**B, ACL="public-read")
        boto.put_object(**K, Body=b"x", ACL="public-read")
        assert code(boto.get_public_access_block, **B) == "NoSuchPublicAccessBlockConfiguration"
        assert code(boto.get_bucket_ownership_controls, **B) == "OwnershipControlsNotFoundError"
        with closing(boto_client(s3, signed=False)) as nobody:
            assert nobody.get_object(**K)["Body"].read() == b"x"
            assert nobody.list_objects_v2(**B)["KeyCount"] == 1


def test_ownership_controls_are_kept(boto):
    boto.create_bucket(Bucket="new", ObjectOwnership="BucketOwnerPreferred")
    new = {"Bucket": "new"}
    rules = [{"ObjectOwnership": "BucketOwnerPreferred"}]
    assert content(boto.get_bucket_ownership_controls(**new)) == {"OwnershipControls": {"Rules": rules}}
    own(boto, "ObjectWriter", "new")
    assert boto.get_bucket_ownership_controls(**new)["OwnershipControls"]["Rules"] == [
        {"ObjectOwnership": "ObjectWriter"}
    ]
    assert [status(boto.delete_bucket_ownership_controls(**new)) for _ in range(2)] == [204, 204]
    assert refusal(boto.get_bucket_ownership_controls, **new) == (
        404,
        "OwnershipControlsNotFoundError",
        "The bucket ownership controls were not found",
        {"BucketName": "new"},
    )
    malformed = (400, "MalformedXML", MALFORMED[2], {})
    for wrong in (
        [{"ObjectOwnership": "BucketOwnerPreferred"}, {"ObjectOwnership": "ObjectWriter"}],
        [{"ObjectOwnership": "RandomValue"}],
        [],
    ):
        assert refusal(boto.put_bucket_ownership_controls, **new, OwnershipControls={"Rules": wrong}) == malformed
    for wrong in ("RandomValue", ""):
        assert refusal(boto.create_bucket, Bucket="newer", ObjectOwnership=wrong) == (
            400,
            "InvalidArgument",
            f"Invalid x-amz-object-ownership header: {wrong}",
            {"ArgumentName": "x-amz-object-ownership"},
        )


def test_new_bucket_with_an_acl(boto):
    assert code(boto.create_bucket, Bucket="new", ACL="public-read") == "InvalidBucketAclWithObjectOwnership"
    public = {"Bucket": "new", "ACL": "public-read", "ObjectOwnership": "ObjectWriter"}
    assert code(boto.create_bucket, **public) == "InvalidBucketAclWithBlockPublicAccessError"
    boto.create_bucket(Bucket="new", ACL="private")
    rules = boto.get_bucket_ownership_controls(Bucket="new")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerPreferred"}]


def test_owner_is_enforced_only_on_a_private_bucket(boto):
    boto.put_bucket_acl(**B, ACL="public-read")
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    refused = code(boto.put_bucket_ownership_controls, **B, OwnershipControls=enforced)
    assert refused == "InvalidBucketAclWithObjectOwnership"


def test_who_writes_an_object_owns_it_unless_the_bucket_s_owner_is_enforced(boto, as_user):
    other = as_user(account=OTHER)
    put(boto, statement(action=["s3:PutObject", "s3:PutObjectAcl", "s3:GetObject"], principal={"AWS": OTHER}))
    own(boto, "ObjectWriter")
    other.put_object(**K, Body=b"theirs")
    assert code(boto.get_object, **K) == "AccessDenied"
    assert code(boto.put_object_acl, **K, ACL="private") == "AccessDenied"
    assert content(other.get_object_acl(**K)) == acl(user(id=THEIRS), owner=THEIRS)
    assert [each["Owner"]["ID"] for each in boto.list_objects(**B)["Contents"]] == [THEIRS]
    other.put_object(**K, Body=b"theirs", ACL="bucket-owner-full-control")
    assert content(other.get_object_acl(**K)) == acl(user(id=THEIRS), user(), owner=THEIRS)
    assert boto.get_object(**K)["Body"].read() == b"theirs"
    own(boto, "BucketOwnerPreferred")
    other.put_object(**K, Body=b"theirs", ACL="bucket-owner-full-control")
    assert content(boto.get_object_acl(**K)) == acl(user())
    other.put_object(**K, Body=b"theirs")
    assert code(boto.get_object, **K) == "AccessDenied"
    own(boto, "BucketOwnerEnforced")
    assert boto.get_object(**K)["Body"].read() == b"theirs"
    assert content(boto.get_object_acl(**K)) == acl(user())
    boto.delete_object(**K)


def test_buckets_of_another_account_are_its_own(boto, as_user):
    other = as_user(account=OTHER)
    other.create_bucket(Bucket="theirs")
    other.put_object(Bucket="theirs", Key="k")
    assert other.list_buckets()["Owner"] == {"ID": THEIRS}
    assert [each["Name"] for each in other.list_buckets()["Buckets"]] == ["theirs"]
    assert [each["Name"] for each in boto.list_buckets()["Buckets"]] == ["bucket"]
    assert code(boto.list_objects_v2, Bucket="theirs") == "AccessDenied"
    assert code(boto.create_bucket, Bucket="theirs") == "BucketAlreadyExists"
    assert code(other.head_bucket, Bucket="theirs", ExpectedBucketOwner="123456789012") == "403"
    assert status(other.head_bucket(Bucket="theirs", ExpectedBucketOwner=OTHER)) == 200


# Block Public Access


def block(boto, **settings):
    boto.put_public_access_block(**B, PublicAccessBlockConfiguration=settings)


def test_public_access_block_is_kept(boto):
    missing = (
        404,
        "NoSuchPublicAccessBlockConfiguration",
        "The public access block configuration was not found",
        {"BucketName": "bucket"},
    )
    assert refusal(boto.get_public_access_block, **B) == missing
    block(boto, BlockPublicAcls=True, IgnorePublicAcls=False)
    assert content(boto.get_public_access_block(**B))["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": False,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }
    assert [status(boto.delete_public_access_block(**B)) for _ in range(2)] == [204, 204]
    assert refusal(boto.get_public_access_block, **B) == missing


def test_public_acls_are_blocked_or_ignored(boto, as_user):
    boto.put_object(**K, Body=b"x", ACL="public-read")
    nobody = as_user(signed=False)
    block(boto, BlockPublicAcls=True)
    refused = refusal(boto.put_object, **B, Key="other", ACL="public-read")
    assert refused[:2] == (403, "AccessDenied")
    assert refused[2].endswith(
        'is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::bucket/other" because public access '
        "control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access."
    )
    assert code(boto.put_bucket_acl, **B, ACL="authenticated-read") == "AccessDenied"
    boto.put_object(**B, Key="other", ACL="private")
    assert nobody.get_object(**K)["Body"].read() == b"x"
    block(boto, IgnorePublicAcls=True)
    assert code(nobody.get_object, **K) == "AccessDenied"
    assert content(boto.get_object_acl(**K)) == acl(user(), group("READ"))


def test_public_policies_are_blocked_or_restricted(boto, as_user):
    boto.put_object(**K, Body=b"x")
    put(boto, statement())
    nobody, other, ours = as_user(signed=False), as_user(account=OTHER), as_user(name="ours")
    block(boto, BlockPublicPolicy=True)
    policy = json.dumps({"Statement": statement()})
    refused = refusal(boto.put_bucket_policy, **B, Policy=policy)
    assert refused[1] == "AccessDenied"
    assert "prevented by the BlockPublicPolicy setting" in refused[2]
    assert nobody.get_object(**K)["Body"].read() == b"x"
    block(boto, RestrictPublicBuckets=True)
    assert code(nobody.get_object, **K) == code(other.get_object, **K) == "AccessDenied"
    assert ours.get_object(**K)["Body"].read() == b"x"
    put(boto, statement(principal={"AWS": OTHER}, resource=OBJECTS))
    assert other.get_object(**K)["Body"].read() == b"x"
