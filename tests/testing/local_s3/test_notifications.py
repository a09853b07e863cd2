"""Event notifications: configurations and messages, as S3 had them in January 2025 and February 2026."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from tests.testing.local_s3.boto import content, refusal, status

B = {"Bucket": "bucket"}
K = {**B, "Key": "k"}
QUEUE = "arn:aws:sqs:us-east-1:123456789012:queue"
TOPIC = "arn:aws:sns:us-east-1:123456789012:topic"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
CREATED = ["s3:ObjectCreated:*"]


def put(boto, **configuration):
    return boto.put_bucket_notification_configuration(**B, NotificationConfiguration=configuration)


def queue(*events, **more):
    return {"Id": "id", "QueueArn": QUEUE, "Events": list(events) or CREATED, **more}


def rules(**values):
    return {"Key": {"FilterRules": [{"Name": name, "Value": value} for name, value in values.items()]}}


@pytest.fixture
def told(s3):
    """The records that listeners were told of."""
    records = []
    s3.listen(lambda message: records.extend(message.get("Records", [])))
    return records


def names(records):
    return [record["eventName"] for record in records]


# The configuration


def test_configuration_is_kept(boto):
    assert content(boto.get_bucket_notification_configuration(**B)) == {}
    given = {
        "QueueConfigurations": [queue(Filter=rules(prefix="notif-", suffix=".txt"))],
        "TopicConfigurations": [{"Id": "t", "TopicArn": TOPIC, "Events": CREATED}],
        "LambdaFunctionConfigurations": [{"Id": "l", "LambdaFunctionArn": FUNCTION, "Events": CREATED}],
        "EventBridgeConfiguration": {},
    }
    assert status(put(boto, **given)) == 200
    given["QueueConfigurations"] = [queue(Filter=rules(Prefix="notif-", Suffix=".txt"))]
    assert content(boto.get_bucket_notification_configuration(**B)) == given
    nameless = queue()
    del nameless["Id"]
    put(boto, QueueConfigurations=[nameless])
    assert boto.get_bucket_notification_configuration(**B)["QueueConfigurations"][0]["Id"]
    put(boto)
    assert content(boto.get_bucket_notification_configuration(**B)) == {}


MALFORMED = (
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
    {},
)


def unparsed(kind, arn):
    return 400, "InvalidArgument", "The ARN could not be parsed", {"ArgumentName": kind, "ArgumentValue": arn}


@pytest.mark.parametrize(
    ("configuration", "answer"),
    [
        ({"QueueConfigurations": [queue() | {"QueueArn": "invalid"}]}, unparsed("Queue", "invalid")),
        ({"TopicConfigurations": [{"TopicArn": "invalid", "Events": CREATED}]}, unparsed("Topic", "invalid")),
        (
            {"LambdaFunctionConfigurations": [{"LambdaFunctionArn": "invalid", "Events": CREATED}]},
            unparsed("CloudFunction", "invalid"),
        ),
        (
            {"QueueConfigurations": [queue(Filter=rules(INVALID="x"))]},
            (
                400,
                "InvalidArgument",
                "filter rule name must be either prefix or suffix",
                {"ArgumentName": "FilterRule.Name", "ArgumentValue": "INVALID"},
            ),
        ),
        ({"QueueConfigurations": [queue(Filter={"Key": {"FilterRules": [{"Name": "prefix"}]}})]}, MALFORMED),
        ({"QueueConfigurations": [queue(Filter={"Key": {"FilterRules": [{"Value": "x"}]}})]}, MALFORMED),
        ({"QueueConfigurations": [queue("s3:ObjectEaten:*")]}, MALFORMED),
    ],
)
def test_configuration_is_refused(boto, configuration, answer):
    assert refusal(boto.put_bucket_notification_configuration, **B, NotificationConfiguration=configuration) == answer


# What is told


def test_upload_is_told_as_s3_words_it(s3, boto):
    messages = []
    s3.listen(messages.append, QUEUE)
    put(boto, QueueConfigurations=[queue()])
    assert messages.pop() | {"Time": ""} == {
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "", "Bucket": "bucket",
    }  # fmt: skip
    etag = boto.put_object(**B, Key="dir/a@b c", Body=b"something")["ETag"]
    (message,) = messages
    (record,) = message["Records"]
    assert record["eventTime"].endswith("Z")
    assert record["s3"].pop("object") | {"sequencer": ""} == {
        "key": "dir/a%40b+c", "size": 9, "eTag": etag.strip('"'), "sequencer": "",
    }  # fmt: skip
    assert record["s3"] == {
        "s3SchemaVersion": "1.0",
        "configurationId": "id",
        "bucket": {
            "name": "bucket",
            "ownerIdentity": {"principalId": boto.list_buckets()["Owner"]["ID"]},
            "arn": "arn:aws:s3:::bucket",
        },
    }
    assert {name: record[name] for name in ("eventVersion", "eventSource", "awsRegion", "eventName")} == {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventName": "ObjectCreated:Put",
    }
    assert record["requestParameters"] == {"sourceIPAddress": "127.0.0.1"}
    assert record["userIdentity"] == {"principalId": f"AWS:{s3.credentials.access_key_id}"}


def test_every_way_to_make_an_object_is_told(s3, boto, told):
    put(boto, LambdaFunctionConfigurations=[{"Id": "l", "LambdaFunctionArn": FUNCTION, "Events": CREATED}])
    boto.put_object(**K)
    boto.copy_object(**B, Key="copy", CopySource="bucket/k")
    upload = {**B, "Key": "parts", "UploadId": boto.create_multipart_upload(**B, Key="parts")["UploadId"]}
    part = boto.upload_part(**upload, PartNumber=1, Body=b"x")["ETag"]
    boto.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    kinds = ["Put", "Copy", "CompleteMultipartUpload"]
    assert names(told) == [f"ObjectCreated:{kind}" for kind in kinds]
    boto.get_object(**K)
    boto.delete_object(**K)
    assert len(told) == 3


def test_deletions_are_told_of_keys_that_were_not_there_too(boto, told):
    put(boto, QueueConfigurations=[queue("s3:ObjectRemoved:*")])
    boto.put_object(**K)
    boto.delete_object(**K)
    boto.delete_objects(**B, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}], "Quiet": True})
    assert [(record["eventName"], sorted(record["s3"]["object"])) for record in told] == [
        ("ObjectRemoved:Delete", ["key", "sequencer"])
    ] * 3
    assert [record["s3"]["object"]["key"] for record in told] == ["k", "a", "b"]


def test_versions_are_told_of(boto, told):
    boto.put_bucket_versioning(**B, VersioningConfiguration={"Status": "Enabled"})
    put(boto, QueueConfigurations=[queue("s3:ObjectCreated:*", "s3:ObjectRemoved:*")])
    first = boto.put_object(**K)["VersionId"]
    marker = boto.delete_object(**K)["VersionId"]
    boto.delete_object(**K, VersionId=first)
    boto.delete_object(**K, VersionId=marker)
    assert [(record["eventName"], record["s3"]["object"]["versionId"]) for record in told] == [
        ("ObjectCreated:Put", first),
        ("ObjectRemoved:DeleteMarkerCreated", marker),
        ("ObjectRemoved:Delete", first),
        ("ObjectRemoved:Delete", marker),
    ]
    assert told[1]["s3"]["object"]["eTag"] == "d41d8cd98f00b204e9800998ecf8427e"


def test_changes_beside_an_object_are_told(boto, told):
    put(boto, QueueConfigurations=[queue("s3:ObjectTagging:*", "s3:ObjectAcl:Put", "s3:ObjectRestore:Post")])
    boto.put_object(**K, StorageClass="GLACIER")
    boto.put_object_tagging(**K, Tagging={"TagSet": []})
    boto.delete_object_tagging(**K)
    boto.put_object_acl(**K, ACL="public-read")
    boto.restore_object(**K, RestoreRequest={"Days": 1})
    assert names(told) == ["ObjectTagging:Put", "ObjectTagging:Delete", "ObjectAcl:Put", "ObjectRestore:Post"]
    assert told[0]["eventVersion"] == "2.3"
    assert sorted(told[0]["s3"]["object"]) == ["eTag", "key"]


def test_filters_and_events_choose(boto, told):
    put(boto, QueueConfigurations=[queue("s3:ObjectCreated:Put", Filter=rules(prefix="in/", suffix=".txt"))])
    for key in ("in/a.txt", "in/a.csv", "a.txt"):
        boto.put_object(**B, Key=key)
    boto.copy_object(**B, Key="in/b.txt", CopySource="bucket/a.txt")
    assert [record["s3"]["object"]["key"] for record in told] == ["in/a.txt"]


def test_what_is_refused_is_not_told(boto, told):
    put(boto, QueueConfigurations=[queue()])
    assert refusal(boto.put_object, **K, StorageClass="OUTPOSTS")[1] == "InvalidStorageClass"
    assert told == []


def test_event_bus_gets_its_own_words(s3, boto):
    events = []
    s3.listen(events.append, "EventBridgeConfiguration")
    put(boto, EventBridgeConfiguration={}, QueueConfigurations=[queue()])
    boto.put_object(**B, Key="a b", Body=b"test")
    boto.delete_object(**B, Key="a b")
    created, deleted = events
    assert (created["detail-type"], created["source"], created["account"]) == (
        "Object Created",
        "aws.s3",
        "123456789012",
    )
    assert created["resources"] == ["arn:aws:s3:::bucket"]
    assert created["detail"]["object"] | {"sequencer": ""} == {
        "key": "a b", "size": 4, "etag": "098f6bcd4621d373cade4e832627b4f6", "sequencer": "",
    }  # fmt: skip
    assert (created["detail"]["reason"], created["detail"]["requester"]) == ("PutObject", "123456789012")
    assert (deleted["detail-type"], deleted["detail"]["deletion-type"]) == ("Object Deleted", "Permanently Deleted")


# Who is told


def test_listener_that_fails_or_ends_changes_nothing(s3, boto, told, caplog):
    def fail(message):
        raise ZeroDivisionError

    end = s3.listen(fail)
    put(boto, QueueConfigurations=[queue()])
    boto.put_object(**K)
    assert names(told) == ["ObjectCreated:Put"]
    assert "a listener failed" in caplog.text
    end()
    caplog.clear()
    boto.put_object(**K)
    assert "a listener failed" not in caplog.text


def test_url_is_told_by_post(s3, boto):
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *message):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        s3.listen(f"http://127.0.0.1:{server.server_port}/events", TOPIC)
        put(boto, TopicConfigurations=[{"Id": "t", "TopicArn": TOPIC, "Events": CREATED}])
        boto.put_object(**K)
        server.shutdown()
        thread.join()
    assert bodies[0]["Event"] == "s3:TestEvent"
    assert names(bodies[1]["Records"]) == ["ObjectCreated:Put"]
