"""Lifecycle rules: kept as they were put, told of in x-amz-expiration, and acted on as the server's clock moves.

S3 looks at its rules once a day: what is due is due at midnight (UTC). So here, with the first request to the bucket of
each day: objects expire (in a versioned bucket a delete marker takes their place), noncurrent versions and lone delete
markers go, objects change their storage class, uploads are aborted. What is under a lock stays.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html; texts as S3 answered in
February 2026.
"""

from __future__ import annotations

import os
from itertools import pairwise

from ...dates import http_date
from .archive import STORAGE_CLASSES, storage_class
from .call import empty, operation, reads_body, xml
from .errors import S3Error
from .grammar import BOOLEAN, check, content_of, within
from .lock import check_deletable, moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .documents import Element
    from .records import Upload, Version
    from .storage import Storage

DAY = 86400
_ROOT = "LifecycleConfiguration"
_SIZES = ("all_storage_classes_128K", "varies_by_storage_class")
_SIZE_HEADER = "x-amz-transition-default-minimum-object-size"
_GRAMMAR = {
    _ROOT: "Rule+",
    "Rule": "ID? Prefix? Filter? Status Expiration? Transition* NoncurrentVersionTransition* "
    "NoncurrentVersionExpiration? AbortIncompleteMultipartUpload?",
    "Status": "=Enabled Disabled",
    "Filter": "|Prefix Tag ObjectSizeGreaterThan ObjectSizeLessThan And",
    "And": "Prefix? Tag* ObjectSizeGreaterThan? ObjectSizeLessThan?",
    "Tag": "Key Value",
    "ObjectSizeGreaterThan": "#",
    "ObjectSizeLessThan": "#",
    "Expiration": "|Date Days ExpiredObjectDeleteMarker",
    "ExpiredObjectDeleteMarker": BOOLEAN,
    "Transition": "Date? Days? StorageClass",
    "NoncurrentVersionTransition": "NoncurrentDays? NewerNoncurrentVersions? StorageClass",
    "NoncurrentVersionExpiration": "NoncurrentDays? NewerNoncurrentVersions?",
    "AbortIncompleteMultipartUpload": "DaysAfterInitiation",
    "Days": "#",
    "NoncurrentDays": "#1",
    "NewerNoncurrentVersions": "#1",
    "DaysAfterInitiation": "#1",
    "StorageClass": f"={' '.join(STORAGE_CLASSES)}",
}
MAX_RULES = 1000


# Operations


@operation
@reads_body
def put_bucket_lifecycle_configuration(call: Call) -> Response:
    document = call.document(_ROOT)
    call.settings()
    check(document, _GRAMMAR)
    smallest = call.header(_SIZE_HEADER) or _SIZES[0]
    if smallest not in _SIZES:
        raise S3Error("InvalidRequest", f"Invalid TransitionDefaultMinimumObjectSize found: {smallest}")
    rules = [_rule(element) for element in document.all("Rule")]
    names = [within(rule, "ID") for rule in rules]
    if len(rules) > MAX_RULES or len(set(names)) < len(names):
        raise S3Error("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    call.storage.configure_bucket(call.bucket, "lifecycle", {"rules": rules, "smallest": smallest})
    return empty(headers=[(_SIZE_HEADER, smallest)])


def _rule(rule: Element) -> Any:
    """A rule, checked beyond the schema, with an id."""
    expiration, noncurrent = rule.one("Expiration"), rule.one("NoncurrentVersionExpiration")
    if (rule.one("Filter") is None) == (rule.one("Prefix") is None):
        raise S3Error("MalformedXML")
    for element in (expiration, noncurrent):
        if element is not None and not element.children:
            raise S3Error("MalformedXML")
    if expiration is not None and expiration.value("Days") == "0":
        raise S3Error("InvalidArgument", "'Days' for Expiration action must be a positive integer")
    for timed in (*rule.all("Expiration"), *rule.all("Transition")):
        _check_date(timed.value("Date"))
    for and_ in (child.one("And") for child in rule.all("Filter")):
        keys = [] if and_ is None else [tag.value("Key") for tag in and_.all("Tag")]
        if len(set(keys)) < len(keys):
            raise S3Error("InvalidRequest", "Duplicate Tag Keys are not allowed.")
    content: Any = content_of(rule, _GRAMMAR)
    return content if rule.value("ID") else [("ID", os.urandom(24).hex()), *content]


def _check_date(text: str | None) -> None:
    if text is not None and moment(text) % DAY:
        raise S3Error("InvalidArgument", "'Date' must be at midnight GMT", ArgumentName="Date", ArgumentValue=text)


@operation
def get_bucket_lifecycle_configuration(call: Call) -> Response:
    found = call.settings().get("lifecycle")
    if found is None:
        raise S3Error("NoSuchLifecycleConfiguration", BucketName=call.bucket)
    return xml(_ROOT, [("Rule", rule) for rule in found["rules"]], headers=[(_SIZE_HEADER, found["smallest"])])


@operation
def delete_bucket_lifecycle(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "lifecycle", None)
    return empty(204)


# What a rule says


def expiration_headers(version: Version, settings: dict[str, Any]) -> list[tuple[str, str]]:
    """When the current version expires, and by which rule: the first to come."""
    found = [(end, rule) for rule in _enabled(settings) if (end := _expiry(rule, version)) is not None]
    if not found:
        return []
    end, rule = min(found, key=lambda pair: pair[0])
    return [("x-amz-expiration", f'expiry-date="{http_date(end)}", rule-id="{within(rule, "ID")}"')]


def _enabled(settings: dict[str, Any]) -> Iterator[Any]:
    return (rule for rule in settings["lifecycle"]["rules"] if within(rule, "Status") == "Enabled")


def _expiry(rule: Any, version: Version) -> float | None:
    """When the rule ends the object, if it does."""
    if not _is_for(rule, version):
        return None
    return _due(within(rule, "Expiration"), version.modified)


def _due(action: Any, since: float, days: str = "Days") -> float | None:
    """The midnight at which an action is due that counts from a moment, or is for a date."""
    term, date = within(action or [], days), within(action or [], "Date")
    if date is not None:
        return moment(date)
    return None if term is None else float((int(since) // DAY + int(term) + 1) * DAY)


def _is_for(rule: Any, version: Version) -> bool:
    return _has_prefix(rule, version.key) and all(_holds(version, *condition) for condition in _conditions(rule))


def _holds(version: Version, name: str, wanted: Any) -> bool:
    if name == "Tag":
        tags = version.attributes.get("tags", {})
        return bool(tags.get(within(wanted, "Key")) == within(wanted, "Value"))
    if name == "ObjectSizeGreaterThan":
        return version.size > int(wanted)
    return name != "ObjectSizeLessThan" or version.size < int(wanted)


def _has_prefix(rule: Any, key: str) -> bool:
    return all(key.startswith(inner) for name, inner in [*rule, *_conditions(rule)] if name == "Prefix")


def _conditions(rule: Any) -> list[Any]:
    found = within(rule, "Filter") or []
    return within(found, "And") or list(found)


# Acting


def act_daily(acted: dict[str, int], storage: Storage, bucket: str, settings: dict[str, Any]) -> None:
    """Do what is due in the bucket, unless `acted` says that it was done on this day of the clock."""
    today = int(storage.now()) // DAY
    if acted.get(bucket) != today:
        acted[bucket] = today
        act(storage, bucket, settings, storage.now())


def act(storage: Storage, bucket: str, settings: dict[str, Any], now: float) -> None:
    """Do what is due in the bucket."""
    rules = list(_enabled(settings))
    versions: dict[str, list[Version]] = {}
    for version in storage.list_versions(bucket, "", "", "", "", -1).entries:
        versions.setdefault(version.key, []).append(version)
    for history in versions.values():
        for rule in rules:
            history = _act_on_key(storage, rule, history, now)
    for upload in storage.list_uploads(bucket, "", "", "", "", -1).entries:
        if any(_is_stale(rule, upload, now) for rule in rules):
            storage.abort_upload(upload)


def _act_on_key(storage: Storage, rule: Any, history: list[Version], now: float) -> list[Version]:
    """Do what the rule says of a key's versions, the newest first; what is left of them."""
    if not history:
        return history
    current, left = history[0], _without_old_ones(storage, rule, history, now)
    if current.delete_marker:
        lone = len(left) == 1 and within(within(rule, "Expiration") or [], "ExpiredObjectDeleteMarker") == "true"
        if lone and _has_prefix(rule, current.key):
            storage.delete_object(current.bucket, current.key, current.version_id)
            return []
        return left
    end = _expiry(rule, current)
    if end is None or end > now:
        _transit(storage, rule, current, now)
        return left
    marker = storage.delete_object(current.bucket, current.key)
    return [marker, *left] if marker is not None and marker.delete_marker else left[1:]


def _without_old_ones(storage: Storage, rule: Any, history: list[Version], now: float) -> list[Version]:
    """Delete the noncurrent versions whose time has come; the others, with the current one."""
    left = history[:1]
    for newer, (successor, version) in enumerate(pairwise(history)):
        ended = _is_for(rule, version) and _has_ended(rule, successor.modified, newer, now)
        if ended and _may_go(version, now):
            storage.delete_object(version.bucket, version.key, version.version_id)
        else:
            left.append(version)
    return left


def _has_ended(rule: Any, since: float, newer: int, now: float) -> bool:
    """Whether a version that is noncurrent since then, with so many noncurrent ones that are newer, is to go."""
    action = within(rule, "NoncurrentVersionExpiration")
    if action is None or newer < int(within(action, "NewerNoncurrentVersions") or 0):
        return False
    due = _due(action, since, "NoncurrentDays")
    return due is None or due <= now


def _may_go(version: Version, now: float) -> bool:
    try:
        check_deletable(version, now, bypass=False)
    except S3Error:
        return False
    return True


def _transit(storage: Storage, rule: Any, version: Version, now: float) -> None:
    if not _is_for(rule, version):
        return
    for name, action in rule:
        due = _due(action, version.modified) if name == "Transition" else None
        wanted = None if due is None or due > now else within(action, "StorageClass")
        if wanted is not None and wanted != storage_class(version.attributes):
            headers = version.attributes.get("headers", {}) | {"x-amz-storage-class": wanted}
            storage.set_attribute(version, "headers", headers)


def _is_stale(rule: Any, upload: Upload, now: float) -> bool:
    due = _due(within(rule, "AbortIncompleteMultipartUpload"), upload.initiated, "DaysAfterInitiation")
    return due is not None and due <= now and _has_prefix(rule, upload.key)
