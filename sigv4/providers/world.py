"""What providers reach the world through: environment, files, HTTP, clock. Tests and unusual programs give their own.

Rules:
- What is read is bounded in size, and what is asked for in time and in number of attempts.
- Only what may pass is tried again: no connection, no response in time, a server that is overloaded or failed (429,
  5xx). Pauses grow, and are random, so that a fleet that failed together does not come back together.
- The services of this machine and this container are never asked through a proxy.
- No error shows what a file or a response holds: it may be a secret.
"""

from __future__ import annotations

import os
from time import sleep, time

from ..errors import CredentialsError, SigningError
from ..frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from typing import Any, TypeAlias

    Headers: TypeAlias = Mapping[str, str]
    Response: TypeAlias = tuple[int, Iterable[tuple[str, str]] | Mapping[str, str], bytes]
    Send: TypeAlias = Callable[[str, str, Headers, bytes, float], Response]

MAX_FILE = 1 << 20  # bytes
MAX_RESPONSE = 1 << 20  # bytes
_LONGEST_PAUSE = 2.0  # seconds


class World(Frozen):
    """`environ`: the environment's variables, which also say where the home folder is. `send`: the HTTP client,
    send(method, url, headers, body, timeout) -> (status, headers, body); it raises OSError where there is no response.
    `now`: epoch seconds. `sleep`: waits for some seconds. By default, the real ones.
    """

    __slots__ = ("environ", "now", "send", "sleep")

    environ: Mapping[str, str]
    send: Send | None
    now: Callable[[], float]
    sleep: Callable[[float], None]

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        send: Send | None = None,
        now: Callable[[], float] = time,
        sleep: Callable[[float], None] = sleep,
    ) -> None:
        put = object.__setattr__
        put(self, "environ", os.environ if environ is None else environ)
        put(self, "send", send)
        put(self, "now", now)
        put(self, "sleep", sleep)

    def __repr__(self) -> str:
        return "<World>"  # the environment holds secrets

    def get(self, name: str) -> str | None:
        """A variable; an empty one counts as unset."""
        return self.environ.get(name) or None

    def path(self, text: str) -> str:
        """A file's path with its `~` replaced by the home folder, and $NAME by the variable."""
        if "$" in text:
            for name in sorted(self.environ, key=len, reverse=True):
                text = text.replace(f"${{{name}}}", self.environ[name]).replace(f"${name}", self.environ[name])
        if text == "~" or text.startswith(("~/", "~\\")):
            home = self.get("HOME") or self.get("USERPROFILE") or os.path.expanduser("~")
            return home + text[1:]
        return os.path.expanduser(text)

    def read(self, path: str, what: str) -> str | None:
        """A file's text; None where there is no file. Raises CredentialsError for one that cannot be read."""
        try:
            with open(path, "rb") as file:
                data = file.read(MAX_FILE + 1)
            if len(data) > MAX_FILE:
                raise CredentialsError(f"{what} {path} has more than {MAX_FILE} bytes; it is no such file")
            return data.decode("utf-8-sig")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise CredentialsError(f"{what} {path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise CredentialsError(f"{what} {path} is not UTF-8; save it as that") from None

    def write(self, path: str, text: str) -> bool:
        """Replace a file as a whole, for its owner's eyes alone; False where that is not possible."""
        beside = f"{path}.{os.getpid()}"
        try:
            with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(beside, path)
        except OSError:
            return False
        return True

    def ask(
        self,
        what: str,
        method: str,
        url: str,
        headers: Headers | None = None,
        body: bytes = b"",
        *,
        timeout: float,
        attempts: int,
        local: bool = False,
        passes: Callable[[int, bytes], bool] | None = None,
    ) -> tuple[int, bytes]:
        """Send a request and return the response's status and body.

        `timeout`: seconds of one attempt. `local`: never through a proxy. `passes` tells of a response below 500
        whether it, too, is worth another attempt.

        Raises CredentialsError, which `what` opens, where no attempt got a response.
        """
        problem = ""
        for attempt in range(attempts):
            if attempt:
                self.sleep(between(0.5, 1) * min(_LONGEST_PAUSE, 0.2 * 2**attempt))
            try:
                status, _, answer = self._send(method, url, headers or {}, body, timeout, local)
            except SigningError as error:
                raise CredentialsError(f"{what}: {error}") from None
            except OSError as error:
                problem = _why(error, timeout)
                continue
            last = attempt + 1 == attempts
            if last or not (status == 429 or status >= 500 or (passes is not None and passes(status, answer))):
                if len(answer) > MAX_RESPONSE:
                    raise CredentialsError(f"{what}: the response has more than {MAX_RESPONSE} bytes")
                return status, answer
        raise Unreachable(f"{what}: {problem}")

    def _send(self, method: str, url: str, headers: Headers, body: bytes, timeout: float, local: bool) -> Response:
        if self.send is not None:
            return self.send(method, url, headers, body, timeout)
        from .._http.client import send

        around = {} if local else self.environ
        return send(method, url, headers, body, timeout, max_bytes=MAX_RESPONSE, environ=around)


class Unreachable(CredentialsError):
    """There was no response."""


def between(least: float, most: float) -> float:
    """A random number of seconds, so that those who failed together do not come back together."""
    from random import uniform

    return uniform(least, most)  # noqa: S311 nobody gains from guessing it


def _why(error: OSError, timeout: float) -> str:
    if isinstance(error, TimeoutError):
        return f"no response within {timeout:g} s"
    return str(error.strerror or error) or type(error).__name__


def read_json(what: str, text: str | bytes) -> dict[str, Any]:
    """A JSON object. Raises CredentialsError, which `what` opens, and which does not show the text."""
    from json import loads

    try:
        found = loads(text)
    except (ValueError, RecursionError):
        raise CredentialsError(f"{what}: expecting a JSON object, which this is not, or not the whole of it") from None
    if not isinstance(found, dict):
        raise CredentialsError(f"{what}: expecting a JSON object, not {type(found).__name__}")
    return found


def read_moment(what: str, text: object) -> datetime:
    """A moment as ISO 8601 has it; without an offset it is UTC. Raises CredentialsError."""
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(str(text).replace("UTC", "Z"))
    except ValueError:
        raise CredentialsError(f"{what} must be a moment as in ISO 8601, such as 2026-05-04T03:02:01Z") from None
    return moment if moment.utcoffset() is not None else moment.replace(tzinfo=UTC)
