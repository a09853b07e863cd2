"""Policies: a document in, and whether it allows a request, denies it, or says nothing of it.

A `Question` is what is asked: an action on a resource, by a principal, under circumstances that condition keys name.
A statement applies where all of its elements match; an explicit Deny wins over every Allow.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

from .policy_conditions import is_met, like, substitute
from .records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from .principals import Principal

    Policy: TypeAlias = "dict[str, Any]"
    Statement: TypeAlias = "dict[str, Any]"

EVERYONE = "*"
# Condition keys that tie a statement for everyone to somebody in particular, where their values have no wildcards.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
_TYING = frozenset((
    "aws:sourceip", "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount",
    "aws:userid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount",
    "s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointarn", "s3:dataaccesspointaccount",
))  # fmt: skip
_TYING_OPERATORS = ("stringequals", "stringlike", "arnequals", "arnlike", "ipaddress", "stringequalsignorecase")


class Question(Record):
    """May `principal` (None: anonymous) do `action` (s3:GetObject) on `resource` (an ARN)? `key` gives the values of a
    condition key by its lower-case name, None where the request has none.
    """

    __slots__ = ("action", "key", "principal", "resource")

    def __init__(
        self, action: str, resource: str, principal: Principal | None, key: Callable[[str], list[str] | None]
    ) -> None:
        self.action = action
        self.resource = resource
        self.principal = principal
        self.key = key


class Verdict(Record):
    """`denied`: some statement denies it. `allowed`: some statement allows it; `directly`: one that names the principal
    itself or everyone, and not only its account, which leaves it to the account whom to let.
    """

    __slots__ = ("allowed", "denied", "directly")

    def __init__(self, allowed: bool, denied: bool, directly: bool) -> None:
        self.allowed = allowed
        self.denied = denied
        self.directly = directly


def evaluate(policy: Policy, question: Question, identity: bool = False) -> Verdict:
    """What the policy says. One of an `identity` has no principals: it is for whoever has it."""
    allowed = denied = directly = False
    for statement in listed(policy.get("Statement")):
        grip = "directly" if identity else _principal_match(statement, question.principal)
        if grip and _applies(statement, question):
            if statement["Effect"] == "Deny":
                denied = True
            else:
                allowed = True
                directly = directly or grip == "directly"
    return Verdict(allowed, denied, directly)


def listed(value: Any) -> list[Any]:
    """What stands alone stands for a list of it."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _applies(statement: Statement, question: Question) -> bool:
    return (
        _one_of(statement, "Action", question.action, lambda text: text)
        and _one_of(statement, "Resource", question.resource, lambda text: substitute(text, question.key))
        and all(
            is_met(operator, name, listed(values), question.key)
            for operator, pairs in (statement.get("Condition") or {}).items()
            for name, values in pairs.items()
        )
    )


def _one_of(statement: Statement, element: str, text: str, expand: Callable[[str], str]) -> bool:
    """Whether Action or Resource, or its Not-form, is for this one. Actions do not heed the case."""
    lower = element == "Action"
    wanted = text.lower() if lower else text
    for name, expected in ((element, True), (f"Not{element}", False)):
        if name in statement:
            patterns = [expand(each) for each in listed(statement[name])]
            found = any(like(wanted, pattern.lower() if lower else pattern) for pattern in patterns)
            return found is expected
    return False


# Principals


def _principal_match(statement: Statement, principal: Principal | None) -> str:
    """How the statement speaks of the principal: `directly`, through its `account`, or not at all (empty)."""
    if "NotPrincipal" in statement:
        return "" if _names(statement["NotPrincipal"], principal) else "directly"
    return _names(statement.get("Principal"), principal)


def _names(element: Any, principal: Principal | None) -> str:
    if element == EVERYONE:
        return "directly"
    if not isinstance(element, dict):
        return ""
    named = [*listed(element.get("AWS")), *listed(element.get("CanonicalUser"))]
    if EVERYONE in named:
        return "directly"
    if principal is None:
        return ""
    if any(arn in named for arn in principal.arns):
        return "directly"
    from .acl import canonical_id

    account = (principal.account, f"arn:aws:iam::{principal.account}:root", canonical_id(principal.account))
    return "account" if any(name in named for name in account) else ""


# Whether it is public


def is_public(policy: Policy) -> bool:
    """Whether a statement lets in everyone, as S3 counts it: one that lets in everybody who meets a condition on one
    of certain keys, with values that are fixed, does not.
    """
    return any(
        statement["Effect"] == "Allow" and _is_for_everyone(statement) and not _is_tied(statement)
        for statement in listed(policy.get("Statement"))
    )


def _is_for_everyone(statement: Statement) -> bool:
    return "NotPrincipal" in statement or _names(statement.get("Principal"), None) != ""


def _is_tied(statement: Statement) -> bool:
    for operator, pairs in (statement.get("Condition") or {}).items():
        if operator.lower().removesuffix("ifexists") != operator.lower() or operator.lower() not in _TYING_OPERATORS:
            continue
        for name, values in pairs.items():
            if name.lower() in _TYING and all(_is_fixed(name.lower(), str(value)) for value in listed(values)):
                return True
    return False


def _is_fixed(name: str, value: str) -> bool:
    if name == "aws:sourceip":
        return not value.endswith("/0")
    if name in ("aws:sourcearn", "aws:principalarn"):
        account = value.split(":")[4:5]
        return "*" not in value or bool(account and account[0].isdigit())
    return "*" not in value and "?" not in value
