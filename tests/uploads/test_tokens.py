"""Tokens that this server gives out: nobody else's, changed, ended or of another purpose opens anything."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest

from sigv4.uploads import Refused, Seal

OLD, NEW = b"o" * 32, b"n" * 32


def test_it_opens_what_it_sealed():
    token = Seal([NEW]).token("upload", "alice", 100, key="a/ä", size=5)
    assert Seal([NEW]).opened("upload", token, "alice", 99)["key"] == "a/ä"


@pytest.mark.parametrize(
    ("purpose", "owner", "now", "status"),
    [("link", "alice", 99, 403), ("upload", "bob", 99, 403), ("upload", "", 99, 403), ("upload", "alice", 100, 410)],
)
def test_of_another_purpose_or_owner_or_ended_it_opens_nothing(purpose, owner, now, status):
    token = Seal([NEW]).token("upload", "alice", 100, key="k")
    with pytest.raises(Refused) as caught:
        Seal([NEW]).opened(purpose, token, owner, now)
    assert caught.value.status == status
    assert token not in str(caught.value)


def test_every_change_is_found():
    token = Seal([NEW]).token("upload", "alice", 100, key="k")
    said, _, mac = token.partition(".")
    other = urlsafe_b64encode(b'{"key":"k","owner":"bob","ends":999}').rstrip(b"=").decode()
    spoilt = [token[:at] + ("B" if token[at] != "B" else "C") + token[at + 1 :] for at in range(len(token))]
    spoilt += ["", ".", said, f"{said}.", f".{mac}", f"{other}.{mac}", f"{token}=", f"{token}.", "é" * 9, "x" * 9999]
    for text in spoilt:
        with pytest.raises(Refused):
            Seal([NEW]).opened("upload", text, "alice", 0)


def test_secrets_are_exchanged_without_a_token_being_lost():
    old = Seal([OLD]).token("upload", "", 100, key="k")
    both = Seal([NEW, OLD])
    assert both.opened("upload", old, "", 0)["key"] == "k"
    assert Seal([NEW]).opened("upload", both.token("upload", "", 100), "", 0)
    with pytest.raises(Refused):
        Seal([NEW]).opened("upload", old, "", 0)


@pytest.mark.parametrize("secrets", [[], [b"short"], [NEW, b"short"]])
def test_a_short_secret_is_refused_and_not_shown(secrets):
    with pytest.raises(ValueError, match="at least 32 bytes") as caught:
        Seal(secrets)
    assert "short" not in str(caught.value)
    assert "nnn" not in repr(Seal([NEW]))
