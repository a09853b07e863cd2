"""The causes that `explain` names: each code once, with what it means and how to fix it.

A code is a promise to programs; the words may change. No code is here that no way of knowing finds.
Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, and what users of the SDKs report.
"""

from __future__ import annotations

from ..frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CODES = {
    # Where it went
    "host": (
        "The host that was signed is not the host that the server saw",
        "Sign for the host that the client sends to, and have every proxy pass the Host header on unchanged.",
    ),
    "port": (
        "The host was signed with another port than the server saw",
        "Sign for the URL as the client uses it: the port belongs to the host, unless it is the scheme's own.",
    ),
    "path-style": (
        "The bucket stands in the host on one side and in the path on the other",
        "Use one addressing style on both sides: virtual-hosted (bucket.host/key) or path (host/bucket/key).",
    ),
    "path-changed": (
        "The path that was signed is not the path that the server saw",
        "Have the proxy on the way pass the path on as it is, or sign the path that arrives behind it.",
    ),
    "path-encoding": (
        "The path is percent-encoded differently in what was signed and in what arrived",
        "Percent-encode the key once, as UTF-8, and hand the URL on as it is: S3 wants one encoding, others two.",
    ),
    "path-normalised": (
        "One side removed '//', '.' or '..' from the path, and the other did not",
        "S3 signs the path as it is, other services a normalised one; avoid such segments, or switch rewriting off.",
    ),
    "query-changed": (
        "The query has other parameters than were signed",
        "Use the URL as it was made: every parameter but X-Amz-Signature is under the signature.",
    ),
    "query-encoding": (
        "The query is encoded differently in what was signed and in what arrived",
        "Percent-encode names and values by RFC 3986: a space is %20, never +, and only A-Z a-z 0-9 - . _ ~ stay.",
    ),
    "query-order": (
        "The parameters were signed in another order than the canonical one",
        "Sort the encoded parameters by name, then by value, byte by byte, and give each its '='.",
    ),
    "query-duplicate": (
        "A parameter stands more than once, and one side counted it once",
        "Send each parameter once, or sign every one of its values.",
    ),
    "method": (
        "The request was sent with another method than was signed",
        "Send it with the method that it was signed for: a URL for GET serves neither PUT nor HEAD.",
    ),
    # What it carried
    "header-changed": (
        "A signed header arrived with another value",
        "Send the header as it was signed, or leave out of the signature what proxies and clients rewrite.",
    ),
    "header-missing": (
        "A signed header did not arrive",
        "Send every header that the signature names, or sign without it.",
    ),
    "header-unsigned": (
        "A header arrived that must be signed and is not",
        "Sign every x-amz-* header that is sent, or leave it out of the request.",
    ),
    "header-spaces": (
        "White space in a signed header differs between what was signed and what arrived",
        "Trim header values and fold runs of spaces into one before signing.",
    ),
    "content-type": (
        "The Content-Type that was signed is not the one that arrived",
        "Send the very Content-Type that was signed; HTTP clients add one of their own, or a charset.",
    ),
    "content-length": (
        "The Content-Length that was signed is not the one that arrived",
        "Send a body of exactly the signed length, with Content-Length and not in chunks.",
    ),
    "payload-hash": (
        "The payload hash that was signed is not that of the body that arrived",
        "Sign the SHA-256 of the bytes that are sent, or UNSIGNED-PAYLOAD where the service takes it (S3, over https).",
    ),
    "chunk-signature": (
        "A chunk's signature, or that of the trailers, is not the one of the data that arrived",
        "Sign each chunk over the signature before it, from the seed in the Authorization header on, as it is sent.",
    ),
    # When and where it holds
    "region": (
        "The request was signed for another region",
        "Sign for the region that the bucket or the endpoint is in.",
    ),
    "service": (
        "The request was signed for another service",
        "Sign with the service's signing name, which is not always its host's: 's3', 'execute-api', 'es', ...",
    ),
    "scope-date": (
        "The date in the credential scope is not that of the time stamp",
        "Make both from the same moment, in UTC: the scope's date is the first eight characters of X-Amz-Date.",
    ),
    "clock": (
        "The signer's clock and the server's are too far apart",
        "Set the clock by NTP: AWS accepts 15 minutes of difference.",
    ),
    "expired": (
        "The presigned URL has expired",
        "Make a new one, and nearer to its use; a URL also ends with the credentials that signed it.",
    ),
    "not-yet-valid": (
        "The request is dated in the future",
        "Set the signer's clock by NTP, and make time stamps in UTC.",
    ),
    "expiry-range": (
        "X-Amz-Expires is not a number of seconds from 1 to 604800",
        "Give 1 to 604800 seconds: seven days are the most.",
    ),
    # Who signed it
    "token-missing": (
        "The access key is a temporary one, and no session token came with it",
        "Sign with all three: access key, secret key and session token (X-Amz-Security-Token).",
    ),
    "token-wrong": (
        "The session token is not the one of these credentials, or it has expired",
        "Take access key, secret key and session token from one answer of STS, and renew them together.",
    ),
    "token-unsigned": (
        "The session token was sent and not signed, or signed and not sent",
        "Add the token before signing, and sign it with the rest; some services (IoT) want it added afterwards.",
    ),
    "secret-mangled": (
        "The secret access key that signed is damaged",
        "Copy the secret again, without quotes, spaces and line ends, and do not URL-encode it.",
    ),
    "secret-wrong": (
        "The secret access key does not belong to the access key",
        "Check that both are from the same pair, and that the pair is the server's.",
    ),
    "access-key-unknown": (
        "The server does not know the access key",
        "Check the access key, and that it belongs to this server, partition and account.",
    ),
    # How it was put together
    "not-signed": (
        "The request carries no signature",
        "Sign it: an Authorization header, or the X-Amz-* parameters of a presigned URL.",
    ),
    "malformed": (
        "The signature's own parts cannot be read",
        "Send the Authorization header, or the X-Amz-* parameters, as the signer made them.",
    ),
    "version-2": (
        "The request is signed with Signature Version 2",
        'Sign with Version 4: in boto3, Config(signature_version="s3v4").',
    ),
    "two-mechanisms": (
        "The request is signed in two places",
        "Send a presigned URL without an Authorization header, and a signed header without X-Amz-* parameters.",
    ),
    "url-html-escaped": (
        "The URL was copied out of HTML or XML: it has &amp; for &",
        "Unescape it: every &amp; is a &.",
    ),
    "url-truncated": (
        "The URL is cut off or broken",
        "Copy it whole: quote it in the shell, and mind line breaks of mails and logs.",
    ),
    "url-re-encoded": (
        "The URL was percent-encoded once more as a whole",
        "Hand the URL on as it is; HTTP clients must not encode it again.",
    ),
    "policy-condition": (
        "The form does not meet its policy",
        "Send the fields that the policy asks for, with values that it allows, and no others.",
    ),
    "policy-expired": (
        "The form's policy has expired",
        "Make a new form, and nearer to its use.",
    ),
    "cors": (
        "The browser was not allowed to make this request",
        "Add a CORS rule to the bucket for the page's origin, the method and the headers that are sent.",
    ),
}


class Cause(Frozen):
    """Why a request is refused.

    `code`: one of CODES. `certain`: proven by what was given; otherwise it is likely. `evidence`: lines of text without
    secrets. `mend`: what to do. `str()` is the cause in a sentence.
    """

    __slots__ = ("certain", "code", "evidence", "mend")

    code: str
    certain: bool
    evidence: tuple[str, ...]
    mend: str

    def __init__(self, code: str, certain: bool, evidence: Iterable[str] = ()) -> None:
        put = object.__setattr__
        put(self, "code", code)
        put(self, "certain", certain)
        put(self, "evidence", tuple(evidence))
        put(self, "mend", CODES[code][1])

    def __str__(self) -> str:
        return CODES[self.code][0]

    def __repr__(self) -> str:
        return f"<Cause {self.code}{'' if self.certain else ' (likely)'}>"
