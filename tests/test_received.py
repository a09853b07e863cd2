"""What arrived, read once: AWS's documented request first, then every way to write a target, a query and headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigv4.encoding import parse_query
from sigv4.errors import InvalidURI
from sigv4.received import Received, as_text
from tests.documented import LIST_OBJECTS


def test_received_reads_awss_documented_request():
    signed = LIST_OBJECTS["header"]["signed_request"]
    received = Received("GET", signed["target"], signed["headers"])
    assert (received.method, received.path, received.host) == ("GET", "/", "examplebucket.s3.amazonaws.com")
    assert received.query == received.parameters == [("max-keys", "2"), ("prefix", "J")]
    assert list(received.fields) == ["host", "x-amz-date", "x-amz-content-sha256", "authorization"]
    assert received.header("x-amz-date") == "20130524T000000Z"
    assert received.repeated == frozenset()


def test_received_is_what_its_docstring_shows():
    received = Received("GET", "/a%20b?marker=c%2Fd", [("Host", "h"), ("X-Amz-Meta-A", "1"), ("X-Amz-Meta-A", "2")])
    assert received.path == "/a%20b"
    assert received.query == [("marker", "c%2Fd")]
    assert received.parameters == [("marker", "c/d")]
    assert received.target == "/a%20b?marker=c%2Fd"
    assert Received("GET", "/a%20b", []).target == "/a%20b"
    assert received.fields == {"host": "h", "x-amz-meta-a": "1,2"}
    assert received.repeated == {"x-amz-meta-a"}
    assert received.headers == [("host", "h"), ("x-amz-meta-a", "1"), ("x-amz-meta-a", "2")]


@pytest.mark.parametrize(
    "headers", [{"Host": "h", "A": " b\t"}, [("Host", "h"), ("A", "\tb ")], iter([("host", "h"), ("a", "b")])]
)
def test_received_takes_a_mapping_or_pairs_and_drops_white_space_around_values(headers):
    assert Received("GET", "/", headers).fields == {"host": "h", "a": "b"}


@pytest.mark.parametrize(
    ("target", "host", "path", "query"),
    [
        ("/", "h", "/", []),
        ("/a?", "h", "/a", []),
        ("/a?b", "h", "/a", [("b", "")]),
        ("/a?b=c=d&&+=%2b", "h", "/a", [("b", "c%3Dd"), ("%20", "%2B")]),
        ("/a?b?c/d", "h", "/a", [("b%3Fc%2Fd", "")]),
        ("//a/../b%2f", "h", "//a/../b%2f", []),
        ("http://other", "other", "/", []),
        ("http://other?a=/b", "other", "/", [("a", "%2Fb")]),
        ("HTTPS://Other.Example:443/a", "other.example", "/a", []),
        ("https://other:80/a", "other:80", "/a", []),
        ("http://other:080/a", "other", "/a", []),
        ("http://127.1/a", "127.0.0.1", "/a", []),
        ("http://[0:0:0:0:0:0:0:1]:9000/a", "[::1]:9000", "/a", []),
    ],
)
def test_received_reads_a_path_or_an_absolute_url_whose_host_counts(target, host, path, query):
    received = Received(
        "GET", target, [("A", "1"), ("Host", "h"), ("hOST", "h")] if "//" in target[1:] else {"Host": "h"}
    )
    assert (received.host, received.path, received.query) == (host, path, query)
    assert "host" not in received.repeated


@pytest.mark.parametrize(
    "target",
    [
        "",
        "*",
        "a",
        "?a=b",
        "http:/h/a",
        "http:///a",
        "ftp://h/a",
        "://h/a",
        "http://h h/a",
        "http://h\n/a",
        "http://user@h/a",
        "http://h:x/a",
        "http://h:65536/a",
        "http://256.1.1.1/",
        "http://[::g]/",
        "http://h\xe9/a",
        "http://h\ud800/a",
    ],
)
def test_received_refuses_a_target_that_is_neither(target):
    with pytest.raises(InvalidURI):
        Received("GET", target, {"Host": "h"})


@pytest.mark.parametrize(
    ("target", "readable"), [("/?a=%", False), ("/?%2=a", False), ("/?a=%zz", False), ("/?a=%FF", True)]
)
def test_a_query_that_cannot_be_read_is_refused_when_it_is_asked_for(target, readable):
    received = Received("GET", target, {"Host": "h"})
    with pytest.raises(InvalidURI):
        _ = received.parameters
    if readable:
        assert received.query == [("a", "%FF")]
    else:
        with pytest.raises(InvalidURI):
            _ = received.query


@pytest.mark.parametrize(
    ("given_value", "octets", "text"),
    [
        ("a", "a", "a"),
        ("\xc3\xa9", "\xc3\xa9", "é"),  # as a server gives the bytes of é
        ("\xe9", "\xe9", "\udce9"),  # a byte that is no UTF-8
        ("日", "\xe6\x97\xa5", "日"),
        ("\ud800", "\xed\xa0\x80", "\udced\udca0\udc80"),
    ],
)
def test_fields_are_the_bytes_of_the_wire_and_header_and_path_are_text(given_value, octets, text):
    received = Received("GET", f"/{given_value}", {"a": given_value})
    assert received.fields["a"] == octets
    assert received.header("a") == text
    assert received.path == f"/{text}"
    assert as_text(octets).encode("utf-8", "surrogateescape") == octets.encode("latin-1")


def test_a_missing_header_is_none_and_a_query_is_in_no_repr():
    received = Received("GET", "/a?X-Amz-Signature=secret", {})
    assert (received.header("a"), received.host) == (None, None)
    assert repr(received) == "<Received GET '/a'>"


@given(st.lists(st.tuples(st.sampled_from(["a", "A", "b", "B", "c"]), st.sampled_from(["", "1", "2,3", "\xff"]))))
def test_a_repeated_header_is_the_values_joined_in_their_order(pairs):
    received = Received("GET", "/", pairs)
    for name in "abc":
        values = [value for other, value in pairs if other.lower() == name]
        assert received.fields.get(name) == (",".join(values) if values else None)
        assert (name in received.repeated) == (len(values) > 1)


@given(st.text(st.characters(max_codepoint=127), max_size=30).filter(lambda text: "%" not in text))
def test_parameters_are_the_query_decoded(query):
    assert Received("GET", f"/?{query}", {}).parameters == parse_query(query)
