"""Storage classes, and the archives among them: what lies in an archive is read only after a RestoreObject, whose copy
comes some hours later and goes after some days, by the server's clock.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html; how long a restore takes:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
"""

from __future__ import annotations

from ...dates import http_date
from ...encoding import is_number
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .documents import Element
    from .records import Version

STORAGE_CLASSES = (
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
    "GLACIER_IR",
)  # fmt: skip
HOUR, DAY = 3600, 86400
# Seconds until a copy is there: the longest that S3 names.
_RETRIEVAL = {
    "GLACIER": {"Expedited": HOUR // 12, "Standard": 5 * HOUR, "Bulk": 12 * HOUR},
    "DEEP_ARCHIVE": {"Standard": 12 * HOUR, "Bulk": 48 * HOUR},
}


def check_storage_class(name: str | None) -> None:
    """Raises S3Error InvalidStorageClass."""
    if name is not None and name not in STORAGE_CLASSES:
        raise S3Error("InvalidStorageClass", StorageClassRequested=name)


def storage_class(attributes: dict[str, Any]) -> str:
    """Of an object, or of the one that an upload will be."""
    found: str = attributes.get("headers", {}).get("x-amz-storage-class", "STANDARD")
    return found


def check_readable(version: Version, now: float) -> None:
    """Raises S3Error InvalidObjectState for what lies in an archive and has no restored copy."""
    kind = storage_class(version.attributes)
    if kind in _RETRIEVAL:
        restore = version.attributes.get("restore")
        if restore is None or not restore["there"] <= now < restore["expires"]:
            raise S3Error("InvalidObjectState", StorageClass=kind)


def restore_headers(version: Version, now: float) -> list[tuple[str, str]]:
    restore = version.attributes.get("restore")
    if restore is None or now >= restore["expires"]:
        return []
    if now < restore["there"]:
        return [("x-amz-restore", 'ongoing-request="true"')]
    return [("x-amz-restore", f'ongoing-request="false", expiry-date="{http_date(restore["expires"])}"')]


def restored(version: Version, document: Element, now: float) -> tuple[dict[str, float], bool]:
    """The restore that the request asks for, and whether it is a new one or another term of the one that is there.

    Raises S3Error InvalidObjectState for what is in no archive, RestoreAlreadyInProgress, MalformedXML.
    """
    document.only("Days", "GlacierJobParameters", "Tier")
    kind = storage_class(version.attributes)
    if kind not in _RETRIEVAL:
        raise S3Error("InvalidObjectState", "Restore is not allowed for the object's current storage class")
    days = document.required("Days")
    if not is_number(days, 9) or int(days) < 1:
        raise S3Error("MalformedXML")
    parameters = document.one("GlacierJobParameters")
    tier = (None if parameters is None else parameters.value("Tier")) or document.value("Tier") or "Standard"
    if tier not in _RETRIEVAL[kind]:
        raise S3Error("InvalidArgument", "Glacier API error: Invalid retrieval option", ArgumentName="Tier")
    earlier = version.attributes.get("restore")
    if earlier is not None and now < earlier["there"]:
        raise S3Error("RestoreAlreadyInProgress")
    if earlier is not None and now < earlier["expires"]:
        return {"there": earlier["there"], "expires": _end(now, int(days))}, False
    there = now + _RETRIEVAL[kind][tier]
    return {"there": there, "expires": _end(there, int(days))}, True


def _end(start: float, days: int) -> float:
    """The midnight (UTC) after that many days."""
    return float((int(start) // DAY + days + 1) * DAY)
