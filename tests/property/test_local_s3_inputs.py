"""Whatever arrives, LocalS3's parsers answer with S3's errors and nothing else, and in bounded time."""

from __future__ import annotations

import io
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from sigv4 import VerificationError
from sigv4.testing.local_s3 import conditions, cors, documents, form, tagging
from sigv4.testing.local_s3.errors import S3Error
from sigv4.testing.local_s3.multipart import _listed_parts
from sigv4.testing.local_s3.records import Upload

NAMES = ["Delete", "Object", "Key", "CORSRule", "AllowedOrigin", "AllowedMethod", "TagSet", "Tag", "Value", "Part"]
NAMES += ["PartNumber", "ETag", "Quiet", "MaxAgeSeconds"]
texts = st.sampled_from(
    ["", "*", "GET", "**", "1", "-1", "9" * 30, "<", "&amp;", "&x;", "<!--x-->", "<![CDATA[x]]>", "\u00e9"]
)
trees = st.recursive(
    texts,
    lambda inner: st.lists(st.tuples(st.sampled_from(NAMES), inner), max_size=4).map(
        lambda pairs: "".join(f"<{name}>{content}</{name}>" for name, content in pairs)
    ),
    max_leaves=12,
)


@given(
    trees | st.text(),
    st.sampled_from(["", '<?xml version="1.0"?>', "<!DOCTYPE x>", '<?xml version="1.0" encoding="x"?>']),
)
def test_any_document_is_read_or_refused(content, prologue):
    for root, read in [
        ("CORSConfiguration", cors.read_rules),
        ("Tagging", lambda document: tagging.read_tags(document, tagging.OBJECT)),
    ]:
        data = f"{prologue}<{root}>{content}</{root}>".encode("utf-8", "surrogatepass")
        with suppress(S3Error):
            read(documents.parse(data, root))
    completion = f"{prologue}<CompleteMultipartUpload>{content}</CompleteMultipartUpload>"
    with suppress(S3Error):
        _listed_parts(Upload("id", "b", "k", 0.0, {}), completion.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=200))
def test_any_bytes_are_no_document(data):
    with suppress(S3Error):
        documents.parse(data, "Delete")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_written_can_be_read(text):
    """All text that XML can carry comes back as it was; of the rest, `readable` makes text that can."""
    readable = documents.readable(text)
    data = documents.render("Root", [("Key", readable)], namespace=None)
    assert documents.parse(data, "Root").value("Key") == readable


@given(
    st.text() | st.from_regex(r"bytes *= *[0-9]{0,22} *- *[0-9]{0,22}(,.*)?", fullmatch=True), st.integers(0, 1 << 63)
)
def test_a_range_lies_inside_or_is_refused(text, size):
    span = None
    with suppress(S3Error):
        span = conditions.parse_range(text, size)
    if span is not None:
        start, length = span
        assert 0 <= start < start + length <= size


@given(st.text())
def test_any_date_is_read_or_none(text):
    conditions.parse_http_date(text)


@given(st.text(alphabet='; =":\\abc\u00e9', max_size=40))
def test_header_parameters_come_to_an_end(text):
    form._parameters(text)


PIECES = [
    b"--B",
    b"\r\n",
    b"--",
    b"Content-Disposition: form-data",
    b'; name="file"',
    b'; name="key"',
    b"x",
    b"\r",
    b"\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join), st.integers(1, 7))
def test_any_form_is_read_or_refused(data, size):
    class Slow(io.BytesIO):
        def read(self, n=-1):
            return super().read(min(n, size) if n >= 0 else size)

    with suppress(S3Error, VerificationError):
        arrived = form.Form(Slow(data), b"B")
        while arrived.read(3):
            pass
        return
