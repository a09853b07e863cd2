"""What a request says of its body is checked while the body streams, and the last bytes wait for every check."""

import io
from base64 import b64encode
from hashlib import md5, sha256

import pytest

from sigv4 import body as body_module
from sigv4.body import BodyClaim, BodyReader
from sigv4.errors import VerificationError
from sigv4.received import Received

HELLO = b"hello world"
SHA256 = sha256(HELLO).hexdigest()
MD5 = b64encode(md5(HELLO).digest()).decode()
UNSIGNED = "UNSIGNED-PAYLOAD"
CHECKSUMS = {
    "CRC32": "DUoRhQ==", "CRC32C": "yZRlqg==", "CRC64NVME": "jSnVw/bqjr4=", "SHA1": "Kq5sNclPz7QV2+lfQIuc6R7oRu0=",
    "SHA256": "uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", "MD5": "XrY7u+Ae7tCTyyK7j1rNww==",
}  # fmt: skip

CHUNKED = [("x-amz-decoded-content-length", "11"), ("x-amz-trailer", "x-amz-checksum-crc32")]


def claim_of(payload_hash, headers, **options):
    return BodyClaim(payload_hash, Received("PUT", "/", headers).fields, **options)


def reader(payload_hash, headers, data=HELLO):
    return BodyReader(io.BytesIO(data), claim_of(payload_hash, headers), None)


@pytest.mark.parametrize("payload_hash", [SHA256, UNSIGNED])
@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("content-length", "11")],
        [("content-md5", MD5)],
        *([(f"x-amz-checksum-{name.lower()}", value)] for name, value in CHECKSUMS.items()),
        [("content-length", "11"), ("content-md5", MD5), ("x-amz-checksum-crc32", CHECKSUMS["CRC32"])],
        [("x-amz-checksum-algorithm", "CRC32"), ("x-amz-checksum-mode", "ENABLED"), ("x-amz-checksum-type", "x")],
    ],
)
def test_a_body_that_is_what_was_said_passes(payload_hash, headers):
    body = reader(payload_hash, headers)
    assert body.read() == HELLO
    assert body.read() == body.read(5) == b""
    said = {name[15:].upper(): value for name, value in headers if name[15:].upper() in CHECKSUMS}
    assert body.checksums == said


MESSAGES = {
    "another hash": (
        "0" * 64, [], HELLO, 400, "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
    "cut short": (
        UNSIGNED, [("content-length", "12")], HELLO, 400, "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    ),
    "another MD5": (
        UNSIGNED, [("content-md5", MD5)], b"Hello world", 400, "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
    ),
    **{
        f"another {name}": (
            UNSIGNED, [(f"x-amz-checksum-{name.lower()}", value)], b"Hello world", 400, "BadDigest",
            f"The {name} you specified did not match the calculated checksum.",
        )
        for name, value in CHECKSUMS.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("case", MESSAGES)
@pytest.mark.parametrize("size", [1, 11, -1])
def test_a_body_that_is_not_what_was_said_is_refused_before_its_last_bytes(case, size):
    payload_hash, headers, data, status, code, message = MESSAGES[case]
    body = reader(payload_hash, headers, data)
    for _ in range(3):
        with pytest.raises(VerificationError) as caught:
            body.read(size)
        assert (caught.value.status, caught.value.code, caught.value.message) == (status, code, message)


def test_a_wrong_hash_comes_with_both():
    with pytest.raises(VerificationError) as caught:
        reader("0" * 64, []).read()
    assert caught.value.extra == [("ClientComputedContentSHA256", "0" * 64), ("S3ComputedContentSHA256", SHA256)]


BAD_MD5 = "The Content-MD5 you specified was invalid."
BAD_LENGTH = "Value for content-length header is invalid."
CLAIMS = {
    "an MD5 that is no base64": ([("content-md5", "!" * 24)], 400, "InvalidDigest", BAD_MD5),
    "an MD5 too short": ([("content-md5", "AAAA")], 400, "InvalidDigest", BAD_MD5),
    "two MD5s": ([("content-md5", MD5)] * 2, 400, "InvalidDigest", BAD_MD5),
    "two checksums": (
        [("x-amz-checksum-crc32", "DUoRhQ=="), ("x-amz-checksum-sha1", CHECKSUMS["SHA1"])], 400, "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    ),
    "a checksum of another length": (
        [("x-amz-checksum-crc32", CHECKSUMS["SHA1"])], 400, "InvalidRequest",
        "Value for x-amz-checksum-crc32 header is invalid.",
    ),
    "a checksum that is no base64": (
        [("x-amz-checksum-crc64nvme", "jSnVw/bqjr4")], 400, "InvalidRequest",
        "Value for x-amz-checksum-crc64nvme header is invalid.",
    ),
    "a checksum twice": (
        [("x-amz-checksum-crc32", "DUoRhQ==")] * 2, 400, "InvalidRequest",
        "Value for x-amz-checksum-crc32 header is invalid.",
    ),
    "a length that is no number": (
        [("content-length", "1_1")], 400, "InvalidRequest", BAD_LENGTH,
    ),
    "a length of another script": ([("content-length", "\xb2")], 400, "InvalidRequest", BAD_LENGTH),
    "a length of 20 digits": ([("content-length", "1" * 20)], 400, "InvalidRequest", BAD_LENGTH),
    "two lengths": ([("content-length", "11")] * 2, 400, "InvalidRequest", BAD_LENGTH),
    "a trailer without chunks": (
        CHUNKED, 400, "MalformedTrailerError",
        "The request contained trailing data that was not well-formed or did not conform to our published schema.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CLAIMS)
def test_a_claim_that_cannot_be_read_is_refused(case):
    headers, status, code, message = CLAIMS[case]
    with pytest.raises(VerificationError) as caught:
        claim_of(UNSIGNED, headers)
    assert (caught.value.status, caught.value.code, caught.value.message) == (status, code, message)


def test_an_md5_that_is_none_is_shown():
    with pytest.raises(VerificationError) as caught:
        claim_of(UNSIGNED, [("content-md5", "AAAA")])
    assert caught.value.extra == [("Content-MD5", "AAAA")]


KIND = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CHUNKED_CLAIMS = {
    "no decoded length": (
        CHUNKED[1:], 411, "MissingContentLength", "You must provide the Content-Length HTTP header.",
    ),
    "a decoded length that is no number": (
        [("x-amz-decoded-content-length", "-1")], 400, "InvalidRequest",
        "Value for x-amz-decoded-content-length header is invalid.",
    ),
    "a trailer S3 does not know": (
        [*CHUNKED[:1], ("x-amz-trailer", "x-amz-meta-a")], 400, "InvalidRequest",
        "The value specified in the x-amz-trailer header is not supported",
    ),
    "two trailers": (
        [*CHUNKED, ("x-amz-trailer", "x-amz-checksum-sha1")], 400, "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    ),
    "a checksum before and after": (
        [*CHUNKED, ("x-amz-checksum-crc32", "DUoRhQ==")], 400, "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CHUNKED_CLAIMS)
def test_a_claim_of_a_chunked_body_that_cannot_be_read_is_refused(case):
    headers, status, code, message = CHUNKED_CLAIMS[case]
    with pytest.raises(VerificationError) as caught:
        claim_of(KIND, headers)
    assert (caught.value.status, caught.value.code, caught.value.message) == (status, code, message)


def test_a_length_may_be_any_number_of_8_bytes():
    assert claim_of(UNSIGNED, [("content-length", "9223372036854775807")]).content_length == 2**63 - 1


@pytest.mark.parametrize("names", ["x-amz-checksum-crc32", "X-Amz-Checksum-Crc32", " \tX-AMZ-CHECKSUM-CRC32\t,, "])
def test_trailers_are_promised_in_any_spelling_of_the_list(names):
    claim = claim_of(KIND, [*CHUNKED[:1], ("x-amz-trailer", names)])
    assert claim.trailers == ("x-amz-checksum-crc32",)
    assert claim.checksum == ("CRC32", None)


def test_a_trailer_without_a_kind_that_has_trailers_is_refused():
    with pytest.raises(VerificationError) as caught:
        claim_of("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", CHUNKED)
    assert caught.value.code == "MalformedTrailerError"


def test_a_chunked_body_passes():
    encoded = b"b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"
    body = BodyReader(io.BytesIO(encoded), claim_of(KIND, CHUNKED), None)
    assert body.read() == HELLO
    assert body.checksums == {"CRC32": "DUoRhQ=="}


def test_completing_a_multipart_upload_says_the_checksum_of_the_whole_object():
    """There the header is not of the body, and is passed over."""
    claim = claim_of(UNSIGNED, [("x-amz-checksum-crc32", "AAAAAA==")], checksums=False)
    assert BodyReader(io.BytesIO(HELLO), claim, None).read() == HELLO


def test_a_checksum_that_cannot_be_computed_is_refused(monkeypatch):
    def missing(algorithm):
        raise ImportError(algorithm)

    monkeypatch.setattr(body_module, "Checksum", missing)
    with pytest.raises(VerificationError, match="The checksum algorithm XXHASH64 is not supported here"):
        reader(UNSIGNED, [("x-amz-checksum-xxhash64", "AAAAAAAAAAA=")]).read()


def test_no_more_is_read_from_the_stream_than_the_length_says():
    """A WSGI server's stream may go on into the next request."""
    stream = io.BytesIO(HELLO + b"GET / HTTP/1.1")
    body = BodyReader(stream, claim_of(SHA256, [("content-length", "11")]), None)
    assert body.read() == HELLO
    assert stream.read() == b"GET / HTTP/1.1"


def test_read_takes_nothing_for_zero_and_all_for_none():
    body = reader(SHA256, [])
    assert body.read(0) == b""
    assert body.read(1) == b"h"
    assert body.read(None) == b"ello world"


def test_nothing_is_read_before_it_is_asked_for():
    """A server answers `Expect: 100-continue` at the first read."""

    class Untouchable:
        def read(self, size=-1, /):
            raise AssertionError

    BodyReader(Untouchable(), claim_of(SHA256, []), None)


def test_the_last_piece_waits_for_the_checks():
    """All but the last 64 KiB of a bad body may be read; the last may not."""
    body = reader("0" * 64, [], bytes(200_000))
    handed_on = []

    def read_to_the_end():
        while piece := body.read(1):
            handed_on.append(piece)

    with pytest.raises(VerificationError):
        read_to_the_end()
    assert len(handed_on) == 3 * 65536


def test_read_gives_as_many_bytes_as_are_asked_for_however_they_come():
    stream = io.BytesIO(HELLO)
    stream.read = lambda size, read=stream.read: read(min(size, 3))
    body = BodyReader(stream, claim_of(SHA256, []), None)
    assert [body.read(6), body.read(2), body.read(6)] == [b"hello ", b"wo", b"rld"]


@pytest.mark.parametrize("headers", [[], [("content-length", "11")]])
def test_a_stream_that_does_not_wait_is_read_as_far_as_it_goes(headers):
    """Its None is no end: what there is is given, then BlockingIOError says to come back. The checks lose nothing."""

    class Arriving:
        def __init__(self, *arrivals):
            self.arrivals = list(arrivals)

        def read(self, size, /):
            return self.arrivals.pop(0)

    stream = Arriving(None, b"hel", None, b"lo ", b"wor", None, b"ld", b"")
    body = BodyReader(stream, claim_of(SHA256, headers), None)
    given = []
    for _ in range(20):
        try:
            given.append(body.read())
        except BlockingIOError as error:
            given.append(str(error))
    assert given[:4] == [*["the stream has nothing yet"] * 2, b"hello ", b"world"]
    assert set(given[4:]) == {b""}


def test_what_the_stream_raises_passes_through_and_stays():
    class Broken:
        def read(self, size=-1, /):
            raise TimeoutError("too slow")

    body = BodyReader(Broken(), claim_of(UNSIGNED, []), None)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            body.read(1)
