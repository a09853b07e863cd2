"""The one host parser. What a browser makes of each host here was recorded from Node.js's `new URL()` (v20);
tests/interop/test_hosts.py asks the Node.js that is there about thousands of others.
"""

from __future__ import annotations

import pytest

from sigv4 import Credentials, Signer, SigningError
from sigv4.hosts import authority, is_ip, parse_authority, parse_host
from sigv4.s3 import S3Presigner

# As given -> as a browser sends it in http, or None where it refuses.
RECORDED = {
    "example.com": "example.com",
    "EXAMPLE.com.": "example.com.",
    "localhost:9000": "localhost:9000",
    "my_minio": "my_minio",
    "-a-.b--c": "-a-.b--c",
    "xn--NXASMQ6B": "xn--nxasmq6b",
    "a..b": "a..b",
    ".a": ".a",
    ".": ".",
    "a!\"$&'()*+,;=`{}~b": "a!\"$&'()*+,;=`{}~b",
    "ex%61mple.com": "example.com",
    "%31.%32": "1.0.0.2",
    "a%2fb": None,
    "a%25b": None,
    "a%zzb": None,
    "a%0": None,
    "a b": None,
    "a\tb%09": None,
    "a\x7fb": None,
    "a<b": None,
    "a>b": None,
    "a^b": None,
    "a|b": None,
    "a[b": None,
    "a]b": None,
    "": None,
    ":80": None,
    "127.0.0.1": "127.0.0.1",
    "127.1": "127.0.0.1",
    "127.0.1": "127.0.0.1",
    "2130706433": "127.0.0.1",
    "4294967295": "255.255.255.255",
    "4294967296": None,
    "0x7f.1": "127.0.0.1",
    "0X7F.0x1": "127.0.0.1",
    "127.000.000.001": "127.0.0.1",
    "010.0.0.1": "8.0.0.1",
    "08.0.0.1": None,
    "0x": "0.0.0.0",
    "1.0x": "1.0.0.0",
    "0xg": "0xg",
    "1e2": "1e2",
    "256.1.1.1": None,
    "1.2.3.256": None,
    "1.2.65535": "1.2.255.255",
    "1.2.65536": None,
    "1.16777215": "1.255.255.255",
    "1.16777216": None,
    "1.2.3.4.5": None,
    "1.2.3.4.0": None,
    "1.2.3.4.": "1.2.3.4",
    "1.2.3.4..": "1.2.3.4..",
    "1..2": None,
    "a.1": None,
    "a.09": None,
    "a.0x": None,
    "1.2.3.a": "1.2.3.a",
    "[::1]": "[::1]",
    "[0:0:0:0:0:0:0:1]:9000": "[::1]:9000",
    "[0000:0:0:0:0:0:0:0]": "[::]",
    "[2001:DB8::000A]": "[2001:db8::a]",
    "[10:0:0:0:0:0:0:0]": "[10::]",
    "[0:0:0:0:0:0:0:10]": "[::10]",
    "[0:0:1:0:0:0:1:0]": "[0:0:1::1:0]",
    "[1:0:0:2:3:0:0:4]": "[1::2:3:0:0:4]",
    "[1:0:2:3:4:5:6:7]": "[1:0:2:3:4:5:6:7]",
    "[1:2:3:4:5:6:7::]": "[1:2:3:4:5:6:7:0]",
    "[1::2:3:4:5:6:7:8]": None,
    "[1:2:3:4:5:6:7]": None,
    "[1:2:3:4:5:6:7:8:9]": None,
    "[1::2::3]": None,
    "[:::]": None,
    "[1:]": None,
    "[]": None,
    "[::g]": None,
    "[::00001]": None,
    "[::ffff:1.2.3.4]": "[::ffff:102:304]",
    "[1:2:3:4:5:6:1.2.3.4]": "[1:2:3:4:5:6:102:304]",
    "[1.2.3.4::]": None,
    "[::1.2.3.4:5]": None,
    "[::1.2.0.255]": "[::102:ff]",
    "[::1.2.3.04]": None,
    "[::1.2..4]": None,
    "[::1.2.3.a]": None,
    "[::1.2.3.256]": None,
    "[::1.2.3]": None,
    "[::1": None,
    "::1": None,
    "[::1]a": None,
    "[localhost]": None,
    "[fe80::1%25eth0]": None,
    "a.com:": "a.com",
    "a.com:80": "a.com",
    "a.com:080": "a.com",
    "a.com:8": "a.com:8",
    "a.com:0000000443": "a.com:443",
    "a.com:65535": "a.com:65535",
    "a.com:65536": None,
    "a.com:+80": None,
    "a.com:8o": None,
    "a.com:80:80": None,
    "[::1]:": "[::1]",
}


@pytest.mark.parametrize(("given", "sent"), RECORDED.items())
def test_authority_is_written_as_a_browser_sends_it(given, sent):
    if sent is None:
        with pytest.raises(SigningError, match=r"^url: "):
            authority(given, "http", "url")
    else:
        assert authority(given, "http", "url") == sent
        assert authority(sent, "http", "url") == sent


@pytest.mark.parametrize(
    ("given", "fix"),
    [
        ("bücher.example", "xn--"),
        ("b%C3%BCcher.example", "xn--"),
        ("%FF", "percent-encoding"),
        ("\ud800", "xn--"),
        ("\uff11.2.3.4", "xn--"),
        ("a" * 64 + ".com", "63"),
        ("a." * 127 + "aa", "253"),
        ("9" * 5000, "253"),
        ("a." * 127 + "a", "255 characters"),
        ("a." * 126 + "ab", "254 characters"),
        ("ab<", "holds '<'"),
        ("::1", "several colons; an IPv6 address stands in brackets"),
        ("[fe80::1%25eth0]", "has a zone"),
        ("[fe80::g]", "is no IPv6 address"),
        ("a:0", "from 1 to 65535"),
        ("a:" + "1" * 5000, "from 1 to 65535"),
        ("a:\u0661", "from 1 to 65535"),
    ],
)
def test_authority_refuses_beyond_a_browser_what_it_would_have_to_change_or_could_not_reach(given, fix):
    with pytest.raises(SigningError, match=fix) as refused:
        authority(given, "http", "url")
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize(
    ("scheme", "port", "host"),
    [
        ("http", 80, "h"), ("ws", 80, "h"), ("https", 443, "h"), ("wss", 443, "h"),
        ("http", 443, "h:443"), ("https", 80, "h:80"), ("wss", 80, "h:80"),
    ],
)  # fmt: skip
def test_authority_leaves_out_the_schemes_own_port(scheme, port, host):
    assert authority(f"h:{port}", scheme, "url") == host


def test_authority_takes_names_and_labels_as_long_as_dns_has_them():
    label = "a" * 63
    longest = f"{label}.{label}.{label}.{'a' * 61}"
    assert len(longest) == 253
    assert authority(longest, "http", "url") == longest
    assert authority(f"{longest}.", "http", "url") == f"{longest}."  # the dot at the end is the root, and no part of it


@pytest.mark.parametrize("character", sorted(set(map(chr, range(33, 127))) - set("0123456789")))
@pytest.mark.parametrize("port", ["{}80", "8{}0", "80{}"])
def test_authority_takes_a_port_of_digits_alone(port, character):
    with pytest.raises(SigningError, match=r"^url: "):
        authority(f"a.com:{port.format(character)}", "https", "url")


def test_a_refused_host_is_shown_up_to_80_characters():
    for length, shown in [(80, "<" + "a" * 79), (81, "<" + "a" * 76 + "...")]:
        with pytest.raises(SigningError, match=f"^url: the host '{shown}' holds"):
            parse_host("<" + "a" * (length - 1), "url")


def test_parse_authority_tells_a_port_from_none():
    assert parse_authority("H:080", "url") == ("h", 80)
    assert parse_authority("H:", "url") == ("h", None)
    assert parse_authority("[::1]:443", "url") == ("[::1]", 443)


def test_parse_authority_shows_nothing_of_a_password():
    with pytest.raises(SigningError, match="user name") as refused:
        parse_authority("user:secret@host", "endpoint_url")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "ip"),
    [("127.1", True), ("[::1]", True), ("0x1", True), ("a.com", False), ("1.2.3.a4", False), ("1.2.3.4..", False)],
)
def test_is_ip_tells_addresses_from_names(host, ip):
    assert is_ip(parse_host(host, "url")) is ip
    assert is_ip(authority(f"{host}:9000", "http", "url")) is ip


@pytest.mark.parametrize("given", RECORDED)
def test_signer_and_presigner_read_one_host_alike(given):
    signer = Signer(Credentials("AK", "SK"), region="us-east-1")
    try:
        host = signer.sign("GET", f"http://{given}/k").url.removeprefix("http://").removesuffix("/k")
    except SigningError:
        host = None
    try:
        presigner = S3Presigner(
            Credentials("AK", "SK"), region="us-east-1", endpoint_url=f"http://{given}", addressing_style="path"
        )
        theirs = presigner.get_object("b", "k").url.removeprefix("http://").partition("/b/k?")[0]
    except SigningError:
        theirs = None
    assert host == theirs == RECORDED[given]
