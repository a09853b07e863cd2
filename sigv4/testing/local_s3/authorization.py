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

from .acl import PUBLIC_READ, owner_of
from .circumstances import Circumstances
from .errors import S3Error
from .permissions import actions_of
from .policy import Question, Verdict, evaluate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .call import Call
    from .policy import Policy
    from .records import Version

_READS = ("get_object", "head_object", "get_object_attributes", "get_object_tagging", "get_object_acl")
_LISTS = ("list_objects", "list_objects_v2", "head_bucket")
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
        own, of_bucket = self._own_verdict(question), self._bucket_verdict(question)
        if not self._bucket or operation == "create_bucket":
            allowed = own.allowed and self._principal is not None
        elif self._at_home:
            allowed = own.allowed or of_bucket.directly
        else:
            allowed = own.allowed and (of_bucket.allowed or self._acl_allows(operation))
        if allowed:
            return None
        return self._refuse(question, f"because no identity-based policy allows the {question.action} action")

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
        if operation in _LISTS:
            return self._settings.get("acl") == PUBLIC_READ
        if operation in ("get_object", "head_object"):
            version = self._find()
            return version is not None and version.attributes.get("acl") == PUBLIC_READ
        return False


@lru_cache(64)
def parsed(text: str) -> Policy:
    """A policy that was taken, read again."""
    found: Policy = json.loads(text)
    return found
