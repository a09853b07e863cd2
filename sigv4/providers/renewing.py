"""Credentials that are kept, and renewed before they end: whatever gives them, once for many threads.

Rules:
- What has no end is asked for once. What has one is renewed ahead of it: from the advisory moment on (15 minutes
  ahead) by one thread, while the others go on with the old ones; from the mandatory one on (10 minutes) they wait.
  What lives for a short time only is renewed in the last quarter and the last sixth of its life.
- Where renewing fails, the old ones serve while they live, and it is tried again some half a minute later. When they
  have ended, all who wait for the same attempt get its error.
- Nothing here sleeps or starts a thread; `get` waits in one of the event loop's own.
"""

from __future__ import annotations

from time import time

from ..errors import CredentialsError, NoCredentialsFound
from .world import between

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..credentials import CredentialProvider, Credentials

ADVISORY, MANDATORY = 900.0, 600.0  # seconds before the end
_AGAIN = 20.0, 40.0  # seconds, at least and at most, from a failure to the next try

_NEVER = float("inf")


class Renewing:
    """A provider that asks `provider` as seldom as that is safe.

    `now`: epoch seconds. What `provider` raises passes through when there are no credentials that live.
    """

    def __init__(self, provider: CredentialProvider, *, now: Callable[[], float] = time) -> None:
        from threading import Lock

        self._provider = provider
        self._now = now
        self._lock = Lock()
        # Replaced as one, so that no thread sees half of it: the credentials, and from when on to renew them.
        self._held: tuple[Credentials, float] | None = None
        self._mandatory = _NEVER
        self._attempts = 0  # those that are done
        self._failed: CredentialsError | None = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __call__(self) -> Credentials:
        held = self._held
        if held is not None and self._now() < held[1]:
            return held[0]
        return self._renewed()

    async def get(self) -> Credentials:
        """The same without blocking the event loop."""
        held = self._held
        if held is not None and self._now() < held[1]:
            return held[0]
        from asyncio import to_thread

        return await to_thread(self._renewed)

    def _renewed(self) -> Credentials:
        attempts, held = self._attempts, self._held
        may_wait = held is None or self._now() >= self._mandatory
        if not self._lock.acquire(blocking=may_wait):
            return held[0]  # type: ignore[index]  # another thread is at it
        try:
            held = self._held
            if held is not None and self._now() < held[1]:
                return held[0]
            if self._failed is not None and self._attempts != attempts:
                raise type(self._failed)(*self._failed.args)  # the attempt that this thread has waited for
            return self._renew()
        finally:
            self._lock.release()

    def _renew(self) -> Credentials:
        self._failed = None
        try:
            credentials = self._provider()
            if not self._lives(credentials) and self._held is not None and self._lives(self._held[0]):
                raise CredentialsError("the source gave credentials that have ended already")
        except CredentialsError as error:
            self._failed = error
            if self._held is None or not self._lives(self._held[0]):
                raise
            self._put_off(error)
            return self._held[0]
        finally:
            self._attempts += 1
        now = self._now()
        if credentials.expires_at is None:
            self._held = credentials, _NEVER
            return credentials
        end = credentials.expires_at.timestamp()
        life = max(0.0, end - now)
        self._mandatory = end - min(MANDATORY, life / 6)
        self._held = credentials, end - min(ADVISORY, life / 4)
        return credentials

    def _lives(self, credentials: Credentials) -> bool:
        return credentials.expires_at is None or credentials.expires_at.timestamp() > self._now()

    def _put_off(self, error: CredentialsError) -> None:
        """Go on with the old ones, to their end at most, before the next try."""
        credentials = self._held[0]  # type: ignore[index]
        end = _NEVER if credentials.expires_at is None else credentials.expires_at.timestamp()
        self._held = credentials, min(self._now() + between(*_AGAIN), end)
        self._mandatory = max(self._mandatory, self._held[1])
        from logging import getLogger

        getLogger(__name__).warning("credentials could not be renewed, the old ones serve until they end: %s", error)


class Chain(Renewing):
    """Asks one provider after another, and from then on the one that answered, as `Renewing` does.

    `providers` gives them anew for each search. `source`: the name of the one that answered; None before.
    """

    def __init__(
        self, providers: Callable[[], Iterable[CredentialProvider]], *, now: Callable[[], float] = time
    ) -> None:
        super().__init__(self._asked, now=now)
        self._providers = providers
        self._answers: CredentialProvider | None = None
        self.source: str | None = None

    def __repr__(self) -> str:
        return f"<Chain: {self.source or 'nobody has answered yet'}>"

    def _asked(self) -> Credentials:
        """Raises NoCredentialsFound with all the reasons, or what a provider that was asked for raises."""
        if self._answers is not None:
            return self._answers()
        reasons = []
        for provider in self._providers():
            name = str(getattr(provider, "name", type(provider).__name__))
            try:
                credentials = provider()
            except NoCredentialsFound as nothing:
                reasons.append(f"  {name}: {nothing}")
                continue
            self._answers, self.source = provider, name
            return credentials
        raise NoCredentialsFound("\n".join([_NOWHERE, *reasons]))


_NOWHERE = "no credentials anywhere; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE. Tried:"
