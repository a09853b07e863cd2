"""Lifecycle: rules that are kept, and act when the server's clock has passed a midnight.

- Days count from when a version was written, or was followed by another, to the midnight (UTC) after them.
- What is due is done before the next request for the bucket is: objects expire (with versions: behind a delete marker),
  noncurrent versions and delete markers of nothing go, classes change, uploads are aborted. What a lock keeps stays.
- Where rules differ, the one that acts first counts.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html; texts as S3 answered in
February 2026, and otherwise as its users quote them.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime

from ...dates import http_date
from .archive import STORAGE_CLASSES, storage_class
from .call import empty, operation, reads_body, xml
from .errors import S3Error
from .grammar import BOOLEAN, check, content_of
from .lock import check_deletable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .documents import Element
    from .records import Upload, Version
    from .storage import Storage

DAY = 86_400
MAX_RULES = 1000
MINIMUM_SIZE = "x-amz-transition-default-minimum-object-size"
_USUAL_MINIMUM, _VARIES = "all_storage_classes_128K", "varies_by_storage_class"
_ACTIONS = (
    "Expiration", "Transition", "NoncurrentVersionExpiration", "NoncurrentVersionTransition",
    "AbortIncompleteMultipartUpload",
)  # fmt: skip
_GRAMMAR = {
    "LifecycleConfiguration": "Rule+",
    "Rule": "ID? Status Prefix? Filter? Expiration? Transition* NoncurrentVersionExpiration? "
    "NoncurrentVersionTransition* AbortIncompleteMultipartUpload?",
    "Status": "=Enabled Disabled",
    "Filter": "|Prefix Tag And ObjectSizeGreaterThan ObjectSizeLessThan",
    "And": "Prefix? Tag* ObjectSizeGreaterThan? ObjectSizeLessThan?",
    "Tag": "Key Value",
    "ObjectSizeGreaterThan": "#",
    "ObjectSizeLessThan": "#1",
    "Expiration": "|Days Date ExpiredObjectDeleteMarker",
    "ExpiredObjectDeleteMarker": BOOLEAN,
    "Transition": "Days? Date? StorageClass",
    "StorageClass": "=" + " ".join(name for name in STORAGE_CLASSES if name not in ("STANDARD", "REDUCED_REDUNDANCY")),
    "NoncurrentVersionExpiration": "NoncurrentDays? NewerNoncurrentVersions?",
    "NoncurrentVersionTransition": "NoncurrentDays? NewerNoncurrentVersions? StorageClass",
    "AbortIncompleteMultipartUpload": "DaysAfterInitiation",
    "NewerNoncurrentVersions": "#1",
}


# The operations


@operation
@reads_body
def put_bucket_lifecycle_configuration(call: Call) -> Response:
    minimum = call.header(MINIMUM_SIZE)
    document = call.document("LifecycleConfiguration")
    if minimum not in (None, _USUAL_MINIMUM, _VARIES):
        raise S3Error("InvalidRequest", f"Invalid TransitionDefaultMinimumObjectSize found: {minimum}")
    check(document, _GRAMMAR)
    rules = [_checked(rule) for rule in document.all("Rule")]
    ids = [dict(rule)["ID"] for rule in rules]
    if len(set(ids)) < len(ids):
        raise S3Error(
            "InvalidArgument",
            "Rule ID must be unique. Found same ID for more than one rule",
            ArgumentName="ID",
            ArgumentValue=next(each for each in ids if ids.count(each) > 1),
        )
    if len(rules) > MAX_RULES:
        raise S3Error("MalformedXML")
    minimum = minimum or _USUAL_MINIMUM
    call.storage.configure_bucket(call.bucket, "lifecycle", {"rules": rules, "minimum": minimum})
    return empty(headers=[(MINIMUM_SIZE, minimum)])


@operation
def get_bucket_lifecycle_configuration(call: Call) -> Response:
    found: dict[str, Any] | None = call.settings().get("lifecycle")
    if found is None:
        raise S3Error("NoSuchLifecycleConfiguration", BucketName=call.bucket)
    rules = [("Rule", rule) for rule in found["rules"]]
    return xml("LifecycleConfiguration", rules, headers=[(MINIMUM_SIZE, found["minimum"])])


@operation
def delete_bucket_lifecycle(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "lifecycle", None)
    return empty(204)


def _checked(rule: Element) -> list[Any]:
    """The rule as it is kept, with an id. Raises S3Error for what S3 refuses beyond its schema."""
    if (rule.one("Prefix") is None) is (rule.one("Filter") is None):
        raise S3Error("MalformedXML")
    own = rule.value("ID")
    if own is not None and len(own) > 255:
        raise S3Error(
            "InvalidArgument",
            "ID length should not exceed allowed limit of 255",
            ArgumentName="ID",
            ArgumentValue=own,
        )
    actions = [each for each in rule.children if each.name in _ACTIONS]
    if not actions:
        raise S3Error("InvalidRequest", "At least one action needs to be specified in a rule")
    for action in actions:
        _check_action(action)
    _check_tags(rule)
    kept: Any = content_of(rule, _GRAMMAR)
    return [pair for pair in kept if pair[0] != "ID"] + [("ID", own or os.urandom(24).hex())]


def _check_action(action: Element) -> None:
    if not action.children or (action.name == "Transition" and len(action.children) != 2):
        raise S3Error("MalformedXML")
    for child in action.children:
        if child.name in ("Days", "NoncurrentDays", "DaysAfterInitiation"):
            least = 0 if action.name == "Transition" else 1
            if not (child.text.isascii() and child.text.isdigit() and least <= int(child.text) < 1 << 31):
                kind = "nonnegative" if least == 0 else "positive"
                raise S3Error(
                    "InvalidArgument",
                    f"'{child.name}' for {action.name} action must be a {kind} integer",
                    ArgumentName=child.name,
                    ArgumentValue=child.text,
                )
        if child.name == "Date" and _date(child.text) % DAY:
            written = child.text.replace(":00Z", "Z") if child.text.count(":") == 2 else child.text  # as S3 has minutes
            raise S3Error(
                "InvalidArgument", "'Date' must be at midnight GMT", ArgumentName="Date", ArgumentValue=written
            )


def _check_tags(rule: Element) -> None:
    for where in (rule.one("Filter"), *(each.one("And") for each in rule.all("Filter"))):
        tags = [] if where is None else where.all("Tag")
        keys = [tag.value("Key") for tag in tags]
        if len(set(keys)) < len(keys):
            raise S3Error("InvalidRequest", "Duplicate Tag Keys are not allowed.")
        if tags and rule.one("AbortIncompleteMultipartUpload") is not None:
            raise S3Error("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags.")


def _date(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise S3Error("MalformedXML") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


# Rules


class Rule:
    """A rule that is in force."""

    def __init__(self, content: list[Any], minimum: str) -> None:
        elements = dict(content)
        self.id: str = elements["ID"]
        self.enabled = elements["Status"] == "Enabled"
        conditions: list[Any] = elements.get("Filter") or []
        if conditions and conditions[0][0] == "And":
            conditions = conditions[0][1]
        found = dict(conditions)
        self.prefix: str = elements.get("Prefix") or found.get("Prefix") or ""
        self._tags = [dict(value) for name, value in conditions if name == "Tag"]
        self._above = int(found.get("ObjectSizeGreaterThan", -1))
        self._below = int(found.get("ObjectSizeLessThan", 1 << 62))
        self._of_any_size = "ObjectSizeGreaterThan" in found or "ObjectSizeLessThan" in found or minimum == _VARIES
        self._actions = [(name, dict(value)) for name, value in content if name in _ACTIONS]

    def matches(self, version: Version) -> bool:
        tags = version.attributes.get("tags", {})
        return (
            self.enabled
            and version.key.startswith(self.prefix)
            and all(tags.get(tag["Key"]) == tag["Value"] for tag in self._tags)
            and self._above < version.size < self._below
        )

    def actions(self, name: str) -> list[dict[str, str]]:
        return [action for kind, action in self._actions if kind == name]

    def expiry(self, version: Version) -> float | None:
        """When the current version expires, epoch seconds; None where the rule leaves it."""
        times = [_due(action, version.modified) for action in self.actions("Expiration") if self.matches(version)]
        return min((each for each in times if each is not None), default=None)

    def transition(self, version: Version, since: float, now: float, noncurrent: bool) -> str | None:
        """The class that the version has by now; None where the rule changes nothing."""
        if not self.matches(version) or (version.size < 128 * 1024 and not self._of_any_size):
            return None
        name = "NoncurrentVersionTransition" if noncurrent else "Transition"
        due = [(_due(action, since), action["StorageClass"]) for action in self.actions(name)]
        passed = [(at, name) for at, name in due if at is not None and at <= now]
        return max(passed)[1] if passed else None


def _due(action: dict[str, str], since: float) -> float | None:
    if "Date" in action:
        return _date(action["Date"])
    days = action.get("Days") or action.get("NoncurrentDays") or action.get("DaysAfterInitiation")
    return None if days is None else float((int(since) // DAY + int(days) + 1) * DAY)


def rules_of(settings: dict[str, Any]) -> list[Rule]:
    found = settings["lifecycle"]
    return [Rule(content, found["minimum"]) for content in found["rules"]]


def expiration_headers(version: Version, settings: dict[str, Any]) -> list[tuple[str, str]]:
    """When the object goes, and by which rule, as S3 tells whoever puts or reads it."""
    times = [(rule.expiry(version), number, rule.id) for number, rule in enumerate(rules_of(settings))]
    due = [(at, number, name) for at, number, name in times if at is not None]
    if not due:
        return []
    at, _, name = min(due)
    return [("x-amz-expiration", f'expiry-date="{http_date(at)}", rule-id="{name}"')]


# What is due


def act_daily(acted: dict[str, object], storage: Storage, bucket: str, settings: dict[str, Any]) -> None:
    """Do what is due in the bucket, unless `acted` says that it was done by these rules on this day of the clock."""
    now = storage.now()
    state = (int(now) // DAY, settings["lifecycle"])
    if acted.get(bucket) != state:
        acted[bucket] = state
        act(storage, bucket, settings, now)


def act(storage: Storage, bucket: str, settings: dict[str, Any], now: float) -> None:
    """Do what the bucket's rules want done by now."""
    rules = rules_of(settings)
    for versions in _by_key(storage, bucket):
        gone = [version for rule in rules for version in _expire_noncurrent(storage, rule, versions, now)]
        for rule in rules:
            _expire_current(storage, rule, versions[0], alone=len(versions) == 1 + len(gone), now=now)
        _transition(storage, rules, versions, now)
    uploads: list[Upload] = storage.list_uploads(bucket, "", "", "", "", -1).entries
    for upload in uploads:
        if any(_is_stale(rule, upload, now) for rule in rules):
            storage.abort_upload(upload)


def _by_key(storage: Storage, bucket: str) -> Iterator[list[Version]]:
    """The versions of each key, the newest first."""
    found: list[Version] = []
    for version in storage.list_versions(bucket, "", "", "", "", -1).entries:
        if found and found[0].key != version.key:
            yield found
            found = []
        found.append(version)
    if found:
        yield found


def _expire_current(storage: Storage, rule: Rule, version: Version, *, alone: bool, now: float) -> None:
    if version.delete_marker:
        wanted = any(action.get("ExpiredObjectDeleteMarker") == "true" for action in rule.actions("Expiration"))
        at = rule.expiry(version)
        if alone and rule.matches(version) and (wanted or (at is not None and at <= now)):
            _drop(storage, version, now)
        return
    at = rule.expiry(version)
    if at is not None and at <= now:

        def check(current: Version | None) -> None:
            if current is None or current.seq != version.seq:
                raise S3Error("PreconditionFailed")  # there is another one since

        with suppress(S3Error):
            storage.delete_object(version.bucket, version.key, None, check)


def _expire_noncurrent(storage: Storage, rule: Rule, versions: list[Version], now: float) -> Iterator[Version]:
    """Those that are gone."""
    for action in rule.actions("NoncurrentVersionExpiration"):
        kept = int(action.get("NewerNoncurrentVersions", 0))
        for number, version in enumerate(versions[1:]):
            at = _due(action, versions[number].modified) if "NoncurrentDays" in action else now
            due = number >= kept and rule.matches(version) and at is not None and at <= now
            if due and _drop(storage, version, now):
                yield version


def _drop(storage: Storage, version: Version, now: float) -> bool:
    """Whether it could be deleted, and had not been."""
    try:
        check_deletable(version, now, bypass=False)
    except S3Error:
        return False
    return storage.delete_object(version.bucket, version.key, version.version_id) is not None


def _transition(storage: Storage, rules: list[Rule], versions: list[Version], now: float) -> None:
    for number, version in enumerate(versions):
        if version.delete_marker:
            continue
        since = versions[number - 1].modified if number else version.modified
        wanted = [rule.transition(version, since, now, noncurrent=number > 0) for rule in rules]
        found = [name for name in wanted if name is not None]
        if found and found[-1] != storage_class(version.attributes):
            headers = {**version.attributes.get("headers", {}), "x-amz-storage-class": found[-1]}
            with suppress(S3Error):  # it is gone
                storage.set_attribute(version, "headers", headers)


def _is_stale(rule: Rule, upload: Upload, now: float) -> bool:
    if not rule.enabled or not upload.key.startswith(rule.prefix):
        return False
    times = [_due(action, upload.initiated) for action in rule.actions("AbortIncompleteMultipartUpload")]
    return any(at is not None and at <= now for at in times)
