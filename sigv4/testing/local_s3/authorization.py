"""Whether whoever sent a request may do what it asks for: the long way, by policies and ACLs.

Rules:
- A Deny, in the bucket's policy or in the user's own, wins; but the root of the bucket's account may always read, put
  and delete the bucket's policy.
- In its own account a user needs an Allow of its own or of the bucket's policy (by its name, or for everyone); in
  another account's bucket one of its own, and one of the bucket's policy or ACL. Nobody in particular needs the latter.
- Who may not list a bucket is not told that a key is not there: it is denied.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html; the permissions:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from __future__ import annotations

import json
from functools import lru_cache

from .acl import ANONYMOUS, ENFORCED, object_owner, owner_of
from .circumstances import Circumstances
from .errors import S3Error
from .grants import allows, stored
from .permissions import actions_of
from .policy import Question, Verdict, evaluate, is_public

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .call import Call
    from .policy import Policy
    from .records import Version

_READS = ("get_object", "head_object", "get_object_attributes", "get_object_tagging", "get_object_acl")
_OF_OBJECTS = (
    *_READS, "put_object_acl", "put_object_tagging", "delete_object_tagging", "get_object_retention",
    "get_object_legal_hold", "put_object_retention", "put_object_legal_hold", "restore_object",
)  # fmt: skip
_ROOT_MAY = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
_NOTHING = Verdict(False, False, False)
_EVERYTHING = Verdict(True, False, True)


class Authorization:
    """The sender's access to a key (empty: to the bucket itself) in a bucket with these settings."""

    def __init__(self, call: Call, settings: dict[str, Any], bucket: str, key: str, version_id: str | None) -> None:
        self._call = call
        self._settings = settings
        self._bucket = bucket
        self._key = key
        self._version_id = version_id
        self._principal = call.principal
        self._circumstances = Circumstances(call, settings, bucket, key, version_id)
        self._at_home = self._principal is not None and self._principal.account == owner_of(settings)

    def check(self, operation: str) -> None:
        """Raises S3Error AccessDenied unless the sender may do `operation`."""
        headers = [*self._call.fields, *(name for name, _ in self._call.query)]
        versioned = self._version_id is not None
        if operation in _READS and self._find() is None:
            self._check_missing(actions_of(operation, versioned))
            return
        for action in actions_of(operation, versioned, headers):
            refusal = self._refusal(action, operation)
            if refusal is not None:
                raise refusal

    def _check_missing(self, actions: list[str]) -> None:
        """Of a key that is not there: whether the sender may know."""
        for action in actions:
            denied = self._denial(self._ask(action))
            if denied is not None:
                raise denied
        refusal = self._refusal("ListBucket", "list_objects", on_bucket=True)
        if refusal is not None:
            raise refusal

    def _find(self) -> Version | None:
        try:
            return self._call.storage.version(self._bucket, self._key, self._version_id)
        except S3Error:
            return None

    def _ask(self, action: str, on_bucket: bool = False) -> Question:
        resource = f"arn:aws:s3:::{self._bucket}"
        if not self._bucket:
            resource = "arn:aws:s3:::*"
        elif self._key and not on_bucket:
            resource += f"/{self._key}"
        key = self._circumstances.of_a_listing() if on_bucket and self._key else self._circumstances.values
        return Question(f"s3:{action}", resource, self._principal, key)

    def _refusal(self, action: str, operation: str, on_bucket: bool = False) -> S3Error | None:
        """None where the sender may."""
        question = self._ask(action, on_bucket)
        denied = self._denial(question)
        if denied is not None:
            return denied
        if self._allowed(question, operation):
            return None
        return self._refuse(question, f"because no identity-based policy allows the {question.action} action")

    def _allowed(self, question: Question, operation: str) -> bool:
        own, of_bucket = self._own_verdict(question), self._bucket_verdict(question)
        if not self._bucket or operation == "create_bucket":
            return own.allowed and self._principal is not None
        foreign = self._is_foreign(operation)
        if self._at_home and not foreign:
            return own.allowed or of_bucket.directly
        by_policy = of_bucket.allowed and not foreign and (self._at_home or not self._is_restricted())
        return own.allowed and (by_policy or self._acl_allows(operation))

    def _is_foreign(self, operation: str) -> bool:
        """Whether it is about an object of another account than the bucket's, which that one's policies do not open."""
        if not self._key or "foreign" not in self._settings or operation not in _OF_OBJECTS:
            return False
        version = self._find()
        return version is not None and object_owner(version.attributes, self._settings) != owner_of(self._settings)

    def _is_restricted(self) -> bool:
        """RestrictPublicBuckets: a public policy is for the bucket's own account alone."""
        restricts = self._settings.get("public_access_block", {}).get("RestrictPublicBuckets")
        return bool(restricts) and "policy" in self._settings and is_public(parsed(self._settings["policy"]))

    def _denial(self, question: Question) -> S3Error | None:
        if self._own_verdict(question).denied:
            return self._refuse(question, "with an explicit deny in an identity-based policy")
        if self._principal is not None and self._principal.is_root and self._at_home and question.action in _ROOT_MAY:
            return None
        if self._bucket_verdict(question).denied:
            return self._refuse(question, "with an explicit deny in a resource-based policy")
        return None

    def _own_verdict(self, question: Question) -> Verdict:
        if self._principal is None or self._principal.policy is None:
            return _EVERYTHING
        return evaluate(self._principal.policy, question, identity=True)

    def _bucket_verdict(self, question: Question) -> Verdict:
        text = self._settings.get("policy")
        return _NOTHING if text is None else evaluate(parsed(text), question)

    def _refuse(self, question: Question, why: str) -> S3Error:
        """S3 gives reasons in one's own account alone."""
        if self._principal is None or not self._at_home:
            return S3Error("AccessDenied")
        return S3Error(
            "AccessDenied",
            f"User: {self._principal.arn} is not authorized to perform: {question.action} on resource: "
            f'"{question.resource}" {why}',
        )

    def _acl_allows(self, operation: str) -> bool:
        settings, account = self._settings, owner_of(self._settings)
        if settings.get("ownership") == ENFORCED:
            return False
        if allows(stored(settings.get("acl"), account), settings, self._principal, operation, on_bucket=True):
            return operation != "delete_object" or self._owns()
        version = self._find() if self._key else None
        if version is None:
            return False
        grants = stored(version.attributes.get("acl"), object_owner(version.attributes, settings))
        return allows(grants, settings, self._principal, operation, on_bucket=False)

    def _owns(self) -> bool:
        """Whether the object is the sender's, or nobody's: what others wrote is not for it to delete."""
        version = self._find()
        account = ANONYMOUS if self._principal is None else self._principal.account
        return version is None or object_owner(version.attributes, self._settings) == account


@lru_cache(64)
def parsed(text: str) -> Policy:
    """A policy that was taken, read again."""
    found: Policy = json.loads(text)
    return found
