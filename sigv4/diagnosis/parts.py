"""A canonical request taken apart, so that one part can be exchanged and the text made again."""

from __future__ import annotations

from ..canonical import canonical_request, header_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Pairs = Sequence[tuple[str, str]]


class Parts:
    """`method`, `uri`, `query` (its text), `headers` (pairs), `names` (signed headers) and `payload_hash`."""

    __slots__ = ("headers", "method", "names", "payload_hash", "query", "uri")

    def __init__(
        self, method: str, uri: str, query: str, headers: Pairs, names: Sequence[str], payload_hash: str
    ) -> None:
        self.method = method
        self.uri = uri
        self.query = query
        self.headers = tuple(headers)
        self.names = tuple(names)
        self.payload_hash = payload_hash

    @classmethod
    def read(cls, text: str) -> Parts:
        """Raises ValueError for what is no canonical request."""
        method, uri, query, *lines, empty, names, payload_hash = text.replace("\r\n", "\n").split("\n")
        if empty:
            raise ValueError("no empty line stands behind the headers")
        return cls(method, uri, query, split_pairs(lines, ":"), names.split(";"), payload_hash)

    def text(self) -> str:
        """The canonical request."""
        lines = header_lines(self.headers)
        return canonical_request(self.method, self.uri, self.query, lines, ";".join(self.names), self.payload_hash)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query's."""
        return split_pairs(self.query.split("&"), "=") if self.query else []

    @property
    def missing(self) -> list[str]:
        """Signed headers that are not among the headers."""
        present = {name for name, _ in self.headers}
        return [name for name in self.names if name not in present]

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)

    def but(
        self,
        *,
        method: str | None = None,
        uri: str | None = None,
        query: Iterable[tuple[str, str]] | str | None = None,
        headers: Iterable[tuple[str, str]] | None = None,
        payload_hash: str | None = None,
    ) -> Parts:
        """The same, with some of the parts exchanged. The signed headers are then those that there are."""
        if query is None:
            query = self.query
        elif not isinstance(query, str):
            query = "&".join([f"{name}={value}" for name, value in query])
        names = self.names
        if headers is None:
            headers = self.headers
        else:
            headers = sorted(headers)
            names = tuple([name for name, _ in headers])
        return Parts(
            self.method if method is None else method,
            self.uri if uri is None else uri,
            query,
            tuple(headers),
            names,
            self.payload_hash if payload_hash is None else payload_hash,
        )

    def with_header(self, name: str, value: str | None) -> Parts:
        """With a header of another value, or None: without it."""
        left = [pair for pair in self.headers if pair[0] != name]
        return self.but(headers=left if value is None else [*left, (name, value)])


def split_pairs(texts: Iterable[str], separator: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in [text.partition(separator) for text in texts]]
