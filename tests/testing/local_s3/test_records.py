"""Records: values, told apart by their fields."""

from __future__ import annotations

import pytest

from sigv4.testing.local_s3.records import Bucket, Page, Part


def test_record_equals_one_of_its_class_with_the_same_fields():
    assert Page(["a"], True) == Page(["a"], True)
    assert Page(["a"], True) != Page(["a"], False)
    assert Part(1, 0.0, 0, "e", {}) != Bucket("b", 0.0, {})


def test_record_shows_its_fields():
    assert repr(Page(["a"], True)) == "Page(entries=['a'], truncated=True)"


def test_record_has_no_hash_for_its_fields_may_have_none():
    with pytest.raises(TypeError):
        hash(Page([], False))
