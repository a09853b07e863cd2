"""LocalS3: an S3 for tests, in this process, that verifies every request as strictly as AWS does and says why it
refused.

    with LocalS3() as s3:
        url = s3.presigner().put_object("bucket", "key")        # send it with any client
        s3.clock.advance(seconds=901)                           # now it has expired

Reading order: service.py (a request in, an answer out), call.py (what operations see), buckets.py, objects.py,
attributes.py, copy.py, multipart.py and listing.py (the operations, by AWS's names), storage.py (where things are kept,
and how).
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from ..._http.limits import Limits
from ..._http.server import HTTPServer
from ..made_up import made_up_credentials
from .acl import BEFORE_2023, TODAY
from .errors import S3Error
from .faults import Fault, Recorded
from .index import Snapshot
from .service import Service
from .storage import Storage, Vanished

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Any, Self

    from ...credentials import Credentials
    from ...s3 import S3Presigner
    from ..environ import Environ
    from .seeding import Seed

__all__ = ["Clock", "Fault", "LocalS3", "Recorded", "Snapshot"]

# What is too large is for the operations to say, in S3's words; the server's own 413 would come before them.
_LIMITS = Limits(body_bytes=1 << 60)


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
    regions      more regions that this one server stands for, `*` for all of AWS's: each bucket lies in one of them
    domains      more of such domains
    directory    where to keep everything, safe from kill -9 and open to several processes; None: in memory
    host, port   where it listens; port 0 takes a free one
    tls          HTTPS, with a certificate made for the run by the program openssl: give `LocalS3.certificate`, a file,
                 to clients
    certificate  HTTPS with this one: a PEM file of the chain and its key, or the two files
    open_cors    whether buckets without a CORS configuration let pages of any origin in, which S3 does not
    version_2    whether it takes Signature Version 2, as S3 still does in regions older than 2014, us-east-1 among them
    open_acls    whether new buckets take ACLs and may be public, as S3's did before April 2023

    `endpoint_url`, `region`, `credentials` and `clock` are there from construction on. Raises OSError where the port
    is taken or a certificate cannot be read, SigningError for a bad region.
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
        regions: Iterable[str] = (),
        domains: Iterable[str] = (),
        tls: bool = False,
        certificate: str | os.PathLike[str] | tuple[str, str] | None = None,
        open_cors: bool = True,
        version_2: bool = False,
        open_acls: bool = False,
    ) -> None:
        self.credentials = credentials or made_up_credentials("LOCAL")
        self.region = region
        self.clock = Clock()
        self.certificate: str | None = None
        self._certificate_folder: str | None = None
        self._process = os.getpid()
        self._storage = Storage(directory, self.clock.time)
        try:
            self._users = {self.credentials.access_key_id: self.credentials}
            domains = list(domains)
            defaults = BEFORE_2023 if open_acls else TODAY
            self._service = Service(
                self._storage, self._users, region, domain, self.clock.time, open_cors, defaults,
                regions=_names(regions), domains=domains, version_2=version_2,
            )  # fmt: skip
            context = None
            if certificate is not None:
                context = self._load_certificate(certificate)
            elif tls:
                context = self._make_certificate([domain, *domains])
            self._server = HTTPServer(self._service, host, port, limits=_LIMITS, ssl_context=context)
        except BaseException:
            self._clean_up()
            raise
        name = f"[{host}]" if ":" in host else host
        self.endpoint_url = f"{'http' if context is None else 'https'}://{name}:{self._server.port}"

    def _load_certificate(self, certificate: str | os.PathLike[str] | tuple[str, str]) -> ssl.SSLContext:
        from .tls import load_context

        chain, key = certificate if isinstance(certificate, tuple) else (certificate, None)
        self.certificate = os.fspath(chain)
        return load_context(self.certificate, key)

    def _make_certificate(self, domains: list[str]) -> ssl.SSLContext:
        from tempfile import mkdtemp

        from .tls import make_context

        self._certificate_folder = mkdtemp(prefix="local-s3-")
        context, self.certificate = make_context(self._certificate_folder, domains)
        return context

    def start(self) -> None:
        """Begin to answer; `with` does it."""
        self._server.start()

    def close(self) -> None:
        """Stop and let go of everything; in memory, that is the end of what was stored.

        In a child that was forked within the block, nothing is stopped: the server and the files are the parent's.
        """
        self._server.close()
        if os.getpid() == self._process:
            self._clean_up()

    def _clean_up(self) -> None:
        self._storage.close()
        if self._certificate_folder is not None:
            from shutil import rmtree

            rmtree(self._certificate_folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What a test wants

    def put(self, bucket: str, key: str, body: bytes = b"", content_type: str = "binary/octet-stream") -> None:
        """Store an object without HTTP. The bucket is made where it is missing."""
        self._make_bucket(bucket)
        with self._storage.receive() as stored:
            stored.write(body)
            self._storage.put_object(bucket, key, stored, {"headers": {"content-type": content_type}})

    def _make_bucket(self, name: str) -> None:
        with suppress(S3Error):
            self._storage.create_bucket(name, self._service.defaults)

    def seed(self, source: Seed, bucket: str | None = None) -> None:
        """Store objects without HTTP, with content types by their names.

        source  buckets, by name, each with bodies (bytes, text, or the path of a file) by key; or a folder, in which
                each folder is a bucket, and each file in it an object
        bucket  the one that all goes into: then `source` is bodies by key, or a folder of that bucket's files

        Raises OSError for what cannot be read, ValueError for a file that lies beside the buckets.
        """
        from .seeding import bodies, content_type

        for name, key, body in bodies(source, bucket):
            self._make_bucket(name)
            if key:
                self.put(name, key, body, content_type(key))

    def get(self, bucket: str, key: str) -> bytes:
        """An object's body, without HTTP. Raises KeyError where there is none."""
        self._service.act_on_rules(bucket, lambda: self._storage.bucket(bucket).settings)
        while True:
            try:
                version = self._storage.version(bucket, key)
            except S3Error:
                raise KeyError(f"{bucket}/{key}") from None
            if version.delete_marker:
                raise KeyError(f"{bucket}/{key}")
            with suppress(Vanished):  # overwritten or deleted between the two steps
                return self._storage.read(version)

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """All objects of a bucket, by key, with their bodies; empty where there is no bucket. Made for asserts."""
        self._service.act_on_rules(bucket, lambda: self._storage.bucket(bucket).settings)
        try:
            entries = self._storage.list_objects(bucket, prefix, "", "", -1).entries
        except S3Error:
            return {}
        found = {}
        for version in entries:
            with suppress(KeyError):  # deleted since it was listed
                found[version.key] = self.get(bucket, version.key)
        return found

    @property
    def requests(self) -> list[Recorded]:
        """What arrived and how it was answered, the oldest first: the last 10,000. Preflights are not among them."""
        return list(self._service.journal.copy())

    def fail(
        self,
        operation: str = "*",
        code: str | None = None,
        *,
        bucket: str | None = None,
        key: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        probability: float = 1,
        seed: int = 0,
        status: int | None = None,
        message: str | None = None,
        delay: float = 0,
        cut_after: int | None = None,
        reset: bool = False,
        wrong_checksum: bool = False,
    ) -> Fault:
        """Let the next requests for an operation go wrong, though they are verified as ever.

        operation       AWS's name, `PutObject`; `*` is any
        code            S3's error code to answer with, and nothing is done; InternalError where nothing else is asked
        bucket          only requests for this bucket
        key             only requests for this key; `logs/*` is every key that begins so
        times           how many requests; None for all from now on
        skip            how many to let through before
        probability     of those that are left, how often; drawn by `seed`, so that every run is the same
        status          another than the code's own. 200 is an answer that says Error inside, as CopyObject and
                        CompleteMultipartUpload may give
        message         another than the code's own
        delay           seconds to wait before the answer
        cut_after       end the connection after so many bytes of the answer's body
        reset           reset the connection instead of answering, or after `cut_after` bytes; the operation is done
        wrong_checksum  answer with a checksum that is not the body's

        Raises SigningError for an operation that S3 has not, ValueError for an unknown code without a status.
        """
        fault = Fault(
            operation, code, bucket=bucket, key=key, times=times, skip=skip, probability=probability, seed=seed,
            status=status, message=message, delay=delay, cut_after=cut_after, reset=reset,
            wrong_checksum=wrong_checksum,
        )  # fmt: skip
        self._service.faults.add(fault)
        return fault

    def recover(self) -> None:
        """Drop all faults that wait."""
        self._service.faults.clear()

    def add_user(
        self,
        credentials: Credentials | None = None,
        *,
        account: str | None = None,
        name: str | None = None,
        policy: dict[str, Any] | str | None = None,
    ) -> Credentials:
        """Another user, with credentials that are made up where None.

        account   12 digits; LocalS3's own account where None. To another account's buckets policies and ACLs let it
        name      the user's, as in its ARN; its access key id where None. `root` is the account itself
        policy    its identity policy, as IAM has them; None lets it do everything that is its account's to do

        Raises ValueError for what is no account, S3Error MalformedPolicy for what is no policy.
        """
        from .policy_document import identity_policy

        user = credentials or made_up_credentials("LOCAL")
        own = None if policy is None else identity_policy(policy)
        self._service.principals.add(user.access_key_id, account, name, own)
        self._users[user.access_key_id] = user
        return user

    def listen(
        self, listener: Callable[[dict[str, Any]], object] | str, destination: str | None = None
    ) -> Callable[[], None]:
        """Tell `listener` of the events that buckets' notification configurations ask for; call what is returned to
        end it.

        listener     called with each message, as S3 would send it, before the request is answered; or a URL, to which
                     messages are posted as JSON
        destination  the ARN of one queue, topic or function, or `EventBridgeConfiguration`; what goes to any of them
                     where None
        """
        return self._service.listeners.add(listener, destination)

    @contextmanager
    def sandbox(self) -> Iterator[Self]:
        """Undo at the end of the block what was done in it, so that one server does for many tests: what is stored, the
        users, the clock, faults. `requests` begins anew. Raises ValueError for a directory.
        """
        stored, users, moved = self.snapshot(), dict(self._users), vars(self.clock).copy()
        listeners = list(self._service.listeners.all)
        self._service.journal.clear()
        try:
            yield self
        finally:
            self.recover()
            self.restore(stored)
            for name in self._users.keys() - users.keys():
                del self._users[name]
                self._service.principals.pop(name, None)
            self._service.listeners.all[:] = listeners
            vars(self.clock).update(moved)
            self._service.journal.clear()

    def environ(self) -> Environ:
        """The AWS_* variables that lead a program here, boto3 for one; `with s3.environ():` sets them, and unsets every
        other AWS_*.
        """
        from ..environ import Environ

        return Environ(self.credentials, self.region, self.endpoint_url, self.certificate)

    def snapshot(self) -> Snapshot:
        """All that is stored, to go back to. Raises ValueError for a directory: copy it instead."""
        return self._storage.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Back to what was stored at the snapshot, as often as wanted."""
        self._storage.restore(snapshot)

    def presigner(self) -> S3Presigner:
        """A presigner for this server, with path-style addresses.

        Sign with `signed_at=clock.now()` once the clock has moved.
        """
        from ...s3 import S3Presigner

        return S3Presigner(self.credentials, region=self.region, endpoint_url=self.endpoint_url)


def _names(regions: Iterable[str]) -> Iterable[str]:
    """The regions, by name."""
    if regions == "*":
        from ...diagnosis.mistakes import REGIONS  # not at a start that needs none

        return REGIONS
    return (regions,) if isinstance(regions, str) else regions
