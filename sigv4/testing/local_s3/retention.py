"""The operations on locks: a bucket's configuration, a version's retention and legal hold. The rules are lock.py's."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .attributes import find_any
from .call import empty, operation, reads_body, xml
from .conditions import iso_date
from .documents import parse
from .errors import S3Error
from .grammar import check
from .lock import MODES, bypasses, check_deletable, in_the_past, moment, no_lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .documents import Element
    from .records import Version

_CONFIGURATION = {
    "ObjectLockConfiguration": "ObjectLockEnabled Rule?",
    "ObjectLockEnabled": "=Enabled",
    "Rule": "DefaultRetention",
    "DefaultRetention": "Mode Days? Years?",
    "Mode": f"={' '.join(MODES)}",
    "Days": "#1",
    "Years": "#1",
}
_RETENTION = {"Retention": "Mode? RetainUntilDate?", "Mode": f"={' '.join(MODES)}"}
_LEGAL_HOLD = {"LegalHold": "Status", "Status": "=ON OFF"}


@operation
@reads_body
def put_object_lock_configuration(call: Call) -> Response:
    document = call.document("ObjectLockConfiguration")
    settings = call.settings()
    check(document, _CONFIGURATION)
    lock = {"enabled": True, **_rule(document)}
    if settings.get("versioning") != "Enabled":
        raise S3Error(
            "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        )
    call.storage.configure_bucket(call.bucket, "lock", lock)
    return empty()


def _rule(document: Element) -> dict[str, Any]:
    rule = document.one("Rule")
    if rule is None:
        return {}
    retention = rule.all("DefaultRetention")[0]
    found = {"mode": retention.required("Mode")}
    terms = {name.lower(): value for name in ("Days", "Years") if (value := retention.value(name)) is not None}
    if len(terms) != 1:
        raise S3Error("MalformedXML")
    return found | {name: int(value) for name, value in terms.items()}


@operation
def get_object_lock_configuration(call: Call) -> Response:
    lock = call.settings().get("lock")
    if lock is None:
        raise S3Error("ObjectLockConfigurationNotFoundError", BucketName=call.bucket)
    rule = None
    if "mode" in lock:
        terms = [("Mode", lock["mode"]), ("Days", lock.get("days")), ("Years", lock.get("years"))]
        rule = [("DefaultRetention", terms)]
    return xml("ObjectLockConfiguration", [("ObjectLockEnabled", "Enabled"), ("Rule", rule)])


@operation
@reads_body
def put_object_retention(call: Call) -> Response:
    document = call.document("Retention")
    version = find_any(call)
    check(document, _RETENTION)
    _check_lock(call)
    wanted, now = _wanted(document), call.storage.now()
    if wanted is not None and wanted["until"] <= now:
        raise in_the_past("RetainUntilDate", _in_pacific_time(wanted["until"]))
    held = version.attributes.get("retention")
    if held is not None and now < held["until"] and not _extends(held, wanted):
        check_deletable(version, now, bypasses(call))
    call.storage.set_attribute(version, "retention", wanted)
    return empty()


def _wanted(document: Element) -> dict[str, Any] | None:
    """The retention that is asked for; None to have none."""
    mode, until = document.value("Mode"), document.value("RetainUntilDate")
    if (mode is None) != (until is None):
        raise S3Error("MalformedXML")
    return None if until is None else {"mode": mode, "until": moment(until)}


def _extends(held: dict[str, Any], wanted: dict[str, Any] | None) -> bool:
    return wanted is not None and wanted["mode"] == held["mode"] and wanted["until"] >= held["until"]


@operation
def get_object_retention(call: Call) -> Response:
    retention = _lockable(call).attributes.get("retention")
    if retention is None:
        raise S3Error("NoSuchObjectLockConfiguration")
    return xml("Retention", [("Mode", retention["mode"]), ("RetainUntilDate", iso_date(retention["until"]))])


@operation
@reads_body
def put_object_legal_hold(call: Call) -> Response:
    data = call.text()
    version = find_any(call)
    document = parse(data, "LegalHold")
    check(document, _LEGAL_HOLD)
    _check_lock(call)
    call.storage.set_attribute(version, "legal_hold", document.required("Status"))
    return empty()


@operation
def get_object_legal_hold(call: Call) -> Response:
    hold = _lockable(call).attributes.get("legal_hold")
    if hold is None:
        raise S3Error("NoSuchObjectLockConfiguration")
    return xml("LegalHold", [("Status", hold)])


def _lockable(call: Call) -> Version:
    """The version that the request names, in a bucket with Object Lock."""
    version = find_any(call)
    _check_lock(call)
    return version


def _check_lock(call: Call) -> None:
    if "lock" not in call.settings():
        raise no_lock()


def _in_pacific_time(moment: float) -> str:
    """As S3's own words have a date."""
    return datetime.fromtimestamp(moment, timezone(timedelta(hours=-8))).strftime("%a %b %d %H:%M:%S PST %Y")
