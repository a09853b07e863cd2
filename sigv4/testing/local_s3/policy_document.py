"""A bucket's policy as it is put: held to the grammar of policies and to what S3 asks of one on a bucket.

Every refusal is MalformedPolicy with S3's sentence. Principals must have the form of one; whether there is such a user
is not looked at.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. The sentences are those that
S3 gave in February 2026 where they were recorded, and otherwise those that its users quote.
"""

from __future__ import annotations

from .errors import S3Error
from .permissions import reach
from .policy import EVERYONE, listed
from .policy_conditions import as_text, is_known, like, split

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .policy import Policy, Statement

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html
MAX_POLICY_BYTES = 20 * 1024
_FIELDS = ("Version", "Id", "Statement")
_ELEMENTS = (
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
)  # fmt: skip
_LISTING = ("s3:listbucket", "s3:listbucketversions", "s3:listbucketmultipartuploads")
_PUTTING = ("s3:putobject", "s3:replicateobject")
# Condition keys of S3's own. The actions that one of them is for; empty where it is for more than can be told here.
_KEYS: dict[str, tuple[str, ...]] = {
    "s3:delimiter": _LISTING,
    "s3:max-keys": _LISTING,
    "s3:prefix": _LISTING,
    "s3:x-amz-copy-source": _PUTTING,
    "s3:x-amz-metadata-directive": _PUTTING,
    "s3:x-amz-server-side-encryption": _PUTTING,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _PUTTING,
    "s3:x-amz-server-side-encryption-customer-algorithm": (*_PUTTING, "s3:getobject", "s3:getobjectversion"),
    "s3:x-amz-website-redirect-location": _PUTTING,
} | dict.fromkeys(
    (
        "s3:authtype", "s3:signatureage", "s3:signatureversion", "s3:tlsversion", "s3:resourceaccount",
        "s3:x-amz-acl", "s3:x-amz-content-sha256", "s3:x-amz-grant-full-control", "s3:x-amz-grant-read",
        "s3:x-amz-grant-read-acp", "s3:x-amz-grant-write", "s3:x-amz-grant-write-acp", "s3:x-amz-object-ownership",
        "s3:x-amz-storage-class", "s3:versionid", "s3:locationconstraint", "s3:object-lock-legal-hold",
        "s3:object-lock-mode", "s3:object-lock-remaining-retention-days", "s3:object-lock-retain-until-date",
        "s3:requestobjecttagkeys", "s3:if-match", "s3:if-none-match", "s3:objectcreationoperation",
        "s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:accesspointnetworkorigin",
        "s3:accessgrantsinstancearn",
        "s3:inventoryaccessibleoptionalfields", "s3:bypassgovernanceretention", "s3:bucketkeyenabled",
    ), (),
)  # fmt: skip
_TAG_KEYS = ("s3:existingobjecttag/", "s3:requestobjecttag/", "s3:buckettag/")


def malformed(message: str | None = None) -> S3Error:
    return S3Error("MalformedPolicy", message)


def read_policy(data: bytes, bucket: str) -> Policy:
    """The policy of the bucket. Raises S3Error MalformedPolicy and PolicyTooLarge."""
    if len(data) > MAX_POLICY_BYTES:
        raise S3Error("PolicyTooLarge")
    policy = read_json(data)
    for statement in _statements(policy):
        _check_principal(statement)
        patterns = _check_actions(statement)
        resources = _check_resources(statement, bucket)
        _check_reach(statement, patterns, resources, bucket)
        _check_conditions(statement, patterns)
    return policy


def read_json(data: bytes) -> Policy:
    """A policy of the right form, of whatever kind. Raises S3Error MalformedPolicy."""
    import json

    try:
        policy = json.loads(data)
    except (ValueError, RecursionError):
        raise malformed() from None
    if not isinstance(policy, dict) or not data.lstrip(b"\xef\xbb\xbf").startswith(b"{"):
        raise malformed()
    for name in policy:
        if name not in _FIELDS:
            raise malformed(f"Unknown field {name}")
    if policy.get("Version", "2008-10-17") not in ("2008-10-17", "2012-10-17"):
        raise malformed("The policy must contain a valid version string")
    for statement in _statements(policy):
        _check_statement(statement)
    return policy


def identity_policy(policy: dict[str, Any] | str) -> Policy:
    """A user's own, as JSON or what that would be. Raises S3Error MalformedPolicy."""
    import json

    return read_json((policy if isinstance(policy, str) else json.dumps(policy)).encode())


def _statements(policy: Policy) -> list[Statement]:
    if "Statement" not in policy:
        raise malformed("Missing required field Statement")
    statements = listed(policy["Statement"])
    if not statements:
        raise malformed("Could not parse the policy: Statement is empty!")
    return statements


def _check_statement(statement: Any) -> None:
    if not isinstance(statement, dict):
        raise malformed("Invalid policy syntax.")
    for name in statement:
        if name not in _ELEMENTS:
            raise malformed(f"Unknown field {name}")
    effect = statement.get("Effect")
    if effect is None:
        raise malformed("Missing required field Effect")
    if effect not in ("Allow", "Deny"):
        raise malformed(f"Invalid effect: {effect}")
    for name in ("Action", "Resource"):
        if name not in statement and f"Not{name}" not in statement:
            raise malformed(f"Missing required field {name}")
        if name in statement and f"Not{name}" in statement:
            raise malformed("Invalid policy syntax.")
        values = listed(statement.get(name, statement.get(f"Not{name}")))
        if not values or not all(isinstance(value, str) for value in values):
            raise malformed(f"Policy has invalid {name.lower()}")
    _check_syntax_of_conditions(statement.get("Condition", {}))


def _check_syntax_of_conditions(conditions: Any) -> None:
    if not isinstance(conditions, dict):
        raise malformed("Invalid policy syntax.")
    for operator, pairs in conditions.items():
        if not is_known(operator):
            raise malformed(f"Invalid Condition type : {operator}")
        if not isinstance(pairs, dict) or not pairs:
            raise malformed("Invalid policy syntax.")
        for values in pairs.values():
            if not all(isinstance(value, (str, int, float)) for value in listed(values)):
                raise malformed("Invalid policy syntax.")


def _check_principal(statement: Statement) -> None:
    if "Principal" not in statement and "NotPrincipal" not in statement:
        raise malformed("Missing required field Principal")
    if "Principal" in statement and "NotPrincipal" in statement:
        raise malformed("Invalid policy syntax.")
    if "NotPrincipal" in statement and statement["Effect"] == "Allow":
        raise malformed("Allow with NotPrincipal is not allowed.")
    element = statement.get("Principal", statement.get("NotPrincipal"))
    if element == EVERYONE:
        return
    if not isinstance(element, dict) or not element:
        raise malformed("Invalid principal in policy")
    for kind, names in element.items():
        if not listed(names) or not all(isinstance(name, str) and _is_principal(kind, name) for name in listed(names)):
            raise malformed("Invalid principal in policy")


def _is_principal(kind: str, name: str) -> bool:
    if kind == "CanonicalUser":
        return len(name) == 64 and all(c in "0123456789abcdef" for c in name)
    if kind == "Service":
        return name.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazon.com"))
    if kind == "Federated":
        return bool(name)
    if kind != "AWS":
        return False
    if name == EVERYONE or _is_account(name):
        return True
    parts = name.split(":", 5)
    return (
        len(parts) == 6
        and parts[0] == "arn"
        and parts[1] in ("aws", "aws-cn", "aws-us-gov")
        and parts[2] in ("iam", "sts")
        and (_is_account(parts[4]) or parts[5].startswith("cloudfront"))
        and (parts[5] == "root" or (parts[5].partition("/")[0] in _KINDS and bool(parts[5].partition("/")[2])))
        and "*" not in name
    )


_KINDS = ("user", "role", "assumed-role", "federated-user")


def _is_account(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit()


def _check_actions(statement: Statement) -> list[str]:
    patterns = listed(statement.get("Action", statement.get("NotAction")))
    for pattern in patterns:
        if not any(reach(pattern)) and not like("s3:listallmybuckets", pattern.lower()):
            raise malformed("Policy has invalid action")
    return patterns


def _check_resources(statement: Statement, bucket: str) -> list[str]:
    """The part of each resource behind the prefix that all have."""
    found = []
    for resource in listed(statement.get("Resource", statement.get("NotResource"))):
        parts = resource.split(":", 5)
        name = parts[5].partition("/")[0] if len(parts) == 6 else ""
        if parts[:1] != ["arn"] or parts[2:5] != ["s3", "", ""] or not like(bucket, name):
            raise malformed("Policy has invalid resource")
        found.append(parts[5])
    return found


def _check_reach(statement: Statement, patterns: list[str], resources: list[str], bucket: str) -> None:
    """Every action must be one on something that the statement names."""
    if "NotAction" in statement or "NotResource" in statement:
        return
    objects = any("/" in resource or "*" in resource for resource in resources)
    itself = any(like(bucket, resource) for resource in resources)
    for pattern in patterns:
        on_objects, on_buckets = reach(pattern)
        if not ((on_objects and objects) or (on_buckets and itself)):
            raise malformed("Action does not apply to any resource(s) in statement")


def _check_conditions(statement: Statement, patterns: list[str]) -> None:
    for operator, pairs in statement.get("Condition", {}).items():
        for name, values in pairs.items():
            lower = name.lower()
            if not (lower.startswith("aws:") or lower in _KEYS or lower.startswith(_TAG_KEYS)):
                raise malformed("Policy has an invalid condition key")
            if "ipaddress" in split(operator)[1] and not all(_is_network(as_text(each)) for each in listed(values)):
                raise malformed("Invalid IP address in Conditions")
            wanted = _KEYS.get(lower, ())
            if wanted and "Action" in statement and not all(_takes(pattern, wanted) for pattern in patterns):
                raise malformed("Conditions do not apply to combination of actions and resources in statement")


def _takes(pattern: str, wanted: tuple[str, ...]) -> bool:
    return any(like(action, pattern.lower()) for action in wanted)


def _is_network(text: str) -> bool:
    from ipaddress import ip_network

    try:
        ip_network(text, strict=False)
    except ValueError:
        return "${" in text
    return True
