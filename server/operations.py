"""What whoever runs the server asks of it: /readyz, and with SERVER_METRICS=1 /metrics.

- /healthz says that this process answers. /readyz says that the store takes what it signs; the store is asked once in
  READY_SECONDS, however often somebody asks here, and what it said is told until then.
- /metrics counts, and names nobody: no key, no principal, and of paths those alone that are routes.
"""

from __future__ import annotations

import threading
from time import monotonic

from sigv4.uploads import Bucket, Refused, Response
from sigv4.uploads.messages import ALWAYS, error_response, json_response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from sigv4.uploads import Request

READY_SECONDS = 10.0
PATTERNS = ("/s3/multipart/", "/d/")  # behind these stands a token


class Ready:
    """Answers /readyz: 200, or 503 and why."""

    def __init__(self, bucket: Bucket, now: Callable[[], float] = monotonic) -> None:
        self._bucket = bucket
        self._now = now
        self._lock = threading.Lock()
        self._until = float("-inf")
        self._why = ""

    def __call__(self, _: Request) -> Response:
        with self._lock:  # who comes meanwhile waits for the same answer
            if self._now() >= self._until:
                self._why = self._asked()
                self._until = self._now() + READY_SECONDS
            why = self._why
        return error_response(503, why) if why else json_response(200, {"status": "ok"})

    def _asked(self) -> str:
        try:
            self._bucket.try_it()
        except Refused as refused:
            return str(refused)
        except Exception:
            return "this server has no credentials that work just now"
        return ""


class Metrics:
    """Counts since the start, in the text format of Prometheus.

    Source: https://prometheus.io/docs/instrumenting/exposition_formats/
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, int], int] = {}
        self._seconds = 0.0
        self._given: dict[str, int] = {}

    def count(self, path: str, known: frozenset[str], response: Response, seconds: float) -> None:
        """One request more. `known`: the paths that are routes."""
        route = path if path in known else next(filter(path.startswith, PATTERNS), "other")
        with self._lock:
            key = route, response.status
            self._requests[key] = self._requests.get(key, 0) + 1
            self._seconds += seconds
            for what, _ in response.issued:
                kind = what.partition(" ")[0]
                self._given[kind] = self._given.get(kind, 0) + 1

    def __call__(self, _: Request) -> Response:
        with self._lock:
            lines = ["# TYPE uploads_requests_total counter"]
            lines += [
                f'uploads_requests_total{{route="{route}",status="{status}"}} {count}'
                for (route, status), count in sorted(self._requests.items())
            ]
            lines += ["# TYPE uploads_request_seconds_total counter", f"uploads_request_seconds_total {self._seconds}"]
            lines.append("# TYPE uploads_given_total counter")
            lines += [f'uploads_given_total{{what="{what}"}} {count}' for what, count in sorted(self._given.items())]
        headers = (("Content-Type", "text/plain; version=0.0.4; charset=utf-8"), ("Cache-Control", "no-store"), *ALWAYS)
        return Response(200, headers, ("\n".join(lines) + "\n").encode())
