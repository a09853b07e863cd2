"""aws-chunked bodies: AWS's documented signatures, both ways; what is broken is refused, and nothing large is kept."""

import io
import json
from contextlib import suppress
from datetime import datetime

import pytest

from sigv4 import Credentials, Signer, SigningError, Verifier
from sigv4.chunked import CHUNK_LINE, KINDS, Decoder, SignatureChain
from sigv4.errors import VerificationError
from sigv4.scope import CredentialScope
from tests import VECTORS

CASES = json.loads((VECTORS / "s3_documented.json").read_text("utf-8"))["cases"]
DOCUMENTED = [pytest.param(case, id=case["name"]) for case in CASES if "chunks" in case]

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SIGNED_AT = datetime.fromisoformat("2026-03-04T05:06:07Z")
SIGNER = Signer(CREDENTIALS, region="us-east-1")
URL = "https://examplebucket.s3.amazonaws.com/key"
LARGE = bytes(range(256)) * 800  # 204,800 bytes: three chunks of 64 KiB and a rest

FORMS = {
    "signed": {},
    "signed, trailer": {"checksum": "CRC32C"},
    "unsigned, trailer": {"checksum": "SHA256", "unsigned_payload": True},
}


def sign(body=LARGE, headers=None, **options):
    return SIGNER.sign_stream("PUT", URL, headers, body, signed_at=SIGNED_AT, **options)


def verified(signed, known=CREDENTIALS):
    verifier = Verifier({known.access_key_id: known}, region="us-east-1", now=SIGNED_AT.timestamp)
    return verifier.verify("PUT", signed.url, list(signed.headers.items()))


def with_its_length(signed, stream):
    return verified(signed).open(stream)


def without_its_length(signed, stream):
    """As a server without Content-Length would read it."""
    headers = {name: value for name, value in signed.headers.items() if name != "Content-Length"}
    verifier = Verifier({CREDENTIALS.access_key_id: CREDENTIALS}, region="us-east-1", now=SIGNED_AT.timestamp)
    return verifier.verify("PUT", signed.url, list(headers.items())).open(stream)


def receive(signed, encoded):
    """What the reader gives for these bytes."""
    return without_its_length(signed, io.BytesIO(encoded))


def refusal(signed, encoded):
    """The error for these bytes, which comes before the whole body has been handed on."""
    reader, handed_on = receive(signed, encoded), []

    def read_to_the_end():
        while data := reader.read(1000):
            handed_on.append(data)

    with pytest.raises(VerificationError) as caught:
        read_to_the_end()
    assert sum(map(len, handed_on)) < int(signed.headers["X-Amz-Decoded-Content-Length"])
    return caught.value


# What AWS documents


def documented(case):
    context = case["context"]
    own = {"x-amz-content-sha256", "x-amz-trailer", "x-amz-decoded-content-length"}
    signer = Signer(Credentials(context["access_key_id"], context["secret_access_key"]), region=context["region"])
    return signer.sign_stream(
        case["request"]["method"],
        "https://s3.amazonaws.com" + case["request"]["target"],
        [pair for pair in case["request"]["headers"] if pair[0].lower() not in own],
        b"".join(chunk["text"].encode() * chunk["times"] for chunk in case["chunks"]),
        checksum="CRC32C" if "trailer" in case else None,
        signed_at=datetime.fromisoformat(context["signed_at"]),
    )


@pytest.mark.parametrize("case", DOCUMENTED)
def test_the_seed_and_each_chunk_are_signed_as_aws_documents_it(case):
    signed = documented(case)
    lines = b"".join(signed.body).split(b"\r\n")
    signatures = [line.partition(b";chunk-signature=")[2].decode() for line in lines if b";chunk-signature=" in line]
    assert signed.canonical_request == case["header"]["canonical_request"]
    assert signed.signature == case["header"]["signature"]
    assert signatures == [chunk["signature"] for chunk in case["chunks"]]
    if "encoded_length" in case:
        assert len(signed.body) == case["encoded_length"]
    if "trailer" in case:
        assert lines[-4:-2] == [
            case["trailer"]["text"].strip().encode(),
            f"x-amz-trailer-signature:{case['trailer']['signature']}".encode(),
        ]


@pytest.mark.parametrize("case", DOCUMENTED)
def test_the_body_that_aws_documents_is_read(case):
    """With AWS's own spelling of the trailer: an LF before its CRLF."""
    context = case["context"]
    encoded = b""
    for chunk in case["chunks"]:
        data = chunk["text"].encode() * chunk["times"]
        encoded += b"%x;chunk-signature=%s\r\n" % (len(data), chunk["signature"].encode()) + data
        encoded += b"\r\n" if data else b""
    if "trailer" in case:
        trailer = case["trailer"]
        encoded += f"{trailer['text']}\r\nx-amz-trailer-signature:{trailer['signature']}\r\n".encode()
    encoded += b"\r\n"
    known = Credentials(context["access_key_id"], context["secret_access_key"])
    verifier = Verifier(
        {known.access_key_id: known}, region="us-east-1", now=datetime.fromisoformat(context["signed_at"]).timestamp
    )
    sent = case["header"]["signed_request"]
    reader = verifier.verify("PUT", sent["target"], sent["headers"]).open(io.BytesIO(encoded))
    assert reader.read() == b"a" * 66560
    assert reader.checksums == ({"CRC32C": "sOO8/Q=="} if "trailer" in case else {})


def test_several_trailers_are_signed_as_the_reference_implementation_signs_them():
    """The known answer of aws-c-auth for three trailers after the documented upload's last chunk."""
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    chain = SignatureChain(
        credentials,
        "20130524T000000Z",
        CredentialScope("20130524", "us-east-1", "s3"),
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    )
    trailers = [("second", "2nd"), ("first", "1st"), ("third", "3rd")]
    assert chain.sign_trailer(trailers) == "df5735bd9f3295cd9386572292562fefc93ba94e80a0a1ddcbd652c4e0a75e6c"


# What is signed is read


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [0, 1, 8191, 8192, 65535, 65536, 65537, 204800])
def test_what_is_encoded_is_decoded_and_its_length_was_known(form, size):
    signed = sign(LARGE[:size], **FORMS[form])
    encoded = b"".join(signed.body)
    assert len(encoded) == len(signed.body) == int(signed.headers["Content-Length"])
    assert verified(signed).open(io.BytesIO(encoded)).read() == LARGE[:size]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("step", [1, 7, 4096, 65536, 1 << 20])
def test_reading_gives_the_sizes_asked_for_however_the_stream_delivers(form, step):
    """A stream may give fewer bytes than were asked for; the reader gives just as many, fewer only at the end."""

    class Trickle(io.BytesIO):
        def read(self, size=-1):
            return super().read(min(size, 1 + self.tell() % 5000))

    body = LARGE[:30000] if step == 1 else LARGE
    signed = sign(body, **FORMS[form])
    reader = verified(signed).open(Trickle(b"".join(signed.body)))
    pieces = []
    while piece := reader.read(step):
        pieces.append(piece)
    assert b"".join(pieces) == body
    assert {len(piece) for piece in pieces[:-1]} <= {step}


def test_trailers_are_there_at_the_end():
    signed = sign(b"hello", checksum="CRC32C")
    reader = verified(signed).open(io.BytesIO(b"".join(signed.body)))
    assert reader.trailers == []
    assert reader.read() == b"hello"
    assert reader.trailers == [("x-amz-checksum-crc32c", "mnG7TA==")]
    assert reader.checksums == {"CRC32C": "mnG7TA=="}


def test_each_kind_names_itself():
    kinds = [sign(b"", **options).headers["X-Amz-Content-Sha256"] for options in FORMS.values()]
    assert kinds == [
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    ]
    assert set(kinds) <= set(KINDS)


# What can be sent


def pieces():
    yield from (LARGE[:100], b"", LARGE[100:70000], bytearray(LARGE[70000:]))


@pytest.mark.parametrize(
    "source",
    [
        lambda: LARGE,
        lambda: bytearray(LARGE),
        lambda: memoryview(LARGE),
        lambda: io.BytesIO(LARGE),
        lambda: list(pieces()),
        pieces,
        lambda: io.BufferedReader(io.BytesIO(LARGE)),
    ],
    ids=["bytes", "bytearray", "memoryview", "file", "list", "generator", "buffered"],
)
def test_every_kind_of_body_is_encoded_alike(source):
    signed = sign(source(), content_length=len(LARGE), checksum="CRC64NVME")
    assert b"".join(signed.body) == b"".join(sign(checksum="CRC64NVME").body)


def test_a_body_needs_nothing_of_a_file_but_read():
    class Readable:
        def __init__(self):
            self.read = io.BytesIO(LARGE).read

    assert b"".join(sign(Readable(), content_length=len(LARGE)).body) == b"".join(sign(LARGE).body)


@pytest.mark.parametrize("sizes", [(100, 65536), (65536, 100), (1, 65535), (65535, 1), (32768,), (40000,), (100_000,)])
def test_pieces_of_any_size_are_sent_in_their_order(sizes):
    pieces, start = [], 0
    while start < len(LARGE):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(LARGE[start : start + size])
        start += size
    signed = sign(iter(pieces), content_length=len(LARGE))
    assert b"".join(signed.body) == b"".join(sign(LARGE).body)


@pytest.mark.parametrize(("file", "size"), [(io.BytesIO(b"abc"), 3), (io.BytesIO(b""), 0)])
def test_a_file_that_stands_at_its_end_or_behind_it_is_empty(file, size):
    for place in (size, size + 2):
        file.seek(place)
        signed = sign(file)
        assert signed.headers["X-Amz-Decoded-Content-Length"] == "0"
        assert verified(signed).open(io.BytesIO(b"".join(signed.body))).read() == b""


def test_a_file_that_cannot_seek_is_sent_as_far_as_was_said():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise OSError

        tell = seek

    assert b"".join(sign(Pipe(LARGE), content_length=len(LARGE)).body) == b"".join(sign(LARGE).body)
    with pytest.raises(SigningError, match="content_length is needed"):
        sign(Pipe(LARGE))


def test_an_empty_iterable_may_be_said_to_have_no_bytes():
    assert b"".join(sign(iter(()), content_length=0).body) == b"".join(sign(b"").body)


def test_the_headers_of_another_body_are_replaced():
    checksum = {"x-amz-checksum-crc32": "AAAAAA=="}
    assert sign(b"", checksum).headers["x-amz-checksum-crc32"] == "AAAAAA=="
    own = {"x-amz-content-sha256": "0" * 64, "X-Amz-Decoded-Content-Length": "7", "X-AMZ-TRAILER": "x-amz-checksum-md5"}
    for options in FORMS.values():
        signed = sign(b"", {**own, "X-Amz-Meta-A": "b"}, **options)
        assert [*signed.headers.items()] == [*sign(b"", {"X-Amz-Meta-A": "b"}, **options).headers.items()]


def test_a_file_is_sent_from_where_it_stands_and_again_for_a_retry():
    file = io.BytesIO(b"header" + LARGE)
    file.seek(6)
    body = sign(file).body
    first = b"".join(body)
    assert first == b"".join(sign(LARGE).body)
    assert b"".join(body) == first


def test_chunks_are_of_the_size_asked_for():
    encoded = b"".join(sign(LARGE, chunk_size=100_000).body)
    assert encoded.startswith(b"186a0;chunk-signature=")
    assert verified(sign(LARGE, chunk_size=100_000)).open(io.BytesIO(encoded)).read() == LARGE


def test_a_content_encoding_stays_after_aws_chunked():
    assert sign(b"", {"Content-Encoding": "gzip"}).headers["Content-Encoding"] == "aws-chunked,gzip"
    several = {"Content-Encoding": "br, aws-chunked ,gzip"}
    assert sign(b"", several).headers["Content-Encoding"] == "aws-chunked,br,gzip"


def test_the_body_is_not_held():
    """An endless source is taken chunk by chunk: the second is not asked for before the first was sent."""
    asked = []

    def source():
        while True:
            asked.append(1)
            yield bytes(65536)

    body = iter(sign(source(), content_length=1 << 40).body)
    next(body), next(body)
    assert len(asked) == 1


def test_no_piece_is_asked_for_beyond_the_chunk_that_is_sent():
    asked = []

    def source():
        while True:
            asked.append(1)
            yield bytes(32768)

    body = iter(sign(source(), content_length=1 << 40).body)
    next(body), next(body)
    assert len(asked) == 2


@pytest.mark.parametrize(
    ("body", "options", "words"),
    [
        (iter([b"x"]), {}, "content_length is needed"),
        (b"abc", {"content_length": 4}, "content_length is 4, but the body has 3 bytes"),
        (b"abc", {"content_length": -1}, "content_length -1 must be a number of bytes"),
        ("text", {}, "encode text as UTF-8"),
        (b"", {"unsigned_payload": True}, "an unsigned payload needs a checksum"),
        (b"", {"checksum": "CRC"}, "checksum 'CRC' must be one of CRC32, CRC32C"),
        (b"", {"chunk_size": 8191}, "chunk_size 8191 must be a number of bytes from 8192"),
        (b"", {"chunk_size": True}, "chunk_size True must be a number of bytes from 8192"),
        (b"", {"chunk_size": 9000.0}, "chunk_size 9000.0 must be a number of bytes from 8192"),
        (b"a", {"content_length": True}, "content_length True must be a number of bytes"),
        (b"abc", {"content_length": 3.0}, "content_length 3.0 must be a number of bytes"),
        (b"", {"checksum": "CRC32", "headers": {"x-amz-checksum-crc32": "AAAAAA=="}}, "S3 takes one checksum only"),
        (b"", {"headers": {"Content-Length": "5"}}, "but the encoded body has 86 bytes"),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(body, options, words):
    with pytest.raises(SigningError, match=words):
        sign(body, **options)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ([b"abc"], "ends 2 bytes before the 5"),
        ([b"abcdef"], "more bytes than the 5"),
        (["abcde"], "must be of bytes, not str"),
    ],
)
def test_a_body_of_another_length_than_was_said_is_refused_on_the_way(source, words):
    with pytest.raises(SigningError, match=words):
        b"".join(sign(source, content_length=5).body)


def test_other_services_do_not_read_chunks():
    with pytest.raises(SigningError, match="S3 alone does"):
        Signer(CREDENTIALS, region="us-east-1", service="sts").sign_stream("PUT", URL, None, b"")


# What is refused


def test_a_changed_byte_in_any_chunk_breaks_its_signature():
    signed = sign()
    encoded = b"".join(signed.body)
    for place in (100, 70_000, 140_000, 204_900):
        broken = bytearray(encoded)
        broken[place] ^= 1
        assert refusal(signed, bytes(broken)).code == "SignatureDoesNotMatch"


def split(encoded):
    """The chunks of a signed body, whole."""
    parts = encoded.split(b";chunk-signature=")
    heads = [part[-5:] if number < 3 else part.rpartition(b"\r\n")[2] for number, part in enumerate(parts[:-1])]
    return [
        head + b";chunk-signature=" + (part[: -len(heads[number + 1])] if number + 1 < len(heads) else part)
        for number, (head, part) in enumerate(zip(heads, parts[1:], strict=True))
    ]


def test_chunks_cannot_be_dropped_moved_or_repeated():
    signed = sign()
    a, b, c, rest, end = split(b"".join(signed.body))
    assert b"".join((a, b, c, rest, end)) == b"".join(signed.body)
    for chunks in [(b, a, c, rest, end), (b, c, rest, end), (a, a, b, c, rest, end), (a, c, b, rest, end)]:
        assert refusal(signed, b"".join(chunks)).code in {"SignatureDoesNotMatch", "InvalidRequest", "IncompleteBody"}


def test_chunks_of_another_request_are_refused():
    signed = sign()
    other = SIGNER.sign_stream("PUT", URL + "2", None, LARGE, signed_at=SIGNED_AT)
    error = refusal(signed, b"".join(other.body))
    assert (error.code, error.status) == ("SignatureDoesNotMatch", 403)
    assert error.string_to_sign.startswith("AWS4-HMAC-SHA256-PAYLOAD\n20260304T050607Z\n")


HEAD = b"5;chunk-signature="
UNSIGNED = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"

BROKEN = {
    "nothing at all": (b"", "IncompleteBody"),
    "cut in the size": (b"5", "IncompleteBody"),
    "cut in the data": (b"5\r\nhel", "IncompleteBody"),
    "cut before the last chunk": (b"5\r\nhello\r\n", "IncompleteBody"),
    "cut before the trailer": (b"5\r\nhello\r\n0\r\n", "IncompleteBody"),
    "cut in the trailer": (UNSIGNED[:-6], "IncompleteBody"),
    "cut before the last line end": (UNSIGNED[:-2], "IncompleteBody"),
    "fewer bytes than announced": (UNSIGNED.replace(b"5\r\nhello", b"4\r\nhell"), "IncompleteBody"),
    "more bytes than announced": (UNSIGNED.replace(b"5\r\nhello", b"6\r\nhello!"), "InvalidRequest"),
    "no size": (b"\r\nhello\r\n0\r\n\r\n", "InvalidRequest"),
    "a size that is no number": (UNSIGNED.replace(b"5\r\n", b"x\r\n"), "InvalidRequest"),
    "a signed size": (UNSIGNED.replace(b"5\r\n", b"+5\r\n"), "InvalidRequest"),
    "a size with 0x": (UNSIGNED.replace(b"5\r\n", b"0x5\r\n"), "InvalidRequest"),
    "a size with an underscore": (UNSIGNED.replace(b"5\r\n", b"0_5\r\n"), "InvalidRequest"),
    "a size with a space": (UNSIGNED.replace(b"5\r\n", b"5 \r\n"), "InvalidRequest"),
    "a size of 17 digits": (UNSIGNED.replace(b"5\r\n", b"00000000000000005\r\n"), "InvalidRequest"),
    "another extension": (UNSIGNED.replace(b"5\r\n", b"5;a=b\r\n"), "InvalidRequest"),
    "a chunk signature where none belongs": (UNSIGNED.replace(b"5\r\n", b"5;chunk-signature=0\r\n"), "InvalidRequest"),
    "data longer than its size": (UNSIGNED.replace(b"hello\r\n", b"hello!\r\n"), "InvalidRequest"),
    "a line end that is no CRLF": (UNSIGNED.replace(b"hello\r\n", b"hello\n\n"), "InvalidRequest"),
    "a size line without end": (b"5" * 100_000, "InvalidRequest"),
    "bytes after the end": (UNSIGNED + b"x", "InvalidRequest"),
    "no trailer": (b"5\r\nhello\r\n0\r\n\r\n", "MalformedTrailerError"),
    "another trailer": (UNSIGNED.replace(b"crc32:", b"crc32c:"), "MalformedTrailerError"),
    "a trailer more": (UNSIGNED.replace(b"0\r\n", b"0\r\nx-amz-meta-a:b\r\n"), "MalformedTrailerError"),
    "a trailer twice": (
        UNSIGNED.replace(b"0\r\n", b"0\r\nx-amz-checksum-crc32:NhCmhg==\r\n"),
        "MalformedTrailerError",
    ),
    "a trailer's name alone": (UNSIGNED.replace(b"crc32:NhCmhg==", b"crc32"), "MalformedTrailerError"),
    "a trailer's signature where none belongs": (
        UNSIGNED.replace(b"==\r\n", b"==\r\nx-amz-trailer-signature:" + b"0" * 64 + b"\r\n"),
        "MalformedTrailerError",
    ),
    "a trailer without a colon": (UNSIGNED.replace(b"crc32:", b"crc32="), "MalformedTrailerError"),
    "a trailer without a name": (UNSIGNED.replace(b"x-amz-checksum-crc32:", b":"), "MalformedTrailerError"),
    "a trailer's name with a space": (UNSIGNED.replace(b"crc32:", b"crc32 :"), "MalformedTrailerError"),
    "a trailer with a control": (UNSIGNED.replace(b"NhC", b"Nh\x00"), "MalformedTrailerError"),
    "a trailer without end": (UNSIGNED[:-4] + b"A" * 100_000, "InvalidRequest"),
    "a trailer that is no checksum": (UNSIGNED.replace(b"NhCmhg==", b"NhCmhg"), "InvalidRequest"),
    "the checksum of other bytes": (UNSIGNED.replace(b"NhCmhg==", b"NhCmhA=="), "BadDigest"),
    "another byte": (UNSIGNED.replace(b"hello", b"hallo"), "BadDigest"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_framing_is_refused_in_s3s_words(case):
    encoded, code = BROKEN[case]
    signed = sign(b"hello", checksum="CRC32", unsigned_payload=True)
    assert receive(signed, UNSIGNED).read() == b"hello"
    reader = receive(signed, encoded)
    with pytest.raises(VerificationError) as caught:
        reader.read(5)
    assert caught.value.code == code


WORDS = {
    "more bytes than announced": "The body has more bytes than x-amz-decoded-content-length says.",
    "no size": "A chunk of the body does not begin with its size in hexadecimal digits.",
    "a size of 17 digits": "A chunk of the body does not begin with its size in hexadecimal digits.",
    "a chunk signature where none belongs": (
        "A chunk of the body must have a chunk-signature just if the payload is signed."
    ),
    "data longer than its size": "A chunk of the body does not end where its size says.",
    "bytes after the end": "The body goes on after its last chunk.",
    "a size line without end": "A line between the chunks of the body is longer than 256 bytes.",
    "a trailer without end": "A line between the chunks of the body is longer than 1024 bytes.",
}


@pytest.mark.parametrize("case", WORDS)
def test_broken_framing_is_named(case):
    with pytest.raises(VerificationError) as caught:
        decoded(BROKEN[case][0])
    assert (caught.value.code, caught.value.message) == ("InvalidRequest", WORDS[case])


def decoded(encoded, body_length=None, promised=("x-amz-checksum-crc32",), length=5, by=None):
    """The data of an unsigned body, `by` so many bytes at a time, and what is left of the stream."""

    class Stream(io.BytesIO):
        def read(self, size=-1):
            return super().read(size if by is None else min(size, by))

    stream = Stream(encoded)
    data = b"".join(Decoder(stream, body_length, length, None, promised))
    return data, stream.read(1000)


@pytest.mark.parametrize("character", sorted(set(map(chr, range(0x20, 0x7F))) - set("0123456789abcdefABCDEF")))
def test_a_size_has_hexadecimal_digits_alone(character):
    for size in (f"{character}5", f"5{character}"):
        with pytest.raises(VerificationError, match="InvalidRequest"):
            decoded(UNSIGNED.replace(b"5", size.encode(), 1))


def test_a_size_may_have_16_digits():
    assert decoded(UNSIGNED.replace(b"5", b"0" * 15 + b"5", 1)) == (b"hello", b"")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"5" * 256 + b"\r\n", "A chunk of the body does not begin with its size in hexadecimal digits."),
        (b"5" * 257 + b"\r\n", "A line between the chunks of the body is longer than 256 bytes."),
        (b"5" * 258, "A line between the chunks of the body is longer than 256 bytes."),
    ],
)
def test_a_chunks_line_has_up_to_256_bytes(line, message):
    with pytest.raises(VerificationError) as caught:
        decoded(line)
    assert (caught.value.code, caught.value.message) == ("InvalidRequest", message)


def test_a_trailers_line_has_up_to_1024_bytes():
    for spaces, whole in [(995, True), (996, False)]:
        encoded = UNSIGNED.replace(b"crc32:", b"crc32:" + b" " * spaces)
        assert len(encoded.split(b"\r\n")[3]) == (1024 if whole else 1025)
        if whole:
            assert decoded(encoded) == (b"hello", b"")
        else:
            with pytest.raises(VerificationError, match="longer than 1024 bytes"):
                decoded(encoded)


@pytest.mark.parametrize("by", [None, 1, 7])
def test_a_body_ends_where_its_content_length_says(by):
    """What follows in the stream is the next request, and not touched; a body that is longer or shorter is refused."""
    size = len(UNSIGNED)
    assert decoded(UNSIGNED, size, by=by) == (b"hello", b"")
    assert decoded(UNSIGNED + b"GET / HTTP/1.1", size, by=by)[1].startswith(b"G")
    for encoded, length, message in [
        (UNSIGNED, size + 1, "You did not provide the number of bytes specified by the Content-Length HTTP header"),
        (UNSIGNED, size - 1, "You did not provide the number of bytes specified by the Content-Length HTTP header"),
        (UNSIGNED, 20, "You did not provide the number of bytes specified by the Content-Length HTTP header"),
        (UNSIGNED + b"x", size + 1, "The body goes on after its last chunk."),
        (UNSIGNED + b"x", None, "The body goes on after its last chunk."),
        (UNSIGNED + b"xy", size + 2, "The body goes on after its last chunk."),
    ]:
        with pytest.raises(VerificationError) as caught:
            decoded(encoded, length, by=by)
        assert caught.value.message == message


@pytest.mark.parametrize("by", [None, 1])
def test_a_body_without_trailers_ends_with_an_empty_line(by):
    encoded = b"5\r\nhello\r\n0\r\n"
    assert decoded(encoded + b"\r\n", promised=None, by=by) == (b"hello", b"")
    for more in (b"x-amz-meta-a:b\r\n\r\n", b"x\r\n"):
        with pytest.raises(VerificationError, match=r"The body does not end after its last chunk\.$"):
            decoded(encoded + more, promised=None, by=by)


def test_a_trailer_that_comes_twice_is_not_the_other_that_was_promised():
    with pytest.raises(VerificationError, match="MalformedTrailerError"):
        decoded(b"5\r\nhello\r\n0\r\na:1\r\na:1\r\n\r\n", promised=("a", "b"))
    with pytest.raises(VerificationError, match="MalformedTrailerError"):  # nor is a name one that no header can have
        decoded(b"5\r\nhello\r\n0\r\na b:1\r\n\r\n", promised=("a b",))


@pytest.mark.parametrize("opened", [with_its_length, without_its_length])
@pytest.mark.parametrize("form", FORMS)
def test_a_stream_that_has_nothing_yet_makes_each_read_come_back(form, opened):
    """Each None of the stream ends one read, which gives what there is or raises BlockingIOError; nothing is lost.

    Two of them come before each byte and before the end.
    """

    class Arriving:
        def __init__(self, data):
            self.left, self.waits, self.turns = data, 0, 0

        def read(self, size, /):
            self.turns += 1
            if self.turns % 3:
                self.waits += 1
                return None
            given, self.left = self.left[: min(size, 1)], self.left[min(size, 1) :]
            return given

    signed = sign(b"hello", **FORMS[form])
    stream = Arriving(b"".join(signed.body))
    reader = opened(signed, stream)
    given = []
    for call in range(1, 2 * (len(signed.body) + (opened is without_its_length)) + 1):
        with suppress(BlockingIOError):
            given.append(reader.read())
        assert stream.waits == call
    given.append(reader.read())
    assert b"".join(given) == b"hello"
    assert reader.read() == b""


def test_the_bytes_of_a_broken_body_are_not_to_be_had_by_reading_again():
    reader = receive(sign(b"hello", checksum="CRC32", unsigned_payload=True), UNSIGNED.replace(b"NhC", b"NhD"))
    for size in (1, 5, -1, 1):
        with pytest.raises(VerificationError):
            reader.read(size)


@pytest.mark.parametrize("line", [b"x-amz-trailer-signature:" + b"0" * 64 + b"\r\n", b""])
def test_signed_trailers_need_their_signature(line):
    signed = sign(checksum="CRC32C")
    head, _, tail = b"".join(signed.body).partition(b"x-amz-trailer-signature:")
    assert len(tail) == 68
    code = "SignatureDoesNotMatch" if line else "MalformedTrailerError"
    assert refusal(signed, head + line + b"\r\n").code == code


def test_signed_chunks_need_their_signature():
    signed = sign()
    encoded = b"".join(signed.body)
    assert refusal(signed, encoded[:5] + encoded[86:]).code == "InvalidRequest"
    assert refusal(signed, encoded.replace(b"chunk-signature", b"chunk-signatura")).code == "InvalidRequest"


def test_a_line_has_a_limit_that_a_real_one_does_not_reach():
    assert len("f" * 16 + ";chunk-signature=" + "*" * 144) < CHUNK_LINE


@pytest.mark.parametrize("form", FORMS)
def test_only_the_last_chunk_may_be_small(form):
    """S3's InvalidChunkSizeError; it also bounds what a peer can make the decoder do for each byte it sends."""
    signed = sign(b"x" * 8193, **FORMS[form])
    chain = None
    if "unsigned" not in form:
        seed = signed.signature
        chain = SignatureChain(CREDENTIALS, "20260304T050607Z", CredentialScope("20260304", "us-east-1", "s3"), seed)
    from sigv4.chunked import _chunk_head

    encoded = b""
    for chunk in (b"x" * 8191, b"xx"):
        encoded += _chunk_head("\r\n" if encoded else "", chunk, chain) + chunk
    error = refusal(signed, encoded + b"\r\n")
    assert (error.code, error.status) == ("InvalidChunkSizeError", 403)
    assert error.message == "Only the last chunk is allowed to have a size less than 8192 bytes"
    assert error.extra == [("Chunk", "2"), ("BadChunkSize", "8191")]


def test_a_huge_chunk_costs_no_memory():
    """A chunk may be as large as the body; it is read in pieces of 64 KiB."""
    asked = []

    class Zeros:
        def __init__(self):
            self.head = io.BytesIO(b"%x\r\n" % (1 << 40))

        def read(self, size=-1):
            asked.append(size)
            return self.head.read(size) or bytes(size)

    signed = SIGNER.sign_stream(
        "PUT", URL, None, iter(()), content_length=1 << 40, checksum="CRC32", unsigned_payload=True, signed_at=SIGNED_AT
    )
    reader = verified(signed).open(Zeros())
    assert reader.read(1 << 20) == bytes(1 << 20)
    assert max(asked) <= 1 << 16
