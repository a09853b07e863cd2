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
from ..spoiling import aimed, but, followed_by, with_other_signature, without
from ..version_2 import version_2_header, version_2_query

HELLO = taken(body=OBJECT_BODY)

HEADER = [
    Check("signed", Signed(), HELLO),
    Check("an upload", Signed("PUT", NEW, body=b"new"), taken(stores=b"new")),
    Check("Date instead of x-amz-date", Signed(date="Date"), HELLO),
    Check("no space after the commas", Signed(authorization="AWS4-HMAC-SHA256 Credential={credential},"
          "SignedHeaders={signed_headers},Signature={signature}"), HELLO),
    Check("white space in a signed value", Signed(headers=[("x-amz-meta-a", "  a   b  ")]), HELLO),
    Check("a signed header twice", Signed(headers=[("x-amz-meta-a", "a"), ("x-amz-meta-a", "b")]), HELLO),
    Check("another header unsigned", Signed(unsigned=[("User-Agent", "probe")]), HELLO),
    Check("14 minutes old", Signed(at=-840), HELLO),
    Check("14 minutes ahead", Signed(at=840), HELLO),
    Check("16 minutes old", Signed(at=-960), TOO_SKEWED),
    Check("16 minutes ahead", Signed(at=960), TOO_SKEWED),
    Check("a day old", Signed(at=-86400), TOO_SKEWED),
    Check("nothing signed", Plain(), ACCESS_DENIED),
    Check("nothing signed, an upload", Plain("PUT", NEW, body=b"new"), ACCESS_DENIED),
    Check("Signature Version 2", version_2_header, VERSION_2),
    Check("a presigned URL too", signed_twice, ONE_MECHANISM),
    Check("X-Amz-Algorithm in the query too", Signed(query="X-Amz-Algorithm=AWS4-HMAC-SHA256"), ONE_MECHANISM),
    Check("not readable", Signed(authorization="AWS4-HMAC-SHA256 {signature}"), malformed_header()),
    Check("without Credential", Signed(authorization="AWS4-HMAC-SHA256 SignedHeaders={signed_headers}, "
          "Signature={signature}"), malformed_header()),
    Check("without SignedHeaders", Signed(authorization="AWS4-HMAC-SHA256 Credential={credential}, "
          "Signature={signature}"), malformed_header()),
    Check("without Signature", Signed(authorization="AWS4-HMAC-SHA256 Credential={credential}, "
          "SignedHeaders={signed_headers}"), malformed_header()),
    Check("algorithm unknown", Signed(authorization="AWS4-HMAC-SHA512 Credential={credential}, "
          "SignedHeaders={signed_headers}, Signature={signature}"), refused()),
    Check("credential of four parts", Signed(authorization="AWS4-HMAC-SHA256 "
          "Credential={access_key_id}/{date}/{region}/s3, SignedHeaders={signed_headers}, Signature={signature}"),
          malformed_header("parts")),
    Check("another region", Signed(scope={"region": "wrong-region-1"}), malformed_header("region")),
    Check("another service", Signed(scope={"service": "sqs"}), malformed_header("service")),
    Check("another terminator", Signed(scope={"terminator": "aws3_request"}), malformed_header("terminator")),
    Check("scope of another day", Signed(scope={"date": "20200101"}), malformed_header()),
    Check("no time stamp", Signed(date=""), DATE_NEEDED),
    Check("x-amz-date not readable", Signed(date_value="2026-03-04T05:06:07Z"), DATE_NEEDED),
    Check("no x-amz-content-sha256", Signed(payload_hash=""), HASH_MISSING),
    Check("access key unknown", Signed(who=stranger), UNKNOWN_KEY),
    Check("another secret", Signed(who=impostor), MISMATCH),
    Check("another signature", with_other_signature(Signed()), MISMATCH),
    Check("another method", but(Signed(), method="DELETE"), MISMATCH),
    Check("another key", aimed(Signed("PUT", NEW, body=b"new"), "{key}", "{key}-2"), MISMATCH),
    Check("another query", followed_by(Signed(), "response-content-type=text/html"), MISMATCH),
    Check("a signed header gone", without(Signed(headers=[("x-amz-meta-a", "a")]), "x-amz-meta-a"), MISMATCH),
]  # fmt: skip

QUERY = [
    Check("presigned", Presigned(), HELLO),
    Check("an upload", Presigned("PUT", NEW, body=b"new"), taken(stores=b"new")),
    Check("a header signed", Presigned(headers=[("x-amz-meta-a", "a")]), HELLO),
    Check("with a parameter of the operation's", Presigned(query="response-content-type=text%2Fplain"), HELLO),
    Check("for a week", Presigned(expires="604800"), HELLO),
    Check("in its last minute", Presigned(at=-840), HELLO),
    Check("in its last minute, of an hour", Presigned(at=-3540, expires="3600"), HELLO),
    Check("14 minutes ahead", Presigned(at=840), HELLO),
    Check("expired 2 seconds ago", Presigned(at=-902), EXPIRED),
    Check("expired yesterday", Presigned(at=-87300), EXPIRED),
    Check("16 minutes ahead", Presigned(at=960), NOT_YET),
    Check("a day ahead", Presigned(at=86400), NOT_YET),
    *(
        Check(f"without X-Amz-{name}", Presigned(parameters={f"X-Amz-{name}": None}), SIX_PARAMETERS)
        for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature")
    ),
    Check("its signature twice", followed_by(Presigned(), "X-Amz-Signature={signature}"), ANY_REFUSAL),
    Check("a longer life added", followed_by(Presigned(at=-902), "X-Amz-Expires=604800"), ANY_REFUSAL),
    Check("a longer life added, unexpired", followed_by(Presigned(), "X-Amz-Expires=604800"), ANY_REFUSAL),
    Check("a later date added", followed_by(Presigned(), "X-Amz-Date=20991231T235959Z"), ANY_REFUSAL),
    Check("Signature Version 2", version_2_query, VERSION_2),
    Check("Signature Version 2 added", followed_by(Presigned(), "AWSAccessKeyId=a&Expires=4102444800&Signature=b"),
          ONE_MECHANISM),
    Check("algorithm unknown", Presigned(parameters={"X-Amz-Algorithm": "AWS4-HMAC-SHA512"}), UNKNOWN_ALGORITHM),
    Check("credential of four parts", Presigned(parameters={"X-Amz-Credential": "{access_key_id}%2F20260101%2Fs3"
          "%2Faws4_request"}), wrong_credential("parts")),
    Check("another region", Presigned(scope={"region": "wrong-region-1"}), wrong_credential("region")),
    Check("another service", Presigned(scope={"service": "sqs"}), wrong_credential("service")),
    Check("another terminator", Presigned(scope={"terminator": "aws3_request"}), wrong_credential("terminator")),
    Check("scope of another day", Presigned(scope={"date": "20200101"}), query_error(
          'Invalid credential date "20200101". This date is not the same as X-Amz-Date: "{today}".')),
    Check("X-Amz-Date without its time", Presigned(parameters={"X-Amz-Date": "{today}"}), LONG_FORMAT),
    Check("X-Amz-Date with hyphens", Presigned(parameters={"X-Amz-Date": "2026-03-04T05%3A06%3A07Z"}), LONG_FORMAT),
    Check("X-Amz-Expires not a number", Presigned(expires="soon"), EXPIRES_NO_NUMBER),
    Check("X-Amz-Expires negative", Presigned(expires="-1"), EXPIRES_NEGATIVE),
    Check("X-Amz-Expires above a week", Presigned(expires="604801"), EXPIRES_TOO_LONG),
    Check("access key unknown", Presigned(who=stranger), UNKNOWN_KEY),
    Check("another secret", Presigned(who=impostor), MISMATCH),
    Check("another signature", with_other_signature(Presigned()), MISMATCH),
    Check("another method", but(Presigned(), method="DELETE"), MISMATCH),
    Check("HEAD for GET", but(Presigned(), method="HEAD"), refused(403, body=b"")),
    Check("another key", aimed(Presigned("PUT", NEW, body=b"new"), "{key}", "{key}-2"), MISMATCH),
    Check("another life", aimed(Presigned(), "X-Amz-Expires=900", "X-Amz-Expires=604800"), MISMATCH),
    Check("a parameter changed", aimed(Presigned(query="response-content-type=text%2Fplain"), "plain", "html"),
          MISMATCH),
    Check("a parameter added", followed_by(Presigned(), "response-content-type=text%2Fhtml"), MISMATCH),
    Check("a parameter gone", aimed(Presigned(query="response-content-type=text%2Fplain"),
          "response-content-type=text%2Fplain&", ""), MISMATCH),
    Check("a signed header gone", without(Presigned(headers=[("x-amz-meta-a", "a")]), "x-amz-meta-a"), MISMATCH),
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

COVERAGE = [
    Check("x-amz-acl in the query, signed as a header", Presigned("PUT", NEW, "x-amz-acl=private", body=b"new",
          hoisted=["x-amz-acl"]), taken(stores=b"new")),
    Check("x-amz-content-sha256: UNSIGNED-PAYLOAD, presigned",
          Presigned("PUT", NEW, unsigned=[("x-amz-content-sha256", "UNSIGNED-PAYLOAD")], body=b"new"),
          taken(stores=b"new")),
    *(
        Check(f"{name} unsigned, presigned", Presigned("PUT", NEW, unsigned=[(name, text)]), not_signed(name))
        for name, text in _UNSIGNED.items()
    ),
    *(
        Check(f"{name} unsigned", Signed("PUT", NEW, unsigned=[(name, text)]), not_signed(name))
        for name, text in _UNSIGNED.items()
        if name not in ("x-amz-date", "x-amz-content-sha256")
    ),
    Check("x-amz-content-sha256 unsigned", Signed(left_out=["x-amz-content-sha256"]),
          not_signed("x-amz-content-sha256")),
    Check("x-amz-date unsigned", Signed(left_out=["x-amz-date"]), not_signed("x-amz-date")),
    Check("host unsigned", Signed(left_out=["host"]), not_signed("host")),
    Check("host unsigned, presigned", Presigned(headers=[("range", "bytes=0-4")], left_out=["host"]),
          not_signed("host")),
]  # fmt: skip

TOKENS = [
    Check("a token that nobody gave", Signed(who=owner_with_token), UNKNOWN_TOKEN),
    Check("a token that nobody gave, presigned", Presigned(who=owner_with_token), UNKNOWN_TOKEN),
    Check("a session", Signed(who=session), HELLO, session=True),
    Check("a session, presigned", Presigned(who=session), HELLO, session=True),
    Check("a session without its token", Signed(who=session_without_token), ANY_REFUSAL, session=True),
    Check("a session without its token, presigned", Presigned(who=session_without_token), ANY_REFUSAL, session=True),
    Check("a session with another token", Signed(who=session_with_other_token), UNKNOWN_TOKEN, session=True),
    Check("a session with another token, presigned", Presigned(who=session_with_other_token), UNKNOWN_TOKEN,
          session=True),
]  # fmt: skip
