"""Routes over a bucket of LocalS3, asked as several principals, and an S3 client that sends what they give out."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sigv4._http.client import send
from sigv4.s3 import S3Presigner
from sigv4.testing import LocalS3
from sigv4.uploads import PROTOCOLS, Policy, Refused, Request, Rules, Seal, Store, Uploads, read_rules

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "uploads"
RULES = [
    {"principals": ["alice", "bob"], "prefix": "up/{principal}/", "rights": ["upload", "download", "list", "delete"]},
    {"principals": ["small-*"], "prefix": "small/{principal}/", "types": ["image/*"], "max_size": 1000, "min_size": 2},
    {"principals": ["reader"], "prefix": "up/", "rights": ["download"]},
]


class Asker:
    """One who asks the routes, by name: the header X-User, as a proxy would set it."""

    def __init__(self, uploads: Uploads, name: str) -> None:
        self.uploads = uploads
        self.name = name

    def ask(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[int, Any]:
        target, _, query = path.partition("?")
        headers = {"host": "localhost", "x-user": self.name, "content-type": content_type}
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.uploads(Request(method, target, headers, data, query))
        return response.status, json.loads(response.body)

    def presign(self, action: str, **fields: Any) -> tuple[int, Any]:
        return self.ask("POST", "/presign", {"action": action, **fields})


def by_header(request: Request) -> str:
    if not request.headers.get("x-user"):
        raise Refused(None, "who are you?", 401)
    return request.headers["x-user"]


@contextmanager
def site(rules: Any = RULES, **options: Any) -> Iterator[tuple[LocalS3, Uploads]]:
    """LocalS3 with a bucket, and routes over it whose clock is LocalS3's."""
    with LocalS3() as s3:
        presigner = S3Presigner(s3.credentials, region=s3.region, endpoint_url=s3.endpoint_url)
        made = presigner.presign("create_bucket", Bucket=BUCKET)
        assert send(made.method, made.url, made.headers)[0] == 200
        default = Policy("up/", "{uuid}/{name}", ("*/*",), 5 * 1024**4)
        chosen: Rules = read_rules(rules, default)
        uploads = Uploads(
            Store(presigner, BUCKET, s3.endpoint_url), chosen,
            **{"authenticate": by_header, "seal": Seal([b"s" * 32]), "protocols": PROTOCOLS, **options},
        )  # fmt: skip
        yield s3, uploads


def sent(url: str, body: bytes = b"", headers: dict[str, str] | None = None, method: str = "PUT") -> int:
    """What S3 answers to what a browser would send."""
    return send(method, url, headers or {}, body)[0]
