"""A frozen value is what it was made as, and says what to do instead of changing it."""

import copy
import pickle

import pytest

from sigv4.frozen import Frozen


class Point(Frozen):
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)


def test_an_attribute_cannot_be_set_added_or_deleted():
    point = Point(1, 2)
    for change in (lambda: setattr(point, "x", 3), lambda: setattr(point, "z", 3), lambda: delattr(point, "x")):
        with pytest.raises(AttributeError, match=r"^Point does not change; make a new one$"):
            change()
    assert (point.x, point.y) == (1, 2)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda point: pickle.loads(pickle.dumps(point))])
def test_a_copy_holds_the_same_and_is_frozen_too(again):
    twin = again(Point(1, [2]))
    assert (type(twin), twin.x, twin.y) == (Point, 1, [2])
    with pytest.raises(AttributeError):
        twin.x = 3
