"""How it is known what S3 answers to a check, the firmest first.

- recorded: S3 itself gave this status, code and message to such a request. The recordings are those that LocalStack
  keeps beside its tests, made against AWS; `where` names the test, and the day on which it was recorded or validated.
- documented: a page of AWS's says that S3 takes the request, or refuses it, or for what it has the code. The words
  of the answer are not always there.
- our own reading: it follows from the rules of the signature, or is what users of S3 have seen. No recording and no
  page says it.

A check whose words a recording contradicts is not called recorded, whatever the status. Where a page and a recording
disagree, the source is the one that the check follows: S3 no longer takes Signature Version 2, says AWS; in us-east-1
it still did in February 2026.
"""

from __future__ import annotations

from dataclasses import dataclass

RECORDED = "recorded"
DOCUMENTED = "documented"
OWN_READING = "our own reading"
KINDS = (RECORDED, DOCUMENTED, OWN_READING)

_RECORDINGS = "https://github.com/localstack/localstack/tree/main/tests/aws/services/s3"
_API = "https://docs.aws.amazon.com/AmazonS3/latest/API"
_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"


@dataclass(frozen=True)
class Source:
    """`kind` is one of KINDS; `where` names the page, or the recording."""

    kind: str
    where: str = ""


def recorded(test: str, day: str = "2026-02-21") -> Source:
    return Source(RECORDED, f"{_RECORDINGS}, {test}, {day}")


OWN = Source(OWN_READING)

ERRORS = Source(DOCUMENTED, f"{_API}/ErrorResponses.html")
RESPONSE_HEADERS = Source(DOCUMENTED, f"{_API}/RESTCommonResponseHeaders.html")
HEAD_OBJECT = Source(DOCUMENTED, f"{_API}/API_HeadObject.html")

# Signing
AUTHORIZATION_HEADER = Source(DOCUMENTED, f"{_API}/sigv4-auth-using-authorization-header.html")
SINGLE_CHUNK = Source(DOCUMENTED, f"{_API}/sig-v4-header-based-auth.html")
PRESIGNING = Source(DOCUMENTED, f"{_API}/sigv4-query-string-auth.html")
SIGNING = Source(DOCUMENTED, f"{_IAM}/reference_sigv-create-signed-request.html")
TROUBLESHOOTING = Source(DOCUMENTED, f"{_IAM}/reference_sigv-troubleshooting.html")
TEMPORARY_CREDENTIALS = Source(DOCUMENTED, f"{_IAM}/id_credentials_temp_use-resources.html")
DATES = Source(DOCUMENTED, "https://docs.aws.amazon.com/general/latest/gr/sigv4-date-handling.html")
TIME_STAMP = Source(DOCUMENTED, f"{_API}/RESTAuthentication.html")

# Bodies
STREAMING = Source(DOCUMENTED, f"{_API}/sigv4-streaming.html")
TRAILERS = Source(DOCUMENTED, f"{_API}/sigv4-streaming-trailers.html")
INTEGRITY = Source(DOCUMENTED, f"{_GUIDE}/checking-object-integrity-upload.html")

# Keys, forms, CORS
KEYS = Source(DOCUMENTED, f"{_GUIDE}/object-keys.html")
POST_OBJECT = Source(DOCUMENTED, f"{_API}/RESTObjectPOST.html")
POST_POLICY = Source(DOCUMENTED, f"{_API}/sigv4-HTTPPOSTConstructPolicy.html")
POST_SIGNATURE = Source(DOCUMENTED, f"{_API}/sigv4-authentication-HTTPPOST.html")
CORS_RULES = Source(DOCUMENTED, f"{_GUIDE}/ManageCorsUsing.html")
