"""The nearest name: for spellings of another style, for slips of the finger, and never a far-fetched one."""

from __future__ import annotations

import pytest

from sigv4.nearest import nearest, with_nearest

NAMES = ("ContentType", "VersionId", "list_objects_v2", "--expires-in", "SERVER_MAX_SIZE")


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("content_type", "ContentType"),
        ("content-type", "ContentType"),
        ("versionid", "VersionId"),
        ("ListObjectsV2", "list_objects_v2"),
        ("--expire-in", "--expires-in"),
        ("SERVER_MAXSIZE", "SERVER_MAX_SIZE"),
        ("SERVER_MAX_SZIE", "SERVER_MAX_SIZE"),
        ("ETag", None),
        ("", None),
    ],
)
def test_nearest_looks_past_style_and_slips(name: str, known: str | None) -> None:
    assert nearest(name, NAMES) == known


def test_with_nearest_asks_or_shows_the_name_alone() -> None:
    assert with_nearest("versionid", NAMES) == "'versionid'; did you mean 'VersionId'?"
    assert with_nearest("ETag", NAMES) == "'ETag'"


def test_with_nearest_shortens_what_a_stranger_may_have_sent() -> None:
    assert with_nearest("é\n" * 500, NAMES) == repr("é\n" * 40)
