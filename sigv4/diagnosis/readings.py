"""What is wrong for all to see: without a secret, and without the server's canonical request.

    told        what the server itself says, in its code and words: certain
    visible     what no valid request has: certain

Rules:
- A request of which nobody says that it was refused is accused of nothing that a valid one may have: that is for
  suspicions.py.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from ..dates import read_http_date
from ..encoding import is_number
from ..errors import VerificationError
from ..post import PostPolicy
from ..presigned_query import EXPIRES_IN_MAX, SIGNATURE
from ..rules import rules_for
from ..scope import parse_amz_date
from .causes import Cause
from .suspicions import REWRITTEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .evidence import Evidence
    from .responses import ServerResponse

MAX_SKEW = timedelta(minutes=15)

# S3's codes that name their cause, those of other services among them.
_BY_CODE = {
    "RequestTimeTooSkewed": "clock",
    "RequestExpired": "clock",
    "InvalidAccessKeyId": "access-key-unknown",
    "InvalidClientTokenId": "access-key-unknown",
    "UnrecognizedClientException": "access-key-unknown",
    "InvalidToken": "token-wrong",
    "ExpiredToken": "token-wrong",
    "ExpiredTokenException": "token-wrong",
    "TokenRefreshRequired": "token-wrong",
    "XAmzContentSHA256Mismatch": "payload-hash",
    "InvalidPolicyDocument": "policy-condition",
    "PermanentRedirect": "region",
    "AuthorizationQueryParametersError": "malformed",
    "AuthorizationHeaderMalformed": "malformed",
    "IncompleteSignature": "malformed",
    "IncompleteSignatureException": "malformed",
    "MissingAuthenticationToken": "not-signed",
    "MissingAuthenticationTokenException": "not-signed",
    "AccessForbidden": "cors",
}

# And words, which say more than codes do: the first that is found counts. In lower case.
_BY_WORDS = (
    ("only one auth mechanism allowed", "two-mechanisms"),
    ("please use aws4-hmac-sha256", "version-2"),
    ("signature version 2", "version-2"),
    ("headers present in the request which were not signed", "header-unsigned"),
    ("policy expired", "policy-expired"),
    ("invalid according to policy", "policy-condition"),
    ("request is not valid yet", "not-yet-valid"),
    ("signature not yet current", "not-yet-valid"),
    ("signature expired", "clock"),
    ("request has expired", "expired"),
    ("x-amz-expires", "expiry-range"),
    ("less than a week", "expiry-range"),
    ("date in the credential", "scope-date"),
    ("invalid credential date", "scope-date"),
    ("date in credential scope", "scope-date"),
    ("scoped to a valid region", "region"),
    ("the region '", "region"),
    ("the region is wrong", "region"),
    ("should be scoped to correct service", "service"),
    ("incorrect service", "service"),
    ("security token included in the request is expired", "token-wrong"),
    ("security token included in the request is invalid", "access-key-unknown"),
    ("cors", "cors"),
)

# What stands in a host's name -> the signing names that its service takes.
_SERVICES_BY_HOST = {
    ".execute-api.": ("execute-api",), ".es.": ("es",), ".aoss.": ("aoss",), ".lambda-url.": ("lambda",),
    "bedrock-runtime.": ("bedrock",), ".s3.": ("s3", "s3express"), ".s3-accesspoint.": ("s3",),
    ".s3-object-lambda.": ("s3-object-lambda",), ".vpc-lattice-svcs.": ("vpc-lattice-svcs",),
}  # fmt: skip


def told(evidence: Evidence) -> Iterator[Cause]:
    """By the server."""
    response = evidence.response
    if response is None:
        return
    words = response.words.lower()
    by_words = next((code for part, code in _BY_WORDS if part in words), None)
    code = by_words or (None if response.does_not_match else _BY_CODE.get(response.code))
    if code is not None:
        yield Cause(code, True, [f"The server says: {response.message[:300]}", *_more(response)])
    elif response.status in (301, 307) and "x-amz-bucket-region" in response.headers:
        yield Cause("region", True, [f"The bucket is in {response.headers['x-amz-bucket-region']}."])
    elif response.code in ("EntityTooLarge", "EntityTooSmall") and evidence.form is not None:
        yield Cause("policy-condition", True, [f"The server says: {response.message[:300]}", *_more(response)])
    if (response.string_to_sign or "").startswith(("AWS4-HMAC-SHA256-PAYLOAD\n", "AWS4-HMAC-SHA256-TRAILER\n")):
        yield Cause("chunk-signature", True, ["The string to sign in the response is that of a chunk, or of trailers."])
    yield from _cors(evidence, response)


def _more(response: ServerResponse) -> list[str]:
    names = (
        "HeadersNotSigned", "Region", "Endpoint", "X-Amz-Expires", "Expires", "RequestTime", "ServerTime",
        "ProposedSize", "MaxSizeAllowed", "MinSizeAllowed",
    )  # fmt: skip
    return [f"{name}: {response.elements[name]}" for name in names if name in response.elements]


def _cors(evidence: Evidence, response: ServerResponse) -> Iterator[Cause]:
    """A browser's request, and a response that the page may not read."""
    origin = evidence.fields.get("origin")
    if origin is None or "access-control-allow-origin" in response.headers or not response.headers:
        return
    preflight = evidence.received is not None and evidence.received.method == "OPTIONS"
    what = "preflight" if preflight else "response"
    yield Cause("cors", preflight, [f"The {what} has no Access-Control-Allow-Origin for {origin}."])


def visible(evidence: Evidence) -> Iterator[Cause]:
    """What no valid request has."""
    for look in _LOOKS:
        yield from look(evidence)


# --- Visible


def _broken_url(evidence: Evidence) -> Iterator[Cause]:
    url = evidence.url
    if "&amp;" in url and "X-Amz-" in url:
        yield Cause("url-html-escaped", True, ["The URL has &amp; between its parameters."])
        return
    if (
        "X-Amz-Algorithm%3D" in url
        or "X-Amz-Signature%3D" in url
        or "%252F" in url.partition("X-Amz-Credential=")[2][:200]
    ):
        yield Cause("url-re-encoded", True, ["The parameters' own '=', '/' or '%' are percent-encoded once more."])
        return
    if "X-Amz-" not in url.partition("?")[2] or evidence.form is not None:
        return
    signature = url.partition(f"{SIGNATURE}=")[2].partition("&")[0]
    broken = next((name for name in ("\n", "\r", " ", "\t", "…") if name in url.strip()), None)
    if broken is not None:
        yield Cause("url-truncated", True, ["A line break, a space or an ellipsis stands within the URL."])
    elif not signature:
        yield Cause("url-truncated", True, ["X-Amz-Signature is missing: the URL ends before it."])
    elif len(signature) > 64 and not evidence.sigv4a and not signature[64:65].isalnum():
        behind = signature[64:104]
        yield Cause("query-changed", True, [f"Behind the 64 characters of X-Amz-Signature stands {behind!r}."])
    elif evidence.claim is None and evidence.unreadable:
        yield Cause("url-truncated", True, [evidence.unreadable])
    elif len(signature) < 64 and not evidence.sigv4a:
        yield Cause("url-truncated", True, [f"X-Amz-Signature has {len(signature)} of its 64 characters."])


def _mechanisms(evidence: Evidence) -> Iterator[Cause]:
    if evidence.received is None or evidence.form is not None:
        return
    names = {name for name, _ in evidence.received.query}
    header = evidence.fields.get("authorization", "")
    if ("AWSAccessKeyId" in names and "Signature" in names) or header.startswith("AWS "):
        where = (
            "The Authorization header begins with 'AWS '." if header else "The URL has AWSAccessKeyId and Signature."
        )
        yield Cause("version-2", True, [where])
    elif header and names & {"X-Amz-Algorithm", SIGNATURE}:
        yield Cause("two-mechanisms", True, ["There is an Authorization header, and there are X-Amz-* parameters."])
    elif evidence.claim is None and evidence.unreadable and header.startswith("AWS4-"):
        yield Cause("malformed", True, [evidence.unreadable])


def _times(evidence: Evidence) -> Iterator[Cause]:
    claim, scope = evidence.claim, evidence.scope
    if claim is None or scope is None or claim.date is None:
        return
    if scope.date != claim.date[:8]:
        yield Cause("scope-date", True, [f"The credential scope is of {scope.date}, the time stamp is {claim.date}."])
    if evidence.form is not None:
        return
    expires = None
    if claim.expires is not None:
        if not is_number(claim.expires, 6) or not 1 <= int(claim.expires) <= EXPIRES_IN_MAX:
            yield Cause("expiry-range", True, [f"X-Amz-Expires is {claim.expires[:40]}."])
            return
        expires = int(claim.expires)
    try:
        signed_at = parse_amz_date(claim.date)
    except ValueError:
        yield Cause("malformed", True, [f"The time stamp is {claim.date[:40]!r}, not YYYYMMDD'T'HHMMSS'Z'."])
        return
    then, whose = _server_time(evidence)
    if expires is not None and then is not None and then > signed_at + timedelta(seconds=expires):
        end = signed_at + timedelta(seconds=expires)
        yield Cause(
            "expired", True, [f"It was good until {_iso(end)}; {whose} {_iso(then)}, {_span(then - end)} later."]
        )
    elif expires is not None and then is not None and then < signed_at - MAX_SKEW:
        yield Cause("not-yet-valid", True, [f"It is dated {_iso(signed_at)}; {whose} {_iso(then)}."])
    elif expires is None and whose == _SERVERS and then is not None and abs(then - signed_at) > MAX_SKEW:
        apart = _span(abs(then - signed_at))
        yield Cause("clock", True, [f"The time stamp is {_iso(signed_at)}; {whose} {_iso(then)}: {apart} apart."])


_SERVERS = "the server's clock said"


def _server_time(evidence: Evidence) -> tuple[datetime | None, str]:
    """The moment to judge by: the server's own Date, or else now."""
    date = "" if evidence.response is None else evidence.response.headers.get("date", "")
    try:
        return parse_amz_date(read_http_date(date)), _SERVERS
    except ValueError:
        return datetime.fromtimestamp(evidence.now, UTC), "now it is"


def _tokens(evidence: Evidence) -> Iterator[Cause]:
    claim = evidence.claim
    if claim is None or evidence.scope is None:
        return
    access_key_id = claim.credential.partition("/")[0]
    if access_key_id.startswith("ASIA") and not claim.session_token:
        yield Cause("token-missing", True, [f"{access_key_id} begins with ASIA, as temporary keys do."])
    if " " in (claim.session_token or "") and evidence.presigned:
        what = "The session token has a space where it had a plus sign, which must be %2B in a URL."
        yield Cause("query-encoding", True, [what])
    own = evidence.credentials
    if own is not None and own.access_key_id != access_key_id:
        what = f"It is signed with {access_key_id}, and the credentials at hand are of {own.access_key_id}."
        yield Cause("access-key-unknown", True, [what])
    elif own is not None and claim.session_token and (own.session_token or "") != claim.session_token:
        yield Cause("token-wrong", True, ["The session token is another one than that of the credentials at hand."])
    header = rules_for(evidence.scope.service).session_token_name.lower()
    if header in evidence.fields and header not in claim.signed_headers.split(";") and not evidence.form:
        yield Cause("token-unsigned", True, [f"The header {header} is not among the signed headers."])


def _coverage(evidence: Evidence) -> Iterator[Cause]:
    claim, scope, received = evidence.claim, evidence.scope, evidence.received
    if claim is None or scope is None or received is None or evidence.form is not None:
        return
    names = claim.signed_headers.split(";") if claim.signed_headers else []
    tokens = ("x-amz-security-token", "x-amz-s3session-token", "x-amz-content-sha256")
    if scope.service.startswith("s3"):
        unsigned = [name for name in evidence.fields if name.startswith("x-amz-") and name not in (*names, *tokens)]
        if unsigned:
            yield Cause("header-unsigned", True, [f"Not among the signed headers: {', '.join(unsigned)}."])
    in_query = {name for name, _ in received.query}
    missing = [name for name in names if name not in evidence.fields and name not in in_query and name != "host"]
    if missing and evidence.headers_known:
        # HTTP clients add these by themselves, so that people do not list them.
        certain = not {"content-length", "content-type", *REWRITTEN} >= set(missing)
        yield Cause("header-missing", certain, [f"Signed, and not among those given: {', '.join(missing)}."])


def _body(evidence: Evidence) -> Iterator[Cause]:
    body = evidence.body
    if body is None or evidence.claim is None:
        return
    stated = evidence.fields.get("x-amz-content-sha256", "")
    if len(stated) == 64 and not stated.strip("0123456789abcdef") and stated != sha256(body).hexdigest():
        yield Cause("payload-hash", True, ["x-amz-content-sha256 is not the SHA-256 of the body given."])
    length = evidence.fields.get("content-length")
    if length is not None and is_number(length, 18) and int(length) != len(body):
        yield Cause("content-length", True, [f"Content-Length is {length}, and the body given has {len(body)} bytes."])


def _place(evidence: Evidence) -> Iterator[Cause]:
    """The host's own region and service, where its name says them."""
    scope, host = evidence.scope, (evidence.fields.get("host") or "").lower()
    if scope is None or ".amazonaws.com" not in host:
        return
    labels = host.partition(".amazonaws.com")[0].split(".")
    regions = [label for label in labels[-3:] if label.count("-") >= 2 and label.rpartition("-")[2].isdigit()]
    if regions and scope.region is not None and scope.region not in regions:
        yield Cause("region", True, [f"The host is in {regions[-1]}, and the scope is for {scope.region}."])
    for part, services in _SERVICES_BY_HOST.items():
        if part in f".{host}" and scope.service not in services:
            yield Cause(
                "service", True, [f"The host {host} wants {services[0]!r}, and the scope is for {scope.service!r}."]
            )
            return


def _form(evidence: Evidence) -> Iterator[Cause]:
    """A form and its policy, where both can be read."""
    form = evidence.form
    if form is None:
        return
    if evidence.claim is None:
        yield Cause("malformed", True, [evidence.unreadable or "The form's fields cannot be read."])
        return
    try:
        policy = PostPolicy.parse(form.get("policy", ""))
        now = datetime.fromtimestamp(evidence.now, UTC)
        if now > policy.expires_at:
            yield Cause(
                "policy-expired", True, [f"It was good until {_iso(policy.expires_at)}; now it is {_iso(now)}."]
            )
        given = {name: value for name, value in form.items() if name != "file"}
        buckets = [condition.value for condition in policy.conditions if condition.name == "bucket"]
        policy.check({"bucket": buckets[0], **given} if buckets else given)
    except VerificationError as error:
        yield Cause("policy-condition", True, [error.message])


def _unsigned(evidence: Evidence) -> Iterator[Cause]:
    refused = evidence.response is not None and evidence.response.status in (401, 403)
    if evidence.received is None or evidence.form is not None or not refused or evidence.received.method == "OPTIONS":
        return
    names = {name.lower() for name, _ in evidence.received.query}
    if "authorization" not in evidence.fields and not any("x-amz-" in name or name == "signature" for name in names):
        yield Cause("not-signed", True, ["There is no Authorization header, and no X-Amz-* parameter."])


_LOOKS: tuple[Callable[[Evidence], Iterator[Cause]], ...] = (
    _broken_url, _mechanisms, _unsigned, _times, _place, _tokens, _coverage, _body, _form,
)  # fmt: skip


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _span(time: timedelta) -> str:
    seconds = int(time.total_seconds())
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
