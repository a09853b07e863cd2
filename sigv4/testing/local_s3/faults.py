"""What a test wants to see and to break: the journal of what arrived, and faults put in the way of operations.

Operations go by AWS's names here, as a test's reader knows them: `PutObject`.
"""

from __future__ import annotations

import threading
import time
from collections import deque

from ..._http.messages import Response
from ...checksums import ALGORITHM_OF
from ...errors import CODES
from ...s3.operations import operation
from .errors import S3Error
from .records import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from .call import Call

JOURNAL_LENGTH = 10_000
ANY = "*"
POST_OBJECT = "post_object"  # a form has no name in the service model


class Recorded(Record):
    """A request as it was understood and answered. `operation` is empty where there is none; `principal` is an access
    key id, None for an anonymous or unverified request; `code` is S3's error code, None for success.

    `query` are the names of the query parameters, in their order; values are not kept, for one may be a signature.
    `received` and `sent` are the bytes of the request's body, as it was framed, and of the answer's.
    """

    __slots__ = ("bucket", "code", "key", "operation", "principal", "query", "received", "sent", "status")

    def __init__(
        self,
        operation: str,
        bucket: str,
        key: str,
        principal: str | None,
        status: int,
        code: str | None,
        query: tuple[str, ...] = (),
        received: int = 0,
        sent: int = 0,
    ) -> None:
        self.operation = operation
        self.bucket = bucket
        self.key = key
        self.principal = principal
        self.status = status
        self.code = code
        self.query = query
        self.received = received
        self.sent = sent


class Fault:
    """Something that goes wrong with the next requests for an operation; `LocalS3.fail` makes it, and says what its
    arguments are.

    `remaining` is how many more requests it will meet, None for all.
    """

    def __init__(
        self,
        operation_name: str = ANY,
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
    ) -> None:
        self.operation = snake_case(operation_name)
        if self.operation not in (ANY, POST_OBJECT):
            operation(self.operation)  # raises SigningError, with the nearest name
        if code is None and not (delay or cut_after is not None or reset or wrong_checksum):
            code = "InternalError"
        _check_refusal(code, status, message)
        if not 0 <= probability <= 1:
            raise ValueError(f"a probability is 0 to 1, not {probability!r}")
        self.bucket = bucket
        self.key = key
        self.code = code
        self.status = status
        self.message = message
        self.remaining = times
        self.skip = skip
        self.delay = delay
        self.cut_after = cut_after
        self.reset = reset
        self.wrong_checksum = wrong_checksum
        self._probability = probability
        self._random = _random(seed) if probability < 1 else None

    def concerns(self, call: Call) -> bool:
        """Whether the call is one of those that the fault was made for."""
        return (
            self.operation in (ANY, call.operation)
            and self.bucket in (None, call.bucket)
            and (self.key is None or _fits(call.key, self.key))
        )

    def strikes(self) -> bool:
        """Whether it meets this call, of those that it concerns; counts those that it lets through."""
        if self.skip:
            self.skip -= 1
            return False
        return self._random is None or self._random.random() < self._probability

    def meet(self, call: Call, handler: Callable[[Call], Response]) -> Response:
        """Answer the call with the fault in the way."""
        time.sleep(self.delay)
        if self.code is not None:
            raise S3Error(self.code, self.message, status=self.status)
        response = handler(call)
        response.cut_after, response.reset = self.cut_after, self.reset
        if self.wrong_checksum:
            response.headers = [(name, _other(name, value)) for name, value in response.headers]
        return response


class Faults:
    """The faults that wait, met in the order in which they were made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    def take(self, call: Call) -> Fault | None:
        """The fault that the call meets, if any: of those that concern it, the first."""
        if not self._waiting:
            return None
        with self._lock:
            fault = next((fault for fault in self._waiting if fault.concerns(call)), None)
            if fault is None or not fault.strikes():
                return None
            if fault.remaining is not None:
                fault.remaining -= 1
                if fault.remaining <= 0:
                    self._waiting.remove(fault)
            return fault


def new_journal() -> deque[Recorded]:
    return deque(maxlen=JOURNAL_LENGTH)


def camel_case(name: str) -> str:
    """put_object -> PutObject, list_objects_v2 -> ListObjectsV2."""
    return "".join(word.capitalize() for word in name.split("_"))


def snake_case(name: str) -> str:
    """PutObject -> put_object; a name in snake case stays as it is."""
    words = "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
    return words.removeprefix("_")


def _check_refusal(code: str | None, status: int | None, message: str | None) -> None:
    """Raises ValueError for a refusal that cannot be made."""
    if code is None and not (status is None and message is None):
        raise ValueError("a status and a message go with a code")
    if code is not None and code not in CODES and status is None:
        raise ValueError(f"{code!r} is none of S3's error codes that LocalS3 knows: give its status too")
    if status is not None and not 200 <= status <= 599:
        raise ValueError(f"a response's status is 200 to 599, not {status!r}")


def _random(seed: int) -> Random:
    from random import Random  # seldom wanted, and slow to load

    return Random(seed)  # noqa: S311 - the same faults in every run


def _fits(key: str, wanted: str) -> bool:
    """`wanted` is a key, or the beginning of one and an asterisk."""
    return key == wanted or (wanted.endswith("*") and key.startswith(wanted[:-1]))


def _other(name: str, value: str) -> str:
    """A checksum's value changed into another one of its form."""
    if name not in ALGORITHM_OF:
        return value
    return ("B" if value.startswith("A") else "A") + value[1:]
