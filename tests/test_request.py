"""A request as a caller gives it, made exact: AWS's documented example first, then what cannot be sent.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Object".
"""

from __future__ import annotations

import pytest

from sigv4.errors import SigningError
from sigv4.request import check_method, header_pairs, lower_name, refuse_dot_segments, split_url


def test_split_url_parts_awss_documented_request() -> None:
    assert split_url("https://examplebucket.s3.amazonaws.com/test.txt?a=b?c") == (
        "https://examplebucket.s3.amazonaws.com",
        "examplebucket.s3.amazonaws.com",
        "/test.txt",
        "a=b?c",
    )


@pytest.mark.parametrize(
    ("url", "origin", "host", "path", "query"),
    [
        ("HTTP://Example.COM:80", "http://example.com", "example.com", "/", ""),
        ("https://h:444?a", "https://h:444", "h:444", "/", "a"),
        ("wss://h:443/mqtt", "wss://h", "h", "/mqtt", ""),
        ("ws://127.1//a//b?", "ws://127.0.0.1", "127.0.0.1", "//a//b", ""),
        ("http://[0:0:0:0:0:0:0:1]:9000/", "http://[::1]:9000", "[::1]:9000", "/", ""),
    ],
)
def test_split_url_writes_the_host_as_a_browser_does(url: str, origin: str, host: str, path: str, query: str) -> None:
    """https://url.spec.whatwg.org/#host-parsing; path and query are as given."""
    assert split_url(url) == (origin, host, path, query)
    assert split_url(url) == (origin, host, path, query)  # and so when it has been seen before


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (b"https://h/", "must be text, not bytes"),
        ("https://h/a#b", "has a fragment"),
        ("https://h/a\nb", "a tab or a line end"),
        ("https://h/a\rb", "a tab or a line end"),
        ("https://h/a\tb", "a tab or a line end"),
        ("/a", "must be absolute"),
        ("h/a", "must be absolute"),
        ("ftp://h/a", "must be absolute"),
        ("https:h/a", "must be absolute"),
        ("https://user@h/", "url"),
        ("https://", "url"),
    ],
)
def test_split_url_refuses_what_is_no_url_of_http(url: str, reason: str) -> None:
    with pytest.raises(SigningError, match=reason):
        split_url(url)


@pytest.mark.parametrize("path", ["/.", "/..", "/a/../b", "/a/./", "."])
def test_dot_segments_are_refused_by_the_name_of_what_has_them(path: str) -> None:
    """Browsers and proxies take them out: https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4"""
    with pytest.raises(SigningError, match=r"^Key has the segment '\.\.?', .*allow_dot_segments=True"):
        refuse_dot_segments(path, "Key")


@pytest.mark.parametrize("path", ["/", "/.a", "/a.", "/...", "/a/..b"])
def test_what_only_looks_like_a_dot_segment_passes(path: str) -> None:
    refuse_dot_segments(path, "Key")


def test_check_method_takes_capitals() -> None:
    """Methods are case-sensitive: https://www.rfc-editor.org/rfc/rfc9110#section-9.1"""
    for method in ("GET", "M-SEARCH", "VERSION_CONTROL", "X1"):
        assert check_method(method) == method
    for wrong in ("get", "", "GET ", "GÉT", "A\n", None, 1):
        with pytest.raises(SigningError, match="must be an HTTP method in capitals"):
            check_method(wrong)  # type: ignore[arg-type]


def test_lower_name_takes_tokens() -> None:
    assert lower_name("X-Amz-Date") == lower_name("x-amz-date") == "x-amz-date"
    for wrong in ("", "a b", "a:", "é", "a\n", None):
        with pytest.raises(SigningError, match="must be a token"):
            lower_name(wrong)  # type: ignore[arg-type]


def test_header_pairs_trims_and_keeps_the_order() -> None:
    given = [("B", " x "), ("A", "\ty  z\t"), ("B", "")]
    assert header_pairs(given) == [("B", "x"), ("A", "y  z"), ("B", "")]
    assert given[0] == ("B", " x ")
    assert header_pairs({"A": "b"}) == [("A", "b")]
    assert header_pairs(None) == header_pairs({}) == []


@pytest.mark.parametrize("value", ["a\r\nB: c", "a\n", "a\0", "a\x7f", "a\x1b"])
def test_header_pairs_refuses_what_could_become_two_headers(value: str) -> None:
    with pytest.raises(SigningError, match=r"^header A: the value holds '.*'; remove it"):
        header_pairs({"A": value})


def test_header_pairs_says_what_else_cannot_be_sent() -> None:
    with pytest.raises(SigningError, match="header A: the value holds a non-ASCII character"):
        header_pairs({"A": "é"})
    with pytest.raises(SigningError, match="header A: the value must be text, not int"):
        header_pairs({"A": 1})  # type: ignore[dict-item]
    with pytest.raises(SigningError, match="headers must be a mapping, or pairs"):
        header_pairs("X: 1")  # type: ignore[arg-type]
    assert header_pairs({"A": "a\tb"}) == [("A", "a\tb")]
