"""The routes over LocalS3, and those who ask them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.uploads.harness import Asker, site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigv4.testing import LocalS3
    from sigv4.uploads import Uploads


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[LocalS3, Uploads]]:
    with site() as both:
        yield both


@pytest.fixture
def alice(served: tuple[LocalS3, Uploads]) -> Asker:
    return Asker(served[1], "alice")


@pytest.fixture
def bob(served: tuple[LocalS3, Uploads]) -> Asker:
    return Asker(served[1], "bob")


@pytest.fixture
def small(served: tuple[LocalS3, Uploads]) -> Asker:
    return Asker(served[1], "small-1")
