"""Lifecycle: rules kept and refused as S3 answered on 2026-02-21, and what they do as the clock moves."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import botocore.auth
import pytest

from tests.testing.local_s3.boto import boto_client, code, content, refusal, status

B = {"Bucket": "bucket"}
DAY = 86_400
MALFORMED = (
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
    {},
)


@pytest.fixture(autouse=True)
def _at_noon(s3):
    s3.clock.freeze(datetime(2026, 3, 1, 12, tzinfo=UTC))


@pytest.fixture
def days(s3):
    """A function that lets days pass and gives the keys that are left."""

    def keys(after):
        s3.clock.advance(after * DAY)
        return sorted(s3.objects("bucket"))

    return keys


@pytest.fixture
def boto(s3, monkeypatch):
    """boto3 that signs by the server's clock."""

    def now(remove_tzinfo=True):
        return s3.clock.now().replace(tzinfo=None) if remove_tzinfo else s3.clock.now()

    monkeypatch.setattr(botocore.auth, "get_current_datetime", now)
    with closing(boto_client(s3)) as client:
        yield client


def rule(**parts):
    return {"ID": "rule", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}} | parts


def put(boto, *rules, **more):
    return boto.put_bucket_lifecycle_configuration(**B, LifecycleConfiguration={"Rules": list(rules)}, **more)


def test_configuration_is_kept(boto):
    missing = (
        404,
        "NoSuchLifecycleConfiguration",
        "The lifecycle configuration does not exist",
        {"BucketName": "bucket"},
    )
    assert refusal(boto.get_bucket_lifecycle_configuration, **B) == missing
    usual = "all_storage_classes_128K"
    given = [
        rule(ID="one", Filter={"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}}),
        rule(ID="two", Filter={}, NoncurrentVersionExpiration={"NoncurrentDays": 3}),
        rule(ID="three", Transitions=[{"Days": 30, "StorageClass": "GLACIER"}]),
    ]
    assert content(put(boto, *given)) == {"TransitionDefaultMinimumObjectSize": usual}
    assert content(boto.get_bucket_lifecycle_configuration(**B)) == {
        "Rules": given,
        "TransitionDefaultMinimumObjectSize": usual,
    }
    varies = {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
    put(boto, rule(), **varies)
    assert content(boto.get_bucket_lifecycle_configuration(**B)) == {"Rules": [rule()], **varies}
    nameless = rule()
    del nameless["ID"]
    put(boto, nameless)
    assert boto.get_bucket_lifecycle_configuration(**B)["Rules"][0]["ID"]
    assert [status(boto.delete_bucket_lifecycle(**B)) for _ in range(2)] == [204, 204]
    assert refusal(boto.get_bucket_lifecycle_configuration, **B) == missing


def without(name, **parts):
    return {key: value for key, value in rule(**parts).items() if key != name}


TWICE = [{"Key": "k", "Value": "a"}, {"Key": "k", "Value": "b"}]


@pytest.mark.parametrize(
    ("rules", "answer"),
    [
        ([without("Filter")], MALFORMED),
        ([rule(NoncurrentVersionExpiration={})], MALFORMED),
        ([rule(Filter={"And": {"Prefix": "test"}, "Prefix": ""})], MALFORMED),
        ([rule(Filter={"ObjectSizeGreaterThan": 500, "Prefix": ""})], MALFORMED),
        ([rule(Expiration={"Days": 1, "ExpiredObjectDeleteMarker": True})], MALFORMED),
        ([rule(Status="enabled")], MALFORMED),
        ([rule(Prefix="")], MALFORMED),
        (
            [rule(Expiration={"Date": datetime(2023, 1, 1, 2, 2, tzinfo=UTC)})],
            (
                400,
                "InvalidArgument",
                "'Date' must be at midnight GMT",
                {"ArgumentName": "Date", "ArgumentValue": "2023-01-01T02:02Z"},
            ),
        ),
        (
            [rule(Filter={"And": {"Tags": TWICE}})],
            (400, "InvalidRequest", "Duplicate Tag Keys are not allowed.", {}),
        ),
        (
            [rule(Expiration={"Days": 0})],
            (
                400,
                "InvalidArgument",
                "'Days' for Expiration action must be a positive integer",
                {"ArgumentName": "Days", "ArgumentValue": "0"},
            ),
        ),
        (
            [rule(ID="a" * 256)],
            (
                400,
                "InvalidArgument",
                "ID length should not exceed allowed limit of 255",
                {"ArgumentName": "ID", "ArgumentValue": "a" * 256},
            ),
        ),
        (
            [rule(), rule()],
            (
                400,
                "InvalidArgument",
                "Rule ID must be unique. Found same ID for more than one rule",
                {"ArgumentName": "ID", "ArgumentValue": "rule"},
            ),
        ),
        (
            [without("Expiration")],
            (400, "InvalidRequest", "At least one action needs to be specified in a rule", {}),
        ),
    ],
)
def test_configuration_is_refused(boto, rules, answer):
    configuration = {"Rules": rules}
    assert refusal(boto.put_bucket_lifecycle_configuration, **B, LifecycleConfiguration=configuration) == answer


def test_minimum_size_is_one_of_two(boto):
    wrong = {"TransitionDefaultMinimumObjectSize": "value", "LifecycleConfiguration": {"Rules": [rule()]}}
    message = "Invalid TransitionDefaultMinimumObjectSize found: value"
    assert refusal(boto.put_bucket_lifecycle_configuration, **B, **wrong) == (400, "InvalidRequest", message, {})


def test_objects_expire_at_the_midnight_after_their_days(boto, days):
    put(boto, rule(Filter={"Prefix": "logs/"}, Expiration={"Days": 2}), rule(ID="off", Status="Disabled"))
    answer = boto.put_object(**B, Key="logs/a")
    expected = 'expiry-date="Wed, 04 Mar 2026 00:00:00 GMT", rule-id="rule"'
    assert answer["Expiration"] == boto.head_object(**B, Key="logs/a")["Expiration"] == expected
    assert "Expiration" not in boto.put_object(**B, Key="kept")
    assert days(2) == ["kept", "logs/a"]
    assert boto.get_object(**B, Key="logs/a")["Expiration"] == expected
    assert days(0.5) == ["kept"]
    assert code(boto.get_object, **B, Key="logs/a") == "NoSuchKey"


def test_rule_that_is_put_later_is_for_what_is_there(boto, days):
    boto.put_object(**B, Key="old")
    days(10)
    boto.put_object(**B, Key="new")
    put(boto, rule(Expiration={"Date": datetime(2026, 3, 1, tzinfo=UTC)}, Filter={"Prefix": "o"}))
    assert days(0) == ["new"]


def test_filters_are_all_met(boto, days):
    both = {"And": {"Prefix": "a", "Tags": [{"Key": "k", "Value": "v"}], "ObjectSizeGreaterThan": 2}}
    put(boto, rule(Filter=both), rule(ID="small", Filter={"ObjectSizeLessThan": 1}))
    boto.put_object(**B, Key="a1", Body=b"123", Tagging="k=v&more=x")
    boto.put_object(**B, Key="a2", Body=b"12", Tagging="k=v")
    boto.put_object(**B, Key="a3", Body=b"123", Tagging="k=other")
    boto.put_object(**B, Key="b", Body=b"123", Tagging="k=v")
    boto.put_object(**B, Key="c")
    assert days(2) == ["a2", "a3", "b"]


def test_versions_expire_behind_a_marker_and_then_they_and_it_go(boto, s3, days):
    boto.put_bucket_versioning(**B, VersioningConfiguration={"Status": "Enabled"})
    put(
        boto,
        rule(NoncurrentVersionExpiration={"NoncurrentDays": 3}),
        rule(ID="marker", Expiration={"ExpiredObjectDeleteMarker": True}),
    )
    boto.put_object(**B, Key="k", Body=b"x")
    assert days(2) == []
    listed = boto.list_object_versions(**B)
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (1, 1)
    days(4)
    assert "Versions" not in boto.list_object_versions(**B)
    days(1)
    assert "DeleteMarkers" not in boto.list_object_versions(**B)


def test_newer_noncurrent_versions_stay(boto, days):
    boto.put_bucket_versioning(**B, VersioningConfiguration={"Status": "Enabled"})
    keeps = {"NoncurrentDays": 1, "NewerNoncurrentVersions": 2}
    put(boto, without("Expiration", NoncurrentVersionExpiration=keeps))
    made = [boto.put_object(**B, Key="k", Body=b"x")["VersionId"] for _ in range(5)]
    days(2)
    assert [each["VersionId"] for each in boto.list_object_versions(**B)["Versions"]] == made[:1:-1]


def test_what_a_lock_keeps_stays(boto, s3, days):
    boto.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    boto.put_object(Bucket="locked", Key="k", ObjectLockLegalHoldStatus="ON")
    boto.put_object(Bucket="locked", Key="k")
    rules = {"Rules": [without("Expiration", NoncurrentVersionExpiration={"NoncurrentDays": 1})]}
    boto.put_bucket_lifecycle_configuration(Bucket="locked", LifecycleConfiguration=rules)
    days(5)
    assert len(boto.list_object_versions(Bucket="locked")["Versions"]) == 2
    version = boto.list_object_versions(Bucket="locked")["Versions"][1]["VersionId"]
    boto.put_object_legal_hold(Bucket="locked", Key="k", VersionId=version, LegalHold={"Status": "OFF"})
    days(1)
    assert len(boto.list_object_versions(Bucket="locked")["Versions"]) == 1


def test_classes_change_for_what_is_large_enough(boto, days):
    moves = [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER"}]
    put(boto, without("Expiration", Transitions=moves))
    boto.put_object(**B, Key="large", Body=b"x" * (128 << 10))
    boto.put_object(**B, Key="small", Body=b"x")
    days(31)
    assert boto.head_object(**B, Key="large")["StorageClass"] == "STANDARD_IA"
    days(30)
    assert code(boto.get_object, **B, Key="large") == "InvalidObjectState"
    assert "StorageClass" not in boto.head_object(**B, Key="small")


def test_stale_uploads_are_aborted(boto, days):
    put(boto, without("Expiration", AbortIncompleteMultipartUpload={"DaysAfterInitiation": 2}))
    boto.create_multipart_upload(**B, Key="k")
    days(2)
    assert len(boto.list_multipart_uploads(**B)["Uploads"]) == 1
    days(1)
    assert "Uploads" not in boto.list_multipart_uploads(**B)
