"""Which of S3's operations an arriving request asks for: `bind` the other way round.

match("GET", has_bucket=True, has_key=True, query=[("uploadId", "x")])      "list_parts"
"""

from __future__ import annotations

from .operations import names_with, operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import TypeAlias

    from .operations import Operation

    Index: TypeAlias = "dict[str, list[_Candidate]]"


def match(
    method: str,
    has_bucket: bool,
    has_key: bool,
    query: Iterable[tuple[str, str]],
    header_names: Collection[str] = (),
) -> str | None:
    """The name of the operation that a request asks for; None when S3 has none like it.

    `query` is decoded pairs, `header_names` are in lower case. What an operation fixes in the query and what it
    requires in query and headers decide; the operation with the most of that wins, the fixed query counting first. A
    request that names another operation's sub-resource is none: `DELETE /bucket?analytics` without its `id` must not
    delete the bucket, `PUT /bucket/key?uploadId=...` without a part number must not replace the object.

    Five operations share another's request: the deprecated get_ and put_bucket_lifecycle and _notification, and
    list_directory_buckets, which has its own host. The other of the two is the answer.
    """
    pairs = dict(query)
    for candidate in _index(has_bucket, has_key).get(method, ()):
        if candidate.accepts(pairs, header_names):
            return None if candidate.leaves_over(pairs) else candidate.name
    return None


class _Candidate:
    """What `match` looks at, worked out once."""

    __slots__ = ("fixed", "foreign", "headers", "name", "queries")

    def __init__(self, operation: Operation, claimed: set[str]) -> None:
        required = [operation.parameters[name] for name in operation.required]
        self.name = operation.name
        self.fixed = operation.fixed_query
        self.queries = [parameter.wire_name for parameter in required if parameter.where == "query"]
        self.headers = [parameter.wire_name for parameter in required if parameter.where == "header"]
        own = {name for name, _ in self.fixed}
        own.update(parameter.wire_name for parameter in operation.parameters.values())
        self.foreign = claimed - own

    @property
    def rank(self) -> tuple[int, int]:
        return len(self.fixed), len(self.queries) + len(self.headers)

    def accepts(self, pairs: Mapping[str, str], header_names: Collection[str]) -> bool:
        """Whether all is there. A fixed name without a value (`uploads`) is asked for by any value of it."""
        return (
            all(name in pairs and value in ("", pairs[name]) for name, value in self.fixed)
            and all(name in pairs for name in self.queries)
            and all(name in header_names for name in self.headers)
        )

    def leaves_over(self, pairs: Mapping[str, str]) -> bool:
        """Whether the request names a sub-resource or an identifier that only other operations know."""
        return not self.foreign.isdisjoint(pairs)


_indexes: dict[tuple[bool, bool], Index] = {}


def _index(has_bucket: bool, has_key: bool) -> Index:
    """Method -> candidates, the most demanding first. Parses the entries with such a path, once."""
    found = _indexes.get((has_bucket, has_key))
    if found is None:
        found = _indexes[has_bucket, has_key] = _build_index(has_bucket, has_key)
    return found


def _build_index(has_bucket: bool, has_key: bool) -> Index:
    every = map(operation, names_with(has_bucket, has_key))
    current = [each for each in every if not each.deprecated]
    claimed: set[str] = set()
    for each in current:
        claimed.update(name for name, _ in each.fixed_query)
        claimed.update(
            each.parameters[name].wire_name for name in each.required if each.parameters[name].where == "query"
        )
    index: Index = {}
    for each in current:
        index.setdefault(each.method, []).append(_Candidate(each, claimed))
    for candidates in index.values():
        candidates.sort(key=lambda candidate: candidate.rank, reverse=True)
    return index
