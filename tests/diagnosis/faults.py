"""Faults of every kind, put into real requests: what was signed, what was sent, and what a server says to that.

Each fault is a function of a Bench that returns a Fault; `code` is the cause that has to come first.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from sigv4 import Credentials, Signer, Verifier
from sigv4.canonical import canonical_query
from sigv4.encoding import decode_query, encode
from sigv4.errors import VerificationError
from sigv4.received import Received
from sigv4.rules import CanonicalRules
from sigv4.s3 import S3Presigner
from sigv4.scope import CredentialScope, derive_signing_key
from sigv4.signature import PreparedKey, string_to_sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
SECRET = "wJalr/UtnFEMI+K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjE/EXAMPLE+TOKEN=="
CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET)
TEMPORARY = Credentials("ASIDEXAMPLE", SECRET, TOKEN)
HOST = "bucket.s3.eu-west-1.amazonaws.com"
URL = f"https://{HOST}/photos/a%20b.jpg"
TYPE = {"Content-Type": "image/jpeg"}
SIGNER = Signer(CREDENTIALS, region="eu-west-1")


class Fault(NamedTuple):
    """A request as it arrived. `made`, where that is another: method, URL and headers as the signer made them. `log`:
    the canonical request of a signer that makes it in its own way. `response`: what a Verifier does not say.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | dict[str, str] | None = None
    response: tuple[int, dict[str, str], str] | None = None
    credentials: Credentials = CREDENTIALS
    made: tuple[str, str, Mapping[str, str]] | None = None
    log: str | None = None
    neither: bool = True  # the cause can be told without the server's canonical request and without the secret


def respond(fault: Fault) -> tuple[int, dict[str, str], str]:
    """What S3 says, as XML; the verifier has the same clock and the same keys."""
    if fault.response is not None:
        return fault.response
    known = {key.access_key_id: key for key in (CREDENTIALS, TEMPORARY)}
    verifier = Verifier(known, region="eu-west-1", now=NOW.timestamp)
    try:
        if isinstance(fault.body, dict):
            verifier.verify_post(list(fault.body.items()), bucket="bucket", file_size=5)
        else:
            verifier.verify(fault.method, fault.url, fault.headers, fault.body)
    except VerificationError as error:
        return error.status, {"date": "Mon, 04 May 2026 12:00:00 GMT"}, to_xml(error)
    raise AssertionError("the request has no fault")


def to_xml(error: VerificationError) -> str:
    elements = [("Code", error.code), ("Message", error.message), *error.extra]
    return f"<Error>{''.join([f'<{name}>{escape(text)}</{name}>' for name, text in elements])}</Error>"


def code_alone(response: tuple[int, dict[str, str], str]) -> tuple[int, dict[str, str], str]:
    """What an S3-compatible server says that shows no canonical request: MinIO, Ceph, SeaweedFS, R2."""
    status, headers, xml = response
    kept = [part for part in ("Code", "Message") if f"<{part}>" in xml]
    inner = "".join([xml[xml.index(f"<{part}>") : xml.index(f"</{part}>") + len(part) + 3] for part in kept])
    return status, headers, f"<Error>{inner}</Error>"


def forged(change: Callable[[str], str], method: str = "GET", url: str = URL, secret: str = SECRET) -> Fault:
    """A presigned URL of a signer that makes its canonical request in its own way."""
    made = SIGNER.presign(method, url, signed_at=NOW)
    text = change(made.canonical_request)
    scope = CredentialScope("20260504", "eu-west-1", "s3")
    signature = PreparedKey(derive_signing_key(secret, scope)).sign(string_to_sign("20260504T120000Z", scope, text))
    return Fault(method, made.url.replace(made.signature, signature), {}, log=text)


def changed(url: str, old: str, new: str, neither: bool = False) -> Fault:
    """A presigned URL with another text in the place of one."""
    return Fault("GET", url.replace(old, new), {}, made=("GET", url, {}), neither=neither)


def presigned(url: str = URL, method: str = "GET", headers: Mapping[str, str] = {}, **options: object) -> str:
    signer = options.pop("signer", SIGNER)
    assert isinstance(signer, Signer)
    return signer.presign(method, url, headers, **{"signed_at": NOW, **options}).url  # type: ignore[arg-type]


def signed(
    url: str = URL, headers: Mapping[str, str] = {}, body: bytes = b"", signer: Signer = SIGNER
) -> dict[str, str]:
    return dict(signer.sign("PUT", url, headers, body, signed_at=NOW).headers)


def host() -> Fault:
    return changed(presigned("http://localhost:9000/bucket/k"), "localhost", "127.0.0.1")


def port() -> Fault:
    return changed(presigned("http://localhost/bucket/k"), "localhost", "localhost:9000", neither=True)


def port_lost_on_the_way() -> Fault:
    return changed(presigned("http://localhost:9000/bucket/k"), ":9000", "")


def path_style() -> Fault:
    url = presigned("https://bucket.s3.example.com/k")
    return changed(url, "bucket.s3.example.com", "s3.example.com/bucket", neither=True)


def path_changed() -> Fault:
    """A proxy that strips its prefix."""
    return changed(presigned("https://files.example.com/s3/bucket/k"), "/s3/", "/")


def path_encoding() -> Fault:
    signer = Signer(CREDENTIALS, region="eu-west-1", rules=CanonicalRules(presign_unsigned_payload=True))
    made = signer.presign("GET", URL, signed_at=NOW)
    return Fault("GET", made.url, {}, log=made.canonical_request, neither=False)


def path_encoded_twice() -> Fault:
    return changed(presigned(), "a%20b", "a%2520b", neither=True)


def path_normalised() -> Fault:
    return changed(presigned(f"https://{HOST}/photos/a.jpg"), "/photos/", "/photos//", neither=True)


def query_changed() -> Fault:
    return changed(presigned(), "&X-Amz-Signature", "&utm_source=mail&X-Amz-Signature", neither=True)


def query_encoding() -> Fault:
    return changed(presigned(f"{URL}?prefix=a%2Bb"), "a%2Bb", "a+b", neither=True)


def query_order() -> Fault:
    """By a signer that signs parameters in the order in which they are sent."""
    url = f"https://{HOST}/?prefix=a&max-keys=2"
    sent = Received("GET", SIGNER.presign("GET", url, signed_at=NOW).url, ()).query
    pairs = [pair for pair in sent if pair[0] != "X-Amz-Signature"]
    as_sent = "&".join([f"{name}={value}" for name, value in pairs])
    return forged(lambda text: text.replace(canonical_query(pairs), as_sent), url=url)._replace(neither=False)


def query_duplicate() -> Fault:
    return changed(presigned(f"{URL}?marker=1"), "marker=1", "marker=1&marker=1", neither=True)


def method() -> Fault:
    url = presigned(f"{URL}?x-id=GetObject")
    return Fault("PUT", url, {}, made=("GET", url, {}))


def header_changed() -> Fault:
    url = presigned(headers={"Accept": "*/*"})
    return Fault("GET", url, {"Accept": "text/html"}, made=("GET", url, {"Accept": "*/*"}))


def header_missing() -> Fault:
    return Fault("GET", presigned(headers={"X-Amz-Checksum-Mode": "ENABLED"}), {})


def header_unsigned() -> Fault:
    return Fault("PUT", presigned(method="PUT"), {"x-amz-acl": "public-read"})


def header_spaces() -> Fault:
    made = SIGNER.sign("PUT", URL, {"x-amz-meta-t": "a  b"}, b"", signed_at=NOW)
    scope = CredentialScope("20260504", "eu-west-1", "s3")
    text = made.canonical_request.replace("x-amz-meta-t:a b", "x-amz-meta-t:a  b")
    key = PreparedKey(derive_signing_key(SECRET, scope))
    signature = key.sign(string_to_sign("20260504T120000Z", scope, text))
    headers = dict(made.headers)
    name = next(name for name in headers if name.lower() == "authorization")
    headers[name] = headers[name].replace(made.signature, signature)
    return Fault("PUT", URL, {**headers, "x-amz-meta-t": "a  b"}, log=text)


def content_type() -> Fault:
    url = presigned(method="PUT", headers=TYPE)
    return Fault("PUT", url, {"Content-Type": "application/x-www-form-urlencoded"}, made=("PUT", url, TYPE))


def content_length() -> Fault:
    url, made = presigned(method="PUT", headers={"Content-Length": "5"}), {"Content-Length": "5"}
    return Fault("PUT", url, {"Content-Length": "6"}, b"hello!", made=("PUT", url, made))


def payload_hash() -> Fault:
    return Fault("PUT", URL, signed(body=b"hello"), b"hello\n")


def payload_hash_of_the_signer() -> Fault:
    """Signed over the body, sent as unsigned."""
    made = SIGNER.sign("PUT", URL, {}, b"hello", signed_at=NOW)
    headers = {name: value for name, value in made.headers.items() if name.lower() != "x-amz-content-sha256"}
    sent = {**headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    return Fault("PUT", URL, sent, b"hello", made=("PUT", URL, made.headers), neither=False)


def chunk_signature() -> Fault:
    """A proxy changed a byte of a body that is signed in chunks."""
    made = SIGNER.sign_stream("PUT", URL, {}, b"hello", signed_at=NOW)
    return Fault("PUT", URL, dict(made.headers), b"".join(made.body).replace(b"hello", b"hallo"))


def region() -> Fault:
    return Fault("GET", presigned(signer=Signer(CREDENTIALS, region="us-east-1")), {})


def service() -> Fault:
    return Fault("GET", presigned(signer=Signer(CREDENTIALS, region="eu-west-1", service="execute-api")), {})


def scope_date() -> Fault:
    return Fault("GET", presigned().replace("AKIDEXAMPLE%2F20260504", "AKIDEXAMPLE%2F20260503"), {})


def clock() -> Fault:
    made = SIGNER.sign("GET", URL, signed_at=NOW - timedelta(hours=2))
    return Fault("GET", URL, dict(made.headers))


def expired() -> Fault:
    return Fault("GET", presigned(signed_at=NOW - timedelta(hours=2)), {})


def not_yet_valid() -> Fault:
    return Fault("GET", presigned(signed_at=NOW + timedelta(hours=2)), {})


def expiry_range() -> Fault:
    return Fault("GET", presigned().replace("X-Amz-Expires=900", "X-Amz-Expires=700000"), {})


def token_missing() -> Fault:
    credentials = Credentials("ASIAEXAMPLE", SECRET)
    url = presigned(signer=Signer(credentials, region="eu-west-1"))
    xml = "<Error><Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id does not exist.</Message></Error>"
    return Fault("GET", url, {}, response=(403, {}, xml), credentials=credentials)


def token_wrong() -> Fault:
    other = Credentials("ASIDEXAMPLE", SECRET, "another-token")
    return Fault("GET", presigned(signer=Signer(other, region="eu-west-1")), {}, credentials=TEMPORARY)


def token_unsigned() -> Fault:
    """Added to the URL after signing."""
    url = presigned(signer=Signer(Credentials("ASIDEXAMPLE", SECRET), region="eu-west-1"))
    sent = f"{url}&X-Amz-Security-Token={encode(TOKEN)}"
    return Fault("GET", sent, {}, credentials=TEMPORARY, made=("GET", url, {}), neither=False)


def secret_mangled() -> Fault:
    return forged(lambda text: text, secret=f'"{SECRET}"')._replace(neither=False)


def secret_wrong() -> Fault:
    return forged(lambda text: text, secret="another-secret")


def access_key_unknown() -> Fault:
    other = Credentials("AKOTHER", SECRET)
    return Fault("GET", presigned(signer=Signer(other, region="eu-west-1")), {})


def not_signed() -> Fault:
    return Fault("GET", URL, {})


def malformed() -> Fault:
    headers = signed()
    name = next(name for name in headers if name.lower() == "authorization")
    return Fault("PUT", URL, {**headers, name: headers[name].replace("SignedHeaders", "Signed-Headers")})


def version_2() -> Fault:
    query = "AWSAccessKeyId=AKIDEXAMPLE&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D&Expires=1777900000"
    return Fault("GET", f"{URL}?{query}", {})


def two_mechanisms() -> Fault:
    return Fault("PUT", presigned(method="PUT"), signed())


def url_html_escaped() -> Fault:
    return Fault("GET", presigned().replace("&", "&amp;"), {})


def url_truncated() -> Fault:
    return Fault("GET", presigned()[:-30], {})


def url_re_encoded() -> Fault:
    start, _, query = presigned().partition("?")
    pairs = decode_query(Received("GET", f"/?{query}", ()).query)
    return Fault("GET", f"{start}?" + "&".join([f"{name}={encode(encode(value))}" for name, value in pairs]), {})


def form(expires_in: int = 900, signed_at: datetime = NOW) -> dict[str, str]:
    s3 = S3Presigner(CREDENTIALS, region="eu-west-1")
    made = s3.post("bucket", "k", [{"acl": "private"}], {"acl": "private"}, expires_in, signed_at=signed_at)
    return dict(made.fields)


def policy_condition() -> Fault:
    return Fault("POST", f"https://{HOST}/", {}, {**form(), "acl": "public-read"})


def policy_expired() -> Fault:
    return Fault("POST", f"https://{HOST}/", {}, form(signed_at=NOW - timedelta(hours=1)))


def cors() -> Fault:
    xml = "<Error><Code>AccessForbidden</Code><Message>CORSResponse: This is not allowed.</Message></Error>"
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
    return Fault("OPTIONS", URL, headers, response=(403, {"server": "AmazonS3"}, xml))


FAULTS: dict[Callable[[], Fault], str] = {
    host: "host",
    port: "port",
    port_lost_on_the_way: "port",
    path_style: "path-style",
    path_changed: "path-changed",
    path_encoding: "path-encoding",
    path_encoded_twice: "path-encoding",
    path_normalised: "path-normalised",
    query_changed: "query-changed",
    query_encoding: "query-encoding",
    query_order: "query-order",
    query_duplicate: "query-duplicate",
    method: "method",
    header_changed: "header-changed",
    header_missing: "header-missing",
    header_unsigned: "header-unsigned",
    header_spaces: "header-spaces",
    content_type: "content-type",
    content_length: "content-length",
    payload_hash: "payload-hash",
    payload_hash_of_the_signer: "payload-hash",
    chunk_signature: "chunk-signature",
    region: "region",
    service: "service",
    scope_date: "scope-date",
    clock: "clock",
    expired: "expired",
    not_yet_valid: "not-yet-valid",
    expiry_range: "expiry-range",
    token_missing: "token-missing",
    token_wrong: "token-wrong",
    token_unsigned: "token-unsigned",
    secret_mangled: "secret-mangled",
    secret_wrong: "secret-wrong",
    access_key_unknown: "access-key-unknown",
    not_signed: "not-signed",
    malformed: "malformed",
    version_2: "version-2",
    two_mechanisms: "two-mechanisms",
    url_html_escaped: "url-html-escaped",
    url_truncated: "url-truncated",
    url_re_encoded: "url-re-encoded",
    policy_condition: "policy-condition",
    policy_expired: "policy-expired",
    cors: "cors",
}
