"""S3's XML: bytes from outside."""

from __future__ import annotations

import hashlib
import time
from base64 import b64encode

import pytest


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"<CORSConfiguration>",
        b"<Other/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><CORSConfiguration/>',
        b"<CORSConfiguration>" + b"<a>" * 1000 + b"</a>" * 1000 + b"</CORSConfiguration>",
        b"<CORSConfiguration><x/></CORSConfiguration>",
        b'<?xml version="1.0" encoding="nonsense"?><CORSConfiguration/>',
        b"\xff\xfe\x00",
    ],
)
def test_parse_refuses_what_is_no_document_of_s3(client, body):
    answer = client.send("PUT", "bucket", query={"cors": ""}, body=body)
    assert (answer.status, answer.code) == (400, "MalformedXML")


def test_parse_costs_what_the_document_weighs(client):
    """Neither text in pieces nor the number of elements makes a document dear. Of text in pieces none is lost."""
    before = time.process_time()
    for piece, code in (("<!---->" + "a" * 90, None), ("<O/>", "MalformedXML")):
        body = b"<Delete>" + piece.encode() * (4_000_000 // len(piece))
        body += b"<Object><Key>k<!-- -->e<![CDATA[y]]></Key></Object></Delete>"
        headers = {"content-md5": b64encode(hashlib.md5(body).digest()).decode()}
        answer = client.send("POST", "bucket", query={"delete": ""}, headers=headers, body=body)
        assert answer.code == code
        assert code or answer.texts("Deleted/Key") == ["key"]
    assert time.process_time() - before < 5
