"""The circumstances of a request, as the condition keys of policies name them.

A key is looked up when a policy asks for it. One that is not here, such as aws:SourceVpc, no request has.
Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
"""

from __future__ import annotations

from datetime import UTC, datetime

from ...encoding import parse_query
from ...errors import SigningError
from .acl import owner_of
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .call import Call

_LISTING = {"s3:prefix": "prefix", "s3:delimiter": "delimiter", "s3:max-keys": "max-keys"}
_DAY = 86_400


class Circumstances:
    """Those of a call's request for a key (empty: the bucket itself) in a bucket with these settings."""

    def __init__(self, call: Call, settings: dict[str, Any], bucket: str, key: str, version_id: str | None) -> None:
        self._call = call
        self._settings = settings
        self._bucket = bucket
        self._key = key
        self._version_id = version_id

    def values(self, name: str) -> list[str] | None:
        """The values of a condition key by its lower-case name; None where the request has none."""
        found = self._one(name)
        if found is not None:
            return [found]
        if name.startswith("s3:existingobjecttag/"):
            return _tag(self._existing_tags(), name)
        if name.startswith("s3:requestobjecttag/"):
            return _tag(self._request_tags(), name)
        if name == "s3:requestobjecttagkeys":
            return list(self._request_tags()) or None
        return None

    def of_a_listing(self) -> Callable[[str], list[str] | None]:
        """The same, had the request been one for a listing of the keys that begin with the key."""
        return lambda name: [self._key] if name == "s3:prefix" else self.values(name)

    def _one(self, name: str) -> str | None:
        call = self._call
        if name in _LISTING:
            return call.parameter(_LISTING[name])
        if name.startswith(("s3:x-amz-", "s3:object-lock-", "s3:if-")):
            return self._header(name.removeprefix("s3:"))
        reader = getattr(self, "_" + name.replace(":", "_").replace("-", "_"), None)
        return None if reader is None else reader()

    def _header(self, name: str) -> str | None:
        if name == "object-lock-remaining-retention-days":
            return self._remaining_days()
        if name.startswith("object-lock-"):
            name = "x-amz-" + name
        found = self._call.header(name)
        return self._call.parameter(name) if found is None else found

    def _remaining_days(self) -> str | None:
        text = self._call.header("x-amz-object-lock-retain-until-date")
        if text is None:
            return None
        from .policy_conditions import moment_of

        until = moment_of(text)
        return None if until is None else str(int((until - self._call.storage.now()) // _DAY))

    # aws:

    def _aws_securetransport(self) -> str:
        return "true" if self._call.request.tls else "false"

    def _aws_sourceip(self) -> str:
        return str(self._call.request.peer[0]).partition("%")[0]

    def _aws_referer(self) -> str | None:
        return self._call.request.header("referer")

    def _aws_useragent(self) -> str | None:
        return self._call.request.header("user-agent")

    def _aws_requestedregion(self) -> str:
        return self._call.region

    def _aws_currenttime(self) -> str:
        return datetime.fromtimestamp(self._call.storage.now(), UTC).isoformat()

    def _aws_epochtime(self) -> str:
        return str(int(self._call.storage.now()))

    def _aws_viaawsservice(self) -> str:
        return "false"

    def _aws_principalisawsservice(self) -> str:
        return "false"

    def _aws_principalarn(self) -> str | None:
        principal = self._call.principal
        return None if principal is None else principal.arn

    def _aws_principalaccount(self) -> str | None:
        principal = self._call.principal
        return None if principal is None else principal.account

    def _aws_principaltype(self) -> str:
        principal = self._call.principal
        if principal is None:
            return "Anonymous"
        kinds = {"root": "Account", "user": "User"}
        return kinds.get(principal.name.partition("/")[0], "AssumedRole")

    def _aws_username(self) -> str | None:
        principal = self._call.principal
        kind, _, name = ("", "", "") if principal is None else principal.name.partition("/")
        return name if kind == "user" else None

    def _aws_userid(self) -> str | None:
        return None if self._call.verified is None else self._call.verified.credentials.access_key_id

    def _aws_resourceaccount(self) -> str | None:
        return owner_of(self._settings) if self._bucket else None

    # s3:

    def _s3_resourceaccount(self) -> str | None:
        return self._aws_resourceaccount()

    def _s3_versionid(self) -> str | None:
        return self._version_id

    def _s3_locationconstraint(self) -> str | None:
        return self._call.region if self._call.operation == "create_bucket" else None

    def _s3_signatureversion(self) -> str | None:
        return None if self._call.verified is None else "AWS4-HMAC-SHA256"

    def _s3_authtype(self) -> str | None:
        if self._call.verified is None:
            return None
        if self._call.operation == "post_object":
            return "POST"
        return "REST-HEADER" if self._call.request.header("authorization") else "REST-QUERY-STRING"

    def _s3_signatureage(self) -> str | None:
        """Milliseconds since it was signed."""
        if self._call.verified is None:
            return None
        return str(int((self._call.storage.now() - self._call.verified.signed_at.timestamp()) * 1000))

    def _s3_tlsversion(self) -> str | None:
        """The least that Python's TLS takes: which one it was is not known here."""
        return "1.2" if self._call.request.tls else None

    # Tags

    def _existing_tags(self) -> dict[str, str]:
        try:
            version = self._call.storage.version(self._bucket, self._key, self._version_id)
        except S3Error:
            return {}
        found: dict[str, str] = version.attributes.get("tags", {})
        return found

    def _request_tags(self) -> dict[str, str]:
        text = self._call.header("x-amz-tagging")
        if text is None:
            return {}
        try:
            return dict(parse_query(text.encode("latin-1")))
        except SigningError:
            return {}


def _tag(tags: dict[str, str], name: str) -> list[str] | None:
    """The value of the tag that a condition key ends with. Condition keys do not heed the case, tags' names do: the
    first of those that differ in it alone is meant.
    """
    wanted = name.partition("/")[2]
    return next(([value] for tag, value in tags.items() if tag.lower() == wanted), None)
