"""Who is told of events: callables of the test, and URLs, each of what goes to one destination or of everything.

What is told, and when, is in notifications.py.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    Listener: TypeAlias = "Callable[[dict[str, Any]], object]"

_SECONDS = 10  # for a URL to answer


class Listeners:
    """Those that there are, in `all`, with the destination that each is for; None: for all."""

    def __init__(self) -> None:
        self.all: list[tuple[str | None, Listener]] = []

    def add(self, listener: Listener | str, destination: str | None) -> Callable[[], None]:
        """Returns what ends it."""
        pair = destination, _posting(listener) if isinstance(listener, str) else listener
        self.all.append(pair)
        return lambda: self.all.remove(pair)

    def send(self, destination: str, message: dict[str, Any]) -> None:
        """Tell those that are for this destination. What one of them raises is logged, and nothing else."""
        for wanted, listener in list(self.all):
            if wanted in (None, destination):
                try:
                    listener(message)
                except Exception:
                    import logging

                    log = logging.getLogger("sigv4.testing.local_s3")
                    log.exception("a listener failed; what it was told of is done all the same")


def _posting(url: str) -> Listener:
    """A listener that posts what it is told to a URL, as JSON."""

    def post(message: dict[str, Any]) -> None:
        import json
        from urllib.request import Request, urlopen

        headers = {"Content-Type": "application/json"}
        request = Request(url, json.dumps(message).encode(), headers)  # noqa: S310 - the test's own
        with urlopen(request, timeout=_SECONDS):  # noqa: S310
            pass

    return post
