"""When, where and for which service a signature holds: time stamps, the credential scope, and the key made from it.

Rules:
- A time stamp is UTC, `YYYYMMDD'T'HHMMSS'Z'`, whole seconds. The scope's date is its first eight characters.
- The scope is `date/region/service/aws4_request`. SigV4A's has no region: what it holds for is the region set.
- The signing key is a chain of four HMACs over the scope's parts, keyed with "AWS4" + secret. It changes once a day,
  so it is kept; the store is bounded, and an entry is used only for the very secret that made it.
Source: "Create a signed AWS API request", steps 3 and 4
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
"""

from __future__ import annotations

from hmac import compare_digest, digest
from time import gmtime, strftime, time

from .errors import SigningError
from .frozen import Frozen
from .kept import keep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
ALGORITHM_V4A = "AWS4-ECDSA-P256-SHA256"
TERMINATOR = "aws4_request"

_LABEL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


class CredentialScope(Frozen):
    """What binds a signature to a day, a region and a service; `text`, like `str()`, joins the parts.

    SigV4A's `region` is None; its `region_set` is the text of X-Amz-Region-Set. `algorithm` follows from that.
    """

    __slots__ = ("algorithm", "date", "region", "region_set", "service", "text")

    algorithm: str
    date: str
    region: str | None
    region_set: str | None
    service: str
    text: str

    def __init__(self, date: str, region: str | None, service: str, region_set: str | None = None) -> None:
        put = object.__setattr__
        put(self, "date", date)
        put(self, "region", region)
        put(self, "service", service)
        put(self, "region_set", region_set)
        put(self, "algorithm", ALGORITHM if region_set is None else ALGORITHM_V4A)
        where = service if region is None else f"{region}/{service}"
        put(self, "text", f"{date}/{where}/{TERMINATOR}")

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"CredentialScope({self.text!r})"


def check_label(name: str, value: str) -> str:
    """Return `value` when it can be a region or a service; raises SigningError naming it when it cannot."""
    if not isinstance(value, str):
        raise SigningError(f"{name} must be text, not {type(value).__name__}")
    if not value or not _LABEL.issuperset(value):
        raise SigningError(f"{name} {value!r} must be letters, digits, '-', '_' or '.', such as 'us-east-1' or 's3'")
    return value


def check_region_set(region_set: str | Iterable[str]) -> str:
    """Return the region set as X-Amz-Region-Set has it: its entries joined by commas.

    An entry is a region, the beginning of some regions' names and `*` (`eu-*`), or `*` for all of them. Raises
    SigningError for another, and for a set without any.
    """
    entries = region_set.split(",") if isinstance(region_set, str) else [*region_set]
    for entry in entries:
        if entry != "*":
            check_label("region_set", entry.removesuffix("*") if isinstance(entry, str) else entry)
    if not entries:
        raise SigningError("region_set is empty; name the regions, or '*' for all of them")
    return ",".join(entries)


def region_set_includes(region_set: str, region: str) -> bool:
    """Whether one entry is this region, or is the beginning of its name and `*`."""
    for entry in region_set.split(","):
        entry = entry.strip(" ")
        if entry == region or (entry.endswith("*") and region.startswith(entry[:-1])):
            return True
    return False


_this_second = (0.0, 0.0, "")  # its start, its end, its time stamp: replaced as one, so that no thread sees half of it


def amz_date(signed_at: datetime | None) -> str:
    """The time stamp to sign with; None means now. Fractions of a second are dropped.

    Within a second, now is one and the same object: what was made for it is still good while `is` says so.

    Raises SigningError for a naive datetime, and for what is none.
    """
    if signed_at is None:
        global _this_second
        start, end, stamp = _this_second
        if not start <= (now := time()) < end:
            second = float(int(now))
            stamp = strftime("%Y%m%dT%H%M%SZ", gmtime(second))
            _this_second = second, second + 1, stamp
        return stamp
    try:
        aware = signed_at.utcoffset() is not None
        year, month, day, hour, minute, second, *_ = signed_at.utctimetuple()
    except (AttributeError, OverflowError):
        raise SigningError(f"signed_at {signed_at!r} must be an aware datetime, such as datetime.now(UTC)") from None
    if not aware:
        raise SigningError("signed_at has no time zone; give an aware datetime, such as datetime.now(UTC)")
    return f"{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z"


_moments: dict[str, datetime] = {}  # the time stamps read lately


def parse_amz_date(text: str) -> datetime:
    """The aware datetime a time stamp stands for.

    Raises ValueError unless it is exactly `YYYYMMDD'T'HHMMSS'Z'` and names a real second.
    """
    if (kept := _moments.get(text)) is not None:
        return kept
    import datetime as module  # at each call a tenth of what `from datetime import datetime` costs

    digits = text[:8] + text[9:15]
    if len(text) != 16 or text[8] != "T" or text[15] != "Z" or not (digits.isascii() and digits.isdigit()):
        raise ValueError("not in the ISO 8601 basic format YYYYMMDD'T'HHMMSS'Z'")
    if text[9:11] == "24":  # which Python 3.14 reads as the next day's first hour
        raise ValueError("hour must be in 0..23")
    return keep(_moments, text, module.datetime.fromisoformat(text))


def derive_signing_key(secret_access_key: str, scope: CredentialScope) -> bytes:
    """The 32-byte key for one scope: HMAC-SHA256 over date, region, service and terminator in turn."""
    if scope.region is None:
        raise SigningError("AWS4-HMAC-SHA256 signs for one region, and this scope has a region set (SigV4A)")
    key = digest(b"AWS4" + secret_access_key.encode(), scope.date.encode(), "sha256")
    key = digest(key, scope.region.encode(), "sha256")
    key = digest(key, scope.service.encode(), "sha256")
    return digest(key, TERMINATOR.encode(), "sha256")


_keys: dict[tuple[str, str, str | None, str], tuple[Credentials, bytes]] = {}


def signing_key(credentials: Credentials, scope: CredentialScope) -> bytes:
    """The same key as `derive_signing_key`, kept between calls.

    Safe with any number of threads: a race can cost a derivation, never give a wrong key, because the key found is
    used only if the secret it was made from equals this one.
    """
    name = (credentials.access_key_id, scope.date, scope.region, scope.service)
    kept = _keys.get(name)
    if kept is not None and (kept[0] is credentials or same_secret(kept[0], credentials)):
        return kept[1]
    key = derive_signing_key(credentials.secret_access_key, scope)
    keep(_keys, name, (credentials, key))
    return key


def same_secret(a: Credentials, b: Credentials) -> bool:
    """Compare in constant time."""
    return compare_digest(a.secret_access_key.encode(), b.secret_access_key.encode())
