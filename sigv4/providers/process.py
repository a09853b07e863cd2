"""Credentials from a program: the profile's `credential_process`.

Rules:
- The program is run without a shell. It prints a JSON document of version 1, and its exit status is 0.
- It has a minute. What it writes to standard error stands in the error, since it says what to do ("log in first").
- Without an Expiration the credentials last; with one, the program is run again before they end.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
"""

from __future__ import annotations

from ..errors import CredentialsError
from .issued import issued
from .world import MAX_FILE, World, read_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..credentials import Credentials

TIMEOUT = 60.0  # seconds: it may ask a person for a code
_LONGEST_SHOWN = 500  # characters of what the program wrote to standard error


class ProcessProvider:
    """Runs `command`, as a shell would split it into words."""

    def __init__(self, command: str, *, world: World | None = None, timeout: float = TIMEOUT) -> None:
        self.name = "credential_process"
        self._command = command
        self._world = world or World()
        self._timeout = timeout

    def __call__(self) -> Credentials:
        """Raises CredentialsError where the program cannot be run, fails, is too slow, or prints something else."""
        found = read_json(f"{self.name}: standard output", self._run())
        if found.get("Version") != 1:
            raise CredentialsError(f"{self.name}: the document's Version must be 1")
        return issued(self.name, found, lasting=True)

    def _run(self) -> bytes:
        import os
        from shlex import split
        from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

        try:
            words: str | list[str] = self._command if os.name == "nt" else split(self._command)
            process = Popen(words, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env={**self._world.environ})  # noqa: S603
        except (OSError, ValueError) as error:
            raise CredentialsError(f"{self.name} cannot be run: {getattr(error, 'strerror', None) or error}") from None
        with process:
            try:
                out, err = process.communicate(timeout=self._timeout)
            except TimeoutExpired:
                process.kill()
                raise CredentialsError(f"{self.name} was not done within {self._timeout:g} s") from None
        if process.returncode:
            said = " ".join(err.decode("utf-8", "replace").split())[:_LONGEST_SHOWN]
            raise CredentialsError(f"{self.name} failed with status {process.returncode}: {said or 'it said nothing'}")
        if len(out) > MAX_FILE:
            raise CredentialsError(f"{self.name} printed more than {MAX_FILE} bytes")
        return out
