"""User metadata as headers carry it."""

from __future__ import annotations

from email.header import decode_header, make_header

import pytest

from sigv4.testing.local_s3.metadata import decoded, encoded


@pytest.mark.parametrize(
    "text", ["plain ~ text\t", "caf\u00e9", "\u65e5\u672c\u8a9e", "a=?b?=", "\x00", "\U0001f600 and more", ""]
)
def test_what_is_encoded_is_read_by_python_and_by_us(text):
    word = encoded(text)
    assert word.isascii()
    assert str(make_header(decode_header(word))) == text or word == text
    assert decoded(word) == text


def test_decoded_takes_utf8_and_leaves_what_is_no_word():
    assert decoded("caf\u00e9".encode().decode("latin-1")) == "caf\u00e9"
    assert decoded("=?UTF-8?B?YWJj?=", words=False) == "=?UTF-8?B?YWJj?="
    for text in ("=?", "=?UTF-8?X?a?=", "=?KOI8-R?Q?a?=", "=?UTF-8?Q?=ZZ?=", "a =?b"):
        assert decoded(text) == text
    assert decoded("\xff") == "\ufffd"
