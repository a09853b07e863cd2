"""Who owns what, and the little of ACLs that every request needs; grants.py has the rest.

An ACL is kept as a list of grants, [kind, name, permission]; none is the one that gives the owner everything. What is
owned by the bucket's owner says nothing of it, and neither does a bucket of LocalS3's own account.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
"""

from __future__ import annotations

from hashlib import sha256

from .call import ACCOUNT_ID, OWNER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    Grants: TypeAlias = "list[list[str]]"

ENFORCED, PREFERRED, WRITER = "BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"
OWNERSHIPS = (ENFORCED, PREFERRED, WRITER)
ANONYMOUS = "anonymous"  # in the place of an account, of what nobody in particular has written
_ANONYMOUS_ID = "65a011a29cdf8ec533ec3d1ccaae921c"  # by which S3 knows it in ACLs

# What a bucket made today begins with:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
BLOCK_ALL = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
TODAY: dict[str, Any] = {"ownership": ENFORCED, "public_access_block": BLOCK_ALL}
BEFORE_2023: dict[str, Any] = {}  # without ownership controls, who writes an object owns it


def owner_of(settings: dict[str, Any]) -> str:
    """The account that a bucket belongs to."""
    found: str = settings.get("owner", ACCOUNT_ID)
    return found


def object_owner(attributes: dict[str, Any], settings: dict[str, Any]) -> str:
    """The account that an object belongs to. Where the bucket's owner is enforced, that is it, whoever wrote it."""
    owner: str = owner_of(settings)
    return owner if settings.get("ownership") == ENFORCED else attributes.get("owner", owner)


def canonical_id(account: str) -> str:
    """The 64 hex digits by which ACLs know an account."""
    if account == ACCOUNT_ID:
        return OWNER[0][1]
    return _ANONYMOUS_ID if account == ANONYMOUS else sha256(f"LocalS3 {account}".encode()).hexdigest()


def owner_elements(account: str) -> list[tuple[str, str]]:
    """The owner as S3's documents name it."""
    return [("ID", canonical_id(account))]
