"""A download's file name, whatever it is, in a header that S3 takes.

RFC 6266 section 5's example: `attachment; filename="EURO rates"; filename*=utf-8''%e2%82%ac%20rates`.
"""

from __future__ import annotations

import pytest

from sigv4 import Credentials, SigningError
from sigv4.s3 import S3Presigner, content_disposition

S3 = S3Presigner(Credentials("AKIDEXAMPLE", "secret"), region="us-east-1")


def test_any_name_is_carried() -> None:
    assert content_disposition("€ rates") == "attachment; filename=\"_ rates\"; filename*=UTF-8''%E2%82%AC%20rates"
    assert content_disposition("a.pdf", "inline") == "inline; filename=\"a.pdf\"; filename*=UTF-8''a.pdf"
    with pytest.raises(SigningError, match="'attachment' or 'inline'"):
        content_disposition("a", "form-data; x")


@pytest.mark.parametrize(
    ("name", "plain"), [('a"b.txt', "a_b.txt"), ("a\\b", "a_b"), ("100%", "100_"), ("日本", "__"), ("a;b", "a;b")]
)
def test_no_name_breaks_out_of_its_quotes(name: str, plain: str) -> None:
    """RFC 6266, appendix D: no quote, backslash or percent sign in `filename`."""
    assert f'filename="{plain}"; ' in content_disposition(name)


def test_what_s3_cannot_send_back_is_refused_with_the_way_to_say_it() -> None:
    """S3, recorded: 400 InvalidArgument, Header value cannot be represented using ISO-8859-1."""
    for parameter in ("ResponseContentDisposition", "ResponseCacheControl", "ResponseContentType"):
        with pytest.raises(SigningError, match=r"content_disposition\(filename\)"):
            S3.get_object("b", "k", **{parameter: 'attachment; filename="日本.pdf"'})
        assert "%C3%BC" in S3.get_object("b", "k", **{parameter: "ü"}).url
    assert (
        "filename%2A%3DUTF-8" in S3.get_object("b", "k", ResponseContentDisposition=content_disposition("日本.pdf")).url
    )
