"""What a peer may send to confuse: heads, chunks and framings that two readers may read differently, as templates.

Words that begin with `$` stand for what differs between programs: see tests/_http/test_abuse.py and test_nginx.py.

Sources: the forms that are known to have parted two real programs, collected in
https://portswigger.net/research/http-desync-attacks-request-smuggling-reborn and
https://github.com/defparam/smuggler/blob/master/configs/exhaustive.py; RFC 9112, sections 2.2, 5, 6 and 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

MB = 1 << 20
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def post(fields: bytes, body: bytes = b"", line: bytes = b"$line") -> bytes:
    return line + b"\r\nHost: $host\r\n$own" + fields + b"\r\n" + body


# A name for each head, and the status that refuses it.
BAD_HEADS = {
    "a length with a sign": (post(b"Content-Length: +5\r\n", b"12345"), 400),
    "a negative length": (post(b"Content-Length: -1\r\n", b"12345"), 400),
    "a hexadecimal length": (post(b"Content-Length: 0x5\r\n", b"12345"), 400),
    "a length in two words": (post(b"Content-Length: 5 5\r\n", b"12345"), 400),
    "an empty length": (post(b"Content-Length: \r\n"), 400),
    "a length beyond every number": (post(b"Content-Length: 99999999999999999999999\r\n"), 400),
    "two lengths": (post(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"12345"), 400),
    "two lengths in a line": (post(b"Content-Length: 5, 6\r\n", b"12345"), 400),
    "both framings": (post(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"), 400),
    "both framings, the other way round": (
        post(b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n"),
        400,
    ),
    "another coding": (post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"), 501),
    "chunked in disguise": (post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"), 400),
    "a folded line": (post(b"X: a\r\n b\r\n"), 400),
    "a folded length": (post(b"Content-Length:\r\n 5\r\n", b"12345"), 400),
    "a space before the colon": (post(b"Content-Length : 5\r\n", b"12345"), 400),
    "a NUL in a value": (post(b"X: a\0b\r\n"), 400),
    "a NUL in a name": (post(b"X\0: a\r\n"), 400),
    "a carriage return in a value": (post(b"X: a\rb\r\n"), 400),
    "a carriage return that ends a line": (post(b"X: a\rContent-Length: 5\r\n", b"12345"), 400),
    "a line feed that ends a line": (post(b"X: a\nContent-Length: 5\r\n", b"12345"), 400),
    "a NUL in the target": (b"GET /\0 HTTP/1.1\r\nHost: $host\r\n\r\n", 400),
    "no host": (b"$line\r\n$own\r\n", 400),
    "an empty line for a head": (b"\r\n\r\n", 400),
    "the host twice": (post(b"Host: $host\r\n"), 400),
    "two hosts": (post(b"Host: elsewhere\r\n"), 400),
    "another host in the target": (b"GET http://elsewhere/ HTTP/1.1\r\nHost: $host\r\n\r\n", 400),
    "another expectation": (post(b"Expect: a miracle\r\nContent-Length: 5\r\n", b"12345"), 417),
    "a header of 1 MB": (post(b"X: " + b"a" * MB + b"\r\n"), 431),
    "10,000 headers": (post(b"X: a\r\n" * 10_000), 431),
    "a name of 1 MB": (post(b"a" * MB + b": a\r\n"), 431),
    "a request line of 1 MB": (b"GET /" + b"a" * MB + b" HTTP/1.1\r\nHost: $host\r\n\r\n", 414),
    "a method of 1 MB": (b"a" * MB + b" / HTTP/1.1\r\nHost: $host\r\n\r\n", 414),
}

# Bodies in chunks.
BAD_CHUNKS = {
    "a size that is no number": b"five\r\nabcde\r\n0\r\n\r\n",
    "a negative size": b"-5\r\nabcde\r\n0\r\n\r\n",
    "a size with a sign": b"+5\r\nabcde\r\n0\r\n\r\n",
    "a size with 0x": b"0x5\r\nabcde\r\n0\r\n\r\n",
    "an empty size": b"\r\nabcde\r\n0\r\n\r\n",
    "a size beyond the limit": b"fffffffffffffff\r\nabcde\r\n0\r\n\r\n",
    "a size beyond 64 bits": b"10000000000000005\r\nabcde\r\n0\r\n\r\n",
    "a size of 1 MB": b"0" * MB + b"5\r\nabcde\r\n0\r\n\r\n",
    "no CRLF after the chunk": b"5\r\nabcde0\r\n\r\n",
    "a line feed alone after the chunk": b"5\r\nabcde\n0\r\n\r\n",
    "a line feed alone after the size": b"5\nabcde\r\n0\r\n\r\n",
    "a chunk longer than its size": b"4\r\nabcde\r\n0\r\n\r\n",
    "an extension of 1 MB": b"5;" + b"a" * MB + b"\r\nabcde\r\n0\r\n\r\n",
    "1 MB of extensions": b"1;%s\r\na\r\n" % (b"a" * 1000) * 1000 + b"0\r\n\r\n",
    "a NUL in an extension": b"5;a\0b\r\nabcde\r\n0\r\n\r\n",
    "a trailer of 1 MB": b"5\r\nabcde\r\n0\r\nX: " + b"a" * MB + b"\r\n\r\n",
    "10,000 trailers": b"5\r\nabcde\r\n0\r\n" + b"X: a\r\n" * 10_000 + b"\r\n",
    "a trailer that is no header": b"5\r\nabcde\r\n0\r\nabc\r\n\r\n",
}

# Framing in two spellings: what one reader takes for a body is a request to the other.

_ODD = (
    b"\0", b"\1", b"\t", b"\n", b"\x0b", b"\x0c", b"\r", b" ", b"\x1f", b"\x7f", b"\x85", b"\xa0", b"\xff", b"\r\n ",
    b"\r\n\t", b"\n ", b"\r\r\n", b"  ", b",", b";", b":", b"_", b'"', b"\\",
)  # fmt: skip
_CODINGS = (
    b"CHUNKED", b"Chunked", b"xchunked", b"chunkedx", b"chunk", b"chunked, chunked", b"identity, chunked",
    b"chunked, identity", b"gzip, chunked", b"chunked, gzip", b", chunked", b"chunked,", b"chunked;q=1",
    b"chunked; a=b", b"'chunked'", b'"chunked"', b"identity", b"", b"none", b"chunked\r\nTransfer-Encoding: chunked",
    b"chunked\r\nTransfer-Encoding: identity", b"identity\r\nTransfer-Encoding: chunked",
    b"\r\nTransfer-Encoding: chunked", b"x\r\nTransfer-Encoding: chunked",
)  # fmt: skip
_LENGTHS = (
    b"+%d", b"-%d", b"0x%x", b"0%d", b"00000000000000000000%d", b"%d.0", b"%de0", b"%d,", b",%d", b"%d, %d", b"%d,%d",
    b"%d %d", b"%d_0", b"%d;", b'"%d"', b"%d\r\nContent-Length: %d", b"0\r\nContent-Length: %d", b"(%d)", b"%dB",
    b"x%d", b"1%d", b"18446744073709551616%d", b"\xd9\xa3%d", b"\xb2%d",
)  # fmt: skip


def _spelt(name: bytes, value: bytes, beside: bool) -> Iterator[bytes]:
    """A header field with something odd in each of its places.

    `beside`: there is plain framing too, so that it may also be another field, or a part of one.
    """
    for odd in _ODD:
        if odd in (b":", b"_") and not beside:
            continue
        if not odd.startswith(b"\r\n"):  # that would end the head
            yield odd + name + b": " + value
        yield name[:8] + odd + name[9:] + b": " + value
        yield name + odd + b": " + value
        yield name + b":" + odd + value
        yield name + b": " + value[:1] + odd + value[1:]
        yield name + b": " + value + odd
        if beside:
            yield b"X: a" + odd + name + b": " + value


def _coding(beside: bool) -> Iterator[bytes]:
    yield from _spelt(b"Transfer-Encoding", b"chunked", beside)
    for coding in _CODINGS:
        yield b"Transfer-Encoding: " + coding


def _length(length: int, beside: bool) -> Iterator[bytes]:
    yield from _spelt(b"Content-Length", b"%d" % length, beside)
    for spelling in _LENGTHS:
        yield b"Content-Length: " + spelling % ((length,) * (spelling.count(b"%d") + spelling.count(b"%x")))


def framings(inner: bytes) -> dict[str, list[bytes]]:
    """Requests whose body `inner`, a request, is one by the plain reading: it must not be taken for a request."""
    whole = b"0\r\n\r\n" + inner
    chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(inner), inner)
    length = b"Content-Length: %d\r\n" % len(whole)
    return {
        "a length, then an odd coding": [post(length + odd + b"\r\n", whole) for odd in _coding(True)],
        "an odd coding, then a length": [post(odd + b"\r\n" + length, whole) for odd in _coding(True)],
        "a coding, then an odd length": [post(CHUNKED + odd + b"\r\n", chunk) for odd in _length(12, True)],
        "a length, then an odd length": [post(length + odd + b"\r\n", whole) for odd in _length(12, True)],
        "an odd coding": [post(odd + b"\r\n", chunk) for odd in _coding(False)],
        "an odd length": [post(odd + b"\r\n", inner) for odd in _length(len(inner), False)],
    }


# Garbage

_BITS = (b"\0", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b":", b"%", b"\xff", b"Host: a\r\n", b"Content-Length: 1\r\n")


def mutate(chance: random.Random, data: bytes) -> bytes:
    """The same with a few bytes changed, cut out, put in or said twice."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.randint(1, 20))
        piece = chance.choice((b"", chance.randbytes(end - start), chance.choice(_BITS), data[start:end] * 2))
        data = data[:start] + piece + data[end:]
    return data
