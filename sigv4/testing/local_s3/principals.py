"""Who sends a request: a user of some account, the account's root, a role's session; or nobody, where it is anonymous.

A principal may do everything in its own account, unless it was given a policy of its own (`LocalS3.add_user`); what
belongs to another account is for that one's bucket policies and ACLs to open.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from ...encoding import is_number
from .records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Principal(Record):
    """`account` is 12 digits; `name` is `root`, `user/NAME` or `assumed-role/ROLE/SESSION`; `policy` is the identity
    policy, None where all is allowed.
    """

    __slots__ = ("account", "name", "policy")

    def __init__(self, account: str, name: str, policy: dict[str, Any] | None = None) -> None:
        self.account = account
        self.name = name
        self.policy = policy

    @property
    def arn(self) -> str:
        service = "sts" if self.name.startswith("assumed-role/") else "iam"
        return f"arn:aws:{service}::{self.account}:{self.name}"

    @property
    def arns(self) -> tuple[str, ...]:
        """The names under which a policy may speak of it alone: a session's role names it, too."""
        kind, _, rest = self.name.partition("/")
        if kind != "assumed-role":
            return (self.arn,)
        return self.arn, f"arn:aws:iam::{self.account}:role/{rest.partition('/')[0]}"

    @property
    def is_root(self) -> bool:
        return self.name == "root"


class Principals(dict[str, Principal]):
    """Those of whom something was said, by access key id. All others are users of `account`, LocalS3's own."""

    def __init__(self, account: str) -> None:
        super().__init__()
        self.account = account

    def of(self, access_key_id: str) -> Principal:
        """A key of which nothing was said is a user named as the key."""
        return self.get(access_key_id) or Principal(self.account, f"user/{access_key_id}")

    def add(self, access_key_id: str, account: str | None, name: str | None, policy: dict[str, Any] | None) -> None:
        """Raises ValueError for what is no account."""
        if account is not None and not (is_number(account, 12) and len(account) == 12):
            raise ValueError(f"{account!r} is no account: it has 12 digits")
        name = "root" if name == "root" else f"user/{name or access_key_id}"
        self[access_key_id] = Principal(account or self.account, name, policy)
