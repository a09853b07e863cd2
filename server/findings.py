"""What was tried of the store, and in words what its answers mean: the setting at fault, and the fix."""

from __future__ import annotations

import socket
import ssl

from sigv4 import explain
from sigv4._http.client import BadResponse
from sigv4.credentials import resolve
from sigv4.dates import read_http_date
from sigv4.diagnosis.responses import ServerResponse
from sigv4.scope import parse_amz_date

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sigv4 import Presigned
    from sigv4.uploads import Store

    Answer = tuple[int, dict[str, str], bytes]
    Meaning = tuple[str, str, str]

SKEW = 60  # seconds; each of them is missing from a URL's life, or is one too many
MAX_SKEW = 900  # what is signed further in its future, S3 refuses
SET_THE_CLOCK = "Set this machine's clock, by NTP."
ACTIONS = {
    "download": "s3:GetObject",
    "parts": "s3:PutObject and s3:AbortMultipartUpload",
    "ACL": "s3:PutObject and s3:PutObjectAcl",
}
CREATE = ("bucket", "the store has no bucket {bucket}", "sigv4 create-bucket s3://{bucket}, or set S3_BUCKET_NAME.")
MOVED = ("region", "the bucket is in another region", "Set AWS_REGION to the bucket's region.")
ENDED = (
    "credentials",
    "the session token has ended, or belongs to other keys",
    "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew, all three.",
)
NO_ACL = ("ACL", "the bucket takes no ACLs", "Unset S3_UPLOAD_ACL.")
PAIR = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a pair that the store has given out."
OTHER_SECRET = (
    "credentials",
    "AWS_SECRET_ACCESS_KEY is not the secret of this access key, or something before the store changes requests",
    PAIR,
)
MEANINGS = {
    # S3's code: what is at fault, why, and the fix
    "InvalidAccessKeyId": ("credentials", "the store does not know AWS_ACCESS_KEY_ID", PAIR),
    "NoSuchBucket": CREATE,
    "InvalidBucketName": CREATE,
    "PermanentRedirect": MOVED,
    "TemporaryRedirect": MOVED,
    "IllegalLocationConstraintException": MOVED,
    "ExpiredToken": ENDED,
    "InvalidToken": ENDED,
    "AccessControlListNotSupported": NO_ACL,
    "InvalidBucketAclWithObjectOwnership": NO_ACL,
    "RequestTimeTooSkewed": ("clock", "the store finds this machine's time wrong", SET_THE_CLOCK),
}


class Finding:
    """What was tried, whether it works (None: it could not be told), and in words what is so, with the fix."""

    __slots__ = ("fix", "passed", "what", "words")

    def __init__(self, what: str, passed: bool | None, words: str, fix: str = "") -> None:
        self.what = what
        self.passed = passed
        self.words = words
        self.fix = fix

    def __str__(self) -> str:
        mark = {True: "ok", False: "FAIL", None: "-"}[self.passed]
        return f"  {mark:6}{self.what:13}{self.words}" + (f"\n{'':21}Fix: {self.fix}" if self.fix else "")


def clock_finding(headers: dict[str, str], now: float) -> Finding:
    """How far this machine's time is from the store's, which stands in its response."""
    try:
        theirs = parse_amz_date(read_http_date(headers.get("date", ""))).timestamp()
    except ValueError:
        return Finding("clock", None, "the store does not say what time it is")
    ahead = round(now - theirs)
    words = f"{abs(ahead)} seconds {'ahead of' if ahead > 0 else 'behind'} the store's"
    if abs(ahead) <= SKEW:
        return Finding("clock", True, words if abs(ahead) > 1 else "as the store's")
    meaning = "URLs end sooner than they say"
    if ahead > 0:
        meaning = "the store refuses what is signed then" if ahead > MAX_SKEW else "URLs live longer than they say"
    return Finding("clock", False, f"{words}: {meaning}", SET_THE_CLOCK)


def unreachable(what: str, url: str, error: OSError, store: Store) -> Finding:
    """No answer at all."""
    fix = "Check S3_ENDPOINT_URL." if store.endpoint_url != "AWS" else "Check AWS_REGION and the network."
    return Finding(what, False, f"{origin_of(url)} is not reached: {cause(error)}", fix)


def refusal(what: str, presigned: Presigned, body: bytes, answer: Answer, store: Store, prefix: str) -> Finding:
    """The store's no to a request. `prefix`: of the keys that are to be allowed."""
    said = ServerResponse(answer)
    ours = store.direct.region
    region = said.elements.get("Region") or said.headers.get("x-amz-bucket-region") or ours
    found: Meaning
    if region != ours:
        found = "region", f"the bucket is in {region}, and URLs are signed for {ours}", f"Set AWS_REGION={region}."
    elif said.code == "AccessDenied":
        found = _denied(what, said.message, prefix)
    else:
        found = MEANINGS.get(said.code) or _explained(what, presigned, body, answer, store)
    what, words, fix = (text.replace("{bucket}", store.bucket) for text in found)
    return Finding(what, False, f"{words} ({f'{said.status} {said.code}'.strip()})", fix)


def _denied(what: str, message: str, prefix: str) -> Meaning:
    """S3 says so too of a URL that has expired, or is not valid yet."""
    if "expired" in message or "valid yet" in message:
        return "clock", f"the store says: {message}", SET_THE_CLOCK
    action = ACTIONS.get(what, "s3:PutObject")
    fix = f"Allow {action} on arn:aws:s3:::{{bucket}}/{prefix}* in their policy."
    return what, f"these credentials may not: {message}", fix


def _explained(what: str, presigned: Presigned, body: bytes, answer: Answer, store: Store) -> Meaning:
    """What changed on the way, where that can be proven; else the secret, since all else was signed as it was sent."""
    said = ServerResponse(answer)
    found = explain(
        presigned.method,
        presigned.url,
        presigned.headers,
        body,
        response=answer,
        credentials=resolve(store.direct.credentials),
    )
    for known in found.causes[:1]:
        if known.certain and known.code != "secret-wrong":
            return what, str(known), known.mend
    if said.does_not_match:
        return OTHER_SECRET
    return what, f"the store refuses it: {said.message[:200]}", "Its own log may say why."


def origin_of(url: str) -> str:
    """Scheme, host and port."""
    return "/".join(url.split("/", 3)[:3])


def cause(error: OSError) -> str:
    """In words; an exception's own may be a number alone."""
    if isinstance(error, socket.gaierror):
        return "there is no host of this name"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS; should it be http://?"
    if isinstance(error, BadResponse):
        return "it does not speak HTTP; should it be https://?"
    return error.strerror or str(error)
