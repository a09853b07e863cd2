"""The engine that is probed: where it is, what time it has, and the names that requests are filled with.

Time is the engine's, from the Date of its answers. What is too old or too new is signed so; nothing waits.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from .wire import Sent, exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...credentials import Credentials
    from .wire import Answer

    Recipe: TypeAlias = Callable[["Site"], Sent]
    Pairs: TypeAlias = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Site:
    """An engine with the probe's bucket on it.

    `key` is one that nothing else uses; recipes write it `{key}`, as they write `{bucket}`, `{region}`,
    `{access_key_id}` and `{today}`. `session`: temporary credentials, where the engine's STS gives any. `ahead`: how
    much the engine's clock is ahead of this machine's.
    """

    endpoint_url: str
    credentials: Credentials
    region: str
    bucket: str
    key: str = "object"
    session: Credentials | None = None
    ahead: timedelta = timedelta()

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint_url).netloc

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def with_new_key(self) -> Site:
        return replace(self, key=f"new-{secrets.token_hex(8)}")

    def fill(self, text: str) -> str:
        """Replace the names in braces."""
        names = {
            "bucket": self.bucket,
            "key": self.key,
            "region": self.region,
            "access_key_id": self.credentials.access_key_id,
            "today": f"{self.now():%Y%m%d}",
        }
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def send(self, request: Recipe | Sent) -> Answer:
        return exchange(self.endpoint_url, request if isinstance(request, Sent) else request(self))
