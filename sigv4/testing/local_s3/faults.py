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

    from .call import Call

JOURNAL_LENGTH = 10_000
POST_OBJECT = "post_object"  # a form has no name in the service model


class Recorded(Record):
    """A request as it was understood and answered. `operation` is empty where there is none; `principal` is an access
    key id, None for an anonymous or unverified request; `code` is S3's error code, None for success.
    """

    __slots__ = ("bucket", "code", "key", "operation", "principal", "status")

    def __init__(
        self, operation: str, bucket: str, key: str, principal: str | None, status: int, code: str | None
    ) -> None:
        self.operation = operation
        self.bucket = bucket
        self.key = key
        self.principal = principal
        self.status = status
        self.code = code


class Fault:
    """Something that goes wrong with the next requests for an operation; `LocalS3.fail` makes it.

    `remaining` is how many more requests it will meet, None for all.
    """

    def __init__(
        self,
        operation_name: str,
        code: str | None = None,
        *,
        times: int | None = 1,
        skip: int = 0,
        delay: float = 0,
        cut_after: int | None = None,
        reset: bool = False,
        wrong_checksum: bool = False,
    ) -> None:
        self.operation = snake_case(operation_name)
        if self.operation != POST_OBJECT:
            operation(self.operation)  # raises SigningError, with the nearest name
        if code is not None and code not in CODES:
            raise ValueError(f"{code!r} is none of S3's error codes that LocalS3 knows")
        if not (code or delay or cut_after is not None or reset or wrong_checksum):
            code = "InternalError"
        self.code = code
        self.remaining = times
        self.skip = skip
        self.delay = delay
        self.cut_after = cut_after
        self.reset = reset
        self.wrong_checksum = wrong_checksum

    def meet(self, call: Call, handler: Callable[[Call], Response]) -> Response:
        """Answer the call with the fault in the way."""
        time.sleep(self.delay)
        if self.code is not None:
            raise S3Error(self.code)
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

    def take(self, operation_name: str) -> Fault | None:
        """The fault that the next request for the operation meets, if any."""
        if not self._waiting:
            return None
        with self._lock:
            for fault in self._waiting:
                if fault.operation != operation_name:
                    continue
                if fault.skip:
                    fault.skip -= 1
                    return None
                if fault.remaining is not None:
                    fault.remaining -= 1
                    if fault.remaining <= 0:
                        self._waiting.remove(fault)
                return fault
        return None


def new_journal() -> deque[Recorded]:
    return deque(maxlen=JOURNAL_LENGTH)


def camel_case(name: str) -> str:
    """put_object -> PutObject, list_objects_v2 -> ListObjectsV2."""
    return "".join(word.capitalize() for word in name.split("_"))


def snake_case(name: str) -> str:
    """PutObject -> put_object; a name in snake case stays as it is."""
    words = "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)
    return words.removeprefix("_")


def _other(name: str, value: str) -> str:
    """A checksum's value changed into another one of its form."""
    if name not in ALGORITHM_OF:
        return value
    return ("B" if value.startswith("A") else "A") + value[1:]
