"""The threads that handlers run in: as many as are needed, up to a limit, and few that wait for work."""

from __future__ import annotations

import threading
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_SPARE = 8  # threads that may wait for work; one that finds more of them ends


class Pool:
    """Threads that take jobs in their order. A job must not raise."""

    def __init__(self, limit: int, name: str) -> None:
        self.threads = 0
        self._limit = limit
        self._name = name
        self._jobs: deque[Callable[[], None]] = deque()
        self._free = 0  # threads that wait for work
        self._closing = False
        self._state = threading.Condition()  # guards all of these

    def submit(self, job: Callable[[], None]) -> None:
        """Have a thread do this, as soon as one is free."""
        with self._state:
            self._jobs.append(job)
            if self._free >= len(self._jobs):
                self._state.notify()
            elif self.threads < self._limit:
                self._add_thread()

    def _add_thread(self) -> None:
        self.threads += 1
        try:
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
        except RuntimeError:  # the system has no more threads: be content with those that run
            self.threads -= 1

    def half_free(self) -> bool:
        """Whether fewer than half of the threads that there may be have something to do."""
        return self.threads - self._free + len(self._jobs) < self._limit // 2

    def close(self, seconds: float) -> None:
        """Let the threads end. One that hangs in its job cannot be ended: it is a daemon."""
        with self._state:
            self._closing = True
            self._state.notify_all()
            self._state.wait_for(lambda: not self.threads, seconds)

    def _run(self) -> None:
        while (job := self._next_job()) is not None:
            job()

    def _next_job(self) -> Callable[[], None] | None:
        """Wait for the next job; None where this thread is to end."""
        with self._state:
            self._free += 1
            while not self._jobs and not self._closing and self._free <= _SPARE:
                self._state.wait()
            self._free -= 1
            if self._jobs:
                return self._jobs.popleft()
            self.threads -= 1
            self._state.notify_all()
            return None
