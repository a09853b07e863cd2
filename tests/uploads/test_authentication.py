"""The bearer token lets its bearer in, and nobody else."""

from __future__ import annotations

import pytest

from sigv4.uploads.authentication import BearerToken

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER   {TOKEN} "])
def test_the_bearer_is_let_in(header):
    assert BearerToken(TOKEN).matches(header)


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x",
     f"Bearer {TOKEN.upper()}",               "Bearer \xff\xfe", "Bearer \udcff"]
)  # fmt: skip
def test_others_are_not(header):
    assert not BearerToken(TOKEN).matches(header)


@pytest.mark.parametrize("text", ["", "a" * 15, "a" * 15 + " ", "a" * 15 + "\n", "ä" * 16])
def test_weak_tokens_are_refused(text):
    with pytest.raises(ValueError, match="must be") as caught:
        BearerToken(text)
    assert not text or text not in str(caught.value)


def test_repr_shows_nothing():
    assert repr(BearerToken(TOKEN)) == "BearerToken(...)"
