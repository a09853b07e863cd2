"""Verifier on raw requests: what S3 refuses is refused, with its code, status, words and extra elements.

Each case takes one request that is right and changes it as its name says; `resigned` cases are signed again by hand, so
that the change alone is what is wrong.
"""

import io
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import digest
from time import process_time

import pytest

from sigv4 import CanonicalRules, Credentials, Signer, SigningError, VerificationError, Verifier
from sigv4.received import Received
from sigv4.verifier import read_claim, same_token

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials("ASIAEXAMPLE", "a-secret", "a-session-token")
EXPIRED = Credentials("ASIAEXPIRED", "a-secret", "a-token", expires_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC))
LASTING = Credentials("ASIALASTING", "a-secret", "a-token", expires_at=datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC))
KNOWN = {known.access_key_id: known for known in (CREDENTIALS, TEMPORARY, EXPIRED, LASTING)}
SIGNED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
STAMP = "20260304T050607Z"
HOST = "examplebucket.s3.eu-central-1.amazonaws.com"
EMPTY = sha256(b"").hexdigest()
SIGNATURE = "0" * 64


def verifier(later=0, **options):
    now = (SIGNED_AT + timedelta(seconds=later)).timestamp
    return Verifier(KNOWN, **{"region": "eu-central-1", "now": now, **options})


def key(secret, date="20260304", region="eu-central-1", service="s3"):
    made = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        made = digest(made, part.encode(), "sha256")
    return made


class Raw:
    """A request in its raw parts, to be changed and signed anew, with nothing of the package under test."""

    def __init__(self, credentials=CREDENTIALS):
        self.method = "GET"
        self.path = "/key"
        self.credentials = credentials
        self.scope = "20260304/eu-central-1/s3/aws4_request"
        self.headers = {"host": HOST}

    def signature(self, query, headers, payload_hash):
        lines = "".join(f"{name}:{self.headers.get(name, '')}\n" for name in headers)
        canonical = f"{self.method}\n{self.path}\n{query}\n{lines}\n{';'.join(headers)}\n{payload_hash}"
        hashed = sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{STAMP}\n{self.scope}\n{hashed}"
        return digest(key(self.credentials.secret_access_key), to_sign.encode(), "sha256").hex()

    def presigned(self, *, signed_headers=("host",), payload_hash="UNSIGNED-PAYLOAD", more=(), **changed):
        """The target and the headers; `changed` parameters are signed as they are, one that is None is left out."""
        credential = f"{self.credentials.access_key_id}/{self.scope}".replace("/", "%2F")
        parameters = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": credential, "X-Amz-Date": STAMP,
            "X-Amz-Expires": "900", "X-Amz-SignedHeaders": "%3B".join(signed_headers),
        }  # fmt: skip
        if self.credentials.session_token is not None:
            parameters["X-Amz-Security-Token"] = self.credentials.session_token
        signature = changed.pop("Signature", None)
        parameters.update({f"X-Amz-{name}": value for name, value in changed.items()})
        pairs = [f"{name}={value}" for name, value in parameters.items() if value is not None] + list(more)
        query = "&".join(sorted(pairs))
        if signature is None:
            signature = self.signature(query, signed_headers, payload_hash)
        return f"{self.path}?{query}&X-Amz-Signature={signature}", [*self.headers.items()]

    def signed(self, *, signed_headers=None, payload_hash=EMPTY, **changed):
        """The target and the headers; `changed` replace the parts of the Authorization header."""
        self.headers.setdefault("x-amz-date", STAMP)
        self.headers.setdefault("x-amz-content-sha256", payload_hash)
        if self.credentials.session_token is not None:
            self.headers["x-amz-security-token"] = self.credentials.session_token
        names = signed_headers or sorted(self.headers)
        parts = {
            "Algorithm": "AWS4-HMAC-SHA256",
            "Credential": f"{self.credentials.access_key_id}/{self.scope}",
            "SignedHeaders": ";".join(names),
            "Signature": self.signature("", names, payload_hash),
        } | changed
        authorization = (
            f"{parts['Algorithm']} Credential={parts['Credential']}, SignedHeaders={parts['SignedHeaders']}, "
            f"Signature={parts['Signature']}"
        )
        return self.path, [*self.headers.items(), ("Authorization", authorization)]


def raw(credentials=CREDENTIALS, **headers):
    made = Raw(credentials)
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def scoped(scope):
    made = Raw()
    made.scope = scope
    return made


def without(request, *names):
    target, headers = request
    return target, [pair for pair in headers if pair[0].lower() not in names]


def plus(request, *pairs):
    target, headers = request
    return target, [*headers, *pairs]


def query(request, more):
    target, headers = request
    return target + more, headers


def parameter_gone(name):
    target, headers = Raw().presigned()
    path, _, rest = target.partition("?")
    return path + "?" + "&".join(part for part in rest.split("&") if not part.startswith(f"X-Amz-{name}=")), headers


SIX = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, "
    "X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
ONE = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or "
    "the Authorization header should be specified."
)
IN_QUERY = "Error parsing the X-Amz-Credential parameter; "
IN_HEADER = "The authorization header is malformed; "
FIVE = 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
MALFORMED = "The request has a malformed header."
NOT_SIGNED = "There were headers present in the request which were not signed"
THREE = "expecting Credential, SignedHeaders and Signature, each as name=value."
V2 = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
DATE_NEEDED = "AWS authentication requires a valid Date or x-amz-date header"
LONG_FORMAT = "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\""
WEEK = (
    "X-Amz-Expires must be less than a week (in seconds); "
    "that is, the given X-Amz-Expires must be less than 604800 seconds"
)
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
NO_HASH = (
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, "
    "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER, STREAMING-UNSIGNED-PAYLOAD-TRAILER, or a valid sha256 value."
)
ONCE = "The authorization header is malformed; it must be given once."

QUERY_ERROR = (400, "AuthorizationQueryParametersError")
HEADER_ERROR = (400, "AuthorizationHeaderMalformed")
DENIED = (403, "AccessDenied")
BAD = (400, "InvalidRequest")

NOBODY = Credentials("AKIDNOBODY", "unknown")
OTHER_SECRET = Credentials("AKIDEXAMPLE", "another")

# name: (target, headers), (status, code), message, extra elements
REFUSED = {
    "nothing signed": (("/key", [("host", HOST)]), DENIED, "Access Denied", []),
    "query and header": (
        plus(Raw().presigned(), Raw().signed()[1][-1]), (400, "InvalidArgument"), ONE,
        [("ArgumentName", "Authorization"), ("ArgumentValue", "AWS4-HMAC-SHA256")],
    ),
    "query of both versions": (
        query(Raw().presigned(), "&AWSAccessKeyId=a&Signature=b"), (400, "InvalidArgument"), ONE,
        [("ArgumentName", "Authorization"), ("ArgumentValue", "Signature")],
    ),
    **{
        f"without X-Amz-{name}": (parameter_gone(name), QUERY_ERROR, SIX, [])
        for name in ("Algorithm", "Credential", "Signature", "Date", "SignedHeaders", "Expires")
    },
    **{
        f"X-Amz-{name} alone": ((f"/key?X-Amz-{name}=a", [("host", HOST)]), QUERY_ERROR, SIX, [])
        for name in ("Algorithm", "Credential", "Signature")
    },
    "algorithm unknown": (
        Raw().presigned(Algorithm="AWS4-HMAC-SHA512"), QUERY_ERROR,
        'X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"', [],
    ),
    "credential of four parts": (
        Raw().presigned(Credential="AKIDEXAMPLE%2F20260304%2Feu-central-1%2Fs3"), QUERY_ERROR, IN_QUERY + FIVE, [],
    ),
    "credential of six parts": (
        Raw().presigned(Credential="A%2FB%2F20260304%2Feu-central-1%2Fs3%2Faws4_request"), QUERY_ERROR,
        IN_QUERY + FIVE, [],
    ),
    "credential with an empty part": (
        Raw().presigned(Credential="%2F20260304%2Feu-central-1%2Fs3%2Faws4_request"), QUERY_ERROR, IN_QUERY + FIVE, [],
    ),
    "credential not ASCII": (
        Raw().presigned(Credential="%FF%2F20260304%2Feu-central-1%2Fs3%2Faws4_request"), QUERY_ERROR,
        IN_QUERY + FIVE, [],
    ),
    "region wrong": (
        scoped("20260304/us-east-1/s3/aws4_request").presigned(), QUERY_ERROR,
        IN_QUERY + "the region 'us-east-1' is wrong; expecting 'eu-central-1'", [("Region", "eu-central-1")],
    ),
    "service wrong": (
        scoped("20260304/eu-central-1/sts/aws4_request").presigned(), QUERY_ERROR,
        IN_QUERY + 'incorrect service "sts". This endpoint belongs to "s3".', [],
    ),
    "terminator wrong": (
        scoped("20260304/eu-central-1/s3/aws3_request").presigned(), QUERY_ERROR,
        IN_QUERY + 'incorrect terminal "aws3_request". This endpoint uses "aws4_request".', [],
    ),
    "scope of another day": (
        scoped("20260303/eu-central-1/s3/aws4_request").presigned(), QUERY_ERROR,
        'Invalid credential date "20260303". This date is not the same as X-Amz-Date: "20260304".', [],
    ),
    "scope's date not eight digits": (
        scoped("2026-03-04/eu-central-1/s3/aws4_request").presigned(), QUERY_ERROR,
        IN_QUERY + 'incorrect date format "2026-03-04". This date in the credential must be in the format "yyyyMMdd".',
        [],
    ),
    **{
        f"X-Amz-Date {date!r}": (Raw().presigned(Date=date), QUERY_ERROR, LONG_FORMAT, [])
        for date in (
            "", "20260304", "2026-03-04T05:06:07Z", "20260304T050607", "20260304T050607z", "20260304t050607Z",
            "20261304T050607Z", "20260230T050607Z", "20260304T250607Z", "20260304T056007Z", "20260304T050660Z",
            "20260304T050607ZZ", "+0260304T050607Z", "%D9%A2%D9%A00260304T0506Z", "20260304T05060 ", "00000304T050607Z",
            "20260304T240000Z",
        )
    },
    "X-Amz-Expires not a number": (Raw().presigned(Expires="9x"), QUERY_ERROR, "X-Amz-Expires should be a number", []),
    "X-Amz-Expires empty": (Raw().presigned(Expires=""), QUERY_ERROR, "X-Amz-Expires should be a number", []),
    "X-Amz-Expires a fraction": (Raw().presigned(Expires="1.5"), QUERY_ERROR, "X-Amz-Expires should be a number", []),
    "X-Amz-Expires spaced": (Raw().presigned(Expires="%2060"), QUERY_ERROR, "X-Amz-Expires should be a number", []),
    "X-Amz-Expires in other digits": (
        Raw().presigned(Expires="%D9%A1"), QUERY_ERROR, "X-Amz-Expires should be a number", [],
    ),
    "X-Amz-Expires negative": (Raw().presigned(Expires="-1"), QUERY_ERROR, "X-Amz-Expires must be non-negative", []),
    "X-Amz-Expires above a week": (Raw().presigned(Expires="604801"), QUERY_ERROR, WEEK, []),
    "X-Amz-Expires enormous": (Raw().presigned(Expires="9" * 5000), QUERY_ERROR, WEEK, []),
    "SignedHeaders in capitals": (
        Raw().presigned(SignedHeaders="Host"), QUERY_ERROR,
        "Error parsing the X-Amz-SignedHeaders parameter; SignedHeaders must be lower-case header names joined by ';'.",
        [],
    ),
    "SignedHeaders out of order": (
        Raw().presigned(SignedHeaders="range%3Bhost"), QUERY_ERROR,
        "Error parsing the X-Amz-SignedHeaders parameter; SignedHeaders must be in alphabetical order, each name once.",
        [],
    ),
    "signature not hex": (
        Raw().presigned(Signature="g" * 64), QUERY_ERROR,
        "Error parsing the X-Amz-Signature parameter; the Signature must be 64 lower-case hexadecimal digits.", [],
    ),
    "signature in capitals": (
        Raw().presigned(Signature=Raw().presigned()[0][-64:].upper()), QUERY_ERROR,
        "Error parsing the X-Amz-Signature parameter; the Signature must be 64 lower-case hexadecimal digits.", [],
    ),
    **{
        f"{parameter} twice": (
            query(Raw().presigned(), f"&{parameter}=1"), QUERY_ERROR, f"{parameter} must be given once.", [],
        )
        for parameter in (
            "X-Amz-Expires", "X-Amz-Date", "X-Amz-Signature", "X-Amz-Credential", "X-Amz-Algorithm",
            "X-Amz-SignedHeaders", "x-amz-expires",
        )
    },
    "a hoisted header twice": (
        Raw().presigned(more=("x-amz-acl=private", "x-amz-acl=public-read")), QUERY_ERROR,
        "x-amz-acl must be given once.", [],
    ),
    "X-Amz-Content-Sha256 no hash": (
        Raw().presigned(more=("X-Amz-Content-Sha256=x",)), (400, "InvalidArgument"),
        NO_HASH,
        [("ArgumentName", "x-amz-content-sha256"), ("ArgumentValue", "x")],
    ),
    "an x-amz-* header unsigned": (
        plus(Raw().presigned(), ("X-Amz-Acl", "public-read")), DENIED, NOT_SIGNED, [("HeadersNotSigned", "x-amz-acl")],
    ),
    "two x-amz-* headers unsigned, one twice": (
        plus(Raw().presigned(), ("x-amz-acl", "a"), ("x-amz-tagging", "b"), ("x-amz-acl", "c")), DENIED, NOT_SIGNED,
        [("HeadersNotSigned", "x-amz-acl, x-amz-tagging")],
    ),
    "a payload hash unsigned": (
        plus(Raw().presigned(), ("x-amz-content-sha256", EMPTY)), DENIED, NOT_SIGNED,
        [("HeadersNotSigned", "x-amz-content-sha256")],
    ),
    "a payload hash and another header unsigned": (
        plus(Raw().presigned(), ("x-amz-content-sha256", EMPTY), ("x-amz-acl", "a")), DENIED, NOT_SIGNED,
        [("HeadersNotSigned", "x-amz-acl")],
    ),
    "another header unsigned whose value is UNSIGNED-PAYLOAD": (
        plus(Raw().presigned(), ("x-amz-acl", "UNSIGNED-PAYLOAD")), DENIED, NOT_SIGNED,
        [("HeadersNotSigned", "x-amz-acl")],
    ),
    "host unsigned": (
        raw(range="bytes=0-9").presigned(signed_headers=("range",)), DENIED, NOT_SIGNED, [("HeadersNotSigned", "host")],
    ),
    "access key unknown": (
        Raw(NOBODY).presigned(), (403, "InvalidAccessKeyId"),
        "The AWS Access Key Id you provided does not exist in our records.", [("AWSAccessKeyId", "AKIDNOBODY")],
    ),
    "session token missing": (
        Raw(Credentials("ASIAEXAMPLE", "a-secret")).presigned(), (400, "InvalidToken"),
        "The provided token is malformed or otherwise invalid.", [],
    ),
    "session token another": (
        Raw(Credentials("ASIAEXAMPLE", "a-secret", "another")).presigned(), (400, "InvalidToken"),
        "The provided token is malformed or otherwise invalid.", [],
    ),
    "session token where none belongs": (
        Raw(Credentials("AKIDEXAMPLE", CREDENTIALS.secret_access_key, "some")).presigned(), (400, "InvalidToken"),
        "The provided token is malformed or otherwise invalid.", [],
    ),
    "credentials expired": (Raw(EXPIRED).presigned(), (400, "ExpiredToken"), "The provided token has expired.", []),
    "Signature Version 2 in the query": (
        ("/key?AWSAccessKeyId=a&Expires=1&Signature=b", [("host", HOST)]), BAD, V2, [],
    ),
    "Signature Version 2 in the header": (("/key", [("host", HOST), ("Authorization", "AWS a:b")]), BAD, V2, []),
    **{
        f"Authorization {value!r}": (
            ("/key", [("host", HOST), ("x-amz-date", STAMP), ("Authorization", value)]), HEADER_ERROR, message, [],
        )
        for value, message in {
            "": IN_HEADER + "the algorithm must be",
            "Basic QWxhZGRpbg==": IN_HEADER + "the algorithm must be",
            "AWS4-HMAC-SHA512 Credential=a": IN_HEADER + "the algorithm must be",
            "AWS4-HMAC-SHA256": IN_HEADER + THREE,
            "AWS4-HMAC-SHA256 Credential": IN_HEADER + THREE,
            "AWS4-HMAC-SHA256 Credential=a, Signature=b": IN_HEADER + "SignedHeaders is missing.",
            "AWS4-HMAC-SHA256 Credential=a, Credential=b": IN_HEADER + "Credential stands twice.",
            "AWS4-HMAC-SHA256 Credential=a, Extra=b": IN_HEADER + THREE,
        }.items()
    },
    "Authorization twice": (plus(Raw().signed(), Raw().signed()[1][-1]), HEADER_ERROR, ONCE, []),
    "header: credential of four parts": (
        Raw().signed(Credential="AKIDEXAMPLE/20260304/eu-central-1/s3"), HEADER_ERROR, IN_HEADER + FIVE, [],
    ),
    "header: region wrong": (
        scoped("20260304/us-east-1/s3/aws4_request").signed(), HEADER_ERROR,
        IN_HEADER + "the region 'us-east-1' is wrong; expecting 'eu-central-1'", [("Region", "eu-central-1")],
    ),
    "header: service wrong": (
        scoped("20260304/eu-central-1/sts/aws4_request").signed(), HEADER_ERROR,
        IN_HEADER + 'incorrect service "sts". This endpoint belongs to "s3".', [],
    ),
    "header: terminator wrong": (
        scoped("20260304/eu-central-1/s3/aws3_request").signed(), HEADER_ERROR,
        IN_HEADER + 'incorrect terminal "aws3_request". This endpoint uses "aws4_request".', [],
    ),
    "header: scope of another day": (
        scoped("20260303/eu-central-1/s3/aws4_request").signed(), HEADER_ERROR,
        IN_HEADER + 'Invalid credential date "20260303". This date is not the same as X-Amz-Date: "20260304".', [],
    ),
    "header: signature too short": (
        Raw().signed(Signature="0" * 63), HEADER_ERROR,
        IN_HEADER + "the Signature must be 64 lower-case hexadecimal digits.", [],
    ),
    "no date": (without(Raw().signed(), "x-amz-date"), DENIED, DATE_NEEDED, []),
    "a date that is none": (raw(x_amz_date="today").signed(), DENIED, DATE_NEEDED, []),
    "two dates": (plus(Raw().signed(), ("x-amz-date", STAMP)), DENIED, DATE_NEEDED, []),
    **{
        f"Date {value!r}": (plus(without(Raw().signed(), "x-amz-date"), ("Date", value)), DENIED, DATE_NEEDED, [])
        for value in (
            "Wed, 04 Mar 2026 05:06:07", "Wed, 04 Mar 2026 05:06:07 CET", "Wed, 4 Mar 2026 05:06:07 GMT",
            "Wed, 04 Foo 2026 05:06:07 GMT", "Wed, 04 Mar 2026 050607 GMT", "Wed, 31 Feb 2026 05:06:07 GMT", ",", "1",
        )
    },
    "header: payload hash missing": (
        without(Raw().signed(), "x-amz-content-sha256"), BAD,
        "Missing required header for this request: x-amz-content-sha256", [],
    ),
    **{
        f"header: payload hash {value!r}": (
            raw(x_amz_content_sha256=value).signed(), (400, "InvalidArgument"),
            NO_HASH,
            [("ArgumentName", "x-amz-content-sha256"), ("ArgumentValue", value)],
        )
        for value in (
            "", "0" * 63, "G" * 64, EMPTY.upper(), "X" * 64, "unsigned-payload", "STREAMING-AWS4-HMAC-SHA512-PAYLOAD",
        )
    },
    "header: an x-amz-* header unsigned": (
        plus(Raw().signed(), ("x-amz-copy-source", "/b/k")), DENIED, NOT_SIGNED,
        [("HeadersNotSigned", "x-amz-copy-source")],
    ),
    "header: the payload hash and another header unsigned": (
        plus(Raw().signed(signed_headers=["host", "x-amz-date"]), ("x-amz-acl", "a")), DENIED, NOT_SIGNED,
        [("HeadersNotSigned", "x-amz-content-sha256, x-amz-acl")],
    ),
    "header: the session token unsigned": (
        Raw(TEMPORARY).signed(signed_headers=["host", "x-amz-content-sha256", "x-amz-date"]), DENIED, NOT_SIGNED,
        [("HeadersNotSigned", "x-amz-security-token")],
    ),
    "header: an unsigned payload unsigned": (
        Raw().signed(signed_headers=["host", "x-amz-date"], payload_hash="UNSIGNED-PAYLOAD"), DENIED, NOT_SIGNED,
        [("HeadersNotSigned", "x-amz-content-sha256")],
    ),
    "header: the date unsigned": (
        Raw().signed(signed_headers=["host", "x-amz-content-sha256"]), DENIED, NOT_SIGNED,
        [("HeadersNotSigned", "x-amz-date")],
    ),
    "header: host unsigned": (
        Raw().signed(signed_headers=["x-amz-content-sha256", "x-amz-date"]), DENIED, NOT_SIGNED,
        [("HeadersNotSigned", "host")],
    ),
    "header: session token another": (
        Raw(Credentials("ASIAEXAMPLE", "a-secret", "another")).signed(), (400, "InvalidToken"),
        "The provided token is malformed or otherwise invalid.", [],
    ),
    "no Host": (without(Raw().presigned(), "host"), BAD, "The request must have exactly one Host header.", []),
    "two Hosts": (plus(Raw().presigned(), ("Host", HOST)), BAD, "The request must have exactly one Host header.", []),
    "a bad escape in the path": (
        ("/%zz", Raw().signed()[1]), (400, "InvalidURI"), "Couldn't parse the specified URI.", [],
    ),
    "a bad escape in the query": (
        ("/key?a=%", Raw().signed()[1]), (400, "InvalidURI"), "Couldn't parse the specified URI.", [],
    ),
    "no path": (("*", Raw().signed()[1]), (400, "InvalidURI"), "Couldn't parse the specified URI.", []),
    "a line end in a header": (
        plus(Raw().signed(), ("x-amz-acl", "private\nx-amz-meta-a:b")), BAD, MALFORMED, [],
    ),
    "a header's name with a space": (plus(Raw().signed(), ("x amz", "a")), BAD, MALFORMED, []),
    "a header without a name": (plus(Raw().signed(), ("", "a")), BAD, MALFORMED, []),
    **{
        f"a header with the control {code:#04x}": (plus(Raw().signed(), ("a", f"b{chr(code)}c")), BAD, MALFORMED, [])
        for code in (*range(9), *range(10, 32), 127)
    },
    "a line end in a signed header that stands in the query": (
        Raw().presigned(signed_headers=("host", "x-amz-acl"), more=("x-amz-acl=a%0Ab",)), BAD, MALFORMED, [],
    ),
    "a signed header that stands in the query twice": (
        Raw().presigned(signed_headers=("content-type", "host"), more=("content-type=a", "content-type=b")),
        (400, "InvalidArgument"), "content-type must be given once.", [("ArgumentName", "content-type")],
    ),
    "a token that is no text": (
        plus(without(Raw(TEMPORARY).signed(), "x-amz-security-token"), ("x-amz-security-token", "\xff")),
        (400, "InvalidToken"), "The provided token is malformed or otherwise invalid.", [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_s3_refuses_is_refused_in_its_words(case):
    (target, headers), (status, code), message, extra = REFUSED[case]
    with pytest.raises(VerificationError) as caught:
        verifier().verify("GET", target, headers)
    error = caught.value
    assert (error.status, error.code, error.extra) == (status, code, extra)
    assert error.message == message or (message.endswith("must be") and error.message.startswith(message))


TIMES = {
    "presigned: expired by a second": (
        Raw().presigned(), 901, DENIED, "Request has expired",
        [("X-Amz-Expires", "900"), ("Expires", "2026-03-04T05:21:07Z"), ("ServerTime", "2026-03-04T05:21:08Z")],
    ),
    "presigned for no time": (
        Raw().presigned(Expires="0"), 0, DENIED, "Request has expired",
        [("X-Amz-Expires", "0"), ("Expires", "2026-03-04T05:06:07Z"), ("ServerTime", "2026-03-04T05:06:07Z")],
    ),
    "presigned for more than 15 minutes ahead": (
        Raw().presigned(), -901, DENIED, "Request is not valid yet", [("ServerTime", "2026-03-04T04:51:06Z")],
    ),
    "signed more than 15 minutes ago": (
        Raw().signed(), 901, (403, "RequestTimeTooSkewed"),
        "The difference between the request time and the current time is too large.",
        [("RequestTime", STAMP), ("ServerTime", "2026-03-04T05:21:08Z"), ("MaxAllowedSkewMilliseconds", "900000")],
    ),
    "signed more than 15 minutes ahead": (
        Raw().signed(), -901, (403, "RequestTimeTooSkewed"),
        "The difference between the request time and the current time is too large.",
        [("RequestTime", STAMP), ("ServerTime", "2026-03-04T04:51:06Z"), ("MaxAllowedSkewMilliseconds", "900000")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TIMES)
def test_a_request_out_of_its_time_is_refused(case):
    (target, headers), later, (status, code), message, extra = TIMES[case]
    with pytest.raises(VerificationError) as caught:
        verifier(later).verify("GET", target, headers)
    error = caught.value
    assert (error.status, error.code, error.message, error.extra) == (status, code, message, extra)


@pytest.mark.parametrize(
    ("request_", "later"),
    [(Raw().presigned(), 900), (Raw().presigned(), -900), (Raw().signed(), 900), (Raw().signed(), -900),
     (Raw().presigned(Expires="604800"), 604800), (Raw().presigned(Expires="1"), 1)],
)  # fmt: skip
def test_the_last_second_counts(request_, later):
    assert verifier(later).verify("GET", *request_).signed_at == SIGNED_AT


@pytest.mark.parametrize("form", ["presigned", "signed"])
def test_a_wrong_signature_comes_with_everything_needed_to_find_out_why(form):
    target, headers = getattr(Raw(OTHER_SECRET), form)()
    with pytest.raises(VerificationError) as caught:
        verifier().verify("GET", target, headers)
    error = caught.value
    assert (error.status, error.code, error.message) == (403, "SignatureDoesNotMatch", MISMATCH)
    extra = dict(error.extra)
    assert [name for name, _ in error.extra] == [
        "AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes", "CanonicalRequest",
        "CanonicalRequestBytes",
    ]  # fmt: skip
    assert extra["AWSAccessKeyId"] == "AKIDEXAMPLE"
    assert extra["CanonicalRequest"].startswith("GET\n/key\n")
    assert (
        bytes.fromhex(extra["CanonicalRequestBytes"]).decode() == extra["CanonicalRequest"] == error.canonical_request
    )
    assert bytes.fromhex(extra["StringToSignBytes"]).decode() == extra["StringToSign"] == error.string_to_sign
    assert extra["StringToSign"].endswith(sha256(extra["CanonicalRequest"].encode()).hexdigest())
    assert extra["SignatureProvided"] in target + headers[-1][1]
    assert extra["SignatureProvided"] not in str(error)


# Each is wrong in two ways; the first in the order of checks is the answer.
ORDER = {
    "form before identity": (Raw(NOBODY).presigned(Expires="x"), 0, "AuthorizationQueryParametersError"),
    "coverage before identity": (plus(Raw(NOBODY).presigned(), ("x-amz-acl", "a")), 0, "AccessDenied"),
    "identity before time": (Raw(NOBODY).presigned(), 901, "InvalidAccessKeyId"),
    "identity before time, in the header": (Raw(NOBODY).signed(), 901, "InvalidAccessKeyId"),
    "token before time": (Raw(Credentials("ASIAEXAMPLE", "a-secret", "x")).presigned(), 901, "InvalidToken"),
    "expired credentials before time": (Raw(EXPIRED).presigned(), 901, "ExpiredToken"),
    "time before signature": (Raw(OTHER_SECRET).presigned(), 901, "AccessDenied"),
    "time before signature, in the header": (Raw(OTHER_SECRET).signed(), 901, "RequestTimeTooSkewed"),
    "signature before body": (
        raw(OTHER_SECRET, content_md5="x").signed(), 0, "SignatureDoesNotMatch",
    ),
    "the body's form after all": (raw(content_md5="x").signed(), 0, "InvalidDigest"),
}  # fmt: skip


@pytest.mark.parametrize("case", ORDER)
def test_the_first_check_that_fails_is_the_answer(case):
    (target, headers), later, code = ORDER[case]
    with pytest.raises(VerificationError) as caught:
        verifier(later).verify("GET", target, headers, b"another body")
    assert caught.value.code == code


ACCEPTED = {
    "presigned": Raw().presigned(),
    "signed": Raw().signed(),
    "temporary, presigned": Raw(TEMPORARY).presigned(),
    "temporary, signed": Raw(TEMPORARY).signed(),
    "credentials that end": Raw(LASTING).presigned(),
    "an unsigned payload said of a presigned request": plus(
        Raw().presigned(), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
    ),
    "a payload hash in the query": Raw().presigned(
        more=(f"X-Amz-Content-Sha256={EMPTY}",), payload_hash=EMPTY
    ),
    "headers that proxies add": plus(
        Raw().signed(), ("X-Forwarded-For", "1.2.3.4"), ("User-Agent", "x"), ("X-Amzn-Trace-Id", "Root=1"),
    ),
    "headers with tabs, tildes and text in UTF-8": plus(
        Raw().signed(), ("x-a", "b\tc"), ("x-b", "\xe6\x97\xa5 \xe6\x9c\xac"), ("x-c", "\xe6\x97\xa5~"),
        ("x-d", "\x80"),
    ),
    "a parameter of Signature Version 2 alone": Raw().presigned(more=("Signature=a",)),
    "the other parameter of Signature Version 2 alone": Raw().presigned(more=("AWSAccessKeyId=a",)),
    "an absolute target": (f"https://{HOST}{Raw().presigned()[0]}", []),
    "an absolute target with its default port": (f"https://{HOST}:443{Raw().presigned()[0]}", []),
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_is_right_is_accepted(case):
    verified = verifier().verify("GET", *ACCEPTED[case])
    assert verified.credentials.access_key_id in KNOWN
    assert (verified.region, verified.service) == ("eu-central-1", "s3")
    assert "secret" not in repr(verified)


def test_the_date_header_serves_where_there_is_no_x_amz_date():
    request = Raw()
    request.headers |= {"date": "Wed, 04 Mar 2026 05:06:07 GMT", "x-amz-content-sha256": EMPTY}
    names = sorted(request.headers)
    target, headers = request.signed(signed_headers=names)
    assert verifier().verify("GET", *without((target, headers), "x-amz-date")).signed_at == SIGNED_AT


@pytest.mark.parametrize("spelling", ["/%6bey", "/k%65y", "/key", "/k%65%79"])
def test_every_spelling_of_the_path_that_means_the_same_verifies_alike(spelling):
    target, headers = Raw().presigned()
    assert verifier().verify("GET", spelling + target.removeprefix("/key"), headers)


PATHS = {
    "/%7e": "/~", "/%c3%a9": "/%C3%A9", "/a+b": "/a%2Bb", "/a//../b": "/a//../b", "/\xc3\xa9": "/%C3%A9",
    "/a b": "/a%20b", "/.": "/.",
}  # fmt: skip


@pytest.mark.parametrize(("sent", "signed"), PATHS.items())
def test_a_path_is_read_as_s3_reads_it(sent, signed):
    """Escapes are undone once and made again; a plus is a plus; nothing is normalised."""
    request = Raw()
    request.path = signed
    target, headers = request.presigned()
    assert verifier().verify("GET", sent + target.removeprefix(signed), headers)


def test_a_plus_in_the_query_is_a_space():
    target, headers = Raw().presigned(more=("prefix=a%20b",))
    assert verifier().verify("GET", target.replace("a%20b", "a+b"), headers)
    with pytest.raises(VerificationError):
        verifier().verify("GET", target.replace("a%20b", "a%2Bb"), headers)


def test_a_signed_header_that_stands_in_the_query_alone_is_taken_from_there():
    """As old JavaScript SDKs presign x-amz-acl."""
    request = raw(x_amz_acl="public-read")
    target, headers = request.presigned(signed_headers=("host", "x-amz-acl"), more=("x-amz-acl=public-read",))
    assert verifier().verify("GET", target, without((target, headers), "x-amz-acl")[1])


def test_a_service_that_is_not_s3_takes_no_signed_header_from_the_query():
    request = raw(x_role="admin")
    signed_headers = ("host", "x-role")
    target, headers = request.presigned(signed_headers=signed_headers, more=("x-role=admin",), payload_hash=EMPTY)
    headers = without((target, headers), "x-role")[1]
    assert verifier(rules=CanonicalRules(headers_in_query=True)).verify("GET", target, headers)
    with pytest.raises(VerificationError) as caught:
        verifier(rules=CanonicalRules()).verify("GET", target, headers)
    assert caught.value.code == "SignatureDoesNotMatch"


def test_a_signed_header_that_did_not_arrive_is_no_match():
    request = raw(x_amz_acl="public-read")
    target, headers = request.presigned(signed_headers=("host", "x-amz-acl"))
    with pytest.raises(VerificationError) as caught:
        verifier().verify("GET", *without((target, headers), "x-amz-acl"))
    assert caught.value.code == "SignatureDoesNotMatch"


def test_a_name_in_signed_headers_cannot_be_smuggled_in_another_headers_value():
    """`x-amz-acl: private` and `x-amz-meta-a: b` as one value with a line end would make the same canonical text."""
    request = raw(x_amz_acl="private", x_amz_meta_a="b")
    target, headers = request.presigned(signed_headers=("host", "x-amz-acl", "x-amz-meta-a"))
    smuggled = [("host", HOST), ("x-amz-acl", "private\nx-amz-meta-a:b")]
    assert verifier().verify("GET", target, headers)
    with pytest.raises(VerificationError) as caught:
        verifier().verify("GET", target, smuggled)
    assert caught.value.code == "InvalidRequest"


@pytest.mark.parametrize("method", ["", "GET\n", "G T", "GÉT"])
def test_a_method_that_is_no_token_is_refused(method):
    with pytest.raises(VerificationError, match=r"^InvalidRequest: The request method is malformed\.$"):
        verifier().verify(method, *Raw().presigned())


def test_a_callable_may_check_tokens():
    """A service with tokens of its own reads them itself."""
    asked = []

    def check(credentials, token):
        asked.append((credentials, token))
        return token == "another"

    request = Raw(Credentials("ASIAEXAMPLE", "a-secret", "another"))
    assert verifier(check_token=check).verify("GET", *request.presigned()).credentials is TEMPORARY
    assert asked == [(TEMPORARY, "another")]
    with pytest.raises(VerificationError, match="InvalidToken"):
        verifier(check_token=check).verify("GET", *Raw().signed())


def test_tokens_are_compared_whole():
    assert same_token(TEMPORARY, "a-session-token")
    assert not same_token(TEMPORARY, "a-session-toke")
    assert not same_token(TEMPORARY, None)
    assert not same_token(CREDENTIALS, "x")
    assert same_token(CREDENTIALS, None)


def test_credentials_may_come_from_a_callable():
    asked = []
    found = Verifier(lambda name: asked.append(name) or CREDENTIALS, region="eu-central-1", now=SIGNED_AT.timestamp)
    assert found.verify("GET", *Raw().presigned()).credentials is CREDENTIALS
    assert asked == ["AKIDEXAMPLE"]


@pytest.mark.parametrize("form", ["presigned", "signed"])
def test_an_unknown_access_key_costs_the_work_of_a_known_one(form, monkeypatch):
    """The same signature is computed before either is refused."""
    from sigv4 import verifier as module

    computed = []
    whole = module.verify_string
    monkeypatch.setattr(module, "verify_string", lambda *given: computed.append(given) or whole(*given))
    for credentials in (NOBODY, OTHER_SECRET):
        with pytest.raises(VerificationError):
            verifier().verify("GET", *getattr(Raw(credentials), form)())
    assert len(computed) == 2


@pytest.mark.parametrize("place", ["query", "header"])
def test_a_long_list_of_names_costs_no_more_than_reading_it(place):
    """Each of many signed headers is looked for once, not once for each of as many headers or parameters."""
    names = [f"h{number:05}" for number in range(6000)] + ["host"]
    pairs = "&".join(f"p{number}" for number in range(6000))
    if place == "query":
        target, headers = Raw().presigned(SignedHeaders="%3B".join(sorted(names)), more=tuple(pairs.split("&")))
    else:
        target, headers = Raw().signed(SignedHeaders=";".join(sorted([*names, "x-amz-content-sha256", "x-amz-date"])))
        target += "?" + pairs
    started = process_time()
    with pytest.raises(VerificationError, match="SignatureDoesNotMatch"):
        verifier().verify("GET", target, headers)
    assert process_time() - started < 1


# Bodies


def put(body, payload_hash=None, **headers):
    request = raw(**headers)
    request.method = "PUT"
    return request.signed(payload_hash=payload_hash or sha256(body).hexdigest())


def test_a_body_that_is_given_is_checked():
    target, headers = put(b"hello")
    assert verifier().verify("PUT", target, headers, b"hello").payload_hash == sha256(b"hello").hexdigest()
    with pytest.raises(VerificationError) as caught:
        verifier().verify("PUT", target, headers, b"hallo")
    assert (caught.value.status, caught.value.code) == (400, "XAmzContentSHA256Mismatch")
    assert dict(caught.value.extra)["ClientComputedContentSHA256"] == sha256(b"hello").hexdigest()


def test_a_body_left_unsigned_is_still_held_to_its_checksum():
    target, headers = put(b"", "UNSIGNED-PAYLOAD", x_amz_checksum_crc32="NhCmhg==")
    assert verifier().verify("PUT", target, headers, b"hello")
    with pytest.raises(VerificationError) as caught:
        verifier().verify("PUT", target, headers, b"hallo")
    assert (caught.value.code, caught.value.message) == (
        "BadDigest", "The CRC32 you specified did not match the calculated checksum.",
    )  # fmt: skip


def test_a_body_that_goes_on_behind_its_content_length_is_refused():
    target, headers = put(b"hello", content_length="5")
    assert verifier().verify("PUT", target, headers, b"hello").content_length == 5
    with pytest.raises(VerificationError) as caught:
        verifier().verify("PUT", target, headers, b"hello!")
    assert (caught.value.code, caught.value.message) == (
        "InvalidRequest", "The body has more bytes than Content-Length says.",
    )  # fmt: skip


def test_content_length_is_of_the_data_that_open_gives():
    def length(**headers):
        return verifier().verify("PUT", *put(b"", **headers)).content_length

    assert length() is None
    assert length(content_length="86") == 86
    chunked = {"payload_hash": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x_amz_decoded_content_length": "0"}
    assert length(**chunked, content_length="86") == length(**chunked) == 0


def test_a_presigned_url_says_when_it_expires_and_a_signed_request_never():
    assert verifier().verify("GET", *Raw().presigned()).expires_at == SIGNED_AT + timedelta(seconds=900)
    assert verifier().verify("GET", *Raw().signed()).expires_at is None


def test_completing_an_upload_says_the_checksum_of_the_whole_object():
    signer = Signer(CREDENTIALS, region="eu-central-1")
    url, headers = f"https://{HOST}/key?uploadId=x", {"x-amz-checksum-crc32": "AAAAAA=="}
    signed = signer.sign("POST", url, headers, b"<xml/>", signed_at=SIGNED_AT)
    assert verifier().verify("POST", url, signed.headers, b"<xml/>")


@pytest.mark.parametrize(("method", "query"), [("PUT", "partNumber=1&uploadId=x"), ("POST", "delete"), ("PUT", "")])
def test_any_other_request_says_the_checksum_of_its_own_body(method, query):
    signer = Signer(CREDENTIALS, region="eu-central-1")
    url, headers = f"https://{HOST}/key?{query}", {"x-amz-checksum-crc32": "AAAAAA=="}
    signed = signer.sign(method, url, headers, b"<xml/>", signed_at=SIGNED_AT)
    with pytest.raises(VerificationError, match="BadDigest"):
        verifier().verify(method, url, signed.headers, b"<xml/>")


# Other services


def test_where_the_token_is_left_unsigned_nothing_else_may_be():
    """As AWS IoT has it."""
    rules = CanonicalRules(sign_session_token=False)
    target, headers = plus(Raw().signed(), ("x-amz-security-token", "a"))
    with pytest.raises(VerificationError, match="InvalidToken"):  # passed over as unsigned, and then looked at
        verifier(rules=rules).verify("GET", target, headers)
    with pytest.raises(VerificationError, match=NOT_SIGNED):
        verifier(rules=rules).verify("GET", target, [*headers, ("x-amz-acl", "a")])


def other(**options):
    return verifier(service="execute-api", **options)


def other_signed(body=b"", method="POST", path="/prod/a%20b//c/../d", **headers):
    signer = Signer(CREDENTIALS, region="eu-central-1", service="execute-api")
    url = f"https://api.example.com{path}"
    return url, signer.sign(method, url, headers, body, signed_at=SIGNED_AT)


def test_another_service_is_held_to_its_own_rules():
    """The path normalised and encoded twice, the body always hashed, no header needed to say so."""
    url, signed = other_signed(b"hello")
    assert signed.canonical_request.split("\n")[1] == "/prod/a%2520b/d"
    assert "X-Amz-Content-Sha256" not in signed.headers
    assert other().verify("POST", url, signed.headers, b"hello").service == "execute-api"
    for body in (b"hallo", b"", None):
        with pytest.raises(VerificationError) as caught:
            other().verify("POST", url, signed.headers, body)
        assert caught.value.code == "SignatureDoesNotMatch"


def test_another_service_takes_a_hash_said_in_a_header_and_streams():
    hashed = sha256(b"hello").hexdigest()
    signer = Signer(CREDENTIALS, region="eu-central-1", service="execute-api")
    signed = signer.sign("POST", "https://api.example.com/", {"x-amz-content-sha256": hashed}, signed_at=SIGNED_AT)
    verified = other().verify("POST", signed.url, signed.headers)
    assert verified.open(io.BytesIO(b"hello")).read() == b"hello"
    with pytest.raises(VerificationError, match="XAmzContentSHA256Mismatch"):
        verified.open(io.BytesIO(b"hallo")).read()


@pytest.mark.parametrize("word", ["UNSIGNED-PAYLOAD", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"])
def test_another_service_takes_no_unsigned_body(word):
    signer = Signer(CREDENTIALS, region="eu-central-1", service="execute-api")
    signed = signer.sign("POST", "https://api.example.com/", {"x-amz-content-sha256": word}, signed_at=SIGNED_AT)
    with pytest.raises(VerificationError, match="must be a valid sha256 value"):
        other().verify("POST", signed.url, signed.headers, b"anything")
    rules = CanonicalRules(unsigned_payload=True)
    if word == "UNSIGNED-PAYLOAD":
        assert other(rules=rules).verify("POST", signed.url, signed.headers, b"anything")


def test_another_services_presigned_url_signs_the_empty_body():
    signer = Signer(CREDENTIALS, region="eu-central-1", service="execute-api")
    presigned = signer.presign("GET", "https://api.example.com/", signed_at=SIGNED_AT)
    assert other().verify("GET", presigned.url, [], b"")
    with pytest.raises(VerificationError):
        other().verify("GET", presigned.url, [], b"x")


def test_a_verifier_does_not_change():
    """What it was checked for when it was made holds for good."""
    made = verifier()
    for name, value in {"region": "us-east-1", "rules": None, "now": None, "anything": 1}.items():
        with pytest.raises(AttributeError, match="Verifier does not change; make a new one"):
            setattr(made, name, value)
    with pytest.raises(AttributeError):
        del made.service
    assert (made.region, made.service) == ("eu-central-1", "s3")


def test_a_request_that_was_read_already_is_verified_alike():
    target, headers = Raw().presigned()
    assert verifier().verify_received(Received("GET", target, headers)).signed_headers == ("host",)
    with pytest.raises(VerificationError, match="AccessDenied"):
        verifier().verify_received(Received("GET", "/key", headers))


def test_read_claim_tells_whom_and_what_a_request_claims_to_be_signed_for():
    raw = Raw()
    raw.scope = "20260304/mars-1/rockets/aws4_request"
    for target, headers in (raw.presigned(), raw.signed()):
        claim = read_claim(Received("GET", target, headers))
        assert claim.read_credential() == ("AKIDEXAMPLE", "20260304", "mars-1", "rockets", "aws4_request")


# The names it is reached under, presigned URLs refused, and what is judged before the body


@pytest.mark.parametrize(
    ("hosts", "host", "passes"),
    [
        (None, "anything.example", True),
        (["api.example.com"], "api.example.com", True),
        (["api.example.com"], "API.Example.com:8443", True),
        (["api.example.com", "localhost:8000"], "localhost:8000", True),
        (["api.example.com:8443"], "api.example.com", False),
        (["api.example.com:8443"], "api.example.com:8444", False),
        (["api.example.com"], "staging.example.com", False),
        (["api.example.com"], "xapi.example.com", False),
        (["*.example.com"], "bucket.with.dots.example.com:99", True),
        (["*.example.com"], "a.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com:99"], "a.example.com:98", False),
        (["[::1]"], "[0:0:0:0:0:0:0:1]:80", True),
        ([], "api.example.com", False),
    ],
)
def test_verifier_hosts_are_the_names_it_is_reached_under(hosts, host, passes):
    """A request to another deployment with the same region, service and keys is not for this one."""
    raw = Raw()
    raw.headers["host"] = host
    target, headers = raw.presigned()
    if passes:
        assert verifier(hosts=hosts).verify("GET", target, headers)
    else:
        with pytest.raises(VerificationError, match="signed for another host") as refused:
            verifier(hosts=hosts).verify("GET", target, headers)
        assert (refused.value.code, refused.value.status) == ("AccessDenied", 403)
        assert refused.value.message == "The request is signed for another host."


def test_verifier_with_hosts_refuses_a_host_that_is_none():
    raw = Raw()
    raw.headers["host"] = "a b.example.com"
    with pytest.raises(VerificationError, match=r"^InvalidRequest: The request has a malformed Host header\.$"):
        verifier(hosts=["*.example.com"]).verify("GET", *raw.presigned())


@pytest.mark.parametrize("hosts", ["api.example.com", ["user@api.example.com"], [""], ["a b"], ["*"]], ids=str)
def test_verifier_hosts_are_hosts(hosts):
    with pytest.raises(SigningError, match=r"^hosts(: | must be)"):
        verifier(hosts=hosts)


@pytest.mark.parametrize("name", ["region", "service"])
def test_a_verifier_names_what_is_no_label(name):
    with pytest.raises(SigningError, match=f"^{name} "):
        verifier(**{name: "a b"})


def test_verifier_can_refuse_presigned_urls():
    target, headers = Raw().presigned()
    assert verifier().verify("GET", target, headers)
    with pytest.raises(VerificationError, match=r"Presigned URLs are not accepted here\.$") as refused:
        verifier(presigned_urls=False).verify("GET", target, headers)
    assert refused.value.code == "AccessDenied"
    signed = Signer(CREDENTIALS, region="eu-central-1", service="s3").sign(
        "GET", f"https://{HOST}/", signed_at=SIGNED_AT
    )
    assert verifier(presigned_urls=False).verify("GET", signed.url, signed.headers)


def signed_for_an_api(credentials=CREDENTIALS, **options):
    signer = Signer(credentials, region="eu-central-1", service="my-api")
    return signer.sign(
        "POST", "https://api.example.com/a", {"Content-Length": "5"}, b"hello", signed_at=SIGNED_AT, **options
    )


def test_verifier_admits_before_the_body_whom_it_knows():
    """It says whether the request states its payload hash, or the body's own must be known."""
    api = verifier(service="my-api")
    signed = signed_for_an_api()
    assert api.admit(Received("POST", signed.url, signed.headers)) is None
    target, headers = Raw().presigned()
    assert verifier().admit(Received("GET", target, headers)) == "UNSIGNED-PAYLOAD"


def test_verifier_admits_no_chunked_body_of_unknown_length():
    target, headers = raw(content_length="86").signed(payload_hash="STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    with pytest.raises(VerificationError, match="MissingContentLength"):
        verifier().admit(Received("GET", target, headers))


@pytest.mark.parametrize(
    ("options", "changed", "code"),
    [
        ({}, {"Authorization": None}, "AccessDenied"),
        ({}, {"X-Amz-More": "unsigned"}, "AccessDenied"),
        ({}, {"Content-Length": "5x"}, "InvalidRequest"),
        ({}, {"Content-MD5": "x"}, "InvalidDigest"),
        ({"later": 901}, {}, "RequestTimeTooSkewed"),
        ({"region": "us-east-1"}, {}, "AuthorizationHeaderMalformed"),
        ({"hosts": ["other"]}, {}, "AccessDenied"),
    ],
)
def test_verifier_admits_no_stranger(options, changed, code):
    signed = signed_for_an_api()
    headers = {name: value for name, value in {**signed.headers, **changed}.items() if value is not None}
    with pytest.raises(VerificationError) as refused:
        verifier(**{"service": "my-api", **options}).admit(Received("POST", signed.url, headers))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "credentials", [Credentials("AKIDUNKNOWN", "a-secret"), Credentials("ASIAEXAMPLE", "a-secret", "x")]
)
def test_verifier_admits_no_unknown_key_and_no_wrong_token(credentials):
    signed = signed_for_an_api(credentials)
    with pytest.raises(VerificationError, match=r"InvalidAccessKeyId|InvalidToken"):
        verifier(service="my-api").admit(Received("POST", signed.url, signed.headers))


def test_explain_looks_up_the_credentials_of_whom_the_error_names():
    asked = []
    made = Verifier(lambda name: asked.append(name) or KNOWN[name], region="eu-central-1", now=SIGNED_AT.timestamp)
    for request, causes, lookups in [
        (("/key", [("host", HOST)]), ["not-signed"], []),
        (Raw(OTHER_SECRET).signed(), ["secret-wrong"], ["AKIDEXAMPLE"]),
    ]:
        received = Received("GET", *request)
        with pytest.raises(VerificationError) as caught:
            made.verify_received(received)
        asked.clear()
        assert [cause.code for cause in made.explain(received, caught.value).causes] == causes
        assert asked == lookups


def test_verifier_takes_a_body_s_hash_in_its_place():
    api = verifier(service="my-api")
    signed = signed_for_an_api()
    received = Received("POST", signed.url, signed.headers)
    verified = api.verify_received(received, body_sha256=sha256(b"hello").hexdigest())
    assert verified.open(io.BytesIO(b"hello")).read() == b"hello"
    with pytest.raises(VerificationError, match="SignatureDoesNotMatch"):
        api.verify_received(received, body_sha256=sha256(b"hallo").hexdigest())
    with pytest.raises(VerificationError, match="SignatureDoesNotMatch"):
        api.verify_received(received)
