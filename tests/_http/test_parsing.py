"""Heads, framing and chunks, from bytes alone: no socket. RFC 9112's own examples first, then what two readers would
read in two ways.
"""

from __future__ import annotations

import pytest

from sigv4._http.limits import Limits
from sigv4._http.parsing import (
    Refusal,
    asks_to_close,
    body_framing,
    check_body_size,
    check_expectation,
    check_trailer,
    find_head,
    parse_chunk_line,
    parse_request,
    parse_status_line,
)

LIMITS = Limits(headers=10, request_line=100, head_bytes=400, body_bytes=1000)
# https://www.rfc-editor.org/rfc/rfc9112#section-2.1
EXAMPLE = (
    b"GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\nAccept-Language: en, mi\r\n\r\n"
)


def refusal(call: object, *arguments: object) -> int:
    """The status of the refusal, which repeats nothing of what came."""
    with pytest.raises(Refusal) as caught:
        call(*arguments)  # type: ignore[operator]
    assert "secret" not in caught.value.message
    return caught.value.status


def test_parse_request_reads_the_rfcs_example() -> None:
    assert parse_request(EXAMPLE, LIMITS) == (
        "GET",
        "/hello.txt",
        [("User-Agent", "curl/7.64.1"), ("Host", "www.example.com"), ("Accept-Language", "en, mi")],
        {"user-agent": "curl/7.64.1", "host": "www.example.com", "accept-language": "en, mi"},
        True,
    )


@pytest.mark.parametrize("cut", [*range(1, len(EXAMPLE), 7), len(EXAMPLE) - 1])
def test_find_head_waits_for_the_empty_line(cut: int) -> None:
    """However the bytes come; what was seen is not looked at again."""
    buffer = bytearray(EXAMPLE[:cut])
    assert find_head(buffer, 0, LIMITS) == -1
    seen = len(buffer)
    buffer += EXAMPLE[cut:] + b"the body"
    assert find_head(buffer, seen, LIMITS) == len(EXAMPLE)


def test_find_head_refuses_as_soon_as_no_good_head_can_become_of_it() -> None:
    assert refusal(find_head, bytearray(b"GET / HTTP/1.1\nHost: h"), 0, LIMITS) == 400
    assert refusal(find_head, bytearray(b"\x16\x03\x01"), 0, LIMITS) == 400
    assert refusal(find_head, bytearray(b"G" * 102), 0, LIMITS) == 414
    assert find_head(bytearray(b"G" * 101), 0, LIMITS) == -1
    assert refusal(find_head, bytearray(b"GET / HTTP/1.1\r\n" + b"a" * 400), 0, LIMITS) == 431


def head(line: str = "GET / HTTP/1.1", *fields: str, host: str | None = "h") -> bytes:
    lines = [line, *([] if host is None else [f"Host: {host}"]), *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (head("GET  / HTTP/1.1"), 400),
        (head("GET / HTTP/1.1 "), 400),
        (head("GET /"), 400),
        (head("G(T / HTTP/1.1"), 400),
        (head("GET secret HTTP/1.1"), 400),
        (head("GET * HTTP/1.1"), 400),
        (head("GET /a\tb HTTP/1.1"), 400),
        (head("GET / HTTP/2.0"), 505),
        (head("GET / HTTQ/1.1"), 400),
        (head(f"GET /{'a' * 100} HTTP/1.1"), 414),
        (head(host=None), 400),  # 3.2
        (head("GET / HTTP/1.1", "Host: secret"), 400),
        (head(host="a b"), 400),
        (head(host="a/secret"), 400),
        (head("GET http://a/ HTTP/1.1", host="b"), 400),  # 3.2.2
        (head("GET / HTTP/1.1", " folded: secret"), 400),  # 5.2
        (head("GET / HTTP/1.1", "Name : secret"), 400),  # 5.1
        (head("GET / HTTP/1.1", "secret"), 400),
        (head("GET / HTTP/1.1", "A: b\x00c"), 400),
        (head("GET / HTTP/1.1", "A: b\rX: secret"), 400),  # 2.2
        (head("GET / HTTP/1.1", "Content-Length: 1", "Content-Length: 1"), 400),  # 6.3
        (head("GET / HTTP/1.1", "Transfer-Encoding: chunked", "transfer-encoding: chunked"), 400),
        (head("GET / HTTP/1.1", *[f"A{n}: b" for n in range(10)]), 431),
        (head("GET / HTTP/1.1", f"A: {'b' * 400}"), 431),
        (head("GET / HTTP/1.0", "Transfer-Encoding: chunked"), 400),  # 6.1
    ],
)
def test_parse_request_refuses_what_another_reader_might_read_otherwise(request_head: bytes, status: int) -> None:
    """Numbers are sections of https://www.rfc-editor.org/rfc/rfc9112"""
    assert refusal(parse_request, request_head, LIMITS) == status


@pytest.mark.parametrize(
    ("line", "fields", "persistent"),
    [
        ("GET / HTTP/1.1", (), True),
        ("GET / HTTP/1.1", ("Connection: keep-alive",), True),
        ("GET / HTTP/1.1", ("Connection: a, CLOSE",), False),
        ("GET / HTTP/1.1", ("Connection: a", "connection: close"), False),
        ("GET / HTTP/1.0", (), False),
        ("OPTIONS * HTTP/1.1", (), True),
        ("GET HTTP://H/a HTTP/1.1", (), True),
    ],
)
def test_parse_request_tells_whether_the_connection_may_go_on(
    line: str, fields: tuple[str, ...], persistent: bool
) -> None:
    """https://www.rfc-editor.org/rfc/rfc9112#section-9.3"""
    assert parse_request(head(line, *fields), LIMITS)[4] is persistent
    assert asks_to_close([("connection", "closed")]) is False


def test_one_line_break_before_a_request_is_overlooked() -> None:
    """Section 2.2; HTTP/1.0 needs no Host, and its expectations are passed over."""
    assert parse_request(b"\r\n" + head(), LIMITS)[:2] == ("GET", "/")
    assert refusal(parse_request, b"\r\n\r\n" + head(), LIMITS) == 400
    assert "expect" not in parse_request(head("GET / HTTP/1.0", "Expect: 100-continue", host=None), LIMITS)[3]


@pytest.mark.parametrize(
    ("length", "coding", "framing"),
    [
        (None, None, (None, False)),
        ("0", None, (0, False)),
        ("1000", None, (1000, False)),
        ("0001", None, (1, False)),
        (None, "Chunked", (None, True)),
    ],
)
def test_body_framing_reads_what_one_field_says(
    length: str | None, coding: str | None, framing: tuple[int | None, bool]
) -> None:
    """https://www.rfc-editor.org/rfc/rfc9112#section-6.3"""
    assert body_framing(length, coding, LIMITS) == framing


@pytest.mark.parametrize(
    ("length", "coding", "status"),
    [
        ("5", "chunked", 400),
        ("", None, 400), ("+5", None, 400), ("-5", None, 400), ("5,5", None, 400), ("0x5", None, 400),
        ("5 ", None, 400), ("\xb2", None, 400), ("5_0", None, 400), ("9" * 19, None, 400),
        ("1001", None, 413),
        (None, "gzip, chunked", 501), (None, "identity", 501), (None, "", 501), (None, "chunked,", 501),
    ],
)  # fmt: skip
def test_body_framing_refuses_what_two_readers_would_frame_differently(
    length: str | None, coding: str | None, status: int
) -> None:
    assert refusal(body_framing, length, coding, LIMITS) == status


def test_parse_chunk_line_reads_the_size_and_counts_extensions() -> None:
    """https://www.rfc-editor.org/rfc/rfc9112#section-7.1"""
    assert parse_chunk_line(b"0") == (0, 0)
    assert parse_chunk_line(b"1aF") == (0x1AF, 0)
    assert parse_chunk_line(b"5;a=b") == (5, 3)
    for wrong in (b"", b";a", b"0x5", b"+5", b"5 ", b" 5", b"g", b"1" * 16, b"5\n;", b"5;\x00"):
        assert refusal(parse_chunk_line, wrong) == 400


def test_trailers_sizes_and_expectations() -> None:
    check_trailer(b"A: b")
    for wrong in (b"a b: c", b": c", b"a", b"a: b\rc"):
        assert refusal(check_trailer, wrong) == 400
    check_body_size(1000, LIMITS)
    assert refusal(check_body_size, 1001, LIMITS) == 413
    assert check_expectation("100-Continue") is True
    assert check_expectation(None) is False
    assert refusal(check_expectation, "200-ok") == 417


def test_parse_status_line_reads_the_three_digits() -> None:
    """https://www.rfc-editor.org/rfc/rfc9112#section-4"""
    assert parse_status_line("HTTP/1.1 200 OK") == 200
    assert parse_status_line("HTTP/1.0 404") == 404
    for wrong in ("HTTP/2.0 200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000", "HTTP/1.1 abc", "HTTP/1.1 099", "200 OK", ""):
        assert refusal(parse_status_line, wrong) == 502
