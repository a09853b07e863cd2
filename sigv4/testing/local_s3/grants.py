"""ACLs: canned ones, grants in headers and documents; what they say, and what they let whom do.

Rules, as S3 was recorded to keep them in February 2026:
- One way at a time: a canned ACL, headers or a document. Grants in headers are all there are, the owner's own too.
- Grantees are accounts, by their canonical ids, and three groups.
- Where the bucket's owner is enforced, there are no ACLs but the one that gives it full control.
- What is granted to everyone, or to everyone with an account, is public: Block Public Access refuses or ignores it.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
"""

from __future__ import annotations

from .acl import ANONYMOUS, ENFORCED, OWNERSHIPS, PREFERRED, canonical_id, owner_elements, owner_of
from .call import xml
from .documents import parse
from .errors import S3Error
from .grammar import check, grantee_tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._http.messages import Response
    from .acl import Grants
    from .call import Call
    from .documents import Content, Element
    from .principals import Principal

_GROUPS = "http://acs.amazonaws.com/groups/"
ALL_USERS = _GROUPS + "global/AllUsers"
AUTHENTICATED_USERS = _GROUPS + "global/AuthenticatedUsers"
LOG_DELIVERY = _GROUPS + "s3/LogDelivery"
# Amazon EC2, which reads bundles of machine images.
_EC2 = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"
_USER, _GROUP = "CanonicalUser", "Group"

_OF_OBJECTS = {
    "private": [],
    "public-read": [[_GROUP, ALL_USERS, "READ"]],
    "public-read-write": [[_GROUP, ALL_USERS, "READ"], [_GROUP, ALL_USERS, "WRITE"]],
    "authenticated-read": [[_GROUP, AUTHENTICATED_USERS, "READ"]],
    "aws-exec-read": [[_USER, _EC2, "READ"]],
    "bucket-owner-read": [],
    "bucket-owner-full-control": [],
}
_OF_BUCKETS = {
    **_OF_OBJECTS,
    "log-delivery-write": [[_GROUP, LOG_DELIVERY, "WRITE"], [_GROUP, LOG_DELIVERY, "READ_ACP"]],
}
_TO_BUCKET_OWNER = {"bucket-owner-read": "READ", "bucket-owner-full-control": "FULL_CONTROL"}
_HEADERS = {
    "full-control": "FULL_CONTROL", "read": "READ", "read-acp": "READ_ACP", "write": "WRITE", "write-acp": "WRITE_ACP",
}  # fmt: skip
_GRAMMAR = {
    "AccessControlPolicy": "AccessControlList Owner",
    "Owner": "ID DisplayName?",
    "AccessControlList": "Grant*",
    "Grant": "Grantee Permission",
    "Grantee": "ID? URI? EmailAddress? DisplayName?",
    "Permission": "=FULL_CONTROL READ WRITE READ_ACP WRITE_ACP",
}
MAX_GRANTS = 100

# What a grant on an object, or on its bucket, lets do.
_ON_OBJECT = {
    "READ": ("get_object", "head_object", "get_object_attributes"),
    "READ_ACP": ("get_object_acl",),
    "WRITE_ACP": ("put_object_acl",),
}
_ON_BUCKET = {
    "READ": (
        "list_objects", "list_objects_v2", "list_object_versions", "list_multipart_uploads", "head_bucket",
    ),
    "WRITE": (
        "put_object", "copy_object", "create_multipart_upload", "upload_part", "upload_part_copy",
        "complete_multipart_upload", "abort_multipart_upload", "list_parts", "delete_object", "delete_objects",
        "post_object",
    ),
    "READ_ACP": ("get_bucket_acl",),
    "WRITE_ACP": ("put_bucket_acl",),
}  # fmt: skip


# What a request sets


def new_object(call: Call, settings: dict[str, Any], account: str) -> dict[str, Any]:
    """The ACL and the owner of an object that `account` brings."""
    owner = owner_of(settings)
    canned = call.header("x-amz-acl")
    preferred = settings.get("ownership") == PREFERRED and canned == "bucket-owner-full-control"
    if preferred or settings.get("ownership") == ENFORCED:
        account = owner
    found: dict[str, Any] = {"acl": _of_headers(call, settings, _OF_OBJECTS, account)}
    if account != owner:
        found["owner"] = account
        if "foreign" not in settings:  # from now on it counts who owns what
            call.storage.configure_bucket(call.bucket, "foreign", True)
    return found


def of_new_bucket(call: Call, settings: dict[str, Any]) -> Grants | None:
    """The ACL that a CreateBucket asks for, for a bucket that begins with these settings; it may change them."""
    canned = call.header("x-amz-acl")
    grants = call.headers("x-amz-grant-")
    if canned is None and not grants:
        return None
    found = _of_headers(call, {}, _OF_BUCKETS, owner_of(settings))
    if settings.get("ownership") == ENFORCED:
        if canned != "private" or call.header("x-amz-object-ownership") is not None:
            raise S3Error("InvalidBucketAclWithObjectOwnership")
        settings["ownership"] = PREFERRED  # as S3 makes of it, and no word of it in its pages
    if is_public(found) and _blocks(settings, "BlockPublicAcls"):
        raise S3Error("InvalidBucketAclWithBlockPublicAccessError")
    return found


def changed(call: Call, settings: dict[str, Any], account: str) -> Grants | None:
    """The ACL that a PutBucketAcl or PutObjectAcl sets on what `account` owns."""
    data = call.text()
    if call.header("x-amz-acl") is not None or call.headers("x-amz-grant-"):
        if data:
            raise S3Error("UnexpectedContent")
        return _of_headers(call, settings, _OF_OBJECTS if call.key else _OF_BUCKETS, account)
    if not data:
        raise S3Error("MissingSecurityHeader", MissingHeaderName="x-amz-acl")
    found = _of_document(parse_acl(data), account)
    _check_allowed(call, settings, found, account)
    return found


def _of_headers(call: Call, settings: dict[str, Any], canned: dict[str, Any], account: str) -> Grants | None:
    name, headers = call.header("x-amz-acl"), call.headers("x-amz-grant-")
    if name is not None and headers:
        raise S3Error("InvalidRequest", "Specifying both Canned ACLs and Header Grants is not allowed")
    if name is not None:
        if name not in canned:
            raise S3Error("InvalidArgument", "", ArgumentName="x-amz-acl", ArgumentValue=name)
        found: Grants | None = _canned(canned[name], name, settings, account)
    else:
        found = [
            [*grantee, _permission(header)]
            for header, value in headers.items()
            for grantee in _grantees(f"x-amz-grant-{header}", value)
        ] or None
    _check_allowed(call, settings, found, account, name)
    return found


def _canned(grants: Grants, name: str, settings: dict[str, Any], account: str) -> Grants | None:
    bucket_owner = owner_of(settings)
    if name in _TO_BUCKET_OWNER and account != bucket_owner:
        grants = [[_USER, canonical_id(bucket_owner), _TO_BUCKET_OWNER[name]]]
    return [[_USER, canonical_id(account), "FULL_CONTROL"], *grants] if grants else None


def _permission(header: str) -> str:
    if header not in _HEADERS:
        raise S3Error("NotImplemented", Header=f"x-amz-grant-{header}")
    return _HEADERS[header]


def _grantees(header: str, value: str) -> list[tuple[str, str]]:
    """The grantees that a header lists: `id="...", uri="..."`."""
    found = []
    for each in value.split(","):
        kind, equals, name = each.strip().partition("=")
        name = name.strip().strip('"')
        if not equals or kind.strip().lower() not in ("id", "uri", "emailaddress"):
            raise S3Error(
                "InvalidArgument", "Argument format not recognized", ArgumentName=header, ArgumentValue=each.strip()
            )
        found.append(_grantee(kind.strip().lower(), name, kind.strip()))
    return found


def _grantee(kind: str, name: str, argument: str) -> tuple[str, str]:
    if kind == "id":
        if not (name == canonical_id(ANONYMOUS) or (len(name) == 64 and all(c in "0123456789abcdef" for c in name))):
            raise S3Error("InvalidArgument", "Invalid id", ArgumentName=argument, ArgumentValue=name)
        return _USER, name
    if kind == "uri":
        if name not in (ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY):
            raise S3Error("InvalidArgument", "Invalid group uri", ArgumentName=argument, ArgumentValue=name)
        return _GROUP, name
    raise S3Error("UnresolvableGrantByEmailAddress")  # no account here has an address


def parse_acl(data: bytes) -> Element:
    """Raises S3Error MalformedACLError."""
    try:
        document = parse(data, "AccessControlPolicy")
    except S3Error:
        raise S3Error("MalformedACLError") from None
    check(document, _GRAMMAR, "MalformedACLError")
    return document


def _of_document(document: Element, account: str) -> Grants | None:
    owner = document.one("Owner")
    owner_id = "" if owner is None else owner.required("ID")
    _grantee("id", owner_id, "CanonicalUser/ID")
    if owner_id != canonical_id(account):
        raise S3Error("AccessDenied")
    listed = document.one("AccessControlList")
    found = []
    for grant in [] if listed is None else listed.all("Grant"):
        grantee = grant.one("Grantee")
        if grantee is not None:
            found.append([*_of_element(grantee), grant.required("Permission")])
    if len(found) > MAX_GRANTS:
        raise S3Error("InvalidRequest", f"The ACL has more than {MAX_GRANTS} grants.")
    return found


def _of_element(grantee: Element) -> tuple[str, str]:
    if grantee.kind == _USER:
        return _grantee("id", grantee.required("ID"), "CanonicalUser/ID")
    if grantee.kind == _GROUP:
        return _grantee("uri", grantee.required("URI"), "Group/URI")
    return _grantee("email", "", "")


# What is allowed to be set


def _check_allowed(
    call: Call, settings: dict[str, Any], grants: Grants | None, account: str, canned: str | None = None
) -> None:
    if settings.get("ownership") == ENFORCED and canned != "bucket-owner-full-control":
        everything = [[_USER, canonical_id(owner_of(settings)), "FULL_CONTROL"]]
        if canned is not None or grants != everything:
            raise S3Error("AccessControlListNotSupported")
    if is_public(grants) and _blocks(settings, "BlockPublicAcls"):
        raise blocked(
            call,
            "because public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block "
            "Public Access.",
        )


def blocked(call: Call, why: str) -> S3Error:
    """What Block Public Access says of a request."""
    from .permissions import actions_of

    principal = call.principal
    if principal is None:
        return S3Error("AccessDenied")
    action = actions_of(call.operation, False)[0]
    resource = f"arn:aws:s3:::{call.bucket}" + (f"/{call.key}" if call.key else "")
    return S3Error(
        "AccessDenied",
        f'User: {principal.arn} is not authorized to perform: s3:{action} on resource: "{resource}" {why}',
    )


def _blocks(settings: dict[str, Any], name: str) -> bool:
    return bool(settings.get("public_access_block", {}).get(name))


def is_public(grants: Grants | None) -> bool:
    return any(name in (ALL_USERS, AUTHENTICATED_USERS) for _, name, _ in grants or [])


# What an ACL lets do


def stored(value: Any, account: str) -> Grants:
    """The grants of an ACL as it is kept, of what `account` owns."""
    if value is None:
        return [[_USER, canonical_id(account), "FULL_CONTROL"]]
    if isinstance(value, str):  # as it was kept once, by the name of a canned one
        return [[_USER, canonical_id(account), "FULL_CONTROL"], *_OF_BUCKETS[value]]
    found: Grants = value
    return found


def allows(
    grants: Grants, settings: dict[str, Any], principal: Principal | None, operation: str, on_bucket: bool
) -> bool:
    """Whether the grants, of an object or of its bucket, let the principal do the operation."""
    table = _ON_BUCKET if on_bucket else _ON_OBJECT
    wanted = [permission for permission, operations in table.items() if operation in operations]
    groups = [ALL_USERS] if principal is None else [ALL_USERS, AUTHENTICATED_USERS]
    if _blocks(settings, "IgnorePublicAcls"):
        groups = []
    names = [*groups, canonical_id(ANONYMOUS if principal is None else principal.account)]
    return bool(wanted) and any(
        name in names and permission in ("FULL_CONTROL", *wanted) for _, name, permission in grants
    )


# The document


def acl_document(value: Any, account: str, settings: dict[str, Any]) -> Response:
    """What is kept as ACL, of what `account` owns."""
    grants = stored(None if settings.get("ownership") == ENFORCED else value, account)
    listed = [_grant(*grant) for grant in grants]
    return xml("AccessControlPolicy", [("Owner", owner_elements(account)), ("AccessControlList", listed)])


def _grant(kind: str, name: str, permission: str) -> tuple[str, Content]:
    grantee = [("ID" if kind == _USER else "URI", name)]
    return "Grant", [(grantee_tag(kind), grantee), ("Permission", permission)]


def settings_of_new_bucket(call: Call, defaults: dict[str, Any]) -> dict[str, Any]:
    """What CreateBucket says of owner, ownership and ACL, beside what new buckets begin with."""
    settings = dict(defaults)
    principal = call.principal
    if principal is not None and principal.account != owner_of({}):
        settings["owner"] = principal.account
    asked = call.header("x-amz-object-ownership")
    if asked is not None:
        if asked not in OWNERSHIPS:
            raise S3Error(
                "InvalidArgument",
                f"Invalid x-amz-object-ownership header: {asked}",
                ArgumentName="x-amz-object-ownership",
            )
        settings["ownership"] = asked
    settings["acl"] = of_new_bucket(call, settings)
    return settings
