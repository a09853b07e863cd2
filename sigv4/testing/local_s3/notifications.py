"""Event notifications: what a bucket's configuration asks for goes to the listeners of the test (`LocalS3.listen`), as
S3 would send it to the queue, the topic, the function or the event bus.

- A destination is only a name here: whatever has the form of its ARN is taken, as with skipped validation.
- Events of a request are with the listeners before the request is answered, and in the order in which things were done.
- Keys stand in them as forms write them; those for the event bus have them plain.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html; shapes and texts as S3 sent them in January 2025
and February 2026.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from ...encoding import encode
from .acl import canonical_id, owner_of
from .archive import storage_class
from .call import empty, operation, reads_body, xml
from .errors import S3Error
from .grammar import check, content_of
from .policy_conditions import like

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .documents import Element
    from .records import Version

EVENTS = (
    "s3:TestEvent", "s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectCreated:Post", "s3:ObjectCreated:Copy",
    "s3:ObjectCreated:CompleteMultipartUpload", "s3:ObjectRemoved:*", "s3:ObjectRemoved:Delete",
    "s3:ObjectRemoved:DeleteMarkerCreated", "s3:ObjectRestore:*", "s3:ObjectRestore:Post",
    "s3:ObjectRestore:Completed", "s3:ObjectRestore:Delete", "s3:ReducedRedundancyLostObject", "s3:Replication:*",
    "s3:Replication:OperationFailedReplication", "s3:Replication:OperationMissedThreshold",
    "s3:Replication:OperationReplicatedAfterThreshold", "s3:Replication:OperationNotTracked",
    "s3:LifecycleExpiration:*", "s3:LifecycleExpiration:Delete", "s3:LifecycleExpiration:DeleteMarkerCreated",
    "s3:LifecycleTransition", "s3:IntelligentTiering", "s3:ObjectTagging:*", "s3:ObjectTagging:Put",
    "s3:ObjectTagging:Delete", "s3:ObjectAcl:Put",
)  # fmt: skip
_KINDS = {
    "TopicConfiguration": "Topic", "QueueConfiguration": "Queue", "CloudFunctionConfiguration": "CloudFunction",
}  # fmt: skip
_BUS = "EventBridgeConfiguration"
_GRAMMAR = {
    "NotificationConfiguration": f"TopicConfiguration* QueueConfiguration* CloudFunctionConfiguration* {_BUS}?",
    **{kind: f"Id? {name} Event+ Filter?" for kind, name in _KINDS.items()},
    _BUS: "",
    "Filter": "S3Key?",
    "S3Key": "FilterRule*",
    "FilterRule": "Name Value",
    "Event": "=" + " ".join(EVENTS),
}
# The event of an operation; the others are told from what was deleted.
_CREATED = {
    "put_object": "Put", "post_object": "Post", "copy_object": "Copy",
    "complete_multipart_upload": "CompleteMultipartUpload",
}  # fmt: skip
_CHANGED = {
    "put_object_tagging": "ObjectTagging:Put",
    "delete_object_tagging": "ObjectTagging:Delete",
    "put_object_acl": "ObjectAcl:Put",
}
_BUS_TYPES = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "ObjectRestore": "Object Restore Initiated",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
    "ObjectAcl": "Object ACL Updated",
}


# The configuration


@operation
@reads_body
def put_bucket_notification_configuration(call: Call) -> Response:
    document = call.document("NotificationConfiguration")
    call.settings()
    check(document, _GRAMMAR)
    kept = []
    for each in document.children:
        content: Any = content_of(each, _GRAMMAR)
        if each.name in _KINDS:
            _check(each)
            content = [(name, _capitalised(value) if name == "Filter" else value) for name, value in content]
            if each.value("Id") is None:
                content = [("Id", os.urandom(24).hex()), *content]
        kept.append((each.name, content))
    call.storage.configure_bucket(call.bucket, "notification", kept or None)
    for kind, content in kept:
        if kind in ("TopicConfiguration", "QueueConfiguration"):
            call.listeners.send(dict(content)[_KINDS[kind]], _test_event(call))
    return empty()


def _check(configuration: Element) -> None:
    """What S3 checks beyond the schema."""
    name = _KINDS[configuration.name]
    arn = configuration.required(name)
    if not (arn.startswith("arn:") and arn.count(":") >= 5):
        raise S3Error("InvalidArgument", "The ARN could not be parsed", ArgumentName=name, ArgumentValue=arn)
    for rule in _filter_rules(configuration):
        if rule.required("Name").lower() not in ("prefix", "suffix"):
            raise S3Error(
                "InvalidArgument",
                "filter rule name must be either prefix or suffix",
                ArgumentName="FilterRule.Name",
                ArgumentValue=rule.required("Name"),
            )


def _filter_rules(configuration: Element) -> list[Element]:
    keys = [key for each in configuration.all("Filter") for key in each.all("S3Key")]
    return [rule for key in keys for rule in key.all("FilterRule")]


def _capitalised(filter_: Any) -> Any:
    """The filter with the names as S3 gives them back."""
    return [
        (key, [(rule, [(n, v.capitalize() if n == "Name" else v) for n, v in pairs]) for rule, pairs in rules])
        for key, rules in filter_
    ]


@operation
def get_bucket_notification_configuration(call: Call) -> Response:
    return xml("NotificationConfiguration", call.settings().get("notification", []))


# Events


def tell(call: Call, response: Response, request_id: str) -> None:
    """Tell the listeners what the call has done."""
    for name, key, version_id, version in _happened(call, response):
        for kind, content in call.settings()["notification"]:
            if kind == _BUS:
                call.listeners.send(_BUS, _bus_event(call, name, key, version_id, version, request_id))
            elif _wants(content, name, key):
                record = _record(call, name, key, version_id, version, request_id)
                record["s3"]["configurationId"] = dict(content)["Id"]
                call.listeners.send(dict(content)[_KINDS[kind]], {"Records": [record]})


def _happened(call: Call, response: Response) -> Iterable[tuple[str, str, str | None, Version | None]]:
    """(event, key, version id, the version where it is there) of all that the call did."""
    for key, named, version in call.deleted:
        marker = version is not None and version.delete_marker and named is None
        name = "ObjectRemoved:DeleteMarkerCreated" if marker else "ObjectRemoved:Delete"
        made = version.version_id if marker and version is not None else named
        yield name, key, made, version if marker else None
    event = _event_of(call, response)
    if event is not None:
        told = dict(response.headers).get("x-amz-version-id")
        version = call.storage.version(call.bucket, call.key, told)
        yield event, call.key, None if version.version_id == "null" else version.version_id, version


def _event_of(call: Call, response: Response) -> str | None:
    if call.operation in _CREATED:
        return f"ObjectCreated:{_CREATED[call.operation]}"
    if call.operation == "restore_object":
        return "ObjectRestore:Post" if response.status == 202 else None
    return _CHANGED.get(call.operation)


def _wants(configuration: Any, name: str, key: str) -> bool:
    events = [value for element, value in configuration if element == "Event"]
    rules = [dict(rule) for _, rules in dict(configuration).get("Filter", []) for _, rule in rules]
    return any(like(f"s3:{name}", event) for event in events) and all(
        key.startswith(rule["Value"]) if rule["Name"] == "Prefix" else key.endswith(rule["Value"]) for rule in rules
    )


def _record(
    call: Call, name: str, key: str, version_id: str | None, version: Version | None, request_id: str
) -> dict[str, Any]:
    written = name.startswith(("ObjectCreated", "ObjectRestore"))
    changed = name.startswith(("ObjectTagging", "ObjectAcl"))
    quoted = encode(key, keep_slash=True).replace("%20", "+")
    about: dict[str, Any] = {"key": quoted}
    if written and version is not None:
        about["size"] = version.size
    if version is not None:
        about["eTag"] = version.etag or "d41d8cd98f00b204e9800998ecf8427e"
    if version_id is not None:
        about["versionId"] = version_id
    if not changed:
        about["sequencer"] = _sequencer(call, version)
    owner = owner_of(call.settings())
    return {
        "eventVersion": "2.3" if changed else "2.1",
        "eventSource": "aws:s3",
        "awsRegion": call.region,
        "eventTime": _time(call, milliseconds=True),
        "eventName": name,
        "userIdentity": {"principalId": _requester(call, "AWS:")},
        "requestParameters": {"sourceIPAddress": str(call.request.peer[0])},
        "responseElements": {"x-amz-request-id": request_id, "x-amz-id-2": f"{request_id}/local"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "",
            "bucket": {
                "name": call.bucket,
                "ownerIdentity": {"principalId": canonical_id(owner)},
                "arn": f"arn:aws:s3:::{call.bucket}",
            },
            "object": about,
        },
    }


def _bus_event(
    call: Call, name: str, key: str, version_id: str | None, version: Version | None, request_id: str
) -> dict[str, Any]:
    about: dict[str, Any] = {"key": key}
    if version is not None:
        if not version.delete_marker and not name.startswith(("ObjectTagging", "ObjectAcl")):
            about["size"] = version.size
        about["etag"] = version.etag or "d41d8cd98f00b204e9800998ecf8427e"
    if version_id is not None:
        about["version-id"] = version_id
    if name.startswith(("ObjectCreated", "ObjectRemoved")):
        about["sequencer"] = _sequencer(call, version)
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": call.bucket},
        "object": about,
        "request-id": request_id,
        "requester": _requester(call, ""),
        "source-ip-address": str(call.request.peer[0]),
    }
    if name.startswith("ObjectCreated"):
        detail["reason"] = {"Put": "PutObject", "Post": "POST Object", "Copy": "CopyObject"}.get(
            name.partition(":")[2], "CompleteMultipartUpload"
        )
    elif name.startswith("ObjectRemoved"):
        marker = name.endswith("DeleteMarkerCreated")
        detail |= {"reason": "DeleteObject", "deletion-type": "Delete Marker Created" if marker else _FOR_GOOD}
    elif name.startswith("ObjectRestore") and version is not None:
        detail["source-storage-class"] = storage_class(version.attributes)
    digits = os.urandom(16).hex()
    return {
        "version": "0",
        "id": "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])),
        "detail-type": _BUS_TYPES.get(name) or _BUS_TYPES[name.partition(":")[0]],
        "source": "aws.s3",
        "account": owner_of(call.settings()),
        "time": _time(call),
        "region": call.region,
        "resources": [f"arn:aws:s3:::{call.bucket}"],
        "detail": detail,
    }


_FOR_GOOD = "Permanently Deleted"


def _test_event(call: Call) -> dict[str, Any]:
    """What S3 sends to see whether a destination takes it."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": _time(call, milliseconds=True),
        "Bucket": call.bucket,
    }


def _sequencer(call: Call, version: Version | None) -> str:
    """Hex digits by which events of a key can be put in order."""
    moment = int(call.storage.now() * 1_000_000) if version is None else int(version.modified * 1_000_000)
    return f"{moment:018X}"


def _time(call: Call, *, milliseconds: bool = False) -> str:
    now = datetime.fromtimestamp(call.storage.now(), UTC)
    return now.isoformat(timespec="milliseconds" if milliseconds else "seconds").replace("+00:00", "Z")


def _requester(call: Call, prefix: str) -> str:
    if call.principal is None or call.verified is None:
        return "Anonymous" if prefix else "anonymous"
    return prefix + (call.verified.credentials.access_key_id if prefix else call.principal.account)
