"""Step 1, the canonical request: AWS's documented examples, then each part of it by itself."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigv4 import SigningError
from sigv4.canonical import (
    canonical_headers,
    canonical_query,
    canonical_request,
    canonical_uri,
    header_lines,
    lines_and_names,
    remove_dot_segments,
)
from sigv4.encoding import recode_query
from sigv4.rules import DEFAULT, S3
from tests.documented import GET_OBJECT, IAM_LIST_USERS, LIST_OBJECTS, PUT_OBJECT


@pytest.mark.parametrize(
    ("case", "rules"),
    [(GET_OBJECT, S3), (PUT_OBJECT, S3), (LIST_OBJECTS, S3), (IAM_LIST_USERS, DEFAULT)],
    ids=["get-object", "put-object", "list-objects", "iam-list-users"],
)
def test_canonical_request_is_that_of_awss_documented_example(case, rules):
    """The parts are made from the request as AWS sends it, not taken from the expected text."""
    sent = case["header"]["signed_request"]
    path, _, query = sent["target"].partition("?")
    headers = canonical_headers(pair for pair in sent["headers"] if pair[0].lower() != "authorization")
    payload_hash = case["header"]["canonical_request"].rpartition("\n")[2]
    text = canonical_request(
        case["request"]["method"],
        canonical_uri(path, rules),
        canonical_query(recode_query(query)),
        header_lines(headers),
        ";".join(name for name, _ in headers),
        payload_hash,
    )
    assert text == case["header"]["canonical_request"]


def test_canonical_request_has_six_parts_and_an_empty_line_after_the_headers():
    assert canonical_request("GET", "/", "a=1", "host:h\n", "host", "hash") == "GET\n/\na=1\nhost:h\n\nhost\nhash"


@pytest.mark.parametrize(
    ("path", "s3", "other"),
    [
        ("/", "/", "/"),
        ("/a%20b", "/a%20b", "/a%2520b"),  # encoded once more than on the wire, by every service but S3
        ("/a b", "/a%20b", "/a%20b"),
        ("/a%7eb", "/a~b", "/a%257eb"),
        ("/a//b", "/a//b", "/a/b"),
        ("/a/./b/../c", "/a/./b/../c", "/a/c"),
        ("/é", "/%C3%A9", "/%C3%A9"),
        ("/a*b", "/a%2Ab", "/a%2Ab"),
        ("/a:b", "/a%3Ab", "/a%3Ab"),
    ],
)
def test_canonical_uri_follows_the_services_rules(path, s3, other):
    assert canonical_uri(path, S3) == s3
    assert canonical_uri(path, DEFAULT) == other


def test_canonical_uri_refuses_an_escape_that_is_incomplete():
    with pytest.raises(SigningError, match="%25"):
        canonical_uri("/100%", S3)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="%")))
def test_canonical_uri_of_s3_says_the_same_path(path):
    assert unquote(canonical_uri("/" + path, S3)) == "/" + path


@pytest.mark.parametrize(
    ("pairs", "query"),
    [
        ([], ""),
        ([("uploads", "")], "uploads="),
        ([("b", "1"), ("a", "2")], "a=2&b=1"),
        ([("a", "2"), ("a", "1")], "a=1&a=2"),
        ([("a", "1"), ("A", "1"), ("%C3%A9", "1")], "%C3%A9=1&A=1&a=1"),  # by code point, of what is encoded already
        ([("a-b", "1"), ("a", "9")], "a=9&a-b=1"),  # by name first: "a" is less than "a-b", though "a=" is not
    ],
)
def test_canonical_query_sorts_by_name_and_then_by_value(pairs, query):
    assert canonical_query(pairs) == query


@pytest.mark.parametrize(
    ("headers", "canonical"),
    [
        ([("Host", "h"), ("X-Amz-Date", " now ")], [("host", "h"), ("x-amz-date", "now")]),
        ([("b", "1"), ("a", "2")], [("a", "2"), ("b", "1")]),
        ([("a", "z"), ("A", "y"), ("a", "x")], [("a", "z,y,x")]),  # repeats are joined in their order, never sorted
        ([("a", " b   c ")], [("a", "b c")]),
        ([("a", "")], [("a", "")]),
    ],
)
def test_canonical_headers_are_lower_case_trimmed_and_sorted(headers, canonical):
    assert canonical_headers(headers) == canonical


def test_header_lines_end_each_header_with_a_line_feed():
    assert header_lines([("a", "1"), ("host", "h")]) == "a:1\nhost:h\n"


def test_lines_and_names_are_what_the_two_parts_are_whatever_a_name_holds():
    """The text kept for a set of names is filled in with the % operator: a name may hold the sign itself."""
    headers = {"x-%d": "%s", "host": "h", "a": "1"}
    for _ in range(2):
        assert lines_and_names(headers) == ("a:1\nhost:h\nx-%d:%s\n", "a;host;x-%d")


def test_lines_and_names_keeps_a_bounded_number_of_forms():
    for number in range(1000):
        assert lines_and_names({f"x-{number}": "v"}) == (f"x-{number}:v\n", f"x-{number}")


@pytest.mark.parametrize(
    ("path", "without"),
    [
        # RFC 3986, 5.2.4: https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4
        ("/a/b/c/./../../g", "/a/g"),
        ("/./a", "/a"),
        ("/../a", "/a"),
        ("/a/..", "/"),
        ("/a/.", "/a"),
        ("/a/./", "/a/"),
        ("/..", "/"),
        ("//", "/"),
        ("/a///b//", "/a/b/"),
        ("/.a/..b/...", "/.a/..b/..."),
    ],
)
def test_remove_dot_segments_leaves_a_path_that_no_server_shortens(path, without):
    assert remove_dot_segments(path) == without
    assert remove_dot_segments(without) == without
