"""What makes a value that cannot be changed once it is made.

    class Point(Frozen):
        __slots__ = ("x", "y")

        def __init__(self, x: int, y: int) -> None:
            put = object.__setattr__
            put(self, "x", x)
            put(self, "y", y)

Rules:
- Whoever wants another value makes a new object, so that checks made at the making hold for good and caches may rely on
  what they have seen.
- `put` is for `__init__` alone.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Never


class Frozen:
    """Setting or deleting an attribute raises AttributeError; pickling and copying work as for any class."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> Never:
        raise AttributeError(f"{type(self).__name__} does not change; make a new one")

    def __delattr__(self, name: str) -> Never:
        raise AttributeError(f"{type(self).__name__} does not change; make a new one")

    def __setstate__(self, state: tuple[None, dict[str, object]]) -> None:
        for name, value in state[1].items():
            object.__setattr__(self, name, value)
