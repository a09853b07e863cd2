"""Configurations that are kept: not set, put, read back, deleted, and refused, as S3 answered on 2026-02-21."""

from __future__ import annotations

import pytest

from tests.testing.local_s3.boto import code, content, refusal, status

MALFORMED = (
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
    {},
)
B = {"Bucket": "bucket"}


def missing(code_, message):
    return 404, code_, message, {"BucketName": "bucket"}


# Website

WEBSITES = [
    {"IndexDocument": {"Suffix": "index.html"}},
    {"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}},
    {
        "IndexDocument": {"Suffix": "index.html"},
        "ErrorDocument": {"Key": "error.html"},
        "RoutingRules": [
            {
                "Condition": {"KeyPrefixEquals": "docs/", "HttpErrorCodeReturnedEquals": "404"},
                "Redirect": {"ReplaceKeyPrefixWith": "documents/", "HttpRedirectCode": "302"},
            }
        ],
    },
]


def test_website_is_kept(boto):
    not_set = missing("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")
    assert refusal(boto.get_bucket_website, **B) == not_set
    assert status(boto.delete_bucket_website(**B)) == 204
    for website in WEBSITES:
        assert status(boto.put_bucket_website(**B, WebsiteConfiguration=website)) == 200
        assert content(boto.get_bucket_website(**B)) == website
    boto.delete_bucket_website(**B)
    assert refusal(boto.get_bucket_website, **B) == not_set


INDEX = {"IndexDocument": {"Suffix": "index.html"}}


def _argument(message, name, value=None):
    extra = {"ArgumentName": name} | ({} if value is None else {"ArgumentValue": value})
    return 400, "InvalidArgument", message, extra


@pytest.mark.parametrize(
    ("website", "answer"),
    [
        (
            {"IndexDocument": {"Suffix": "/index.html"}},
            _argument("The IndexDocument Suffix is not well formed", "IndexDocument", "/index.html"),
        ),
        ({"IndexDocument": {"Suffix": ""}}, _argument("The IndexDocument Suffix is not well formed", "IndexDocument")),
        (
            {"RedirectAllRequestsTo": {"HostName": "test"}, **INDEX},
            _argument(
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
                "RedirectAllRequestsTo",
                "not null",
            ),
        ),
        (
            {"ErrorDocument": {"Key": "error.html"}},
            _argument(
                "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
                "IndexDocument",
                "null",
            ),
        ),
        (
            {**INDEX, "RoutingRules": [{"Redirect": {"Protocol": "ftp"}}]},
            (
                400,
                "InvalidRequest",
                "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
                "automatically.",
                {},
            ),
        ),
        (
            {**INDEX, "RoutingRules": [{"Redirect": {"ReplaceKeyPrefixWith": "p", "ReplaceKeyWith": "k"}}]},
            (400, "InvalidRequest", "You can only define ReplaceKeyPrefix or ReplaceKey but not both.", {}),
        ),
        (
            {**INDEX, "RoutingRules": [{"Redirect": {"ReplaceKeyPrefixWith": "p"}, "Condition": {}}]},
            (
                400,
                "InvalidRequest",
                "Condition cannot be empty. To redirect all requests without a condition, the condition element "
                "shouldn't be present.",
                {},
            ),
        ),
        ({**INDEX, "RoutingRules": []}, MALFORMED),
    ],
)
def test_website_is_refused(boto, website, answer):
    assert refusal(boto.put_bucket_website, **B, WebsiteConfiguration=website) == answer


# Logging, replication, acceleration, request payment


def test_logging_is_kept_and_an_empty_document_ends_it(boto):
    assert content(boto.get_bucket_logging(**B)) == {}
    group = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
    enabled = {
        "TargetBucket": "bucket",
        "TargetPrefix": "log",
        "TargetGrants": [{"Grantee": group, "Permission": "READ_ACP"}],
    }
    assert status(boto.put_bucket_logging(**B, BucketLoggingStatus={"LoggingEnabled": enabled})) == 200
    assert content(boto.get_bucket_logging(**B)) == {"LoggingEnabled": enabled}
    assert status(boto.put_bucket_logging(**B, BucketLoggingStatus={})) == 200
    assert content(boto.get_bucket_logging(**B)) == {}
    elsewhere = {"LoggingEnabled": {"TargetBucket": "not-there", "TargetPrefix": ""}}
    assert refusal(boto.put_bucket_logging, **B, BucketLoggingStatus=elsewhere) == (
        400,
        "InvalidTargetBucketForLogging",
        "The target bucket for logging does not exist",
        {"TargetBucket": "not-there"},
    )


def test_replication_wants_versions_on_both_sides(boto):
    not_set = missing("ReplicationConfigurationNotFoundError", "The replication configuration was not found")
    assert refusal(boto.get_bucket_replication, **B) == not_set
    boto.create_bucket(Bucket="copies")
    rule = {
        "ID": "id",
        "Priority": 0,
        "Filter": {},
        "Status": "Disabled",
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {
            "Bucket": "arn:aws:s3:::copies",
            "StorageClass": "STANDARD",
            "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
            "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
        },
    }
    put = {**B, "ReplicationConfiguration": {"Role": "role", "Rules": [rule]}}
    message = "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
    assert refusal(boto.put_bucket_replication, **put) == (400, "InvalidRequest", message, {})
    enabled = {"VersioningConfiguration": {"Status": "Enabled"}}
    boto.put_bucket_versioning(**B, **enabled)
    message = "Destination bucket must have versioning enabled."
    assert refusal(boto.put_bucket_replication, **put) == (400, "InvalidRequest", message, {})
    boto.put_bucket_versioning(Bucket="copies", **enabled)
    assert status(boto.put_bucket_replication(**put)) == 200
    assert content(boto.get_bucket_replication(**B)) == {"ReplicationConfiguration": put["ReplicationConfiguration"]}
    nothing = {"Role": "role", "Rules": []}
    assert refusal(boto.put_bucket_replication, **B, ReplicationConfiguration=nothing) == MALFORMED
    assert [status(boto.delete_bucket_replication(**B)) for _ in range(2)] == [204, 204]
    assert refusal(boto.get_bucket_replication, **B) == not_set


def test_acceleration_is_kept(boto):
    assert content(boto.get_bucket_accelerate_configuration(**B)) == {}
    for wanted in ("Enabled", "Suspended"):
        boto.put_bucket_accelerate_configuration(**B, AccelerateConfiguration={"Status": wanted})
        assert content(boto.get_bucket_accelerate_configuration(**B)) == {"Status": wanted}
    lower = {"Status": "enabled"}
    assert refusal(boto.put_bucket_accelerate_configuration, **B, AccelerateConfiguration=lower) == MALFORMED
    boto.create_bucket(Bucket="with.dots")
    assert refusal(boto.put_bucket_accelerate_configuration, Bucket="with.dots", AccelerateConfiguration=lower) == (
        400,
        "InvalidRequest",
        "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
        {},
    )


def test_request_payment_is_kept(boto):
    assert content(boto.get_bucket_request_payment(**B)) == {"Payer": "BucketOwner"}
    boto.put_bucket_request_payment(**B, RequestPaymentConfiguration={"Payer": "Requester"})
    assert content(boto.get_bucket_request_payment(**B)) == {"Payer": "Requester"}
    somebody = {"Payer": "Somebody"}
    assert refusal(boto.put_bucket_request_payment, **B, RequestPaymentConfiguration=somebody) == MALFORMED
    requester = {"Payer": "Requester"}
    assert code(boto.put_bucket_request_payment, Bucket="gone", RequestPaymentConfiguration=requester) == "NoSuchBucket"


# Those with ids


def _metrics(name, prefix="logs/"):
    return {"Id": name, "Filter": {"Prefix": prefix}}


def _analytics(name):
    export = {"Format": "CSV", "Bucket": "arn:aws:s3:::reports", "Prefix": "test"}
    data = {"OutputSchemaVersion": "V_1", "Destination": {"S3BucketDestination": export}}
    return {"Id": name, "Filter": {"Prefix": "p"}, "StorageClassAnalysis": {"DataExport": data}}


def _inventory(name):
    return {
        "Id": name,
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::reports", "Format": "CSV"}},
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "OptionalFields": ["Size", "ETag"],
        "Schedule": {"Frequency": "Daily"},
    }


def _tiering(name):
    tierings = [{"AccessTier": "ARCHIVE_ACCESS", "Days": 90}]
    return {"Id": name, "Filter": {"Prefix": "p"}, "Status": "Enabled", "Tierings": tierings}


KINDS = [
    ("metrics", "MetricsConfiguration", _metrics),
    ("analytics", "AnalyticsConfiguration", _analytics),
    ("inventory", "InventoryConfiguration", _inventory),
    ("intelligent_tiering", "IntelligentTieringConfiguration", _tiering),
]
NO_SUCH = (404, "NoSuchConfiguration", "The specified configuration does not exist.", {})


@pytest.mark.parametrize(("kind", "root", "make"), KINDS)
def test_configurations_with_ids_are_kept(boto, kind, root, make):
    put, get, delete = (getattr(boto, f"{verb}_bucket_{kind}_configuration") for verb in ("put", "get", "delete"))
    listed = getattr(boto, f"list_bucket_{kind}_configurations")
    assert content(listed(**B)) == {"IsTruncated": False}
    assert refusal(get, **B, Id="one") == refusal(delete, **B, Id="one") == NO_SUCH
    for name in ("two", "one"):
        assert status(put(**B, Id=name, **{root: make(name)})) == 204
    assert content(get(**B, Id="one")) == {root: make("one")}
    assert content(listed(**B)) == {f"{root}List": [make("one"), make("two")], "IsTruncated": False}
    assert status(delete(**B, Id="two")) == 204
    assert refusal(get, **B, Id="two") == refusal(delete, **B, Id="two") == NO_SUCH
    assert code(delete, Bucket="not-there", Id="one") == "NoSuchBucket"
    assert content(listed(**B))[f"{root}List"] == [make("one")]
    mismatch = refusal(put, **B, Id="other", **{root: make("one")})
    message = "Document ID does not match the specified configuration ID."
    assert mismatch == ((400, "IdMismatch", message, {}) if kind == "inventory" else MALFORMED)


def test_listing_of_configurations_gives_pages(boto):
    names = [f"{number:03}" for number in range(102)]
    for name in names:
        boto.put_bucket_metrics_configuration(**B, Id=name, MetricsConfiguration=_metrics(name))
    first = boto.list_bucket_metrics_configurations(**B)
    token = first["NextContinuationToken"]
    second = boto.list_bucket_metrics_configurations(**B, ContinuationToken=token)
    assert (first["IsTruncated"], second["IsTruncated"], second["ContinuationToken"]) == (True, False, token)
    pages = [[each["Id"] for each in page["MetricsConfigurationList"]] for page in (first, second)]
    assert pages == [names[:100], names[100:]]


def _without(path, value):
    configuration = _inventory("one")
    inside = configuration
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = value
    return configuration


@pytest.mark.parametrize(
    ("configuration", "answer"),
    [
        (
            _without(["Destination", "S3BucketDestination", "Bucket"], "reports"),
            (400, "InvalidS3DestinationBucket", "Invalid bucket ARN.", {}),
        ),
        (_without(["Destination", "S3BucketDestination", "Format"], "WRONG"), MALFORMED),
        (_without(["Schedule", "Frequency"], "Hourly"), MALFORMED),
        (_without(["IncludedObjectVersions"], "Some"), MALFORMED),
        (_without(["OptionalFields"], ["Colour"]), MALFORMED),
    ],
)
def test_inventory_is_refused(boto, configuration, answer):
    put = boto.put_bucket_inventory_configuration
    assert refusal(put, **B, Id="one", InventoryConfiguration=configuration) == answer


@pytest.mark.parametrize("account", ["0000", "0000000000020", "abcd", "aa000000000$"])
def test_expected_bucket_owner_is_an_account(boto, account):
    message = f"The value of the expected bucket owner parameter must be an AWS Account ID... [{account}]"
    wanted = (400, "InvalidBucketOwnerAWSAccountID", message, {})
    assert refusal(boto.get_bucket_website, **B, ExpectedBucketOwner=account) == wanted
