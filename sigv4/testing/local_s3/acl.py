"""Canned ACLs: private and public-read, and those that mean private where there is one account.

Anonymous requests may read what is public-read: an object (GetObject, HeadObject), and of a bucket its listing.
Grants are not done.
"""

from __future__ import annotations

from hashlib import sha256

from .call import ACCOUNT_ID, OWNER, xml
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._http.messages import Response
    from .call import Call
    from .documents import Content

PUBLIC_READ = "public-read"
_CANNED = ("private", PUBLIC_READ, "bucket-owner-read", "bucket-owner-full-control")
_ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'


def canned_acl(call: Call, from_body: bool = False) -> str | None:
    """The ACL that the request sets; None for private. Raises S3Error NotImplemented for what is not done."""
    if call.headers("x-amz-grant-"):
        raise S3Error("NotImplemented", Header="x-amz-grant-*", additionalMessage="LocalS3 does canned ACLs only")
    acl = call.header("x-amz-acl")
    if acl is None and from_body:
        raise S3Error("NotImplemented", "LocalS3 does canned ACLs only: send x-amz-acl instead of a document.")
    if acl in ("public-read-write", "authenticated-read", "aws-exec-read"):
        raise S3Error("NotImplemented", Header="x-amz-acl", additionalMessage=f"LocalS3 does not do {acl}")
    if acl is not None and acl not in _CANNED:
        raise S3Error("InvalidArgument", ArgumentName="x-amz-acl", ArgumentValue=acl)
    return acl if acl == PUBLIC_READ else None


def acl_document(acl: str | None) -> Response:
    grants = [_grant("CanonicalUser", OWNER, "FULL_CONTROL")]
    if acl == PUBLIC_READ:
        grants.append(_grant("Group", [("URI", _ALL_USERS)], "READ"))
    return xml("AccessControlPolicy", [("Owner", OWNER), ("AccessControlList", grants)])


def _grant(kind: str, grantee: Content, permission: str) -> tuple[str, Content]:
    return "Grant", [(f'Grantee {_XSI} xsi:type="{kind}"', grantee), ("Permission", permission)]


def owner_of(settings: dict[str, Any]) -> str:
    """The account that a bucket belongs to."""
    found: str = settings.get("owner", ACCOUNT_ID)
    return found


def canonical_id(account: str) -> str:
    """The 64 hex digits by which ACLs know an account."""
    if account == ACCOUNT_ID:
        return OWNER[0][1]
    return sha256(f"LocalS3 {account}".encode()).hexdigest()
