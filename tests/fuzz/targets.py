"""Every parser that takes bytes from outside, as a function of arbitrary bytes.

Each may raise what it declares and nothing else. `python -m tests.fuzz.run` feeds them with a fuzzer; test_corpus.py
feeds them with what the fuzzer once found.
"""

import io
from contextlib import suppress

from sigv4 import Credentials, SigningError, VerificationError, Verifier
from sigv4.authorization_header import check_authorization, read_authorization
from sigv4.body import BodyClaim, BodyReader
from sigv4.checksums import is_value
from sigv4.chunked import KINDS, SignatureChain
from sigv4.encoding import decode, encode, encode_query, parse_query, recode
from sigv4.post import PostPolicy
from sigv4.presigned_query import check_parameters, read_parameters
from sigv4.received import Received
from sigv4.scope import CredentialScope, parse_amz_date, region_set_includes

NOW = 1772600767  # 2026-03-04T05:06:07Z
CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
KNOWN = {CREDENTIALS.access_key_id: CREDENTIALS}
VERIFIERS = [Verifier(KNOWN, region="us-east-1", service=service, now=lambda: NOW) for service in ("s3", "execute-api")]
SCOPE = CredentialScope("20260304", "us-east-1", "s3")


def authorization(data):
    """The Authorization header with the date and the region set beside it."""
    value, date, other_date, regions, *_ = data.decode("latin-1").split("\n") + [""] * 4
    beside = {"x-amz-date": date, "date": other_date, "x-amz-region-set": regions}
    headers = {"authorization": value} | {name: text for name, text in beside.items() if text}
    with suppress(VerificationError):
        check_authorization(read_authorization(Received("GET", "/", headers)), "us-east-1", "s3")


def query(data):
    """The signature's parameters in a query."""
    with suppress(VerificationError, SigningError):
        check_parameters(read_parameters(Received("GET", f"/?{data.decode('latin-1')}", ())), "us-east-1", "s3")


def encoding(data):
    """Percent-encoding: what is decoded and encoded again means the same."""
    with suppress(SigningError):
        assert decode(recode(data)) == decode(data)
        assert decode(encode(data)) == data
    with suppress(SigningError):
        pairs = parse_query(data)
        assert parse_query(encode_query(pairs)) == pairs


def dates(data):
    with suppress(ValueError):
        stamp = data.decode("latin-1")
        assert f"{parse_amz_date(stamp):%Y%m%dT%H%M%SZ}".rjust(16, "0") == stamp


def regions(data):
    region_set_includes(data.decode("latin-1"), "us-east-1")


def request(data):
    """A whole request: the request line, then headers, then the body."""
    head, _, body = data.partition(b"\n\n")
    line, *lines = head.decode("latin-1").split("\n")
    method, _, target = line.partition(" ")
    headers = [(name, value) for name, _, value in (line.partition(":") for line in lines)]
    for verifier in VERIFIERS:
        with suppress(VerificationError):
            verifier.verify(method, target, headers, body)


def policy(data):
    """A POST policy that has been signed, and a form's fields."""
    with suppress(VerificationError):
        text, _, form = data.decode("latin-1").partition("\n")
        parsed = PostPolicy.parse(text)
        fields = dict(part.partition("=")[::2] for part in form.split("&"))
        parsed.check(fields)
        parsed.check_size(len(data))


def form(data):
    """The fields of a POST form."""
    with suppress(VerificationError):
        fields = [part.partition("=")[::2] for part in data.decode("utf-8", "replace").split("\n")]
        VERIFIERS[0].verify_post(fields, bucket="bucket")


def body(data):
    """What headers say of a body, and the body, read in small pieces."""
    head, _, encoded = data.partition(b"\n\n")
    kind, *lines = head.decode("latin-1").split("\n")
    headers = [(name, value) for name, _, value in (line.partition(":") for line in lines)]
    with suppress(VerificationError):
        fields = Received("PUT", "/", headers).fields
        read(BodyReader(io.BytesIO(encoded), BodyClaim(kind, fields), chain()))


def chunks(data):
    """aws-chunked framing of each kind, from a stream that gives what it likes."""
    for kind in KINDS:
        fields = {"x-amz-decoded-content-length": "10000"}
        if kind.endswith("TRAILER"):
            fields["x-amz-trailer"] = "x-amz-checksum-crc32"
        with suppress(VerificationError):
            read(BodyReader(Stream(data), BodyClaim(kind, fields), chain() if KINDS[kind].algorithm else None))


def checksums(data):
    is_value("CRC64NVME", data.decode("latin-1"))


def chain():
    return SignatureChain(CREDENTIALS, "20260304T050607Z", SCOPE, "0" * 64)


class Stream(io.BytesIO):
    """Gives fewer bytes than were asked for, and sometimes says that it has none yet."""

    waited = False

    def read(self, size=-1):
        self.waited = not self.waited
        return None if self.waited else super().read(min(size, 3 + self.tell() % 97))


def read(reader):
    while True:
        with suppress(BlockingIOError):
            if not reader.read(1000):
                return


TARGETS = {
    function.__name__: function
    for function in (authorization, query, encoding, dates, regions, request, policy, form, body, chunks, checksums)
}
