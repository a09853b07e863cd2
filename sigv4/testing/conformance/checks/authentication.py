"""Who sends a request, for what and when, and whether the signature covers what arrived."""

from __future__ import annotations

from ..answers import (
    ACCESS_DENIED,
    ANY_REFUSAL,
    DATE_NEEDED,
    EXPIRED,
    EXPIRES_NEGATIVE,
    EXPIRES_NO_NUMBER,
    EXPIRES_TOO_LONG,
    HASH_MISSING,
    LONG_FORMAT,
    MISMATCH,
    NOT_YET,
    ONE_MECHANISM,
    SIX_PARAMETERS,
    TOO_SKEWED,
    UNKNOWN_ALGORITHM,
    UNKNOWN_KEY,
    UNKNOWN_TOKEN,
    VERSION_2,
    malformed_header,
    not_signed,
    query_error,
    wrong_credential,
)
from ..check import Check, refused, taken
from ..recipes import NEW, OBJECT_BODY, Plain, Presigned, Signed, signed_twice
from ..signers import (
    impostor,
    owner_with_token,
    session,
    session_with_other_token,
    session_without_token,
    stranger,
)
from ..sources import (
    AUTHORIZATION_HEADER,
    DATES,
    ERRORS,
    OWN,
    PRESIGNING,
    SIGNING,
    SINGLE_CHUNK,
    TEMPORARY_CREDENTIALS,
    TIME_STAMP,
    TROUBLESHOOTING,
    recorded,
)
from ..spoiling import aimed, but, followed_by, with_other_signature, without
from ..version_2 import version_2_header, version_2_query

HELLO = taken(body=OBJECT_BODY)

HEADER = [
    Check("signed", Signed(), HELLO, SINGLE_CHUNK),
    Check("an upload", Signed("PUT", NEW, body=b"new"), taken(stores=b"new"), SINGLE_CHUNK),
    Check("Date instead of x-amz-date", Signed(date="Date"), HELLO, DATES),
    Check("no space after the commas", Signed(authorization="AWS4-HMAC-SHA256 Credential={credential},"
          "SignedHeaders={signed_headers},Signature={signature}"), HELLO, SINGLE_CHUNK),
    Check("white space in a signed value", Signed(headers=[("x-amz-meta-a", "  a   b  ")]), HELLO, SIGNING),
    Check("a signed header twice", Signed(headers=[("x-amz-meta-a", "a"), ("x-amz-meta-a", "b")]), HELLO, SIGNING),
    Check("another header unsigned", Signed(unsigned=[("User-Agent", "probe")]), HELLO, SINGLE_CHUNK),
    Check("14 minutes old", Signed(at=-840), HELLO, TIME_STAMP),
    Check("14 minutes ahead", Signed(at=840), HELLO, TIME_STAMP),
    Check("16 minutes old", Signed(at=-960), TOO_SKEWED, TIME_STAMP),
    Check("16 minutes ahead", Signed(at=960), TOO_SKEWED, TIME_STAMP),
    Check("a day old", Signed(at=-86400), TOO_SKEWED, TIME_STAMP),
    Check("nothing signed", Plain(), ACCESS_DENIED, ERRORS),
    Check("nothing signed, an upload", Plain("PUT", NEW, body=b"new"), ACCESS_DENIED, ERRORS),
    Check("Signature Version 2", version_2_header, VERSION_2, TROUBLESHOOTING),
    Check("a presigned URL too", signed_twice, ONE_MECHANISM, OWN),
    Check("X-Amz-Algorithm in the query too", Signed(query="X-Amz-Algorithm=AWS4-HMAC-SHA256"), ONE_MECHANISM, OWN),
    Check("not readable", Signed(authorization="AWS4-HMAC-SHA256 {signature}"), malformed_header(), ERRORS),
    Check("without Credential", Signed(authorization="AWS4-HMAC-SHA256 SignedHeaders={signed_headers}, "
          "Signature={signature}"), malformed_header(), ERRORS),
    Check("without SignedHeaders", Signed(authorization="AWS4-HMAC-SHA256 Credential={credential}, "
          "Signature={signature}"), malformed_header(), ERRORS),
    Check("without Signature", Signed(authorization="AWS4-HMAC-SHA256 Credential={credential}, "
          "SignedHeaders={signed_headers}"), malformed_header(), ERRORS),
    Check("algorithm unknown", Signed(authorization="AWS4-HMAC-SHA512 Credential={credential}, "
          "SignedHeaders={signed_headers}, Signature={signature}"), refused(), AUTHORIZATION_HEADER),
    Check("credential of four parts", Signed(authorization="AWS4-HMAC-SHA256 "
          "Credential={access_key_id}/{date}/{region}/s3, SignedHeaders={signed_headers}, Signature={signature}"),
          malformed_header("parts"), ERRORS),
    Check("another region", Signed(scope={"region": "wrong-region-1"}), malformed_header("region"),
          recorded("test_create_bucket_aws_global")),
    Check("another service", Signed(scope={"service": "sqs"}), malformed_header("service"), ERRORS),
    Check("another terminator", Signed(scope={"terminator": "aws3_request"}), malformed_header("terminator"), ERRORS),
    Check("scope of another day", Signed(scope={"date": "20200101"}), malformed_header(), DATES),
    Check("no time stamp", Signed(date=""), DATE_NEEDED, TIME_STAMP),
    Check("x-amz-date not readable", Signed(date_value="2026-03-04T05:06:07Z"), DATE_NEEDED, TIME_STAMP),
    Check("no x-amz-content-sha256", Signed(payload_hash=""), HASH_MISSING, AUTHORIZATION_HEADER),
    Check("access key unknown", Signed(who=stranger), UNKNOWN_KEY, ERRORS),
    Check("another secret", Signed(who=impostor), MISMATCH, ERRORS),
    Check("another signature", with_other_signature(Signed()), MISMATCH, ERRORS),
    Check("another method", but(Signed(), method="DELETE"), MISMATCH, SIGNING),
    Check("another key", aimed(Signed("PUT", NEW, body=b"new"), "{key}", "{key}-2"), MISMATCH, SIGNING),
    Check("another query", followed_by(Signed(), "response-content-type=text/html"), MISMATCH, SIGNING),
    Check("a signed header gone", without(Signed(headers=[("x-amz-meta-a", "a")]), "x-amz-meta-a"), MISMATCH, SIGNING),
]  # fmt: skip

_MISSING = {"Date": recorded("test_s3_put_presigned_url_missing_sig_param[s3v4]")}

QUERY = [
    Check("presigned", Presigned(), HELLO, recorded("test_s3_presign_url_encoding[s3v4]")),
    Check("an upload", Presigned("PUT", NEW, body=b"new"), taken(stores=b"new"),
          recorded("test_presigned_url_signature_authentication[s3v4-False]")),
    Check("a header signed", Presigned(headers=[("x-amz-meta-a", "a")]), HELLO, PRESIGNING),
    Check("with a parameter of the operation's", Presigned(query="response-content-type=text%2Fplain"), HELLO,
          recorded("test_s3_get_response_header_overrides[s3v4]")),
    Check("for a week", Presigned(expires="604800"), HELLO, PRESIGNING),
    Check("in its last minute", Presigned(at=-840), HELLO, PRESIGNING),
    Check("in its last minute, of an hour", Presigned(at=-3540, expires="3600"), HELLO, PRESIGNING),
    Check("14 minutes ahead", Presigned(at=840), HELLO, OWN),
    Check("expired 2 seconds ago", Presigned(at=-902), EXPIRED, recorded("test_s3_presigned_url_expired[s3v4]")),
    Check("expired yesterday", Presigned(at=-87300), EXPIRED, PRESIGNING),
    Check("16 minutes ahead", Presigned(at=960), NOT_YET, OWN),
    Check("a day ahead", Presigned(at=86400), NOT_YET, OWN),
    *(
        Check(f"without X-Amz-{name}", Presigned(parameters={f"X-Amz-{name}": None}), SIX_PARAMETERS,
              _MISSING.get(name, PRESIGNING))
        for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
    ),
    Check("its signature twice", followed_by(Presigned(), "X-Amz-Signature={signature}"), ANY_REFUSAL, OWN),
    Check("a longer life added", followed_by(Presigned(at=-902), "X-Amz-Expires=604800"), ANY_REFUSAL, OWN),
    Check("a longer life added, unexpired", followed_by(Presigned(), "X-Amz-Expires=604800"), ANY_REFUSAL, OWN),
    Check("a later date added", followed_by(Presigned(), "X-Amz-Date=20991231T235959Z"), ANY_REFUSAL, OWN),
    Check("Signature Version 2", version_2_query, VERSION_2, TROUBLESHOOTING),
    Check("Signature Version 2 added", followed_by(Presigned(), "AWSAccessKeyId=a&Expires=4102444800&Signature=b"),
          ONE_MECHANISM, OWN),
    Check("algorithm unknown", Presigned(parameters={"X-Amz-Algorithm": "AWS4-HMAC-SHA512"}), UNKNOWN_ALGORITHM,
          PRESIGNING),
    Check("credential of four parts", Presigned(parameters={"X-Amz-Credential": "{access_key_id}%2F20260101%2Fs3"
          "%2Faws4_request"}), wrong_credential("parts"), recorded("test_presigned_double_encoded_credentials")),
    Check("another region", Presigned(scope={"region": "wrong-region-1"}), wrong_credential("region"), ERRORS),
    Check("another service", Presigned(scope={"service": "sqs"}), wrong_credential("service"), ERRORS),
    Check("another terminator", Presigned(scope={"terminator": "aws3_request"}), wrong_credential("terminator"),
          ERRORS),
    Check("scope of another day", Presigned(scope={"date": "20200101"}), query_error(
          'Invalid credential date "20200101". This date is not the same as X-Amz-Date: "{today}".'), DATES),
    Check("X-Amz-Date without its time", Presigned(parameters={"X-Amz-Date": "{today}"}), LONG_FORMAT, PRESIGNING),
    Check("X-Amz-Date with hyphens", Presigned(parameters={"X-Amz-Date": "2026-03-04T05%3A06%3A07Z"}), LONG_FORMAT,
          PRESIGNING),
    Check("X-Amz-Expires not a number", Presigned(expires="soon"), EXPIRES_NO_NUMBER, PRESIGNING),
    Check("X-Amz-Expires negative", Presigned(expires="-1"), EXPIRES_NEGATIVE, PRESIGNING),
    Check("X-Amz-Expires above a week", Presigned(expires="604801"), EXPIRES_TOO_LONG, PRESIGNING),
    Check("access key unknown", Presigned(who=stranger), UNKNOWN_KEY, ERRORS),
    Check("another secret", Presigned(who=impostor), MISMATCH, ERRORS),
    Check("another signature", with_other_signature(Presigned()), MISMATCH, ERRORS),
    Check("another method", but(Presigned(), method="DELETE"), MISMATCH, SIGNING),
    Check("HEAD for GET", but(Presigned(), method="HEAD"), refused(403, body=b""), SIGNING),
    Check("another key", aimed(Presigned("PUT", NEW, body=b"new"), "{key}", "{key}-2"), MISMATCH, SIGNING),
    Check("another life", aimed(Presigned(), "X-Amz-Expires=900", "X-Amz-Expires=604800"), MISMATCH, SIGNING),
    Check("a parameter changed", aimed(Presigned(query="response-content-type=text%2Fplain"), "plain", "html"),
          MISMATCH, SIGNING),
    Check("a parameter added", followed_by(Presigned(), "response-content-type=text%2Fhtml"), MISMATCH, SIGNING),
    Check("a parameter gone", aimed(Presigned(query="response-content-type=text%2Fplain"),
          "response-content-type=text%2Fplain&", ""), MISMATCH, SIGNING),
    Check("a signed header gone", without(Presigned(headers=[("x-amz-meta-a", "a")]), "x-amz-meta-a"), MISMATCH,
          recorded("test_put_url_metadata_with_sig_s3v4[False]")),
]  # fmt: skip

_UNSIGNED = {
    "x-amz-acl": "public-read",
    "x-amz-copy-source": "/{bucket}/object",
    "x-amz-storage-class": "REDUCED_REDUNDANCY",
    "x-amz-meta-owner": "mallory",
    "x-amz-tagging": "a=b",
    "x-amz-website-redirect-location": "/elsewhere",
    "x-amz-date": "20991231T235959Z",
    "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
}

_UNSIGNED_PRESIGNED = {
    "x-amz-meta-owner": recorded("test_put_url_metadata_with_sig_s3v4[False]"),
    "x-amz-date": recorded("test_put_object_with_md5_and_chunk_signature_bad_headers[s3v4-True]"),
    "x-amz-content-sha256": OWN,
}

COVERAGE = [
    Check("x-amz-acl in the query, signed as a header",
          Presigned("PUT", NEW, "x-amz-acl=bucket-owner-full-control", body=b"new", hoisted=["x-amz-acl"]),
          taken(stores=b"new"), recorded("test_presigned_url_v4_signed_headers_in_qs")),
    Check("x-amz-content-sha256: UNSIGNED-PAYLOAD, presigned",
          Presigned("PUT", NEW, unsigned=[("x-amz-content-sha256", "UNSIGNED-PAYLOAD")], body=b"new"),
          taken(stores=b"new"), OWN),
    *(
        Check(f"{name} unsigned, presigned", Presigned("PUT", NEW, unsigned=[(name, text)]), not_signed(name),
              _UNSIGNED_PRESIGNED.get(name, SIGNING))
        for name, text in _UNSIGNED.items()
    ),
    *(
        Check(f"{name} unsigned", Signed("PUT", NEW, unsigned=[(name, text)]), not_signed(name), SIGNING)
        for name, text in _UNSIGNED.items()
        if name not in ("x-amz-date", "x-amz-content-sha256")
    ),
    Check("x-amz-content-sha256 unsigned", Signed(left_out=["x-amz-content-sha256"]),
          not_signed("x-amz-content-sha256"), SIGNING),
    Check("x-amz-date unsigned", Signed(left_out=["x-amz-date"]), not_signed("x-amz-date"), SIGNING),
    Check("host unsigned", Signed(left_out=["host"]), not_signed("host"), SIGNING),
    Check("host unsigned, presigned", Presigned(headers=[("range", "bytes=0-4")], left_out=["host"]),
          not_signed("host"), SIGNING),
]  # fmt: skip

TOKENS = [
    Check("a token that nobody gave", Signed(who=owner_with_token), UNKNOWN_TOKEN, ERRORS),
    Check("a token that nobody gave, presigned", Presigned(who=owner_with_token), UNKNOWN_TOKEN, ERRORS),
    Check("a session", Signed(who=session), HELLO, TEMPORARY_CREDENTIALS, session=True),
    Check("a session, presigned", Presigned(who=session), HELLO,
          recorded("test_presigned_url_with_session_token"), session=True),
    Check("a session without its token", Signed(who=session_without_token), ANY_REFUSAL,
          TEMPORARY_CREDENTIALS, session=True),
    Check("a session without its token, presigned", Presigned(who=session_without_token), ANY_REFUSAL,
          TEMPORARY_CREDENTIALS, session=True),
    Check("a session with another token", Signed(who=session_with_other_token), UNKNOWN_TOKEN, ERRORS, session=True),
    Check("a session with another token, presigned", Presigned(who=session_with_other_token), UNKNOWN_TOKEN, ERRORS,
          session=True),
]  # fmt: skip
