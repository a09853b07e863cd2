"""Object Lock: retention, legal holds, and what they keep from being deleted.

- A bucket with Object Lock is versioned for good; a lock is a version's. What deletes without naming a version adds a
  delete marker as ever.
- GOVERNANCE gives way to who sends x-amz-bypass-governance-retention, COMPLIANCE to nobody; both may be extended. A
  legal hold has no end but the one it is given.
- The bucket's default retention counts from the moment an object is put, or its upload begun.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html; texts as S3 answered in February 2026.
"""

from __future__ import annotations

from datetime import UTC, datetime

from .access import check_access
from .conditions import iso_date
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .call import Call
    from .records import Version

MODES = ("GOVERNANCE", "COMPLIANCE")
PREFIX = "x-amz-object-lock-"
BYPASS = "x-amz-bypass-governance-retention"
BYPASSING = "bypass_governance_retention"  # no operation, but a permission as those are


# What a request says of the object that it brings


def lock_attributes(call: Call, settings: dict[str, Any]) -> dict[str, Any]:
    """The lock of the object to be: what the request asks for, or the bucket's default. Raises S3Error."""
    asked = call.headers(PREFIX)
    lock = settings.get("lock")
    if not asked:
        return _default(lock, call.storage.now())
    mode, until, hold = asked.get("mode"), asked.get("retain-until-date"), asked.get("legal-hold")
    for name, given in (("retain-until-date", until), ("mode", mode)):
        if given is None and (mode or until) is not None:
            raise S3Error(
                "InvalidArgument",
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
                ArgumentName=PREFIX + name,
            )
    if mode is not None and mode not in MODES:
        raise S3Error(
            "InvalidArgument", "Unknown wormMode directive.", ArgumentName=PREFIX + "mode", ArgumentValue=mode
        )
    if hold not in (None, "ON", "OFF"):
        raise S3Error(
            "InvalidArgument",
            "Legal Hold must be either of 'ON' or 'OFF'",
            ArgumentName=PREFIX + "legal-hold",
            ArgumentValue=hold or "",
        )
    if lock is None:
        raise no_lock()
    attributes = _default(lock, call.storage.now()) if mode is None else {"retention": _retention(call, mode, until)}
    return attributes if hold is None else attributes | {"legal_hold": hold}


def _retention(call: Call, mode: str, until: str | None) -> dict[str, Any]:
    end = moment(until)
    if end <= call.storage.now():
        raise in_the_past(PREFIX + "retain-until-date", until or "")
    return {"mode": mode, "until": end}


def _default(lock: dict[str, Any] | None, now: float) -> dict[str, Any]:
    if lock is None or "mode" not in lock:
        return {}
    return {"retention": {"mode": lock["mode"], "until": now + 86400 * (lock.get("days") or 365 * lock["years"])}}


def moment(text: str | None) -> float:
    """Epoch seconds of a retain-until-date. Raises S3Error InvalidArgument."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        raise S3Error(
            "InvalidArgument",
            "The retain until date must be provided in ISO 8601 format",
            ArgumentName=PREFIX + "retain-until-date",
            ArgumentValue=text or "",
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def lock_headers(attributes: dict[str, Any]) -> list[tuple[str, str]]:
    """What GET and HEAD tell of a lock."""
    headers = []
    retention = attributes.get("retention")
    if retention is not None:
        headers = [
            (PREFIX + "mode", retention["mode"]),
            (PREFIX + "retain-until-date", iso_date(retention["until"])),
        ]
    if "legal_hold" in attributes:
        headers.append((PREFIX + "legal-hold", attributes["legal_hold"]))
    return headers


# What a lock forbids


def bypasses(call: Call) -> bool:
    """Whether the request may pass over GOVERNANCE. Raises S3Error InvalidArgument where there is no lock to pass."""
    asked, settings = call.header(BYPASS), call.settings()
    if asked is not None and "lock" not in settings:
        raise S3Error(
            "InvalidArgument",
            "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
            ArgumentName=BYPASS,
        )
    wanted = (asked or "").lower() == "true"
    if wanted and call.key:  # those of a DeleteObjects are each asked for
        check_access(call, BYPASSING)
    return wanted


def check_deletable(version: Version | None, now: float, bypass: bool) -> None:
    """Raises S3Error AccessDenied for a version under a lock."""
    if version is None:
        return
    retention = version.attributes.get("retention", {"mode": "", "until": 0})
    held = version.attributes.get("legal_hold") == "ON"
    if held or (now < retention["until"] and not (bypass and retention["mode"] == "GOVERNANCE")):
        raise S3Error("AccessDenied", "Access Denied because object protected by object lock.")


def no_lock() -> S3Error:
    return S3Error("InvalidRequest", "Bucket is missing Object Lock Configuration")


def in_the_past(name: str, value: str) -> S3Error:
    return S3Error(
        "InvalidArgument", "The retain until date must be in the future!", ArgumentName=name, ArgumentValue=value
    )
