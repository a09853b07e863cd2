"""Percent-encoding agrees with the standard library's where that is right, and is strict where it is lax."""

from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigv4 import SigningError
from sigv4.encoding import (
    decode,
    encode,
    encode_query,
    is_number,
    is_token,
    parse_query,
    recode,
    recode_query,
    respell,
    trim,
)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.booleans())
def test_encoding_is_rfc_3986(text: str, keep_slash: bool) -> None:
    assert encode(text, keep_slash) == quote(text, safe="-._~/" if keep_slash else "-._~")


@given(st.binary(), st.booleans())
def test_decoding_undoes_encoding(data: bytes, keep_slash: bool) -> None:
    assert decode(encode(data, keep_slash)) == data


@given(st.binary())
def test_decoding_agrees_with_the_standard_library_on_what_is_well_formed(data: bytes) -> None:
    text = "".join(f"%{byte:02x}" if byte % 3 else f"%{byte:02X}" for byte in data) + "plain+~"
    assert decode(text) == unquote_to_bytes(text)


@pytest.mark.parametrize("text", ["%", "a%", "a%2", "%zz", "%2g", "%%41", "% 41", "%+1", "%-1", "100%"])
def test_a_percent_sign_alone_is_refused(text: str) -> None:
    for read in (decode, recode, recode_query):
        with pytest.raises(SigningError, match="%25"):
            read(text)


def test_every_spelling_of_the_same_bytes_becomes_one() -> None:
    assert {recode(spelling) for spelling in ("a~b", "a%7eb", "a%7Eb", "%61~b")} == {"a~b"}
    assert recode("/a%2fb/é", keep_slash=True) == "/a/b/%C3%A9"
    assert recode("/a%2Fb%20", keep_slash=True) == "/a/b%20"
    assert {recode(spelling) for spelling in ("a/b%25", "a%2fb%25", "a%2Fb%25", "%61%2Fb%25")} == {"a%2Fb%25"}
    assert recode("%252F%25") == "%252F%25"


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("/model/x-v1%3a0/invoke", "/model/x-v1%3A0/invoke"),  # RFC 3986 section 6.2.2.1
        ("/%7Ex/a%2Db/%41", "/~x/a-b/A"),  # section 6.2.2.2
        ("/a:b@c/$d/%2f/%2F", "/a:b@c/$d/%2F/%2F"),  # section 2.2: an escape of what is reserved is no equivalent
        ("/%25%2525", "/%25%2525"),
        ('/é <{[|^`\\"', "/%C3%A9%20%3C%7B%5B%7C%5E%60%5C%22"),
        ("/%C3%a9é", "/%C3%A9%C3%A9"),
    ],
)
def test_a_path_is_respelt_as_its_normal_equivalent(path: str, normal: str) -> None:
    assert respell(path) == respell(path.encode()) == normal == respell(normal) == respell(normal.encode())
    assert unquote_to_bytes(respell(path)) == unquote_to_bytes(path)


def test_respelling_refuses_a_percent_sign_alone() -> None:
    with pytest.raises(SigningError, match="%25"):
        respell("/100%")


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ("", []),
        ("uploads", [("uploads", "")]),
        ("uploads=", [("uploads", "")]),
        ("a=1&a=2&A=3", [("a", "1"), ("a", "2"), ("A", "3")]),
        ("a=b=c", [("a", "b=c")]),
        ("a+b=c+d", [("a b", "c d")]),
        ("a%2Bb=%20", [("a+b", " ")]),
        ("+=/", [(" ", "/")]),
        ("&&a=1&&", [("a", "1")]),
        ("=value", [("", "value")]),
        ("k=%E2%82%AC", [("k", "€")]),
    ],
)
def test_a_query_is_read_as_pairs(query: str, pairs: list[tuple[str, str]]) -> None:
    assert parse_query(query) == parse_query(query.encode()) == pairs
    assert recode_query(query) == [(quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in pairs]
    assert parse_query(encode_query(pairs)) == pairs


def test_a_query_that_is_not_utf_8_is_refused_as_text_but_kept_as_bytes() -> None:
    assert recode_query("a=%ff") == [("a", "%FF")]
    with pytest.raises(SigningError, match="UTF-8"):
        parse_query("a=%ff")


def test_a_lone_surrogate_is_refused_by_its_place() -> None:
    with pytest.raises(SigningError, match=r"character 2 .*U\+DC80"):
        encode("ab\udc80")


@pytest.mark.parametrize(
    ("value", "trimmed"),
    [
        ("  a  ", "a"),
        ("a   b", "a b"),
        ("a\t b", "a b"),
        ('"a   b"', '"a b"'),
        ("", ""),
        (" \t ", ""),
        ("a\xa0 b", "a\xa0 b"),
    ],
)
def test_header_values_are_trimmed(value: str, trimmed: str) -> None:
    assert trim(value) == trimmed


def test_is_token_takes_what_rfc_9110_lists_and_nothing_else():
    marks = "!#$%&'*+-.^_`|~"
    allowed = {chr(code) for code in range(128) if chr(code).isalnum() or chr(code) in marks}
    assert {chr(code) for code in range(300) if is_token(chr(code))} == allowed
    assert is_token("".join(sorted(allowed)))
    assert not is_token("")
    assert not is_token("aé")


@pytest.mark.parametrize("text", ["0", "7", "007", "123456789"])
def test_is_number_takes_digits(text):
    assert is_number(text, 9)


@pytest.mark.parametrize("text", ["", "1234567890", "-1", "+1", " 1", "1 ", "1_0", "1.0", "0x1", "\xb2", "\u0663", "a"])
def test_is_number_takes_nothing_else(text):
    assert not is_number(text, 9)
