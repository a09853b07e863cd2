"""LocalS3: an S3 for tests, in this process, that verifies every request as strictly as AWS does and says why it
refused.

    with LocalS3() as s3:
        url = s3.presigner().put_object("bucket", "key")        # send it with any client
        s3.clock.advance(seconds=901)                           # now it has expired

Reading order: service.py (a request in, an answer out), call.py (what operations see), buckets.py, objects.py,
multipart.py and listing.py (the operations, by AWS's names), storage.py (where things are kept).
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ...credentials import Credentials
from ..httpd import HTTPServer
from .service import Service
from .storage import Storage

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from ...s3 import S3Presigner

__all__ = ["Clock", "LocalS3"]


class Clock:
    """The server's clock: real time, moved by as much as the test wants."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen: float | None = None

    def time(self) -> float:
        """Epoch seconds."""
        return (time.time() if self._frozen is None else self._frozen) + self._offset

    def now(self) -> datetime:
        """The same, aware, in UTC: what to sign with after the clock has moved."""
        return datetime.fromtimestamp(self.time(), UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock forward, or back where `seconds` is negative."""
        self._offset += seconds

    def freeze(self, at: datetime | None = None) -> None:
        """Stop the clock, at a time (aware) or now; `advance` still moves it."""
        self._frozen, self._offset = (self.time() if at is None else at.timestamp()), 0.0

    def reset(self) -> None:
        """Back to real time."""
        self._frozen, self._offset = None, 0.0


class LocalS3:
    """A running S3 server, until the end of the `with` block.

    credentials  whose requests it takes; made up where None
    region       that requests must be signed for
    domain       under which `bucket.domain` is virtual-hosted style; any other host is path style
    directory    where to keep everything, safe from kill -9 and open to several processes; None: in memory
    host, port   where it listens; port 0 takes a free one
    open_cors    whether buckets without a CORS configuration let pages of any origin in, which S3 does not

    `endpoint_url`, `region`, `credentials` and `clock` are there from construction on. Raises OSError where the port
    is taken, SigningError for a bad region.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        region: str = "us-east-1",
        domain: str = "localhost",
        directory: str | os.PathLike[str] | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        open_cors: bool = True,
    ) -> None:
        self.credentials = credentials or Credentials("LOCAL" + os.urandom(8).hex().upper(), os.urandom(20).hex())
        self.region = region
        self.clock = Clock()
        self._storage = Storage(directory, self.clock.time)
        try:
            users = {self.credentials.access_key_id: self.credentials}
            service = Service(self._storage, users, region, domain, self.clock.time, open_cors)
            self._server = HTTPServer(service, host, port)
        except BaseException:
            self._storage.close()
            raise
        name = f"[{host}]" if ":" in host else host
        self.endpoint_url = f"http://{name}:{self._server.port}"

    def start(self) -> None:
        """Begin to answer; `with` does it."""
        self._server.start()

    def serve_forever(self) -> None:
        """Answer until `close` is called by another thread or a signal handler."""
        self._server.serve_forever()

    def stop(self) -> None:
        """End `serve_forever`; safe in a signal handler."""
        self._server.close()

    def close(self) -> None:
        """Stop and let go of everything; in memory, that is the end of what was stored."""
        self._server.close()
        self._storage.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def presigner(self) -> S3Presigner:
        """A presigner for this server, with path-style addresses.

        Sign with `signed_at=clock.now()` once the clock has moved.
        """
        from ...s3 import S3Presigner

        return S3Presigner(self.credentials, region=self.region, endpoint_url=self.endpoint_url)
