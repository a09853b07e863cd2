"""Two faults in one request: both are named, whichever two they are, by comparison and by search."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sigv4 import Credentials, Signer, explain
from tests.diagnosis.faults import CREDENTIALS, NOW, SECRET, Fault, code_alone, respond

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

URL = "http://photos.localhost:9000/s3/2026/a%20b/c?list-type=2&marker=1&prefix=a%2Bb"
BODY = b"hello"
HEADERS = {"Accept": "*/*", "Content-Type": "image/jpeg", "Content-Length": "5", "X-Amz-Acl": "public-read"}


class Sent(NamedTuple):
    """A request on its way, and the secret and the region that sign it."""

    method: str = "PUT"
    url: str = URL
    headers: dict[str, str] = HEADERS
    secret: str = SECRET
    region: str = "eu-west-1"

    def url_with(self, old: str, new: str) -> Sent:
        return self._replace(url=self.url.replace(old, new, 1))

    def with_header(self, name: str, value: str) -> Sent:
        return self._replace(headers={**self.headers, name: value})


def without_the_acl(sent: Sent) -> Sent:
    return sent._replace(headers={name: value for name, value in sent.headers.items() if name != "X-Amz-Acl"})


def in_path_style(sent: Sent) -> Sent:
    return sent.url_with("//photos.", "//").url_with("/s3/", "/photos/s3/")


# What happens on the way, in the order in which it is done.
ON_THE_WAY: dict[str, Callable[[Sent], Sent]] = {
    "path-encoding": lambda sent: sent.url_with("a%20b", "a%2520b"),
    "path-normalised": lambda sent: sent.url_with("/2026/", "//2026/"),
    "path-changed": lambda sent: sent.url_with("/s3/", "/"),
    "path-style": in_path_style,
    "port": lambda sent: sent.url_with(":9000", ""),
    "host": lambda sent: sent.url_with("photos.localhost", "www.photos.localhost"),
    "query-encoding": lambda sent: sent.url_with("a%2Bb", "a+b"),
    "query-duplicate": lambda sent: sent.url_with("marker=1", "marker=1&marker=1"),
    "query-changed": lambda sent: sent.url_with("&X-Amz-Algorithm", "&utm_source=mail&X-Amz-Algorithm"),
    "method": lambda sent: sent._replace(method="POST"),
    "content-type": lambda sent: sent.with_header("Content-Type", "application/octet-stream"),
    "content-length": lambda sent: sent.with_header("Content-Length", "7"),
    "header-changed": lambda sent: sent.with_header("Accept", "text/html"),
    "header-missing": without_the_acl,
}
IN_THE_KEY: dict[str, Callable[[Sent], Sent]] = {
    "secret-mangled": lambda sent: sent._replace(secret=f'"{sent.secret}"'),
}
FAULTS = {**ON_THE_WAY, **IN_THE_KEY}


def put_in(names: tuple[str, ...]) -> tuple[Sent, Sent]:
    """What the signer made, and what arrives."""
    keys = Sent()
    for name in names:
        keys = IN_THE_KEY.get(name, lambda sent: sent)(keys)
    signer = Signer(Credentials("AKIDEXAMPLE", keys.secret), region=keys.region)
    made = keys._replace(url=signer.presign("PUT", URL, HEADERS, signed_at=NOW).url)
    arrives = made
    for name, change in ON_THE_WAY.items():
        arrives = change(arrives) if name in names else arrives
    return made, arrives


def named(names: tuple[str, ...], known: str) -> set[str]:
    made, arrives = put_in(names)
    body = BODY if known == "xml" else None
    fault = Fault(arrives.method, arrives.url, arrives.headers, body, made=("PUT", made.url, made.headers))
    response = respond(fault)
    if known == "xml":
        found = explain("PUT", made.url, made.headers, response=response, now=NOW.timestamp())
    else:
        found = explain(
            arrives.method, arrives.url, arrives.headers, response=code_alone(response),
            credentials=CREDENTIALS, now=NOW.timestamp(),
        )  # fmt: skip
    return {cause.code for cause in found.causes if cause.certain}


def missed(pairs: Sequence[tuple[str, str]], known: str) -> dict[tuple[str, str], set[str]]:
    return {pair: codes for pair in pairs if not {*pair} <= (codes := named(pair, known))}


@pytest.mark.parametrize("known", ["xml", "secret"])
def test_nine_in_ten_pairs_of_faults_are_both_named(known: str) -> None:
    # By search some half a second each: every fourth pair here, and all of them by `python -m` this module.
    pairs = list(combinations(ON_THE_WAY, 2)) if known == "xml" else list(combinations(FAULTS, 2))[::4]
    left = missed(pairs, known)
    assert len(left) <= len(pairs) / 10, f"{len(left)} of {len(pairs)}: {left}"


if __name__ == "__main__":
    for kind, faults in (("xml", ON_THE_WAY), ("secret", FAULTS)):
        every = list(combinations(faults, 2))
        print(kind, len(every), "pairs; missed:", missed(every, kind))
