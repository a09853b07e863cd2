"""Who may do what: rules, read from TOML, of which the first that names a principal holds.

    [[allow]]
    principals = ["alice", "team-*"]       # names as authentication gives them; "*" is everyone
    prefix = "uploads/{principal}/"        # what their keys start with; they reach no others
    key = "{uuid}/{name}"                  # the rest of a new key: {uuid}, {date}, {name}
    types = ["image/*", "application/pdf"]
    min_size = 1                           # bytes
    max_size = 5_000_000_000
    expires_in = 900                       # seconds that a URL lives
    per_minute = 60                        # URLs and calls for one principal, counted by each server for itself
    rights = ["upload", "download", "list", "delete"]

What is not there has the value that the server's settings give; `principals` must be there. An unknown name is refused.
"""

from __future__ import annotations

from fnmatch import fnmatchcase

from ..encoding import encode
from ..nearest import unknown
from .messages import Refused
from .policy import Policy, PolicyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

MEMBERS = {
    "principals": list, "prefix": str, "key": str, "types": list, "min_size": int, "max_size": int, "expires_in": int,
    "per_minute": int, "rights": list,
}  # fmt: skip
MAX_COUNTED = 100_000  # principals whose calls of this minute are counted


class Grant:
    """What one principal may: its name, "" where nobody is named, and its policy."""

    __slots__ = ("name", "policy")

    def __init__(self, name: str, policy: Policy) -> None:
        self.name = name
        self.policy = policy

    def check(self, right: str) -> None:
        """Raise Refused unless it has this right."""
        if right not in self.policy.rights:
            raise Refused(None, f"this needs the right to {right}, which you do not have here", 403)


class Rules:
    """The rules of a server: a callable from a principal's name to its Grant, which raises Refused for who has none."""

    def __init__(self, rules: Iterable[tuple[tuple[str, ...], Policy]]) -> None:
        self._rules = tuple(rules)
        self.policies = tuple([policy for _, policy in self._rules])

    def __call__(self, name: str) -> Grant:
        for patterns, policy in self._rules:
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                return Grant(name, policy.of(_segment(name)) if "{principal}" in policy.key_prefix else policy)
        raise Refused(None, "you may do nothing here", 403)


def _segment(name: str) -> str:
    """A name as one folder: no two names have the same, and none is a way out of the prefix."""
    segment = encode(name)
    if segment in ("", ".", ".."):
        raise Refused(None, "your name cannot be a folder's", 403)
    return segment


def read_rules(allow: object, default: Policy) -> Rules:
    """The rules of a TOML document's `allow`; raises PolicyError with every mistake."""
    mistakes: list[str] = []
    rules: list[tuple[tuple[str, ...], Policy]] = []
    tables: list[object] = allow if isinstance(allow, list) else [None]
    for number, table in enumerate(tables, 1):
        place = f"allow {number}"
        if not isinstance(table, dict):
            mistakes.append(f"{place}: must be a table, [[allow]]")
            continue
        try:
            rules.append(_rule(table, default))
        except PolicyError as error:
            mistakes += [f"{place}: {line}" for line in error.mistakes]
    if mistakes:
        raise PolicyError(mistakes)
    return Rules(rules)


def _rule(table: dict[str, Any], default: Policy) -> tuple[tuple[str, ...], Policy]:
    mistakes = []
    for name, value in table.items():
        if name not in MEMBERS:
            mistakes.append(unknown(name, MEMBERS))
        elif type(value) is not MEMBERS[name] or (isinstance(value, list) and not all(type(x) is str for x in value)):
            kind = {list: "a list of texts", str: "text", int: "a whole number"}[MEMBERS[name]]
            mistakes.append(f"{name} must be {kind}")
    if not table.get("principals"):
        mistakes.append('principals must name somebody; ["*"] is everyone')
    if mistakes:
        raise PolicyError(mistakes)
    policy = Policy(
        table.get("prefix", default.key_prefix),
        table.get("key", default.key_template),
        tuple([each.lower() for each in table.get("types", default.allowed_types)]),
        table.get("max_size", default.max_size),
        min_size=table.get("min_size", default.min_size),
        expires_in=table.get("expires_in", default.expires_in),
        tutorial_expires_in=table.get("expires_in", default.tutorial_expires_in),
        per_minute=table.get("per_minute", default.per_minute),
        rights=tuple(table.get("rights", default.rights)),
    )
    policy.check({"SERVER_KEY_PREFIX": "prefix", "SERVER_KEY_TEMPLATE": "key", "SERVER_ALLOWED_TYPES": "types"})
    return tuple(table["principals"]), policy


class PerMinute:
    """Counts calls by principal and minute, in this process; bounded, and then it forgets who came first."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._minute = 0
        self._counts: dict[str, int] = {}

    def check(self, grant: Grant) -> None:
        """Count one; raises Refused for one too many."""
        limit = grant.policy.per_minute
        if not limit:
            return
        now = self._now()
        if self._minute != now // 60:
            self._minute, self._counts = int(now // 60), {}
        count = self._counts[grant.name] = self._counts.pop(grant.name, 0) + 1
        if len(self._counts) > MAX_COUNTED:
            self._counts.pop(next(iter(self._counts)))
        if count > limit:
            wait = 60 - int(now % 60)
            raise Refused(None, f"at most {limit} requests a minute; try again in {wait} seconds", 429, wait)
